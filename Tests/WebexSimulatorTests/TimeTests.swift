import Testing

@testable import WebexSimulator

@Suite("The cloud's time and its tokens")
struct TimeTests {
  private func direct(_ cloud: TestCloud) async throws -> JSON {
    let rooms = try await cloud.get("/v1/rooms?type=direct", token: TestCloud.alice)
    return rooms.json["items"]?.array?.first?["id"] ?? .null
  }

  @Test("a message that was sent in the past is listed among those of its time, and is no news")
  func past() async throws {
    try await TestCloud.run { cloud async throws in
      let room = try await direct(cloud)
      _ = try await cloud.post(["roomId": room, "text": "now"])
      let active = try await lastActivity(cloud)
      #expect(try await cloud.send("POST", "/sim/clock", ["offsetMs": -3_600_000]).status == 200)
      _ = try await cloud.post(["roomId": room, "text": "an hour ago"])
      #expect(try await cloud.send("POST", "/sim/clock", ["offsetMs": 0]).status == 200)
      _ = try await cloud.post(["roomId": room, "text": "after that"])
      let listed = try await cloud.get(
        "/v1/messages?roomId=\(room.string ?? "")", token: TestCloud.bot)
      let items = listed.json["items"]?.array ?? []
      #expect(items.map { $0["text"]?.string } == ["after that", "now", "an hour ago"])
      let times = items.compactMap { $0["created"]?.string }
      #expect(times == times.sorted(by: >))
      #expect(try await lastActivity(cloud) > active)
    }
  }

  private func lastActivity(_ cloud: TestCloud) async throws -> String {
    let rooms = try await cloud.get("/v1/rooms?sortBy=lastactivity&max=1", token: TestCloud.bot)
    return rooms.json["items"]?.array?.first?["lastActivity"]?.string ?? ""
  }

  @Test("spaces are listed by their last activity, which the bot's own messages are too, in pages")
  func spaces() async throws {
    try await TestCloud.run { cloud async throws in
      let rooms = try await cloud.get("/v1/rooms?sortBy=lastactivity", token: TestCloud.bot)
      let oldest = rooms.json["items"]?.array?.last?["id"] ?? .null
      _ = try await cloud.send(
        "POST", "/v1/messages", token: TestCloud.bot, ["roomId": oldest, "text": "mine"])
      let first = try await cloud.get(
        "/v1/rooms?sortBy=lastactivity&max=1", token: TestCloud.bot)
      #expect(first.json["items"]?.array?.first?["id"] == oldest)
      #expect(first.headers["link"]?.contains("rel=\"next\"") == true)
    }
  }

  @Test("a device's age is the cloud's time, not the machine's")
  func devices() async throws {
    try await TestCloud.run { cloud async throws in
      _ = try await cloud.send("POST", "/sim/faults", ["wdm": ["expireAfterMs": 86_400_000]])
      let made = try await cloud.send(
        "POST", "/wdm/api/v1/devices", token: TestCloud.bot,
        ["deviceType": "DESKTOP", "name": "n"])
      #expect(made.status == 200)
      func count() async throws -> Int? {
        try await cloud.get("/wdm/api/v1/devices", token: TestCloud.bot).json["devices"]?.array?
          .count
      }
      #expect(try await count() == 1)
      _ = try await cloud.send("POST", "/sim/clock", ["offsetMs": 90_000_000])
      #expect(try await count() == 0)
    }
  }

  @Test("one device can be deleted; an unknown one is 404")
  func deletion() async throws {
    try await TestCloud.run { cloud async throws in
      for name in ["a", "b"] {
        _ = try await cloud.send(
          "POST", "/wdm/api/v1/devices", token: TestCloud.bot,
          ["deviceType": "DESKTOP", "name": .string(name)])
      }
      let devices = try await cloud.get("/sim/devices").json["devices"]?.array ?? []
      let id = devices.first?["id"]?.string ?? ""
      #expect(try await cloud.request("DELETE", "/sim/devices/\(id)").status == 204)
      #expect(try await cloud.request("DELETE", "/sim/devices/\(id)").status == 404)
      let left = try await cloud.get("/sim/devices").json["devices"]?.array ?? []
      #expect(left.compactMap { $0["name"]?.string } == ["b"])
    }
  }

  @Test("a revoked token is 401 until it is restored; another one of the same person works")
  func tokens() async throws {
    try await TestCloud.run { cloud async throws in
      func status(_ token: String) async throws -> Int {
        try await cloud.get("/v1/people/me", token: token).status
      }
      _ = try await cloud.send(
        "POST", "/sim/tokens", ["token": .string(TestCloud.bot), "revoked": true])
      #expect(try await status(TestCloud.bot) == 401)
      _ = try await cloud.send(
        "POST", "/sim/tokens", ["token": "second", "email": "assistant@webex.bot"])
      #expect(try await status("second") == 200)
      _ = try await cloud.send(
        "POST", "/sim/tokens", ["token": .string(TestCloud.bot), "revoked": false])
      #expect(try await status(TestCloud.bot) == 200)
      #expect(
        try await cloud.send("POST", "/sim/tokens", ["token": "nobody's", "revoked": true]).status
          == 404)
      #expect(try await cloud.send("POST", "/sim/tokens", ["tokens": "x"]).status == 400)
    }
  }
}
