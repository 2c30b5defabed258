import Testing
import WebexAPI

@testable import Assistant

@Suite("Arguments of a command")
struct ArgumentParserTests {
  static let jira: [CommandArgument] = [
    CommandArgument("project", isOption: true, defaultValue: "OPS"),
    CommandArgument("priority", .choice(["High", "Low"]), isOption: true, isRequired: false),
    CommandArgument("draft", .boolean, isOption: true, isRequired: false),
    CommandArgument("summary", .text),
  ]
  static let numbers: [CommandArgument] = [
    CommandArgument("count", .integer), CommandArgument("factor", .number, isRequired: false),
    CommandArgument("sure", .boolean, isRequired: false),
  ]
  static let words: [CommandArgument] = [
    CommandArgument("first"), CommandArgument("second", isRequired: false),
  ]

  @Test(
    "what people type becomes values",
    arguments: [
      ("the server is down", jira, ["project": "OPS", "summary": "the server is down"]),
      (
        "--project WEB the server's down", jira,
        ["project": "WEB", "summary": "the server's down"]
      ),
      ("--project=WEB x", jira, ["project": "WEB", "summary": "x"]),
      ("--PROJECT WEB x", jira, ["project": "WEB", "summary": "x"]),
      ("—project WEB x", jira, ["project": "WEB", "summary": "x"]),
      ("–project=“two words” x", jira, ["project": "two words", "summary": "x"]),
      (
        "--priority high --draft x", jira,
        ["project": "OPS", "priority": "High", "draft": true, "summary": "x"]
      ),
      ("--draft=no x", jira, ["project": "OPS", "draft": false, "summary": "x"]),
      // A text takes the rest as it is, options and quotes too.
      (
        "it \"broke\" --project WEB\n  twice", jira,
        ["project": "OPS", "summary": "it \"broke\" --project WEB\n  twice"]
      ),
      ("-- --project is an option", jira, ["project": "OPS", "summary": "--project is an option"]),
      ("— --x", jira, ["project": "OPS", "summary": "--x"]),
      ("5", numbers, ["count": 5]),
      ("-5 2.5 yes", numbers, ["count": -5, "factor": 2.5, "sure": true]),
      ("5 1e3 off", numbers, ["count": 5, "factor": 1000.0, "sure": false]),
      ("one", words, ["first": "one"]),
      ("“one two” 'three four'", words, ["first": "one two", "second": "three four"]),
      ("„eins zwei“ ‘drei’", words, ["first": "eins zwei", "second": "drei"]),
      (#""a \"b\" \\" c"#, words, ["first": #"a "b" \"#, "second": "c"]),
      ("'tis o'clock", words, ["first": "'tis", "second": "o'clock"]),
      ("a – ", words, ["first": "a", "second": "–"]),
      ("12 yes", words, ["first": "12", "second": "yes"]),
    ] as [(String, [CommandArgument], [String: JSONValue])])
  func parses(text: String, declared: [CommandArgument], values: [String: JSONValue]) {
    #expect(CommandArguments.parse(text, declared) == .success(values))
  }

  @Test(
    "what cannot be used is named",
    arguments: [
      ("--project WEB", jira, .missing([jira[3]], given: ["project": "WEB"])),
      ("", jira, .missing([jira[3]], given: ["project": "OPS"])),
      ("--projct WEB x", jira, .unknownOption("projct", known: ["project", "priority", "draft"])),
      ("--project", jira, .invalid(name: "project", reason: Sentences.needsValue)),
      ("--project --draft x", jira, .invalid(name: "project", reason: Sentences.needsValue)),
      ("--project= x", jira, .invalid(name: "project", reason: Sentences.needsValue)),
      ("--project A --project B x", jira, .invalid(name: "project", reason: Sentences.givenTwice)),
      (
        "--priority middle x", jira,
        .invalid(name: "priority", reason: Sentences.noChoice(["High", "Low"]))
      ),
      ("a b c", words, .tooMany("c")),
      ("\"\" b", words, .invalid(name: "first", reason: Sentences.needsValue)),
      ("\"a\nb\"", words, .invalid(name: "first", reason: Sentences.unprintable)),
      ("five", numbers, .invalid(name: "count", reason: Sentences.noInteger)),
      ("5 inf", numbers, .invalid(name: "factor", reason: Sentences.noNumber)),
      ("5 0x1F", numbers, .invalid(name: "factor", reason: Sentences.noNumber)),
      ("99999999999999999999", numbers, .invalid(name: "count", reason: Sentences.noInteger)),
      ("5 1 maybe", numbers, .invalid(name: "sure", reason: Sentences.noBoolean)),
    ] as [(String, [CommandArgument], ArgumentProblem)])
  func refuses(text: String, declared: [CommandArgument], problem: ArgumentProblem) {
    #expect(CommandArguments.parse(text, declared) == .failure(problem))
  }

  @Test("a value is counted in characters, and the limit is named")
  func lengths() {
    let short = CommandArgument("name", maximumLength: 3)
    #expect(CommandArguments.validate("äöü", for: short) == .success("äöü"))
    #expect(
      CommandArguments.validate("four", for: short)
        == .failure(.invalid(name: "name", reason: Sentences.tooLongValue(3))))
  }

  @Test("a problem is said with the usage, and what a person typed formats nothing")
  func sentences() {
    let said = Sentences.argumentProblem(.tooMany("`<@all>` **x**"), usage: "/echo <words…>")
    #expect(said.hasPrefix("`'‹@all›' **x**` is more"))
    #expect(said.hasSuffix("Usage: `/echo ‹words…›`"))
  }
}
