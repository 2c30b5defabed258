import Testing

@testable import WebexSimulator

@Suite("A person edits what they wrote")
struct PersonEditTests {
  private static let mention = "<@personEmail:assistant@webex.bot>"

  private static func edit(_ id: JSON, in room: JSON, to markdown: String, _ cloud: TestCloud)
    async throws
  {
    let answer = try await cloud.send(
      "PUT", "/v1/messages/\(id.string ?? "")", token: TestCloud.alice,
      ["roomId": room, "markdown": .string(markdown)])
    #expect(answer.status == 200)
  }

  @Test("in a direct space the bot hears of an edit as a post whose parent is the message")
  func direct() async throws {
    try await TestCloud.run { cloud async throws in
      let socket = try await cloud.mercury(try await cloud.device())
      let message = try await cloud.post([
        "toPersonEmail": "assistant@webex.bot", "text": "how mcuh?",
      ]).json
      let posted = try await socket.activity()["data"]?["activity"]
      try await Self.edit(message["id"] ?? .null, in: message["roomId"] ?? .null, to: "much", cloud)
      let edited = try await socket.activity()["data"]?["activity"]
      #expect(edited?["verb"]?.string == "post")
      #expect(edited?["parent"]?["type"]?.string == "edit")
      // A new activity, by whose id the message's new text is found under its old id.
      #expect(edited?["parent"]?["id"] == posted?["id"])
      #expect(edited?["id"] != posted?["id"])
      let path = "/conversation/api/v1/messages/\(edited?["id"]?.string ?? "")"
      let found = try await cloud.get(path, token: TestCloud.bot).json["id"]
      #expect(found == message["id"])
      let read = try await cloud.get(
        "/v1/messages/\(message["id"]?.string ?? "")", token: TestCloud.bot
      ).json
      #expect(read["markdown"]?.string == "much")
      #expect(read["updated"] != nil)
    }
  }

  @Test("in a thread the edit says edit, not reply; REST keeps the thread")
  func thread() async throws {
    try await TestCloud.run { cloud async throws in
      let socket = try await cloud.mercury(try await cloud.device())
      let root = try await cloud.post(["toPersonEmail": "assistant@webex.bot", "text": "root"]).json
      let room = root["roomId"] ?? .null
      let reply =
        try await cloud.post([
          "roomId": room, "parentId": root["id"] ?? .null, "text": "reply",
        ]).json["id"] ?? .null
      _ = try await socket.activity()
      let replied = try await socket.activity()["data"]?["activity"]
      #expect(replied?["parent"]?["type"]?.string == "reply")
      try await Self.edit(reply, in: room, to: "reply, edited", cloud)
      let edited = try await socket.activity()["data"]?["activity"]
      #expect(edited?["parent"]?["type"]?.string == "edit")
      #expect(edited?["parent"]?["id"] == replied?["id"])
      let read = try await cloud.get("/v1/messages/\(reply.string ?? "")", token: TestCloud.bot)
      #expect(read.json["parentId"] == root["id"])
    }
  }

  @Test("in a group the bot hears of it only if the new text mentions it")
  func group() async throws {
    try await TestCloud.run { cloud async throws in
      let socket = try await cloud.mercury(try await cloud.device())
      let room = JSON.string(try await cloud.room("Deploy desk"))
      let unseen = try await cloud.post(["roomId": room, "text": "hello"]).json["id"] ?? .null
      let seen =
        try await cloud.post(["roomId": room, "markdown": .string("\(Self.mention) hello")])
        .json["id"] ?? .null
      _ = try await socket.activity()
      // Without the mention now: nothing comes, and REST does not show it to the bot either.
      try await Self.edit(seen, in: room, to: "never mind", cloud)
      #expect(
        try await cloud.get("/v1/messages/\(seen.string ?? "")", token: TestCloud.bot).status == 404
      )
      // With a mention only now: the next that comes.
      try await Self.edit(unseen, in: room, to: "\(Self.mention) hello", cloud)
      let edited = try await socket.activity()["data"]?["activity"]
      #expect(edited?["parent"]?["type"]?.string == "edit")
      #expect(edited?["parent"]?["id"]?.string == HydraID(unseen.string ?? "")?.key)
    }
  }
}
