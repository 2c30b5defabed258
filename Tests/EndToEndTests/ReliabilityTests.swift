import Foundation
import HTTPTypes
import Testing
import WebexAPI

private let alice = "sim-alice-token"

@Suite("When things go wrong", .serialized)
struct ReliabilityTests {
  @Test("kill -9 while idle, restart: nothing is answered twice")
  func killIdle() async throws {
    let webex = try await SimulatedWebex.start()
    let folder = try AssistantProcess.newFolder()
    try await webex.script(["text": "Once.", "speed": 0, "delay": 0])
    let room = try await webex.directRoom(of: "alice")
    let first = try await AssistantProcess.start(webex, folder: folder)
    let question = try await webex.post("how often?", in: room, as: alice)
    _ = try await webex.reply(to: question, in: room, as: alice)
    await first.kill()
    let second = try await AssistantProcess.start(webex, folder: folder)
    // Webex replays what it believes unacked.
    for _ in 1...3 { try await webex.replay(question, in: room, from: "alice@example.com") }
    let next = try await webex.post("and now?", in: room, as: alice)
    _ = try await webex.reply(to: next, in: room, as: alice)
    #expect(try await webex.replies(to: question, in: room, as: alice).count == 1)
    #expect(try await webex.modelRequests().count == 2)
    #expect(await second.stop() == 0)
  }

  @Test("kill -9 in the middle of an answer, restart: one whole answer")
  func killBusy() async throws {
    let webex = try await SimulatedWebex.start()
    let folder = try AssistantProcess.newFolder()
    let text = (1...100).map { "word\($0)" }.joined(separator: " ")
    try await webex.script(["text": .string(text), "speed": 30])
    let room = try await webex.directRoom(of: "alice")
    let first = try await AssistantProcess.start(webex, folder: folder)
    let question = try await webex.post("a hundred words", in: room, as: alice)
    _ = try await webex.reply(to: question, in: room, as: alice) { $0.contains("word20") }
    await first.kill()
    let second = try await AssistantProcess.start(webex, folder: folder)
    let answer = try await webex.reply(to: question, in: room, as: alice) {
      $0.hasSuffix("word100")
    }
    #expect(answer == text)
    #expect(try await webex.replies(to: question, in: room, as: alice).count == 1)
    #expect(await second.stop() == 0)
  }

  @Test("a question asked while the program is down is answered after its start")
  func askedWhileDown() async throws {
    let webex = try await SimulatedWebex.start()
    let folder = try AssistantProcess.newFolder()
    try await webex.script(["text": "Late, but here.", "speed": 0, "delay": 0])
    let room = try await webex.directRoom(of: "alice")
    let first = try await AssistantProcess.start(webex, folder: folder)
    await first.kill()
    let question = try await webex.post("anybody?", in: room, as: alice)
    let second = try await AssistantProcess.start(webex, folder: folder)
    #expect(try await webex.reply(to: question, in: room, as: alice) == "Late, but here.")
    #expect(await second.stop() == 0)
  }

