// The typed calls over real sockets: what is sent, what comes back, what is repeated.

import CurlHTTP
import FoundationEssentials
import Testing

@testable import WebexAPI

/// The error that a call throws, or a failure of the test.
func webexError(_ call: () async throws -> Void) async throws -> WebexError {
  try #require(await #expect(throws: WebexError.self) { try await call() })
}

private func json(_ text: String) throws -> JSONValue {
  try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
}

@Suite("WebexClient", .timeLimit(.minutes(1)))
struct WebexClientTests {
  struct CallRow: Sendable, CustomTestStringConvertible {
    let line: String
    let answer: String
    /// What `call` makes of the answer.
    let result: String
    let call: @Sendable (WebexClient) async throws -> String
    var testDescription: String { line }
  }

  static let calls: [CallRow] = [
    CallRow(line: "GET /v1/people/me", answer: Fixture.peopleMe, result: "Helper Bot") {
      try await $0.me().displayName ?? ""
    },
    CallRow(line: "GET /v1/people/a%2Fb%3F", answer: Fixture.person, result: "Alice Example") {
      try await $0.person("a/b?").displayName ?? ""
    },
    CallRow(
      line: "GET /v1/people?email=a%2Bb%40x.example", answer: #"{"items":[{"id":"p"}]}"#,
      result: "p"
    ) { try await $0.people(email: "a+b@x.example").map(\.id).joined() },
    CallRow(line: "GET /v1/messages/m", answer: Fixture.messageDirect, result: "hello there") {
      try await $0.message("m").text ?? ""
    },
    CallRow(line: "DELETE /v1/messages/m", answer: "", result: "done") {
      try await $0.deleteMessage("m")
      return "done"
    },
    CallRow(
      line: "GET /v1/messages?roomId=r&mentionedPeople=me&max=100", answer: Fixture.messagesList,
      result: "1"
    ) {
      let messages = $0.messages(roomID: "r", mentionedMe: true, max: 500)
      return try await "\(messages.collect(upTo: 5).count)"
    },
    CallRow(
      line: "GET /v1/messages?roomId=r&parentId=p&before=2026-11-03T09%3A15%3A05.000Z"
        + "&beforeMessage=b&max=7",
      answer: Fixture.messagesList, result: "1"
    ) {
      let messages = $0.messages(
        roomID: "r", parentID: "p", before: Date(timeIntervalSince1970: 1_793_697_305),
        beforeMessage: "b", max: 7)
      return try await "\(messages.collect(upTo: 5).count)"
    },
    CallRow(
      line: "GET /v1/messages/direct?personEmail=a%40x.example", answer: Fixture.messagesList,
      result: "1"
    ) { try await "\($0.directMessages(personEmail: "a@x.example").collect(upTo: 5).count)" },
    CallRow(line: "GET /v1/rooms/r", answer: Fixture.roomGroup, result: "Deploy desk") {
      try await $0.room("r").title ?? ""
    },
    CallRow(
      line: "GET /v1/rooms?type=group&sortBy=lastactivity&max=100", answer: #"{"items":[]}"#,
      result: "0"
    ) { try await "\($0.rooms(type: .group, sortBy: .lastActivity).collect(upTo: 5).count)" },
    CallRow(
      line: "GET /v1/memberships?roomId=r&personId=p&max=100", answer: Fixture.membershipsList,
      result: "alice@example.com"
    ) {
      try await $0.memberships(roomID: "r", personID: "p").collect(upTo: 5)
        .compactMap(\.personEmail).joined()
    },
    CallRow(line: "DELETE /v1/memberships/a%3Ab", answer: "", result: "done") {
      try await $0.deleteMembership("a:b")
      return "done"
    },
    CallRow(
      line: "GET /v1/attachment/actions/a", answer: Fixture.attachmentAction, result: "prod"
    ) { try await $0.attachmentAction("a").inputs["env"]?.stringValue ?? "" },
    CallRow(line: "GET /v1/messages/-", answer: Fixture.messageDirect, result: "hello there") {
      try await $0.message("").text ?? ""
    },
  ]

