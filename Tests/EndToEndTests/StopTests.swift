import Foundation
import HTTPTypes
import Testing
import WebexAPI

private let alice = "sim-alice-token"
private let bob = "sim-bob-token"

@Suite("Stop, as processes over sockets")
struct StopTests {
  /// Asks for a slow answer and waits for its first words.
  private func begin(_ webex: SimulatedWebex, in room: SimulatedWebex.Room, _ text: String)
    async throws -> String
  {
    try await webex.script(["text": .string(text), "speed": 20])
    let mention = room.isDirect ? "" : "\(SimulatedWebex.mention) "
    let question = try await webex.post("\(mention)Count, please", in: room, as: alice)
    _ = try await webex.reply(to: question, in: room, as: alice) { $0.contains("word3") }
    return question
  }

  /// From the arrival of the newest message of a person to the end of the newest cancelled
  /// completion.
  private func stopTime(_ webex: SimulatedWebex, of email: String = "alice@example.com")
    async throws
    -> Duration
  {
    let sent = try #require(
      try await webex.requests(of: email).last { $0.method == "POST" && $0.path == "/v1/messages" })
    let ended = try await eventually("the upstream request to be closed") {
      try await webex.completions().last { $0.isCancelled }?.ended
    }
    return .seconds(ended.timeIntervalSince(sent.received))
  }

  @Test("/stop closes the upstream request within a second, keeps the text and marks it")
  func stop() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    let room = try await webex.directRoom(of: "alice")
    let text = Texts.words(400)
    let question = try await begin(webex, in: room, text)
    let command = try await webex.post("/stop", in: room, as: alice)
    let time = try await stopTime(webex)
    print("/stop: the upstream request was closed after \(time)")
    // Generous: the machine has other work. The time is printed.
    #expect(time < .seconds(3))
    try await assistant.untilTurns(1)
    let shown = try await webex.standing(under: question, in: room).map(\.text).joined()
    let kept = shown.components(separatedBy: "\n\n_Stopped. `/continue` goes on._")
    #expect(kept.count == 2 && kept[1].isEmpty, "\(shown)")
    #expect(text.hasPrefix(kept[0]) && kept[0].contains("word3"))
    // The answer itself shows it; a message of its own would only be noise.
    #expect(try await webex.standing(under: command, in: room).isEmpty)
    try await ReplyChecks(webex: webex, room: room, question: question).expectLimits()

    // What was kept is what the model is given to go on from.
    try await webex.script(["text": " and so on", "speed": 0, "delay": 0])
    _ = try await webex.post("/continue", in: room, as: alice, parentID: question)
    try await assistant.untilTurns(2)
    let call = try #require(try await webex.completions().last)
    #expect(call.roles == ["system", "user", "assistant", "user"])
    #expect(call.messages[2].content.trimmingCharacters(in: .whitespaces) == kept[0])
    let all = try await webex.standing(under: question, in: room)
    #expect(all.count == 2 && all.last?.text.contains("and so on") == true)
    #expect(await assistant.stop() == 0)
  }

  @Test("/stop before the first token leaves one short message and no notice")
  func stopEarly() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    try await webex.script(["text": "Too late.", "delay": 60_000])
    let room = try await webex.directRoom(of: "alice")
    let question = try await webex.post("Hello?", in: room, as: alice)
    _ = try await webex.reply(to: question, in: room, as: alice) { $0.isNotice }
    _ = try await webex.post("/stop", in: room, as: alice, parentID: question)
    #expect(try await stopTime(webex) < .seconds(3))
    try await assistant.untilTurns(1)
    try await ReplyChecks(webex: webex, room: room, question: question).expect("_Stopped._")
    // Nothing runs any more.
    let second = try await webex.post("/stop", in: room, as: alice)
    #expect(
      try await webex.reply(to: second, in: room, as: alice)
        == "I am not writing an answer here at the moment.")
    #expect(await assistant.stop() == 0)
  }

  @Test("in a group another person may stop it, and is named; whoever may not use the bot cannot")
  func stopInGroup() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(
      webex, ["APPROVED_USERS": "alice@example.com,carol@partner.example"])
    let room = try await webex.addGroup(
      "Stopping",
      members: [
        "alice@example.com", "bob@example.com", "carol@partner.example", SimulatedWebex.botEmail,
      ])
    let question = try await begin(webex, in: room, Texts.words(600))
    _ = try await webex.post("\(SimulatedWebex.mention) /stop", in: room, as: bob)
    // It goes on: more text comes after Bob's try.
    let before = try await webex.standing(under: question, in: room).map(\.text).joined()
    _ = try await webex.reply(to: question, in: room, as: alice) {
      $0.count > before.count && !$0.contains("Stopped")
    }
    _ = try await webex.post(
      "\(SimulatedWebex.mention) /stop", in: room, as: "sim-carol-token", parentID: question)
    let answer = try await webex.reply(to: question, in: room, as: alice) {
      $0.contains("Stopped")
    }
    #expect(answer.hasSuffix("_Stopped by Carol Example. `/continue` goes on._"), "\(answer)")
    #expect(await assistant.stop() == 0)
  }

  @Test("/stop ends only its own conversation's answer; what waits there is answered next")
  func stopOnlyHere() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    let (here, there) = (
      try await webex.directRoom(of: "alice"), try await webex.directRoom(of: "bob")
    )
    let text = Texts.words(160)
    let question = try await begin(webex, in: here, text)
    let other = try await webex.post("Count, please", in: there, as: bob)
    let waiting = try await webex.post("And then?", in: here, as: alice)
    _ = try await webex.post("/stop", in: here, as: alice)
    let stopped = try await webex.reply(to: question, in: here, as: alice) {
      $0.contains("_Stopped.")
    }
    #expect(!stopped.contains("word160"))
    for (root, room, token) in [(waiting, here, alice), (other, there, bob)] {
      let answer = try await webex.reply(to: root, in: room, as: token) { $0.hasSuffix("word160") }
      #expect(answer == text)
    }
    #expect(try await webex.completions().count { $0.isCancelled } == 1)
    #expect(await assistant.stop() == 0)
  }

  @Test("/stop reaches an answer that waits for a busy model, and one that thinks")
  func stopWithoutText() async throws {
    for script: JSONValue in [
      ["text": "Late.", "error": "429", "retryAfter": 30],
      ["text": "Late.", "reasoningMs": 60_000],
    ] {
      let webex = try await SimulatedWebex.start()
      let assistant = try await AssistantProcess.start(webex)
      try await webex.script(script)
      let room = try await webex.directRoom(of: "alice")
      let question = try await webex.post("Hello?", in: room, as: alice)
      _ = try await webex.reply(to: question, in: room, as: alice) { $0.isNotice }
      _ = try await webex.post("/stop", in: room, as: alice)
      try await assistant.untilTurns(1, within: .seconds(10))
      try await ReplyChecks(webex: webex, room: room, question: question).expect("_Stopped._")
      #expect(await assistant.stop() == 0)
    }
  }
}