  @Test("SIGTERM lets the running answer end, leaves the device and exits cleanly")
  func graceful() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    let text = (1...60).map { "word\($0)" }.joined(separator: " ")
    try await webex.script(["text": .string(text), "speed": 40])
    let room = try await webex.directRoom(of: "alice")
    let question = try await webex.post("sixty words", in: room, as: alice)
    _ = try await webex.reply(to: question, in: room, as: alice) { $0.contains("word10") }
    #expect(await assistant.stop() == 0)
    let answer = try await webex.reply(to: question, in: room, as: alice, within: .seconds(2))
    #expect(answer == text)
    let devices = try await webex.call(.get, "/sim/devices")["devices"]?.arrayValue ?? []
    #expect(devices.count == 1)
  }

  @Test(
    "an error of the model becomes one sentence with a reference id that the log has too",
    arguments: [
      (["error": "key"], "My access to the model was refused"),
      (["error": "budget"], "budget"),
      (["error": "context"], "too long"),
      (["error": "content"], "refused this content"),
      (["error": "500"], "failed"),
      (["error": "html"], "failed"),
      (["text": "", "speed": 100], "empty answer"),
    ] as [(JSONValue, String)])
  func modelErrors(script: JSONValue, sentence: String) async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    try await webex.script(script)
    let room = try await webex.directRoom(of: "alice")
    let question = try await webex.post("and?", in: room, as: alice)
    let answer = try await webex.reply(to: question, in: room, as: alice)
    #expect(answer.contains(sentence), "\(answer)")
    let reference = try #require(answer.firstMatch(of: /reference ([0-9a-f]{8})/)?.output.1)
    #expect(assistant.process.stderr.contains(reference))
    #expect(try await webex.replies(to: question, in: room, as: alice).count == 1)
    #expect(await assistant.stop() == 0)
  }

  @Test("an answer that breaks off keeps its text and says so")
  func cutOff() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    try await webex.script([
      "text": "one two three four five six seven eight nine ten", "speed": 50,
      "disconnectAfter": 6,
    ])
    let room = try await webex.directRoom(of: "alice")
    let question = try await webex.post("count", in: room, as: alice)
    let answer = try await webex.reply(to: question, in: room, as: alice) {
      $0.contains("reference")
    }
    #expect(answer.hasPrefix("one two"))
    #expect(answer.contains("cut off"))
    #expect(await assistant.stop() == 0)
  }

  @Test("429 on every second request: the answer arrives whole, once, and nothing is rejected")
  func rateLimited() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    let text = (1...80).map { "word\($0)" }.joined(separator: " ")
    try await webex.script(["text": .string(text), "speed": 20])
    try await webex.faults([
      "rest": [
        [
          "method": "POST", "path": "/v1/messages", "status": 429, "retryAfter": 1, "times": 2,
          "after": 1,
        ],
        ["method": "PUT", "path": "/v1/messages/*", "status": 429, "retryAfter": 1, "times": 3],
      ]
    ])
    let room = try await webex.directRoom(of: "alice")
    let question = try await webex.post("eighty words", in: room, as: alice)
    let answer = try await webex.reply(to: question, in: room, as: alice) {
      $0.hasSuffix("word80")
    }
    #expect(answer == text)
    #expect(try await webex.replies(to: question, in: room, as: alice).count == 1)
    #expect(try await webex.rejections().isEmpty)
    #expect(await assistant.stop() == 0)
  }

  @Test("what is asked while the socket cannot be opened is answered once it can")
  func outage() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    try await webex.script(["text": "Still here.", "speed": 0, "delay": 0])
    try await webex.faults(["mercury": ["handshake": ["status": 503, "times": 3]]])
    try await webex.mercury(["action": "close", "code": 1006])
    let room = try await webex.directRoom(of: "alice")
    let question = try await webex.post("anybody?", in: room, as: alice)
    #expect(try await webex.reply(to: question, in: room, as: alice) == "Still here.")
    #expect(await assistant.stop() == 0)
  }

  @Test("a second process on the same database refuses to start")
  func twoProcesses() async throws {
    let webex = try await SimulatedWebex.start()
    let folder = try AssistantProcess.newFolder()
    let first = try await AssistantProcess.start(webex, folder: folder)
    let second = try await AssistantProcess.start(
      webex, folder: folder, ["DEVICE_NAME": "another"], waitUntilReady: false)
    #expect(await second.process.exit() != 0)
    #expect(second.process.stderr.contains("another process uses this database"))
    #expect(first.process.isRunning)
    #expect(await first.stop() == 0)
  }

  @Test("SIGTERM while the model hangs ends within the twenty seconds, and the question stays open")
  func drainLimit() async throws {
    let webex = try await SimulatedWebex.start()
    let folder = try AssistantProcess.newFolder()
    let first = try await AssistantProcess.start(webex, folder: folder)
    try await webex.script(["text": "Later.", "delay": 600_000])
    let room = try await webex.directRoom(of: "alice")
    let question = try await webex.post("hello?", in: room, as: alice)
    _ = try await webex.reply(to: question, in: room, as: alice) { $0.contains("Thinking") }
    // Not by the supervisor's last resort, which would say so.
    #expect(await first.stop() == 0)
    #expect(!first.process.stderr.contains("ended before everything was finished"))
    try await webex.script(["text": "Later.", "delay": 0, "speed": 0])
    let second = try await AssistantProcess.start(webex, folder: folder)
    // What stood there may be any of the notices.
    let answer = try await webex.reply(to: question, in: room, as: alice) { $0 == "Later." }
    #expect(answer == "Later.")
    #expect(try await webex.replies(to: question, in: room, as: alice).count == 1)
    #expect(await second.stop() == 0)
  }

  @Test("a post whose response is lost is found by its echo, not sent again")
  func lostResponse() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    let text = (1...60).map { "word\($0)" }.joined(separator: " ")
    try await webex.script(["text": .string(text), "speed": 30])
    let direct = try await webex.directRoom(of: "alice")
    let group = try await webex.group("Deploy desk")
    for (room, question) in [
      (direct, "sixty words"), (group, "\(SimulatedWebex.mention) sixty words"),
    ] {
      // The question itself passes; the first post of the reply is done, and its answer is lost.
      try await webex.faults([
        "rest": [
          [
            "method": "POST", "path": "/v1/messages", "apply": "afterCommit", "drop": true,
            "times": 1, "after": 1,
          ]
        ]
      ])
      let root = try await webex.post(question, in: room, as: alice)
      let answer = try await webex.reply(to: root, in: room, as: alice) { $0.hasSuffix("word60") }
      #expect(answer == text)
      #expect(try await webex.replies(to: root, in: room, as: alice).count == 1)
    }
    #expect(assistant.process.stderr.contains("the answer to a post was lost"))
    #expect(await assistant.stop() == 0)
  }

  @Test(
    "the socket breaks in every usual way, and the next question is answered",
    arguments: [
      ["action": "close", "code": 1001], ["action": "close", "code": 1011],
      ["action": "close", "code": 1000, "reason": "idle"],
      ["action": "close", "code": 4000, "reason": "something else"], ["action": "reset"],
      ["action": "shutdown"],
    ] as [JSONValue])
  func reconnects(action: JSONValue) async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    try await webex.script(["text": "Back.", "speed": 0, "delay": 0])
    try await webex.mercury(action)
    let room = try await webex.directRoom(of: "alice")
    let question = try await webex.post("still there?", in: room, as: alice)
    #expect(try await webex.reply(to: question, in: room, as: alice) == "Back.")
    #expect(await assistant.stop() == 0)
  }

  @Test("replaced by another process: it stops, and says why")
  func replaced() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    try await webex.mercury(["action": "close", "code": 4000, "reason": "replaced"])
    #expect(await assistant.process.exit() != 0)
    #expect(assistant.process.stderr.contains("took over"))
  }

  @Test("neither content nor token nor key is ever logged")
  func quietLogs() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(
      webex, ["LOG_LEVEL": "trace", "LITELLM_API_KEY": "sk-very-secret-key"])
    try await webex.script(["text": "SENTINEL-ANSWER", "speed": 100])
    let room = try await webex.directRoom(of: "alice")
    let question = try await webex.post("SENTINEL-QUESTION", in: room, as: alice)
    _ = try await webex.reply(to: question, in: room, as: alice)
    try await webex.script([
      "error": "500",
      "errorBody": [
        "error": ["message": "SENTINEL-QUESTION echoed", "type": .null, "code": "500"]
      ],
    ])
    let second = try await webex.post("SENTINEL-QUESTION again", in: room, as: alice)
    _ = try await webex.reply(to: second, in: room, as: alice)
    #expect(await assistant.stop() == 0)
    let output = assistant.process.stderr + assistant.process.stdout
    #expect(output.contains("turn finished"))
    for secret in ["SENTINEL-Q", "SENTINEL-A", SimulatedWebex.botToken, "sk-very-secret-key"] {
      let lines = output.split(separator: "\n").filter { $0.contains(secret) }
      #expect(lines.isEmpty, "\(secret)")
    }
  }
}
