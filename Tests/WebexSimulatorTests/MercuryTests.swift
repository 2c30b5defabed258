import Testing

@testable import WebexSimulator

@Suite("Mercury, WDM and U2C")
struct MercuryTests {
  @Test("the catalog leads to WDM, WDM to the socket, and every URL is loopback")
  func discovery() async throws {
    try await TestCloud.run { cloud async throws in
      #expect(try await cloud.get("/u2c/api/v1/catalog?format=hostmap").status == 401)
      let catalog = try await cloud.get("/u2c/api/v1/catalog?format=hostmap", token: TestCloud.bot)
      let wdm = catalog.json["serviceLinks"]?["wdm"]?.string ?? ""
      #expect(wdm == cloud.addresses.baseURL + "/wdm/api/v1")
      let device = try await cloud.device()
      #expect(device["url"]?.string?.hasPrefix(wdm + "/devices/") == true)
      #expect(
        device["webSocketUrl"]?.string?.hasPrefix(
          "ws://127.0.0.1:\(cloud.addresses.port)/v1/apps/wx2")
          == true)
      for text in [catalog.text, device.serialized] {
        #expect(!text.contains("wbx2.com") && !text.contains("webex.com"))
      }
    }
  }

  @Test("devices are listed, refreshed, deleted, capped, and may vanish")
  func devices() async throws {
    try await TestCloud.run { cloud async throws in
      let path = "/wdm/api/v1/devices"
      #expect(try await cloud.get(path, token: TestCloud.bot).json["devices"] == [])
      try cloud.simulator.setFaults(["wdm": ["emptyListAs404": true, "cap": 2]])
      #expect(try await cloud.get(path, token: TestCloud.bot).status == 404)
      let device = try await cloud.device()
      let own = String((device["url"]?.string ?? "").dropFirst(cloud.addresses.baseURL.count))
      let put = try await cloud.send("PUT", own, token: TestCloud.bot, TestCloud.deviceBody)
      #expect(put.json["url"] == device["url"])
      #expect(put.json["webSocketUrl"] == device["webSocketUrl"])
      #expect(try await cloud.send("POST", own, token: TestCloud.bot, [:]).status == 405)
      _ = try await cloud.device()
      let third = try await cloud.send("POST", path, token: TestCloud.bot, TestCloud.deviceBody)
      #expect(third.status == 403)
      #expect(third.message == "User has excessive device registrations")
      // The cap is each user's own.
      #expect(
        try await cloud.send("POST", path, token: TestCloud.alice, TestCloud.deviceBody).status
          == 200)
      try cloud.simulator.setFaults(["wdm": ["put404Times": 1]])
      #expect(
        try await cloud.send("PUT", own, token: TestCloud.bot, TestCloud.deviceBody).status == 404)
      #expect(try await cloud.request("DELETE", own, token: TestCloud.bot).status == 404)
      #expect(try await cloud.request("DELETE", path, token: TestCloud.bot).status == 204)
      #expect(try await cloud.get(path, token: TestCloud.bot).json["devices"] == [])
    }
  }

  @Test("frames are binary unless text is asked for", arguments: [true, false])
  func wireFormat(isText: Bool) async throws {
    try await TestCloud.run { cloud async throws in
      let device = try await cloud.device()
      let socket = try await TestSocket(
        device["webSocketUrl"]?.string ?? "",
        query: "bufferStates=true" + (isText ? "&outboundWireFormat=text" : ""))
      try await socket.authorize()
      // First a WebSocket ping, then the state frame.
      #expect(try await socket.frame().opcode == 9)
      let state = try await socket.frame()
      #expect(state.opcode == (isText ? 1 : 2))
      #expect(state.json["data"]?["eventType"]?.string == "mercury.buffer_state")
      #expect(state.json["type"] == nil)
    }
  }

  @Test("without a wish for the state there is none, and registration status has its own frame")
  func stateFrame() async throws {
    try await TestCloud.run { cloud async throws in
      let device = try await cloud.device()
      let url = device["webSocketUrl"]?.string ?? ""
      let plain = try await TestSocket(url)
      try await plain.authorize()
      try await plain.send(["id": "p", "type": "ping"])
      #expect(try await plain.next().json["type"]?.string == "pong")
      let other = try await TestSocket(url, query: "mercuryRegistrationStatus=true")
      try await other.authorize()
      #expect(
        try await other.next().json["data"]?["eventType"]?.string == "mercury.registration_status")
    }
  }

  @Test(
    "a token without Bearer, or of somebody else, ends the socket",
    arguments: [("", 1008), ("aliasHttpStatus=true", 4401)])
  func badToken(query: String, code: Int) async throws {
    try await TestCloud.run { cloud async throws in
      let device = try await cloud.device()
      for token in [TestCloud.bot, "Bearer \(TestCloud.alice)"] {
        let socket = try await TestSocket(device["webSocketUrl"]?.string ?? "", query: query)
        try await socket.send([
          "id": "a", "type": "authorization", "data": ["token": .string(token)],
        ])
        let frame = try await socket.next()
        #expect(frame.closeCode == code)
        #expect(frame.closeReason == "authentication failed")
      }
    }
  }

  @Test("a socket that does not authorize in time is closed with the documented reason")
  func authorizationTimeout() async throws {
    try await TestCloud.run { cloud async throws in
      try cloud.simulator.setFaults(["mercury": ["authTimeoutMs": 50]])
      let device = try await cloud.device()
      let socket = try await TestSocket(device["webSocketUrl"]?.string ?? "")
      let frame = try await socket.next()
      #expect(
        frame.closeReason
          == "authentication did not happen within the timeout window of 50 seconds.")
    }
  }

  @Test("an unknown registration is 404, a wrong header 401, a scripted handshake its status")
  func handshake() async throws {
    try await TestCloud.run { cloud async throws in
      let device = try await cloud.device()
      let url = device["webSocketUrl"]?.string ?? ""
      let unknown = url.replacing("/registrations/", with: "/registrations/x")
      await #expect(throws: WireError.self) { _ = try await TestSocket(unknown) }
      await #expect(throws: WireError.self) { _ = try await TestSocket(url, token: "nope") }
      try cloud.simulator.setFaults(["mercury": ["handshake": ["status": 429, "times": 1]]])
      await #expect(throws: WireError.self) { _ = try await TestSocket(url) }
      _ = try await TestSocket(url)
      try cloud.simulator.setFaults(["mercury": ["aliasCloses": true]])
      let aliased = try await TestSocket(unknown, query: "aliasHttpStatus=true")
      #expect(try await aliased.next().closeCode == 4404)
    }
  }

  @Test("a message arrives as an opaque post whose ids lead to the plaintext")
  func post() async throws {
    try await TestCloud.run { cloud async throws in
      let socket = try await cloud.mercury(try await cloud.device())
      let message = try await cloud.post([
        "toPersonEmail": "assistant@webex.bot", "text": "a secret", "clientTempId": "tmp-1",
      ]).json
      let envelope = try await socket.activity()
      #expect(!envelope.serialized.contains("secret"))
      for key in [
        "id", "timestamp", "trackingId", "alertType", "headers", "sequenceNumber", "filterMessage",
        "wsWriteTimestamp",
      ] { #expect(envelope[key] != nil, "\(key)") }
      let activity = envelope["data"]?["activity"] ?? .null
      #expect(activity["verb"]?.string == "post")
      #expect(activity["clientTempId"]?.string == "tmp-1")
      #expect(activity["actor"]?["emailAddress"]?.string == "alice@example.com")
      #expect(activity["actor"]?["type"]?.string == "PERSON")
      #expect(activity["target"]?["tags"] == ["ONE_ON_ONE"])
      #expect(activity["target"]?["globalId"] == message["roomId"])
      #expect(activity["object"]?["displayName"]?.string?.hasPrefix("eyJhbGciOiJkaXIi") == true)
      #expect(HydraID(message["id"]?.string ?? "")?.key == activity["id"]?.string)
      // webex_bot's way: the id by the host of target.url.
      let url = activity["target"]?["url"]?.string ?? ""
      let target = activity["target"]?["id"]?.string ?? ""
      let lookup = url.replacing(
        "conversations/\(target)", with: "messages/\(activity["id"]?.string ?? "")")
      let path = String(lookup.dropFirst(cloud.addresses.baseURL.count))
      #expect(try await cloud.get(path, token: TestCloud.bot).json["id"] == message["id"])
    }
  }

  @Test("a bot hears of a group only mentions, its own echo, its membership and its cards' presses")
  func groupDelivery() async throws {
    try await TestCloud.run { cloud async throws in
      let socket = try await cloud.mercury(try await cloud.device())
      let room = try await cloud.room("Deploy desk")
      let id = JSON.string(room)
      func verb() async throws -> String {
        let activity = try await socket.activity()["data"]?["activity"] ?? .null
        let parent = activity["parent"]?["type"]?.string.map { "/\($0)" } ?? ""
        return (activity["verb"]?.string ?? "") + parent
      }
      _ = try await cloud.post(["roomId": id, "text": "not for bots"])
      _ = try await cloud.post(["roomId": id, "markdown": "<@all> not either"])
      let mention =
        try await cloud.post([
          "roomId": id, "markdown": "<@personEmail:assistant@webex.bot> hello",
        ]).json["id"] ?? .null
      #expect(try await verb() == "post")
      _ = try await cloud.post([
        "roomId": id, "parentId": mention, "markdown": "<@personEmail:assistant@webex.bot> again",
      ])
      #expect(try await verb() == "post/reply")
      _ = try await cloud.send(
        "PUT", "/v1/messages/\(mention.string ?? "")", token: TestCloud.alice,
        ["roomId": id, "markdown": "<@personEmail:assistant@webex.bot> edited"])
      #expect(try await verb() == "post/edit")
      let card = try await cloud.post(
        ["roomId": id, "text": "card", "attachments": [RESTTests.card]], token: TestCloud.bot)
      #expect(try await verb() == "post")
      _ = try await cloud.send(
        "POST", "/v1/attachment/actions", token: TestCloud.bob,
        ["type": "submit", "messageId": card.json["id"] ?? .null, "inputs": ["a": "secret"]])
      #expect(try await verb() == "cardAction/cardAction")
      _ = try await cloud.request(
        "DELETE", "/v1/messages/\(mention.string ?? "")", token: TestCloud.alice)
      #expect(try await verb() == "delete")
      let bob = try await cloud.get(
        "/v1/memberships?roomId=\(room)&personEmail=bob@example.com", token: TestCloud.alice)
      _ = try await cloud.request(
        "DELETE", "/v1/memberships/\(bob.json["items"]?[0]?["id"]?.string ?? "")",
        token: TestCloud.alice)
      let own = try await cloud.get(
        "/v1/memberships?roomId=\(room)&personEmail=assistant@webex.bot", token: TestCloud.alice)
      _ = try await cloud.request(
        "DELETE", "/v1/memberships/\(own.json["items"]?[0]?["id"]?.string ?? "")",
        token: TestCloud.alice)
      let leave = try await socket.activity()["data"]?["activity"]
      #expect(leave?["verb"]?.string == "leave")
      #expect(leave?["object"]?["emailAddress"]?.string == "assistant@webex.bot")
      _ = try await cloud.send(
        "POST", "/v1/memberships", token: TestCloud.alice,
        ["roomId": id, "personEmail": "assistant@webex.bot"])
      #expect(try await verb() == "add")
    }
  }

  @Test("a file comes as a share, then as an update that calls it safe")
  func share() async throws {
    try await TestCloud.run { cloud async throws in
      try cloud.simulator.setFaults(["fileScan": ["updateDelayMs": 20]])
      let socket = try await cloud.mercury(try await cloud.device())
      _ = try await cloud.post([
        "toPersonEmail": "assistant@webex.bot", "files": ["http://a/b.txt"],
      ])
      let share = try await socket.activity()["data"]?["activity"]
      #expect(share?["verb"]?.string == "share")
      #expect(share?["object"]?["contentCategory"]?.string == "documents")
      let update = try await socket.activity()["data"]?["activity"]
      #expect(update?["verb"]?.string == "update")
      #expect(update?["id"] != share?["id"])
      #expect(
        update?["object"]?["files"]?["items"]?[0]?["malwareQuarantineState"]?.string == "safe")
    }
  }

  @Test("what is not acked comes again, in order, on the next socket", arguments: [true, false])
  func redelivery(isSameID: Bool) async throws {
    try await TestCloud.run { cloud async throws in
      try cloud.simulator.setFaults(["mercury": ["redeliverSameEnvelopeId": .bool(isSameID)]])
      let device = try await cloud.device()
      let first = try await cloud.mercury(device)
      var envelopes: [JSON] = []
      for number in 1...3 {
        _ = try await cloud.post([
          "toPersonEmail": "assistant@webex.bot", "text": .string("\(number)"),
        ])
        envelopes.append(try await first.activity())
      }
      try await first.ack(envelopes[1])
      // Neither the activity's id nor the REST id is an ack.
      try await first.send([
        "type": "ack", "messageId": envelopes[0]["data"]?["activity"]?["id"] ?? .null,
      ])
      try await first.sync()
      try cloud.simulator.mercury(["action": "close", "code": 1006])
      await #expect(throws: WireError.self) { _ = try await first.next() }
      _ = try await cloud.post(["toPersonEmail": "assistant@webex.bot", "text": "offline"])

      let second = try await TestSocket(
        device["webSocketUrl"]?.string ?? "", query: "outboundWireFormat=text&bufferStates=true")
      try await second.authorize()
      var again: [JSON] = []
      for _ in 0..<3 { again.append(try await second.activity()) }
      func activityID(_ envelope: JSON) -> JSON? { envelope["data"]?["activity"]?["id"] }
      #expect(again.prefix(2).map(activityID) == [envelopes[0], envelopes[2]].map(activityID))
      #expect((again[0]["id"] == envelopes[0]["id"]) == isSameID)
      #expect(
        again.map { $0["sequenceNumber"]?.int ?? 0 }
          == again.map { $0["sequenceNumber"]?.int ?? 0 }.sorted())
      for envelope in again { try await second.ack(envelope) }
      try await second.sync()
      let record = try cloud.simulator.record()
      #expect(record["deliveries"]?.array?.allSatisfy { $0["acked"] == true } == true)
      #expect(record["unknownAcks"]?.array?.count == 1)
    }
  }

  @Test("with the switch on, acks by activity id or REST id count")
  func foreignAcks() async throws {
    try await TestCloud.run { cloud async throws in
      try cloud.simulator.setFaults(["mercury": ["acceptActivityIdAcks": true]])
      let socket = try await cloud.mercury(try await cloud.device())
      for useREST in [true, false] {
        let message = try await cloud.post(["toPersonEmail": "assistant@webex.bot", "text": "x"])
        let envelope = try await socket.activity()
        let id = useREST ? message.json["id"] : envelope["data"]?["activity"]?["id"]
        try await socket.send(["type": "ack", "messageId": id ?? .null])
      }
      try await socket.sync()
      let record = try cloud.simulator.record()
      #expect(record["deliveries"]?.array?.allSatisfy { $0["acked"] == true } == true)
    }
  }

  @Test("a second socket replaces the first with 4000, after a shutdown with 4001")
  func replaced() async throws {
    try await TestCloud.run { cloud async throws in
      let device = try await cloud.device()
      let first = try await cloud.mercury(device)
      let second = try await cloud.mercury(device)
      let frame = try await first.next()
      #expect(frame.closeCode == 4000)
      #expect(frame.closeReason == "replaced")
      try cloud.simulator.mercury(["action": "shutdown"])
      #expect(try await second.next().json["type"]?.string == "shutdown")
      let third = try await cloud.mercury(device)
      #expect(try await second.next().closeCode == 4001)
      let guest = try await cloud.mercury(device, query: "multipleConnections=true")
      try await third.sync()
      try await guest.sync()
      #expect(cloud.simulator.openMercurySockets == 2)
    }
  }

  @Test(
    "a close code asked for is the one that comes",
    arguments: [1000, 1001, 1003, 1011, 3050, 4000, 4001])
  func closeCodes(code: Int) async throws {
    try await TestCloud.run { cloud async throws in
      let socket = try await cloud.mercury(try await cloud.device())
      #expect(
        try cloud.simulator.mercury(["action": "close", "code": .int(code), "reason": "why"]) == 1)
      let frame = try await socket.next()
      #expect(frame.closeCode == code)
      #expect(frame.closeReason == "why")
    }
  }

  @Test("1005 is an empty close frame, a reset is a RST")
  func abruptEnds() async throws {
    try await TestCloud.run { cloud async throws in
      let device = try await cloud.device()
      let first = try await cloud.mercury(device)
      try cloud.simulator.mercury(["action": "close", "code": 1005])
      let frame = try await first.next()
      #expect(frame.opcode == 8)
      #expect(frame.payload.isEmpty)
      let second = try await cloud.mercury(device)
      try cloud.simulator.mercury(["action": "reset"])
      do {
        _ = try await second.next()
        Issue.record("the socket lives")
      } catch let error as WireError {
        #expect(error.description == "reset")
      }
    }
  }

  @Test("duplicates, gaps, neighbours swapped, fragments: as switched on")
  func mischief() async throws {
    try await TestCloud.run { cloud async throws in
      let socket = try await cloud.mercury(try await cloud.device())
      func post(_ text: String) async throws -> String {
        let json = try await cloud.post([
          "toPersonEmail": "assistant@webex.bot", "text": .string(text),
        ]).json
        return HydraID(json["id"]?.string ?? "")?.key ?? ""
      }
      func received() async throws -> (String, Int) {
        let envelope = try await socket.activity()
        return (
          envelope["data"]?["activity"]?["id"]?.string ?? "", envelope["sequenceNumber"]?.int ?? 0
        )
      }
      try cloud.simulator.setFaults(["mercury": ["duplicate": 2, "sequenceGap": true]])
      let one = try await post("1")
      var last = 0
      for _ in 0..<3 {
        let (id, sequence) = try await received()
        #expect(id == one)
        #expect(last == 0 || sequence > last + 1)
        last = sequence
      }
      try cloud.simulator.setFaults(["mercury": ["reorder": true]])
      let pair = [try await post("2"), try await post("3")]
      #expect([try await received().0, try await received().0] == pair.reversed())
      let alone = try await post("4")
      #expect(try await received().0 == alone)
      try cloud.simulator.setFaults(["mercury": ["fragments": 3]])
      _ = try await post("5")
      var opcodes: [UInt8] = []
      var payload: [UInt8] = []
      var isFinal = false
      while !isFinal {
        let frame = try await socket.frame()
        opcodes.append(frame.opcode)
        if frame.opcode != 9 {
          payload += frame.payload
          isFinal = frame.isFinal
        }
      }
      #expect(opcodes == [1, 9, 0, 0])
      #expect(JSON(parsing: payload)?["data"]?["activity"]?["verb"]?.string == "post")
    }
  }

  @Test("in wrong-region mode all is healthy and nothing comes")
  func wrongRegion() async throws {
    try await TestCloud.run { cloud async throws in
      try cloud.simulator.setFaults(["mercury": ["wrongRegion": true]])
      let socket = try await cloud.mercury(try await cloud.device())
      _ = try await cloud.post(["toPersonEmail": "assistant@webex.bot", "text": "x"])
      try await socket.sync()
      #expect(try cloud.simulator.record()["deliveries"] == [])
    }
  }

  @Test("a dropped pong stays away while events still come")
  func droppedPong() async throws {
    try await TestCloud.run { cloud async throws in
      let socket = try await cloud.mercury(try await cloud.device())
      try cloud.simulator.setFaults(["mercury": ["dropPongs": true]])
      try await socket.send(["id": "p", "type": "ping"])
      _ = try await cloud.post(["toPersonEmail": "assistant@webex.bot", "text": "x"])
      #expect(try await socket.next().json["data"] != nil)
    }
  }

  @Test("frames to ignore arrive: typing, reads, reactions, KMS, unknown verbs")
  func strangeFrames() async throws {
    try await TestCloud.run { cloud async throws in
      let socket = try await cloud.mercury(try await cloud.device())
      let room = JSON.string(try await cloud.room("Alice Example"))
      let message = try await cloud.post(["roomId": room, "text": "x"]).json["id"] ?? .null
      _ = try await socket.activity()
      let cases: [(String, String)] = [
        ("typing", "status.start_typing"), ("kms", "encryption.kms_message"),
        ("acknowledge", "acknowledge"), ("reaction", "add"), ("activity", "tombstone"),
      ]
      for (kind, expected) in cases {
        try cloud.simulator.inject([
          "kind": .string(kind), "room": room, "person": "alice@example.com", "message": message,
          "verb": kind == "activity" ? "tombstone" : .null,
        ])
        let data = try await socket.next().json["data"]
        #expect(
          (data?["activity"]?["verb"] ?? data?["eventType"])?.string == expected, "\(kind)")
      }
    }
  }

  @Test("a frame that breaks RFC 6455 ends the socket with its code")
  func protocolErrors() async throws {
    try await TestCloud.run { cloud async throws in
      let device = try await cloud.device()
      let cases: [(opcode: UInt8, payload: [UInt8], isFinal: Bool, code: Int)] = [
        (3, [], true, 1002), (9, [], false, 1002), (0, [1], true, 1002),
        (1, [0xFF, 0xFE], true, 1007), (1, Array("no json".utf8), true, 1003),
      ]
      for (opcode, payload, isFinal, code) in cases {
        let socket = try await cloud.mercury(device, query: "outboundWireFormat=text")
        try await socket.send(opcode: opcode, payload, isFinal: isFinal)
        #expect(try await socket.next().closeCode == code)
      }
    }
  }
}