  @Test("a call is the documented request", arguments: calls)
  func documentedRequest(row: CallRow) async throws {
    try await ClientUnderTest.run { _, _ in
      row.answer.isEmpty ? .respond(204) : .json(row.answer)
    } _: { test in
      let result = try await row.call(test.client)
      #expect(result == row.result)
      #expect(test.server.lines == [row.line])
      let headers = try #require(test.server.requests.first).headers
      #expect(headers["authorization"] == "Bearer \(sentinelToken)")
      #expect(headers["user-agent"] == "webex-assistant/test")
      #expect(headers["accept"] == "application/json")
      #expect(headers["trackingid"]?.hasPrefix("webex-assistant_") == true)
      #expect(headers["content-type"] == nil)
    }
  }

  @Test("each request has a tracking id of its own")
  func trackingIDs() async throws {
    try await ClientUnderTest.run { _, _ in
      .json(Fixture.peopleMe)
    } _: { test in
      for _ in 0..<3 { _ = try await test.client.me() }
      #expect(Set(test.server.requests.map { $0.headers["trackingid"] }).count == 3)
    }
  }

  @Test("a message is posted as the documented JSON")
  func create() async throws {
    try await ClientUnderTest.run { _, _ in
      .json(Fixture.messageThreadReply)
    } _: { test in
      let request = try json(Fixture.messagePostRequest)
      let draft = MessageDraft(
        roomID: try #require(request["roomId"]?.stringValue),
        parentID: request["parentId"]?.stringValue, markdown: request["markdown"]?.stringValue)
      let message = try await test.client.createMessage(draft)
      #expect(message.parentID == draft.parentID)
      let sent = try #require(test.server.requests.first)
      #expect(sent.line == "POST /v1/messages")
      #expect(sent.headers["content-type"] == "application/json; charset=utf-8")
      #expect(try json(sent.text) == request)
    }
  }

  @Test("a card goes along as the one attachment")
  func createWithCard() async throws {
    try await ClientUnderTest.run { _, _ in
      .json(Fixture.messageCardByBot)
    } _: { test in
      let request = try json(Fixture.messagePostCardRequest)
      let attachment = try #require(request["attachments"]?.arrayValue?.first)
      let card: AdaptiveCard = try #require(attachment["content"]).decoded()
      _ = try await test.client.createMessage(
        MessageDraft(
          roomID: try #require(request["roomId"]?.stringValue),
          text: request["text"]?.stringValue, card: card))
      #expect(try json(try #require(test.server.requests.first).text) == request)
    }
  }

