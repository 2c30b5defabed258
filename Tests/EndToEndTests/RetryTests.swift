import Foundation
import HTTPTypes
import Testing
import WebexAPI

private let alice = "sim-alice-token"

@Suite("Retry and continue, as processes over sockets")
struct RetryTests {
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

  @Test("/retry of a long answer takes the place of all its messages", arguments: [true, false])
  func retryLong(becomesShort: Bool) async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    let room = try await webex.directRoom(of: "alice")
    let texts = ["Short.", Texts.code(16_000)]
    let (first, second) = becomesShort ? (texts[1], texts[0]) : (texts[0], texts[1])
    try await webex.script(["text": .string(first), "speed": 2000])
    let question = try await webex.post("Everything", in: room, as: alice)
    try await assistant.untilTurns(1)
    let before = try await webex.standing(under: question, in: room)
    try await webex.script(["text": .string(second), "speed": 2000])
    _ = try await webex.post("/retry", in: room, as: alice, parentID: question)
    try await assistant.untilTurns(2)
    let after = try await webex.standing(under: question, in: room)
    #expect(ReplyChecks.withoutFenceRepair(after.map(\.text)) == second)
    // In place, as far as there were messages.
    let kept = zip(before, after).map { $0.id == $1.id }
    #expect(kept.allSatisfy { $0 } && !kept.isEmpty)
    try await ReplyChecks(webex: webex, room: room, question: question).expectLimits()
    #expect(await assistant.stop() == 0)
  }

  @Test("/continue of an answer that was cut within code goes on within code")
  func goOnInCode() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    let room = try await webex.directRoom(of: "alice")
    let begin = "So:\n\n```swift\nlet a = 1\nlet b = "
    try await webex.script([
      "text": .string(begin), "speed": 100, "delay": 0, "finishReason": "length",
    ])
    let question = try await webex.post("Code", in: room, as: alice)
    try await assistant.untilTurns(1)
    try await webex.script([
      "text": "2\nlet c = 3\n```\n\nThat is it.", "speed": 100, "delay": 0,
    ])
    _ = try await webex.post("/continue", in: room, as: alice, parentID: question)
    try await assistant.untilTurns(2)
    let shown = try await webex.standing(under: question, in: room).map(\.text)
    try #require(shown.count == 2)
    #expect(shown[0].hasPrefix("So:\n\n```swift\nlet a = 1\nlet b ="))
    for text in shown {
      #expect(text.components(separatedBy: "```").count == 3, "\(text)")
    }
    #expect(shown[1].hasPrefix("```swift\n2\nlet c = 3\n```\n\nThat is it."), "\(shown[1])")
    // The model is given its own words, without what was repaired for the reader.
    let call = try #require(try await webex.completions().last)
    #expect(call.messages[2].content == begin, "\(call.messages[2].content)")
    #expect(await assistant.stop() == 0)
  }
}
