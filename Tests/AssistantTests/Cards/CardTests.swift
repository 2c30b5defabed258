import FoundationEssentials
import Testing
import WebexAPI

@testable import Assistant

@Suite("Help, confirmation, form and finished cards")
struct CardTests {
  private struct Sample: Command {
    var keyword: String
    var help = "does something"
    var arguments: [CommandArgument] = []
    func run(_ context: CommandContext) async throws -> CommandReply { .nothing }
  }

  @Test("help has a line and a button for each command, at most four in a row")
  func help() throws {
    let commands = (1...12).map {
      Sample(keyword: "/do \($0)", arguments: [CommandArgument("what", .text)])
    }
    let sent = HelpCard.card(commands, model: "gpt-5", isDirect: true)
    let rows = sent.card.elements.compactMap { element -> [CardAction]? in
      if case .actionSet(let set) = element.content { set.actions } else { nil }
    }
    #expect(rows.map(\.count) == [4, 4, 4])
    #expect(
      rows.joined().map(\.content)
        == commands.map { .submit(data: ["run": .string($0.keyword)]) })
    #expect(sent.card.texts.contains("/do 7 <what…>  does something"))
    #expect(sent.card.text.contains("gpt-5 answers here"))
    #expect(sent.isReusable && sent.state != nil)
    #expect(sent.fallback.contains("- `/do 7 ‹what…›` does something"))
    #expect(sent.fallback.contains("`gpt-5` answers here"))
  }

  @Test("help of hundreds of commands stays a card that Webex takes")
  func longHelp() throws {
    let commands = (1...300).map {
      Sample(
        keyword: "/command-\($0)", help: String(repeating: "words ", count: 200),
        arguments: (1...9).map { CommandArgument("argument-\($0)", isOption: true) })
    }
    let sent = HelpCard.card(commands, model: nil, isDirect: false)
    #expect(try sent.card.bytes() < 32_000)
    #expect(sent.card.text.contains("260 more"))
  }

  @Test("a confirmation asks and sends true or false")
  func confirm() throws {
    let card = ConfirmCard.card(
      question: "Start **deploy** of `main\\*` with \\*\\*x\\*\\* and [a](https://b.example)?",
      command: "/jenkins start")
    #expect(try card.pressed("Confirm") == ["confirm": true])
    #expect(try card.pressed("Cancel") == ["confirm": false])
    #expect(card.text.contains("Start deploy of main\\* with **x** and a (https://b.example)?"))
    #expect(
      ConfirmCard.fallback(question: "Sure?", command: "/x").contains("Your client shows no cards"))
  }

  @Test("a form has an input for each argument, keeps what is known and shows what is wrong")
  func form() throws {
    let command = Sample(
      keyword: "/jira create",
      arguments: [
        CommandArgument("project", .choice(["OPS", "DEV"]), isOption: true, defaultValue: "OPS"),
        CommandArgument("kind", .choice(["Bug", "Task"]), isOption: true),
        CommandArgument(
          "points", .integer, isOption: true, isRequired: false, help: "Story points"),
        CommandArgument("weight", .number, isOption: true, isRequired: false),
        CommandArgument("urgent", .boolean, isOption: true, isRequired: false),
        CommandArgument("summary", .text, help: "What it is about", maximumLength: 300),
      ])
    let card = FormCard.card(
      for: command, values: ["points": "many", "weight": 1.5, "urgent": true, "summary": "Broken"],
      problems: ["points": "`points` is a whole number."])
    #expect(
      card.inputs.map(\.id) == ["project", "kind", "points", "weight", "urgent", "summary"])
    let sent = try card.pressed("Send")
    #expect(
      sent == [
        ".form": "submit", "project": "OPS", "kind": "", "points": "many", "weight": "1.5",
        "urgent": "true", "summary": "Broken",
      ])
    #expect(try card.pressed("Cancel")[".form"] == "cancel")
    #expect(card.text.contains("points is a whole number."))
    #expect(card.textInput("summary")?.label == "What it is about *")
    #expect(card.textInput("summary")?.maxLength == 300)
    #expect(card.choices("project")?.choices.map(\.value) == ["", "OPS", "DEV"])
    #expect(card.choices("kind")?.choices.map(\.value) == ["Bug", "Task"])
    let fallback = FormCard.fallback(for: command, problems: ["points": "Not a number."])
    #expect(fallback.contains("`/jira create"))
    #expect(fallback.contains("- `points`: Not a number."))
  }

  @Test("a finished card has nothing to press")
  func finished() throws {
    let card = FinishedCard.card(
      title: "Done **by** [x](https://y.example)", text: "One\n\n- **two**")
    #expect(card.inputs.isEmpty && card.buttons.isEmpty)
    #expect(card.texts == ["Done **by** [x](https://y.example)", "One", "• two"])
    #expect(FinishedCard.fallback(title: "Done", text: "One") == "**Done**\n\nOne")
    #expect(FinishedCard.card(title: "Done", text: nil).texts == ["Done"])
  }

  @Test(
    "Markdown of ours becomes runs; what is escaped or stands in a word is shown as it is",
    arguments: [
      ("plain", "plain"), ("**bold** and *italic*", "[b]bold| and |[i]italic"),
      ("**a *b* c**", "[b]a |[bi]b|[b] c"), ("`a*b*`", "[m]a*b*"), ("``a`b``", "[m]a`b"),
      ("gpt_4_mini", "gpt_4_mini"), ("2 * 3 * 4", "2 * 3 * 4"), ("_yes_", "[i]yes"),
      ("\\*no\\* \\`no\\`", "*no* `no`"), ("**open", "**open"), ("- item", "• |item"),
      ("## Title", "Title"), ("[a](b) [b](b)", "a (b) b"), ("[a]", "[a]"),
      ("{{DATE(x)}}", "{ {DATE(x)}}"), ("`{{x}}`", "[m]{ {x}}"), ("a\\", "a\\"), ("***", "***"),
    ])
  func runs(_ line: String, _ expected: String) {
    let runs = CardText.runs(line: line).map { run in
      let marks = [
        run.weight == .bolder ? "b" : "", run.italic == true ? "i" : "",
        run.fontType == .monospace ? "m" : "",
      ].joined()
      return (marks.isEmpty ? "" : "[\(marks)]") + run.text
    }
    #expect(runs.joined(separator: "|") == expected)
  }

  @Test(
    "any line of Markdown is read in reasonable time", arguments: ["*", "_", "`", "[", "**a", "\\"])
  func hostile(_ piece: String) {
    let line = String(repeating: piece, count: 2_000)
    #expect(!CardText.runs(line: line).isEmpty)
  }
}
