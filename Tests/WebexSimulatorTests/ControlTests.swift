import Testing

@testable import WebexSimulator

@Suite("Control API, faults and the server itself")
struct ControlTests {
  @Test("the state names people with tokens, rooms and the bot")
  func state() async throws {
    try await TestCloud.run { cloud async throws in
      let state = try await cloud.get("/sim/state").json
      #expect(
        state["people"]?.array?.compactMap { $0["email"]?.string } == [
          "alice@example.com", "bob@example.com", "carol@partner.example", "assistant@webex.bot",
        ])
      #expect(state["bot"]?["token"]?.string == cloud.addresses.botToken)
      #expect(state["rooms"]?.array?.count == 5)
    }
  }

  @Test("people and rooms can be added, and are told to subscribers")
  func additions() async throws {
    try await TestCloud.run { cloud async throws in
      let dave = try await cloud.send(
        "POST", "/sim/people", ["email": "dave@example.com", "displayName": "Dave"])
      let token = dave.json["token"]?.string ?? ""
      #expect(try await cloud.get("/v1/people/me", token: token).status == 200)
      let room = try await cloud.send(
        "POST", "/sim/rooms",
        ["type": "direct", "members": ["dave@example.com", "assistant@webex.bot"]])
      #expect(room.json["type"]?.string == "direct")
      #expect(
        try await cloud.send(
          "POST", "/sim/rooms", ["type": "group", "title": "x", "members": ["no"]]
        )
        .status == 404)
    }
  }

  @Test("the event stream shows each person what that person may see")
  func events() async throws {
    try await TestCloud.run { cloud async throws in
      let wire = try Wire(port: cloud.addresses.port)
      try await wire.write(
        Array("GET /sim/events?token=\(TestCloud.bot) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
      var text = ""
      func wait(for part: String) async throws {
        while !text.contains(part) {
          guard let more = try await wire.read() else { throw WireError(description: "closed") }
          text += String(decoding: more, as: UTF8.self)
        }
      }
      try await wait(for: ": connected")
      let room = JSON.string(try await cloud.room("Deploy desk"))
      _ = try await cloud.post(["roomId": room, "text": "hidden from bots"])
      let id =
        try await cloud.post([
          "roomId": room, "markdown": "<@personEmail:assistant@webex.bot> shown",
        ]).json["id"]?.string ?? ""
      try await wait(for: "shown")
      #expect(!text.contains("hidden"))
      #expect(text.contains("event: message\ndata: {\"type\":\"created\",\"message\":{"))
      _ = try await cloud.send(
        "PUT", "/v1/messages/\(id)", token: TestCloud.alice,
        ["roomId": room, "markdown": "<@personEmail:assistant@webex.bot> changed"])
      try await wait(for: "\"edits\":1")
      #expect(text.contains("\"type\":\"updated\""))
      _ = try await cloud.request("DELETE", "/v1/messages/\(id)", token: TestCloud.alice)
      try await wait(for: "\"type\":\"deleted\"")
    }
  }

  @Test("a rule fails as often as it says, after as many as it says, and with its header")
  func rule() async throws {
    try await TestCloud.run { cloud async throws in
      try cloud.simulator.setFaults([
        "rest": [
          [
            "method": "GET", "path": "/v1/people/*", "status": 429, "retryAfter": 2, "times": 2,
            "after": 1,
          ]
        ]
      ])
      var answers: [Answer] = []
      for _ in 0..<4 {
        answers.append(try await cloud.get("/v1/people/me", token: TestCloud.bot))
      }
      #expect(answers.map(\.status) == [200, 429, 429, 200])
      #expect(answers[1].headers["retry-after"] == "2")
      #expect(answers[1].message == "Too many requests")
      #expect(answers[1].json["trackingId"]?.string == answers[1].headers["trackingid"])
      let rejected = try cloud.simulator.record()["rejected"]?.array
      #expect(rejected?.count == 2)
      let times = ["received", "time"].compactMap { rejected?.first?[$0]?.string }
      #expect(times.count == 2 && times == times.sorted())
    }
  }

  @Test("after the commit a lost answer leaves the message there", arguments: ["drop", "reset"])
  func lostAnswer(kind: String) async throws {
    try await TestCloud.run { cloud async throws in
      try cloud.simulator.setFaults([
        "rest": [
          .object([
            .init("method", "POST"), .init("path", "/v1/messages"), .init("times", 1),
            .init("apply", "afterCommit"), .init(kind, true),
          ])
        ]
      ])
      await #expect(throws: WireError.self) {
        _ = try await cloud.post(["toPersonEmail": "assistant@webex.bot", "text": "once"])
      }
      let list = try await cloud.get(
        "/v1/messages/direct?personEmail=assistant@webex.bot", token: TestCloud.alice)
      #expect(list.json["items"]?.array?.count == 1)
    }
  }

  @Test("a message can be missing for the first reads of each reader")
  func lookup404() async throws {
    try await TestCloud.run { cloud async throws in
      try cloud.simulator.setFaults(["messageLookup404Times": 2])
      let id =
        try await cloud.post(["toPersonEmail": "assistant@webex.bot", "text": "x"])
        .json["id"]?.string ?? ""
      var statuses: [Int] = []
      for _ in 0..<3 {
        statuses.append(try await cloud.get("/v1/messages/\(id)", token: TestCloud.bot).status)
      }
      #expect(statuses == [404, 404, 200])
    }
  }

  static let typos: [JSON] = [
    ["mercry": [:]], ["mercury": ["dropPong": true]], ["wdm": ["caps": 1]],
    ["rest": [["path": "v1"]]], ["rest": [["path": "/v1", "staus": 1]]],
    ["fileScan": ["state": "dirty"]], ["messageLookup404Times": "2"],
  ]

  @Test("a misspelt fault is refused and arms nothing", arguments: typos)
  func typo(faults: JSON) async throws {
    try await TestCloud.run { cloud async throws in
      #expect(try await cloud.send("POST", "/sim/faults", faults).status == 400)
      #expect(try await cloud.get("/sim/faults").json == [:])
    }
  }

  @Test("the page's policy allows no outside script, and no path leaves its folder")
  func page() async throws {
    try await TestCloud.run { cloud async throws in
      let page = try await cloud.get("/")
      #expect(page.status == 200)
      #expect(page.headers["content-security-policy"]?.hasPrefix("default-src 'self'") == true)
      for path in ["/../Package.swift", "/%2e%2e/x", "/.git", "/a%2Fb", "/nothing.js"] {
        #expect(try await cloud.get(path).status == 404, "\(path)")
      }
    }
  }

  @Test("a foreign host or origin is turned away, as after DNS rebinding")
  func foreignPages() async throws {
    try await TestCloud.run { cloud async throws in
      for headers in [
        ["Host": "evil.example"], ["Host": "127.0.0.1.evil.example:80"],
        ["Origin": "https://evil.example"], ["Origin": "null"],
      ] {
        #expect(
          try await cloud.request("GET", "/sim/state", headers: headers).status == 403, "\(headers)"
        )
      }
      for headers in [["Host": "localhost:1"], ["Origin": "http://127.0.0.1:9"]] {
        #expect(try await cloud.request("GET", "/sim/state", headers: headers).status == 200)
      }
    }
  }

  @Test("only loopback is bound, and a taken port says so")
  func addresses() async throws {
    var configuration = SimulatorConfiguration()
    configuration.address = "0.0.0.0"
    let open = Simulator(configuration: configuration)
    await #expect(throws: SimulatorError(.notLoopback, "")) { _ = try await open.start() }
    try await TestCloud.run { cloud async throws in
      let second = Simulator(configuration: .init(port: cloud.addresses.port))
      await #expect(throws: SimulatorError(.cannotListen, "")) { _ = try await second.start() }
    }
  }

  @Test(
    "malformed and oversized requests are answered and harm nobody",
    arguments: [
      ("GARBAGE\r\n\r\n", 400), ("GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
      ("POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\n\r\n", 413),
      ("POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400),
      (
        "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        400
      ),
      ("GET / HTTP/1.1\r\nX: \(String(repeating: "x", count: 70_000))\r\n\r\n", 431),
    ])
  func malformed(request: String, status: Int) async throws {
    try await TestCloud.run { cloud async throws in
      let wire = try Wire(port: cloud.addresses.port)
      try await wire.write(Array(request.utf8))
      var bytes: [UInt8] = []
      while let more = try? await wire.read() { bytes += more }
      #expect(try TestCloud.parse(bytes).status == status)
      #expect(try await cloud.get("/sim/state").status == 200)
    }
  }

  @Test("requests on one connection are answered in turn, chunked bodies and Expect included")
  func keepAlive() async throws {
    try await TestCloud.run { cloud async throws in
      let wire = try Wire(port: cloud.addresses.port)
      let body = #"{"toPersonEmail":"assistant@webex.bot","text":"chunked"}"#
      let head = "HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(TestCloud.alice)\r\n"
      try await wire.write(
        Array(
          ("GET /v1/people/me \(head)\r\nPOST /v1/messages \(head)Expect: 100-continue\r\n"
            + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n0\r\n\r\n"
            + "GET /v1/people/me \(head)Connection: close\r\n\r\n").utf8))
      var bytes: [UInt8] = []
      while let more = try await wire.read() { bytes += more }
      let text = String(decoding: bytes, as: UTF8.self)
      let statuses = text.matches(of: /HTTP\/1.1 (\d+)/).map { String($0.output.1) }
      #expect(statuses == ["200", "100", "200", "200"])
      #expect(text.contains("\"text\":\"chunked\""))
    }
  }

  @Test("two hundred people ask at once, and the bot hears each once")
  func crowd() async throws {
    var configuration = SimulatorConfiguration()
    configuration.world = .crowd(200)
    try await TestCloud.run(configuration) { cloud async throws in
      let socket = try await cloud.mercury(try await cloud.device())
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 1...200 {
          group.addTask {
            let answer = try await cloud.post(
              ["toPersonEmail": "assistant@webex.bot", "text": .string("from \(number)")],
              token: "sim-person\(number)-token")
            #expect(answer.status == 200)
          }
        }
        try await group.waitForAll()
      }
      var people: Set<String> = []
      for _ in 0..<200 {
        let envelope = try await socket.activity()
        try await socket.ack(envelope)
        people.insert(envelope["data"]?["activity"]?["actor"]?["emailAddress"]?.string ?? "")
      }
      #expect(people.count == 200)
      try await socket.sync()
      let record = try cloud.simulator.record()
      #expect(record["rejected"] == [])
      #expect(record["deliveries"]?.array?.allSatisfy { $0["acked"] == true } == true)
    }
  }
}