  @Test("destinations have the names that Webex wants")
  func destinations() async throws {
    try await ClientUnderTest.run { _, _ in
      .json(Fixture.messageDirect)
    } _: { test in
      _ = try await test.client.createMessage(MessageDraft(toPersonEmail: "a@b.c", text: "x"))
      _ = try await test.client.createMessage(MessageDraft(toPersonID: "p", text: "x"))
      #expect(
        try test.server.requests.map { try json($0.text) }
          == [["toPersonEmail": "a@b.c", "text": "x"], ["toPersonId": "p", "text": "x"]])
    }
  }

  @Test("a file goes as a multipart form with the field files")
  func upload() async throws {
    try await ClientUnderTest.run { _, _ in
      .json(Fixture.messageWithFile)
    } _: { test in
      let file = FileUpload(
        filename: "a.csv", contentType: "text/csv", content: .bytes(Array("1,2\r\n".utf8)))
      let message = try await test.client.createMessage(
        MessageDraft(roomID: "r", parentID: "p", markdown: "**é**", file: file))
      #expect(message.files.count == 1)
      let sent = try #require(test.server.requests.first)
      #expect(sent.headers["content-type"]?.hasPrefix("multipart/form-data; boundary=") == true)
      for part in [
        "name=\"roomId\"\r\n\r\nr\r\n", "name=\"parentId\"\r\n\r\np\r\n",
        "name=\"markdown\"\r\n\r\n**é**\r\n", "name=\"files\"; filename=\"a.csv\"\r\n",
        "Content-Type: text/csv\r\n", "\r\n\r\n1,2\r\n\r\n",
      ] {
        #expect(sent.text.contains(part), "\(part) in \(sent.text)")
      }
    }
  }

  @Test("an edit names the space and the new text")
  func edit() async throws {
    try await ClientUnderTest.run { _, _ in
      .json(Fixture.messageEdited)
    } _: { test in
      let request = try json(Fixture.messagePutRequest)
      let outcome = try await test.client.editMessage(
        "m", roomID: try #require(request["roomId"]?.stringValue),
        markdown: try #require(request["markdown"]?.stringValue))
      guard case .edited(let message) = outcome else {
        Issue.record("\(outcome) should be an edit")
        return
      }
      #expect(message.updated != nil)
      let sent = try #require(test.server.requests.first)
      #expect(sent.line == "PUT /v1/messages/m")
      #expect(try json(sent.text) == request)
    }
  }

  struct Refused: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let draft: MessageDraft
  }

  static let refused: [Refused] = {
    let long = String(repeating: "é", count: 3_720)  // 7,440 bytes in 3,720 characters
    let card = AdaptiveCard(body: [])
    let file = FileUpload(filename: "f", content: .bytes([]))
    return [
      Refused(testDescription: "nothing", draft: MessageDraft(roomID: "r")),
      Refused(testDescription: "empty text", draft: MessageDraft(roomID: "r", markdown: "")),
      Refused(testDescription: "7,440 bytes", draft: MessageDraft(roomID: "r", markdown: long)),
      Refused(testDescription: "long text", draft: MessageDraft(roomID: "r", text: long)),
      Refused(testDescription: "a bare card", draft: MessageDraft(roomID: "r", card: card)),
      Refused(
        testDescription: "card and file",
        draft: MessageDraft(roomID: "r", text: "x", card: card, file: file)),
    ]
  }()

  @Test("a draft that Webex would refuse is not sent", arguments: refused)
  func refusedDraft(row: Refused) async throws {
    try await ClientUnderTest.run { _, _ in
      .json(Fixture.messageDirect)
    } _: { test in
      let error = try await webexError { _ = try await test.client.createMessage(row.draft) }
      #expect(error.code == .badRequest && error.status == nil && !error.mayHaveArrived)
      #expect(test.server.requests.isEmpty)
    }
  }

  @Test("7,439 bytes are sent")
  func longestMessage() async throws {
    try await ClientUnderTest.run { _, _ in
      .json(Fixture.messageDirect)
    } _: { test in
      let text = String(repeating: "é", count: 3_719) + "x"
      _ = try await test.client.createMessage(MessageDraft(roomID: "r", markdown: text))
      _ = try await test.client.editMessage("m", roomID: "r", markdown: text, priority: .final)
      #expect(test.server.requests.count == 2)
      let error = try await webexError {
        _ = try await test.client.editMessage("m", roomID: "r", markdown: text + "x")
      }
      #expect(error.code == .badRequest)
    }
  }

  /// 429 and 503 are repeated, and have tests of their own.
  static let repeatless = HTTPFixture.all.filter { ![429, 503].contains($0.status) }

  @Test("Webex's refusals arrive as they are, after one request", arguments: repeatless)
  func refusals(fixture: HTTPFixture) async throws {
    try await ClientUnderTest.run { _, _ in
      .fixture(fixture)
    } _: { test in
      let error = try await webexError { _ = try await test.client.message("m") }
      #expect(error.status == fixture.status)
      #expect(error.trackingID?.hasSuffix("_fixture") == true)
      #expect(!error.mayHaveArrived)
      #expect(test.server.requests.count == 1)
    }
  }

  @Test("a read survives two failures of the server and not three")
  func readsAreRepeated() async throws {
    try await ClientUnderTest.run { _, number in
      number == 1 ? .fixture(.error503) : number == 2 ? .drop : .json(Fixture.peopleMe)
    } _: { test in
      let me = try await test.client.me()
      #expect(me.isBot)
      #expect(test.server.requests.count == 3)
    }
    try await ClientUnderTest.run { _, _ in
      .fixture(.error503)
    } _: { test in
      let error = try await webexError { _ = try await test.client.me() }
      #expect(error.code == .serverFailure && !error.mayHaveArrived)
      #expect(test.server.requests.count == 3)
    }
  }

  @Test(
    "a post whose answer is lost is not sent twice, and says so", arguments: [500, 502, 504, 0])
  func postsAreNotRepeated(status: Int) async throws {
    try await ClientUnderTest.run { _, _ in
      status == 0 ? .drop : .respond(status)
    } _: { test in
      let error = try await webexError {
        _ = try await test.client.createMessage(MessageDraft(roomID: "r", text: "x"))
      }
      #expect(error.mayHaveArrived)
      #expect(error.code == (status == 0 ? .unreachable : .serverFailure))
      #expect(test.server.requests.count == 1)
    }
  }

  @Test("a post that found no server is tried again, and certainly did not arrive")
  func unreachable() async throws {
    // Port 1 (tcpmux) is nobody's.
    let test = try ClientUnderTest(baseURL: "http://127.0.0.1:1/v1") { _, _ in .drop }
    let error = try await webexError {
      _ = try await test.client.createMessage(MessageDraft(roomID: "r", text: "x"))
    }
    await test.http.shutdown()
    #expect(error.code == .unreachable && !error.mayHaveArrived)
    #expect(test.log.text.split(separator: "\n").count { $0.contains("is repeated") } == 2)
  }

  @Test("a post is sent again after 503 with Retry-After, when the wait is over")
  func postAfter503() async throws {
    try await ClientUnderTest.run { _, number in
      number == 1
        ? .respond(503, headers: ["Retry-After": "9"]) : .json(Fixture.messageDirect)
    } _: { test in
      let post = Task {
        try await test.client.createMessage(MessageDraft(roomID: "r", text: "x"))
      }
      await test.clock.waitForSleeper(atLeast: .seconds(9))
      test.clock.advance(by: .seconds(8))
      #expect(test.server.requests.count == 1)
      test.clock.advance(by: .seconds(1))
      _ = try await post.value
      #expect(test.server.requests.count == 2)
    }
  }

  @Test("a deletion whose first answer was lost is done when the second finds nothing")
  func deletion() async throws {
    try await ClientUnderTest.run { _, number in
      number == 1 ? .drop : .fixture(.error404Message)
    } _: { test in
      try await test.client.deleteMessage("m")
      #expect(test.server.requests.count == 2)
    }
    try await ClientUnderTest.run { _, _ in
      .fixture(.error404Message)
    } _: { test in
      let error = try await webexError { try await test.client.deleteMessage("m") }
      #expect(error.code == .notFound)
    }
  }

  @Test(
    "an answer that is none is undecodable, and quotes no content",
    arguments: [
      "<html>secret</html>", "", "[]", #"{"text":"secret"}"#, #"{"id":7,"text":"secret"}"#,
    ])
  func undecodable(body: String) async throws {
    try await ClientUnderTest.run { _, _ in
      .json(body)
    } _: { test in
      let read = try await webexError { _ = try await test.client.message("m") }
      #expect(read.code == .undecodable && !read.mayHaveArrived)
      #expect(!read.description.contains("secret"))
      let post = try await webexError {
        _ = try await test.client.createMessage(MessageDraft(roomID: "r", text: "x"))
      }
      #expect(post.code == .undecodable && post.mayHaveArrived)
    }
  }

  @Test("an answer of more than 8 MiB is given up")
  func tooLarge() async throws {
    let body = [UInt8](repeating: 0x20, count: WebexLimits.maximumResponseBytes + 1)
    try await ClientUnderTest.run { _, _ in
      .respond(200, body: body)
    } _: { test in
      let error = try await webexError { _ = try await test.client.me() }
      #expect(error.code == .undecodable)
      #expect(test.server.requests.count == 1)
    }
  }

  @Test("a server that never answers is a timeout; a cancelled call ends at once")
  func patience() async throws {
    let configuration = WebexClientConfiguration(
      firstByteTimeout: .milliseconds(100), maximumAttempts: 1)
    try await ClientUnderTest.run(configuration: configuration, script: { _, _ in .hang }) { test in
      let error = try await webexError { _ = try await test.client.me() }
      #expect(error.code == .timedOut)
    }
    try await ClientUnderTest.run(script: { _, _ in .hang }) { test in
      let call = Task { try await test.client.me() }
      while test.server.requests.isEmpty { await Task.yield() }
      call.cancel()
      await #expect(throws: CancellationError.self) { try await call.value }
      while test.http.openTransfers > 0 { await Task.yield() }
      #expect(await test.client.gate.isIdle)
    }
  }
}
