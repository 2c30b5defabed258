import Foundation
import HTTPTypes
import Testing
import WebexAPI

private let alice = "sim-alice-token"
private let bob = "sim-bob-token"

@Suite("Stop, retry and continue, as processes over sockets")
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
    try await assistant.untilTurns(2)
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
    try await assistant.untilTurns(3)
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
    try await assistant.untilTurns(2)
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

  @Test("/retry answers again in place of the first answer, which the model does not see")
  func retry() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    let room = try await webex.directRoom(of: "alice")
    try await webex.script(["text": "The first answer.", "speed": 0, "delay": 0])
    let question = try await webex.post("How?", in: room, as: alice)
    try await assistant.untilTurns(1)
    let first = try #require(try await webex.standing(under: question, in: room).first)
    let second = "A second answer, longer than the first. " + Texts.words(20)
    try await webex.script(["text": .string(second), "speed": 10, "delay": 3_000])
    _ = try await webex.post("/retry", in: room, as: alice, parentID: question)
    // The earlier answer stays until there is text to take its place.
    _ = try await eventually("a notice beside the first answer") {
      let texts = try await webex.standing(under: question, in: room).map(\.text)
      return texts.count == 2 && texts[0] == "The first answer." && texts[1].isNotice ? () : nil
    }
    try await assistant.untilTurns(2)
    let standing = try await webex.standing(under: question, in: room)
    #expect(standing.map(\.text) == [second])
    #expect(standing.first?.id == first.id)
    let call = try #require(try await webex.completions().last)
    #expect(call.roles == ["system", "user"] && call.question == "How?")
    try await ReplyChecks(webex: webex, room: room, question: question).expectLimits()
    // The next question has the second answer as history, not the first.
    try await webex.script(["text": "Then.", "speed": 0, "delay": 0])
    _ = try await webex.post("And then?", in: room, as: alice)
    try await assistant.untilTurns(3)
    let contents = try #require(try await webex.completions().last).messages.map(\.content)
    #expect(contents.dropFirst() == ["How?", second, "And then?"])
    #expect(await assistant.stop() == 0)
  }

  @Test("/retry of an answer that failed leaves the answer alone")
  func failedRetry() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    let room = try await webex.directRoom(of: "alice")
    try await webex.script(["text": "The first answer.", "speed": 0, "delay": 0])
    let question = try await webex.post("How?", in: room, as: alice)
    try await assistant.untilTurns(1)
    try await webex.script(["error": "500"])
    let retry = try await webex.post("/retry", in: room, as: alice)
    try await assistant.untilTurns(2)
    #expect(
      try await webex.standing(under: question, in: room).map(\.text) == ["The first answer."])
    let told = try await webex.standing(under: retry, in: room).map(\.text)
    #expect(told.count == 1 && told[0].contains("The model failed"), "\(told)")
    #expect(await assistant.stop() == 0)
  }

  @Test(
    "/continue goes on where length or a mishap cut the answer, and history has both parts",
    arguments: [
      (["finishReason": "length"], "length limit. `/continue` goes on"),
      (["disconnectAfter": 8], "`/continue` goes on"),
    ] as [([String: JSONValue], String)])
  func goOn(cut: [String: JSONValue], sentence: String) async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    let room = try await webex.directRoom(of: "alice")
    let script: [String: JSONValue] = ["text": .string(Texts.words(8)), "speed": 50, "delay": 0]
    try await webex.script(.object(script.merging(cut) { $1 }))
    let question = try await webex.post("Count", in: room, as: alice)
    try await assistant.untilTurns(1)
    let first = try await webex.standing(under: question, in: room).map(\.text).joined()
    #expect(first.hasPrefix(Texts.words(8)) && first.contains(sentence), "\(first)")
    try await webex.script(["text": " word9 word10", "speed": 50, "delay": 0])
    _ = try await webex.post("/continue", in: room, as: alice, parentID: question)
    try await assistant.untilTurns(2)
    let shown = try await webex.standing(under: question, in: room).map(\.text)
    #expect(shown.count == 2 && shown[0] == first)
    #expect(shown.last?.trimmingCharacters(in: .whitespaces) == "word9 word10")
    #expect(
      try #require(try await webex.completions().last).roles
        == ["system", "user", "assistant", "user"])
    // Whole now: nothing to go on with.
    let again = try await webex.post("/continue", in: room, as: alice)
    #expect(
      try await webex.reply(to: again, in: room, as: alice).hasPrefix("There is nothing to go on"))
    _ = try await webex.post("Thanks", in: room, as: alice)
    try await assistant.untilTurns(4)
    let contents = try #require(try await webex.completions().last).messages.map(\.content)
    #expect(contents.dropFirst() == ["Count", Texts.words(10), "Thanks"])
    #expect(await assistant.stop() == 0)
  }
}
