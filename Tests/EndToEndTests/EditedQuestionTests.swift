import Foundation
import HTTPTypes
import Testing
import WebexAPI

private let alice = "sim-alice-token"

@Suite("A person edits their question")
struct EditedQuestionTests {
  @Test("while it is answered: the answer starts anew, in place", arguments: [true, false])
  func running(isDirect: Bool) async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    let room = try await isDirect ? webex.directRoom(of: "alice") : webex.group("Deploy desk")
    let mention = isDirect ? "" : "\(SimulatedWebex.mention) "
    try await webex.script(["text": .string(Texts.words(400)), "speed": 20])
    let question = try await webex.post("\(mention)How mcuh?", in: room, as: alice)
    _ = try await webex.reply(to: question, in: room, as: alice) { $0.contains("word5") }
    let first = try #require(try await webex.standing(under: question, in: room).first)
    let text = "Much. " + Texts.words(20)
    try await webex.script(["text": .string(text), "speed": 20])
    try await webex.edit(question, to: "\(mention)How much?", in: room, as: alice)
    try await assistant.untilTurns(1)

    let standing = try await webex.standing(under: question, in: room)
    #expect(standing.map(\.text) == [text])
    #expect(standing.first?.id == first.id)
    let calls = try await webex.completions()
    #expect(calls.count == 2 && calls[0].isCancelled)
    let asked = isDirect ? "How much?" : "Alice Example: How much?"
    #expect(calls.last?.question == asked)
    #expect(calls.last?.roles == ["system", "user"])
    try await ReplyChecks(webex: webex, room: room, question: question).expectLimits()
    #expect(await assistant.stop() == 0)
  }

  @Test("while it waits: it is answered once, as it now is")
  func waiting() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    let room = try await webex.directRoom(of: "alice")
    try await webex.script(["text": .string(Texts.words(160)), "speed": 20])
    let first = try await webex.post("First", in: room, as: alice)
    _ = try await webex.reply(to: first, in: room, as: alice) { $0.contains("word3") }
    let second = try await webex.post("Secnod", in: room, as: alice)
    try await webex.edit(second, to: "Second", in: room, as: alice)
    try await assistant.untilTurns(2)
    for question in [first, second] {
      try await ReplyChecks(webex: webex, room: room, question: question).expect(Texts.words(160))
    }
    #expect(try await webex.completions().map(\.question) == ["First", "Second"])
    #expect(await assistant.stop() == 0)
  }

  @Test("after its answer, if it was the last: answered again in place, without the first answer")
  func finishedLast() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    let room = try await webex.directRoom(of: "alice")
    try await webex.script(["text": "For the typo.", "speed": 0, "delay": 0])
    let question = try await webex.post("How mcuh?", in: room, as: alice)
    try await assistant.untilTurns(1)
    let first = try #require(try await webex.standing(under: question, in: room).first)
    try await webex.script(["text": "Corrected.", "speed": 0, "delay": 0])
    try await webex.edit(question, to: "How much?", in: room, as: alice)
    try await assistant.untilTurns(2)
    let standing = try await webex.standing(under: question, in: room)
    #expect(standing.map(\.text) == ["Corrected."])
    #expect(standing.first?.id == first.id)
    // The next question has only what is true now as its history.
    _ = try await webex.post("And?", in: room, as: alice)
    try await assistant.untilTurns(3)
    let contents = try await webex.completions().map { $0.messages.dropFirst().map(\.content) }
    #expect(contents == [["How mcuh?"], ["How much?"], ["How much?", "Corrected.", "And?"]])
    #expect(await assistant.stop() == 0)
  }

  @Test("after its answer, if another followed: only the history is corrected")
  func finishedEarlier() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    let room = try await webex.directRoom(of: "alice")
    try await webex.script(["text": "An answer.", "speed": 0, "delay": 0])
    let first = try await webex.post("Frist", in: room, as: alice)
    try await assistant.untilTurns(1)
    _ = try await webex.post("Second", in: room, as: alice)
    try await assistant.untilTurns(2)
    try await webex.edit(first, to: "First", in: room, as: alice)
    let third = try await webex.post("Third", in: room, as: alice)
    try await assistant.untilTurns(3)
    let contents = try await webex.completions().map { $0.messages.dropFirst().map(\.content) }
    #expect(
      contents == [
        ["Frist"], ["Frist", "An answer.", "Second"],
        ["First", "An answer.", "Second", "An answer.", "Third"],
      ])
    for question in [first, third] {
      #expect(try await webex.standing(under: question, in: room).count == 1)
    }
    #expect(await assistant.stop() == 0)
  }

  @Test("an edit that changes nothing, or comes twice, is not answered again")
  func unchanged() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    let room = try await webex.directRoom(of: "alice")
    try await webex.script(["text": "An answer.", "speed": 0, "delay": 0])
    let first = try await webex.post("Why?", in: room, as: alice)
    try await assistant.untilTurns(1)
    try await webex.faults(["mercury": ["duplicate": 2]])
    try await webex.edit(first, to: "Why?", in: room, as: alice)
    let second = try await webex.post("And?", in: room, as: alice)
    try await assistant.untilTurns(2)
    try await webex.edit(second, to: "And not?", in: room, as: alice)
    try await assistant.untilTurns(3)
    _ = try await webex.post("Thanks", in: room, as: alice)
    try await assistant.untilTurns(4)
    let questions = try await webex.completions().map(\.question)
    #expect(questions == ["Why?", "And?", "And not?", "Thanks"])
    let standing = try await webex.standing(under: first, in: room)
    #expect(standing.map { $0.versions.map(\.text) } == [["An answer."]])
    #expect(await assistant.stop() == 0)
  }

  @Test("edited again and again while it is answered: never an eleventh edit of a message")
  func manyEdits() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    let room = try await webex.directRoom(of: "alice")
    // Only the last one is short enough to end. Webex takes ten edits of the question, too.
    func answer(_ number: Int) -> String {
      "Try \(number): \(Texts.words(number == 9 ? 40 : 3_000))"
    }
    try await webex.script(["text": .string(answer(0)), "speed": 20])
    let question = try await webex.post("How?", in: room, as: alice)
    for number in 1...9 {
      _ = try await webex.reply(to: question, in: room, as: alice) {
        $0.contains("Try \(number - 1):") && (number > 1 || $0.contains("word45"))
      }
      try await webex.script(["text": .string(answer(number)), "speed": 20])
      try await webex.edit(question, to: "How \(number)?", in: room, as: alice)
    }
    try await assistant.untilTurns(1)
    try await ReplyChecks(webex: webex, room: room, question: question).expectLimits()
    let standing = try await webex.standing(under: question, in: room)
    #expect(standing.map(\.text) == [answer(9)])
    // The next question's history has the last wording and its answer alone.
    try await webex.script(["text": "Next.", "speed": 0, "delay": 0])
    _ = try await webex.post("And?", in: room, as: alice)
    try await assistant.untilTurns(2)
    let contents = try #require(try await webex.completions().last).messages.map(\.content)
    #expect(contents.dropFirst() == ["How 9?", answer(9), "And?"])
    #expect(await assistant.stop() == 0)
  }
}
