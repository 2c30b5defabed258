import Testing

@testable import WebexSimulator

@Suite("What readers saw of a message")
struct MessageHistoryTests {
  private static func texts(_ message: JSON?) -> [String] {
    message?["versions"]?.array?.compactMap { $0["text"]?.string } ?? []
  }

  @Test("every text of a message is kept in order, with its time")
  func versions() async throws {
    try await TestCloud.run { cloud async throws in
      let room = JSON.string(try await cloud.room("Deploy desk"))
      let root = try await cloud.post(["roomId": room, "text": "question"]).json["id"] ?? .null
      let reply =
        try await cloud.post(
          ["roomId": room, "parentId": root, "markdown": "one"], token: TestCloud.bot
        ).json["id"]?.string ?? ""
      for text in ["one *two*", "one *two* three"] {
        _ = try await cloud.send(
          "PUT", "/v1/messages/\(reply)", token: TestCloud.bot,
          ["roomId": room, "markdown": .string(text)])
      }
      let messages = try await cloud.get("/sim/messages").json["messages"]?.array ?? []
      try #require(messages.count == 2)
      #expect(messages[0]["personEmail"]?.string == "alice@example.com")
      #expect(messages[1]["parentId"] == root)
      #expect(messages[1]["personEmail"]?.string == "assistant@webex.bot")
      #expect(Self.texts(messages[1]) == ["one", "one *two*", "one *two* three"])
      #expect(messages[1]["deleted"] == nil)
      let times = messages[1]["versions"]?.array?.compactMap { $0["time"]?.string } ?? []
      #expect(times == times.sorted() && times.allSatisfy { $0.contains(".") })
    }
  }

  @Test("a deleted message stays on record, with who removed it; a refused edit leaves no text")
  func deleted() async throws {
    try await TestCloud.run { cloud async throws in
      let room = JSON.string(try await cloud.room("Deploy desk"))
      let notice =
        try await cloud.post(
          ["roomId": room, "text": "thinking"], token: TestCloud.bot
        ).json["id"]?.string ?? ""
      _ = try await cloud.send(
        "PUT", "/v1/messages/\(notice)", token: TestCloud.alice,
        ["roomId": room, "text": "not mine"])
      _ = try await cloud.request("DELETE", "/v1/messages/\(notice)", token: TestCloud.bot)
      let message = try cloud.simulator.messages()[0]
      #expect(message?["deleted"]?.string?.hasSuffix("Z") == true)
      #expect(message?["deletedBy"]?.string == "assistant@webex.bot")
      #expect(Self.texts(message) == ["thinking"])
    }
  }

  @Test("one room's messages can be asked for, and clearing the record clears them")
  func rooms() async throws {
    try await TestCloud.run { cloud async throws in
      let desk = try await cloud.room("Deploy desk")
      let club = try await cloud.room("Reading club")
      for room in [desk, club] {
        _ = try await cloud.post(["roomId": .string(room), "text": .string(room)])
      }
      let listed = try await cloud.get("/sim/messages?roomId=\(club)").json["messages"]
      #expect(listed?.array?.map { Self.texts($0) } == [[club]])
      #expect(try await cloud.get("/sim/messages?roomId=nothing").status == 404)
      _ = try await cloud.request("DELETE", "/sim/record")
      #expect(try cloud.simulator.messages().array?.isEmpty == true)
    }
  }

  @Test("the oldest messages are forgotten when there are too many")
  func limit() async throws {
    var configuration = SimulatorConfiguration()
    configuration.maximumRecords = 8
    try await TestCloud.run(configuration) { cloud async throws in
      let room = JSON.string(try await cloud.room("Deploy desk"))
      for number in 1...11 {
        _ = try await cloud.post(["roomId": room, "text": .string("\(number)")])
      }
      let texts = try cloud.simulator.messages().array?.flatMap { Self.texts($0) }
      #expect(texts == (4...11).map(String.init))
    }
  }

  @Test("a file that the bot posted can be read back, by name and content")
  func file() async throws {
    try await TestCloud.run { cloud async throws in
      let room = try await cloud.room("Deploy desk")
      let boundary = "b0undary"
      func part(_ head: String, _ body: String) -> String {
        "--\(boundary)\r\nContent-Disposition: form-data; \(head)\r\n\r\n\(body)\r\n"
      }
      let form =
        part("name=\"roomId\"", room)
        + part("name=\"files\"; filename=\"answer.swift\"", "let x = 1")
        + "--\(boundary)--\r\n"
      let posted = try await cloud.request(
        "POST", "/v1/messages", token: TestCloud.bot, body: Array(form.utf8),
        headers: ["Content-Type": "multipart/form-data; boundary=\(boundary)"])
      let message = try cloud.simulator.messages()[0]
      #expect(message?["files"] == ["answer.swift"])
      let url = posted.json["files"]?[0]?.string ?? ""
      let content = try await cloud.get(
        String(url.dropFirst(cloud.addresses.baseURL.count)), token: TestCloud.bot)
      #expect(content.text == "let x = 1")
      #expect(content.headers["content-disposition"]?.contains("\"answer.swift\"") == true)
    }
  }
}
