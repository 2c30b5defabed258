import Testing

@testable import WebexSimulator

@Suite("The scripted model")
struct ModelTests {
  static func chat(
    _ cloud: TestCloud, _ content: String, model: String = "scripted-fast", stream: Bool = true,
    token: String? = nil
  ) async throws -> Answer {
    try await cloud.send(
      "POST", "/llm/v1/chat/completions", token: token,
      [
        "model": .string(model), "stream": .bool(stream),
        "stream_options": ["include_usage": true],
        "messages": [["role": "user", "content": .string(content)]],
      ])
  }

  /// The data of each event.
  static func events(_ answer: Answer) -> [String] {
    answer.text.replacing("\r\n", with: "\n").split(separator: "\n\n").compactMap { event in
      let lines = event.split(separator: "\n").filter { $0.hasPrefix("data:") }
      return lines.isEmpty
        ? nil : lines.map { $0.dropFirst(5).trimming(" ") }.joined(separator: "\n")
    }
  }

  static func content(_ answer: Answer) -> String {
    events(answer).compactMap { JSON(parsing: $0)?["choices"]?[0]?["delta"]?["content"]?.string }
      .joined()
  }

  @Test("a stream has role, content, finish, usage with cost, and [DONE]")
  func stream() async throws {
    try await TestCloud.run { cloud async throws in
      let answer = try await Self.chat(cloud, "hello")
      #expect(answer.headers["content-type"] == "text/event-stream; charset=utf-8")
      #expect(answer.headers["x-litellm-call-id"] != nil)
      let events = Self.events(answer)
      #expect(JSON(parsing: events[0])?["choices"]?[0]?["delta"]?["role"]?.string == "assistant")
      #expect(Self.content(answer).contains("scripted demo model"))
      #expect(Self.content(answer).contains("> hello"))
      #expect(
        JSON(parsing: events[events.count - 3])?["choices"]?[0]?["finish_reason"]?.string == "stop")
      #expect((JSON(parsing: events[events.count - 2])?["usage"]?["cost"]?.double ?? 0) > 0)
      #expect(events.last == "[DONE]")
    }
  }

  @Test("the long answer has exactly its length, is the same each time, and closes its fences")
  func long() async throws {
    for length in [1, 30, 500, 20_000] {
      let text = ScriptedText.long(length)
      #expect(text.unicodeScalars.count == length)
      #expect(text == ScriptedText.long(length))
      #expect(text.split(separator: "\n").filter { $0.hasPrefix("```") }.count % 2 == 0)
    }
    try await TestCloud.run { cloud async throws in
      let answer = try await Self.chat(cloud, "[[speed=0 delay=0]]", model: "scripted-long")
      #expect(Self.content(answer) == ScriptedText.long(20_000))
    }
  }

  @Test("echo gives the last user message back, stream or not")
  func echo() async throws {
    try await TestCloud.run { cloud async throws in
      let text = "  ünïcode\n```x```  👩‍💻 "
      #expect(Self.content(try await Self.chat(cloud, text, model: "scripted-echo")) == text)
      let whole = try await Self.chat(cloud, text, model: "scripted-echo", stream: false)
      #expect(whole.json["choices"]?[0]?["message"]?["content"]?.string == text)
    }
  }

  static let failures: [(String, Int, String?)] = [
    ("429", 429, "throttling_error"), ("500", 500, "internal_server_error"),
    ("503", 503, "overloaded_error"), ("529", 529, "internal_server_error"),
    ("key", 401, "auth_error"), ("budget", 422, "budget_exceeded"),
    ("context", 400, "invalid_request_error"), ("model", 400, "invalid_request_error"),
    ("notAllowed", 403, "key_model_access_denied"), ("detail", 404, nil), ("html", 502, nil),
    ("text", 500, nil), ("empty", 500, nil),
  ]

  @Test("each failure before the stream has its status and shape", arguments: failures)
  func failure(name: String, status: Int, type: String?) async throws {
    try await TestCloud.run { cloud async throws in
      let answer = try await Self.chat(cloud, "x [[error=\(name)]]")
      #expect(answer.status == status)
      #expect(answer.json["error"]?["type"]?.string == type)
      if type != nil { #expect(answer.json["error"]?["code"]?.string == "\(status)") }
      if name == "detail" { #expect(answer.json["detail"]?.string == "Not Found") }
      if name == "empty" { #expect(answer.body.isEmpty) }
    }
  }

  @Test("a failure may last for some requests only")
  func failureTimes() async throws {
    try await TestCloud.run { cloud async throws in
      try cloud.simulator.setModelScript(["error": 503, "errorTimes": 2, "firstTokenDelayMs": 0])
      var statuses: [Int] = []
      for _ in 0..<3 { statuses.append(try await Self.chat(cloud, "x").status) }
      #expect(statuses == [503, 503, 200])
    }
  }

  @Test("failures within the stream: error frame, cut, no finish, no DONE, empty, whole JSON")
  func withinTheStream() async throws {
    try await TestCloud.run { cloud async throws in
      func ask(_ directives: String) async throws -> (Answer, [String]) {
        let answer = try await Self.chat(cloud, "x [[\(directives)]]")
        return (answer, Self.events(answer))
      }
      var (answer, events) = try await ask("errorFrameAfter=3")
      #expect(answer.status == 200 && answer.isWhole)
      #expect(JSON(parsing: events.last ?? "")?["error"]?["code"]?.string == "500")
      (answer, events) = try await ask("disconnectAfter=3")
      #expect(!answer.isWhole)
      #expect(events.count == 4)
      (answer, events) = try await ask("noFinish noDone")
      #expect(answer.isWhole && events.last != "[DONE]")
      #expect(!answer.text.contains("finish_reason"))
      (answer, events) = try await ask("emptyStream")
      #expect(answer.isWhole && answer.body.isEmpty)
      (answer, events) = try await ask("wholeJson")
      #expect(answer.headers["content-type"] == "application/json")
      #expect(answer.json["choices"]?[0]?["message"] != nil)
      (answer, events) = try await ask("crlf bom oddFrames chunkBytes=7 text=fine")
      #expect(answer.body.starts(with: [0xEF, 0xBB, 0xBF]))
      #expect(answer.text.contains("\r\n\r\n") && Self.content(answer) == "fine")
      (answer, events) = try await ask("hugeLine=300000")
      #expect(events.contains { $0.utf8.count > 300_000 })
      (answer, events) = try await ask("secondCompletion")
      #expect(Set(events.compactMap { JSON(parsing: $0)?["id"]?.string }).count == 2)
      (answer, events) = try await ask("reasoning finishReason=length")
      #expect(answer.text.contains("reasoning_content"))
      #expect(answer.text.contains("\"finish_reason\":\"length\""))
      (answer, events) = try await ask("tool=ask")
      #expect(answer.text.contains("\"finish_reason\":\"tool_calls\""))
      (answer, events) = try await ask("delay=60 keepAliveMs=10")
      #expect(answer.text.hasPrefix(": ping\n\n: ping"))
      #expect(answer.headers["x-litellm-call-id"] == nil)
    }
  }

  @Test("a reset within the stream is a RST")
  func reset() async throws {
    try await TestCloud.run { cloud async throws in
      await #expect(throws: WireError.self) {
        _ = try await Self.chat(cloud, "x [[disconnectAfter=3 reset]]")
      }
    }
  }

  @Test("the record tells that a client hung up, before or after the first token")
  func hangUp() async throws {
    try await TestCloud.run { cloud async throws in
      for directives in ["delay=60000", "delay=0 stallAfter=2"] {
        let wire = try Wire(port: cloud.addresses.port)
        let body: JSON = [
          "model": "scripted", "stream": true,
          "messages": [["role": "user", "content": .string("x [[\(directives)]]")]],
        ]
        try await wire.write(
          Array(
            ("POST /llm/v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
              + "Content-Length: \(body.bytes.count)\r\n\r\n").utf8) + body.bytes)
        if directives.contains("stall") { _ = try await wire.read() }
        while try cloud.simulator.modelRequests().array?.isEmpty != false {
          try await Task.sleep(for: .milliseconds(5))
        }
        let before = Timestamp.now
        wire.hangUp()
        while true {
          let last = try cloud.simulator.modelRequests().array?.last
          if last?["cancelled"] == true {
            #expect(last?["outcome"]?.string == "cancelled")
            let ended = last?["ended"]?.string.flatMap { Timestamp(iso: $0) }
            let hungUp = try #require(ended).milliseconds - before.milliseconds
            // The time of the hang-up, not that of the next token.
            #expect((0..<5_000).contains(hungUp), "\(hungUp) ms")
            break
          }
          try await Task.sleep(for: .milliseconds(5))
        }
      }
    }
  }

  @Test("the record has the times of the request, of its first and last token, and of its end")
  func times() async throws {
    try await TestCloud.run { cloud async throws in
      _ = try await Self.chat(
        cloud, "x [[text=one_two_three_four delay=120 speed=20 reasoning reasoningMs=100]]",
        model: "scripted")
      let call = try cloud.simulator.modelRequests()[0]
      let times = ["time", "firstContent", "lastContent", "ended"].compactMap {
        call?[$0]?.string.flatMap { Timestamp(iso: $0)?.milliseconds }
      }
      try #require(times.count == 4)
      // Reasoning is no content; three tokens at 20 a second take 100 ms.
      #expect(times[1] - times[0] >= 215, "\(times)")
      #expect(times[2] - times[1] >= 95, "\(times)")
      #expect(times[3] >= times[2])
      #expect(call?["tokensSent"] == 3)
    }
  }

  @Test("reasoning comes in deltas of its own or between tags, and takes the time it is told")
  func reasoning() async throws {
    try await TestCloud.run { cloud async throws in
      func ask(_ directives: String, stream: Bool = true) async throws -> Answer {
        try await Self.chat(cloud, "x [[text=yes \(directives)]]", stream: stream)
      }
      let own = try await ask("reasoning=hm")
      #expect(Self.content(own) == "yes")
      #expect(own.text.contains("\"reasoning_content\":\"hm\""))
      let tagged = try await ask("think reasoning=hm")
      #expect(Self.content(tagged) == "<think>\nhm\n</think>\n\nyes")
      #expect(!tagged.text.contains("reasoning_content"))
      let whole = try await ask("think reasoning=hm", stream: false)
      #expect(
        whole.json["choices"]?[0]?["message"]?["content"]?.string
          == "<think>\nhm\n</think>\n\nyes")
      let clock = ContinuousClock()
      let time = try await clock.measure { _ = try await ask("reasoningMs=400") }
      #expect(time >= .milliseconds(400))
      #expect(try await ask("think=false").text.contains("reasoning_content") == false)
    }
  }

  @Test("models and groups are listed, unknown ones refused, the key is checked if there is one")
  func models() async throws {
    var configuration = SimulatorConfiguration()
    configuration.modelAPIKey = "sk-test"
    try await TestCloud.run(configuration) { cloud async throws in
      #expect(try await cloud.get("/llm/v1/models").status == 401)
      #expect(try await cloud.get("/llm/v1/models", token: "wrong").status == 401)
      let models = try await cloud.get("/llm/v1/models", token: "sk-test")
      #expect(models.json["data"]?[0]?["id"]?.string == "scripted")
      let groups = try await cloud.get("/llm/model_group/info", token: "sk-test")
      #expect(groups.json["data"]?[0]?["mode"]?.string == "chat")
      let unknown = try await Self.chat(cloud, "x", model: "nope", token: "sk-test")
      #expect(unknown.status == 400)
      #expect(unknown.text.contains("You passed in model=nope"))
    }
  }

  @Test("a script with a typing error is refused")
  func unknownKey() async throws {
    try await TestCloud.run { cloud async throws in
      let answer = try await cloud.send("POST", "/sim/model", ["script": ["sped": 1]])
      #expect(answer.status == 400)
      #expect(answer.json["error"]?.string?.contains("sped") == true)
    }
  }
}
