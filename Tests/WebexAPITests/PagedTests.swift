// Lists over several pages, from a real socket.

import Testing

@testable import WebexAPI

@Suite("Paged", .timeLimit(.minutes(1)))
struct PagedTests {
  private static func page(_ ids: ClosedRange<Int>, link: String? = nil) -> LoopbackServer.Reply {
    let items = ids.map { #"{"id":"m\#($0)","roomId":"r"}"# }.joined(separator: ",")
    return .json(#"{"items":[\#(items)]}"#, headers: link.map { ["Link": $0] } ?? [:])
  }

  @Test("pages follow one another, and lost parameters are put back")
  func pages() async throws {
    try await ClientUnderTest.run { request, number in
      let host = request.headers["host"] ?? ""
      return switch number {
      case 1:
        Self.page(
          1...2, link: "<http://\(host)/v1/messages?max=null&beforeMessage=m2>; rel=\"next\"")
      case 2: Self.page(3...4, link: "</v1/messages?roomId=r&max=2&beforeMessage=m4>; rel=next")
      default: Self.page(5...5)
      }
    } _: { test in
      let messages = test.client.messages(roomID: "r", mentionedMe: true, max: 2)
      #expect(test.server.requests.isEmpty)
      var ids: [String] = []
      for try await message in messages { ids.append(message.id) }
      #expect(ids == ["m1", "m2", "m3", "m4", "m5"])
      #expect(
        test.server.lines == [
          "GET /v1/messages?roomId=r&mentionedPeople=me&max=2",
          "GET /v1/messages?beforeMessage=m2&roomId=r&mentionedPeople=me&max=2",
          "GET /v1/messages?roomId=r&max=2&beforeMessage=m4&mentionedPeople=me",
        ])
    }
  }

  @Test("no page is asked for that nobody wants")
  func lazy() async throws {
    try await ClientUnderTest.run { _, number in
      Self.page(number * 2 - 1...number * 2, link: "<?page=\(number + 1)>; rel=next")
    } _: { test in
      let rooms = test.client.rooms(max: 2)
      let wanted = try await rooms.collect(upTo: 3)
      #expect(wanted.map(\.id) == ["m1", "m2", "m3"])
      #expect(test.server.requests.count == 2)
      #expect(try await rooms.collect(upTo: 0).isEmpty)
      #expect(test.server.requests.count == 2)
    }
  }

  @Test("a next page on a foreign host is not asked for")
  func foreignHost() async throws {
    try await ClientUnderTest.run { _, _ in
      Self.page(1...1, link: "<https://webexapis.com.evil.example/v1/messages?x>; rel=next")
    } _: { test in
      var iterator = test.client.rooms().makeAsyncIterator()
      #expect(try await iterator.next()?.id == "m1")
      let error = try await webexError { _ = try await iterator.next() }
      #expect(error.code == .hostNotAllowed)
    }
  }

  @Test("pages in a circle end in an error")
  func circle() async throws {
    try await ClientUnderTest.run { _, number in
      Self.page(1...1, link: "</v1/rooms?page=\(number % 3)&max=100>; rel=next")
    } _: { test in
      let error = try await webexError { _ = try await test.client.rooms().collect(upTo: 100) }
      #expect(error.code == .undecodable)
      #expect(test.server.requests.count == 4)
    }
  }

  @Test("an empty page with a next link is no end")
  func emptyPage() async throws {
    try await ClientUnderTest.run { _, number in
      number == 1
        ? .json(#"{"items":[]}"#, headers: ["Link": "<?page=2>; rel=next"]) : Self.page(7...7)
    } _: { test in
      let rooms = try await test.client.rooms().collect(upTo: 9)
      #expect(rooms.map(\.id) == ["m7"])
    }
  }
}
