import Foundation
import HTTPTypes
import Testing
import WebexAPI

private let alice = "sim-alice-token"

@Suite("What an answer looks like")
struct AnswerShapeTests {
  @Test("a long code block is an excerpt and a file with the right extension and all of the code")
  func longCode() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    let code = (1...900).map { "print(\"line \($0) of a long script\")" }.joined(separator: "\n")
    try await webex.script([
      "text": .string("Here it is:\n\n```python\n\(code)\n```\n\nRun it with care."), "speed": 1000,
    ])
    let room = try await webex.directRoom(of: "alice")
    let question = try await webex.post("Write it", in: room, as: alice)
    try await assistant.untilTurns(1)
    let standing = try await webex.standing(under: question, in: room)
    let files = standing.filter { !$0.fileNames.isEmpty }
    #expect(files.count == 1)
    let file = try await webex.file(of: try #require(files.first).id, as: alice)
    #expect(file.name.hasSuffix(".py"))
    #expect(file.text.trimmingCharacters(in: .newlines) == code)
    let shown = standing.filter { $0.fileNames.isEmpty }.map(\.text).joined()
    #expect(shown.hasPrefix("Here it is:") && shown.contains("Run it with care."))
    #expect(shown.contains("line 3 of a long") && shown.utf8.count < code.utf8.count / 2)
    try await ReplyChecks(webex: webex, room: room, question: question).expectLimits()
    #expect(await assistant.stop() == 0)
  }

  @Test("a table is an aligned block, and no reader ever sees half a row of it")
  func table() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    let rows = (1...40).map { "| city \($0) | \($0 * 1000) |" }.joined(separator: "\n")
    try await webex.script([
      "text": .string("Some cities:\n\n| name | people |\n|---|---:|\n\(rows)\n\nThat is all."),
      "speed": 60,
    ])
    let room = try await webex.directRoom(of: "alice")
    let question = try await webex.post("Cities?", in: room, as: alice)
    try await assistant.untilTurns(1)
    try await ReplyChecks(webex: webex, room: room, question: question).expectLimits()
    let standing = try await webex.standing(under: question, in: room)
    let message = try #require(standing.first)
    #expect(standing.count == 1 && message.text.hasSuffix("That is all."))
    for version in message.versions where version.text.contains("city 1") {
      let lines = version.text.split(separator: "\n").map(String.init)
      let cities = lines.filter { $0.contains("city") && !$0.contains("cities") }
      // Every row has its number, at the end of the line, under that of the others.
      #expect(Set(cities.map(\.count)).count == 1, "\(version.text)")
      for (index, line) in cities.enumerated() {
        #expect(line.contains("\((index + 1) * 1000)"), "\(line)")
      }
      #expect(lines.count { $0.hasPrefix("```") } == 2, "\(version.text)")
    }
    #expect(message.text.contains("40000"))
    #expect(await assistant.stop() == 0)
  }

  @Test(
    "a half-finished link, emphasis or fence is never shown; what would ping or load is disarmed")
  func halves() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    let sentence =
      "Some **bold words** and a [link to a page](https://example.com/a/long/path) and `code`. "
    let text =
      String(repeating: sentence, count: 12)
      + "Ask <@personEmail:bob@example.com|Bob> or <@all>; see ![chart](https://evil.example/x.png)."
    try await webex.script(["text": .string(text), "speed": 40])
    let room = try await webex.group("Deploy desk")
    let question = try await webex.post(
      "\(SimulatedWebex.mention) go", in: room, as: alice)
    try await assistant.untilTurns(1)
    let message = try #require(try await webex.standing(under: question, in: room).first)
    #expect(message.versions.count >= 3)
    for version in message.versions where !version.text.isNotice {
      let text = version.text
      #expect(text.components(separatedBy: "**").count.isMultiple(of: 2) == false, "\(text)")
      #expect(text.components(separatedBy: "`").count.isMultiple(of: 2) == false, "\(text)")
      #expect(text.count { $0 == "[" } == text.matches(of: /\[[^\]]+\]\([^)]+\)/).count, "\(text)")
      #expect(!text.contains("<@") && !text.contains("!["), "\(text)")
    }
    let seen = try await webex.call(.get, "/v1/messages/\(message.id)", token: alice)
    #expect(seen["mentionedPeople"] == nil && seen["mentionedGroups"] == nil)
    #expect(message.text.contains("evil.example"))
    #expect(await assistant.stop() == 0)
  }

  @Test("the footer says model, tokens, cost and seconds, and is not part of the history")
  func footer() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex, ["REPLY_FOOTER": "on"])
    try await webex.script(["text": "An answer.", "speed": 0, "delay": 0, "cost": 0.0031])
    let room = try await webex.directRoom(of: "alice")
    let question = try await webex.post("Well?", in: room, as: alice)
    let answer = try await webex.reply(to: question, in: room, as: alice)
    let footer = /An answer\.\n\n_`scripted` · [\d,]+ tokens · \$0\.0031 · \d+\.\d s_/
    #expect(answer.wholeMatch(of: footer) != nil, "\(answer)")
    _ = try await webex.post("And?", in: room, as: alice)
    try await assistant.untilTurns(2)
    let contents = try #require(try await webex.completions().last).messages.map(\.content)
    #expect(contents.dropFirst() == ["Well?", "An answer.", "And?"])
    #expect(await assistant.stop() == 0)
  }
}
