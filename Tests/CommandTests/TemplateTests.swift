import Testing
import WebexAPI

@testable import Assistant

@Suite("Templates of declared commands")
struct TemplateTests {
  static let scope = TemplateScope(
    values: [
      "arguments": [
        "evil": "<@all> **b** [x](http://e) `c` {{person.name}} & \"q\"\nnext",
        "path": "../a/b?c=d#e%", "n": 5, "yes": true, "no": false, "empty": "", "zero": 0,
      ],
      "person": ["name": "Ada"],
      "answer": [
        "items": [["t": "one", "u": ["v": 1]], ["t": "two", "u": nil]], "none": [],
        "big": 9_007_199_254_740_993, "half": 0.5, "secret": "tell: s3cret!",
        "at": 1_795_000_000_000, "took": 184_000,
      ],
    ],
    mask: SecretMask(["s3cret"]))

  private func render(_ source: String, _ destination: TemplateDestination) throws -> String {
    try TemplateText(source, for: destination).render(Self.scope)
  }

  @Test(
    "a value is escaped for where it goes, with two braces and with three",
    arguments: [
      (
        "{{arguments.evil}}", .markdown,
        "\\<\u{2060}@all\\> \\*\\*b\\*\\* \\[x\\](http://e) \\`c\\` {{person.name}} \\& \"q\" next"
      ),
      (
        "{{{arguments.evil}}}", .markdown,
        "<\u{2060}@all> **b** [x](http://e) `c` {{person.name}} & \"q\"\nnext"
      ),
      ("{{arguments.path}}", .url, "..%2Fa%2Fb%3Fc%3Dd%23e%25"),
      ("{{{arguments.path}}}", .url, "../a/b%3Fc%3Dd%23e%25"),
      (
        "\"{{arguments.evil}}\"", .json,
        #""<@all> **b** [x](http:\/\/e) `c` {{person.name}} & \"q\"\nnext""#
      ),
      (
        "\"{{{arguments.evil}}}\"", .json,
        #""<@all> **b** [x](http:\/\/e) `c` {{person.name}} & \"q\"\nnext""#
      ),
      ("{{arguments.n}} {{arguments.yes}}", .json, "5 true"),
      ("{{answer.items}}", .json, #"[{"t":"one","u":{"v":1}},{"t":"two","u":null}]"#),
      (
        "{{quoted(arguments.evil)}}", .plain,
        "<@all> **b** [x](http://e) `c` {{person.name}} & \\\"q\\\" next"
      ),
      ("{{word(arguments.path)}}", .plain, "..abcde"),
      ("{{answer.big}} {{answer.half}}", .plain, "9007199254740993 0.5"),
      ("{{answer.secret}} {{{answer.secret}}}", .markdown, "tell: •••! tell: •••!"),
      ("{{answer.missing}}{{missing}}{{arguments.evil.style}}", .markdown, ""),
      (
        "{{date(answer.at)}}, {{duration(answer.took)}}", .plain,
        "2026-11-18 11:06:40 UTC, 3 min 4 s"
      ),
    ] as [(String, TemplateDestination, String)])
  func escapes(source: String, destination: TemplateDestination, text: String) throws {
    #expect(try render(source, destination) == text)
  }

  @Test(
    "sections go over lists; what is empty counts as false",
    arguments: [
      (
        "{{#answer.items}}\n- {{t}}{{^last()}},{{/last()}}\n{{/answer.items}}\nend",
        "- one,\n- two\nend"
      ),
      ("{{#answer.items}}{{u.v}}{{^u}}-{{/u}}{{/answer.items}}", "1-"),
      ("{{#answer.none}}x{{/answer.none}}{{^answer.none}}nothing{{/answer.none}}", "nothing"),
      ("{{#arguments.yes}}y{{/arguments.yes}}{{#arguments.no}}n{{/arguments.no}}", "y"),
      ("{{#arguments.empty}}e{{/arguments.empty}}{{#arguments.zero}}z{{/arguments.zero}}", ""),
      ("{{^arguments.missing}}none{{/arguments.missing}}", "none"),
      ("{{answer.items.1.t}} {{count(answer.items)}}", "two 2"),
      ("{{#first(answer.items)}}{{t}}{{/first(answer.items)}}", "one"),
    ])
  func sections(source: String, text: String) throws {
    #expect(try render(source, .plain) == text)
  }

  @Test(
    "no mention can be put together from values",
    arguments: [
      ["<", "@all>"], ["<@", "all>"], ["<@all", ">"], ["<@personEmail:a@b.c", "|x>"],
      ["<spark-mention data-object-id=\"x\"", ">y</spark-mention>"], ["&lt;@all", ">"],
      ["<", "@here>"],
    ])
  func mentions(parts: [String]) throws {
    let scope = TemplateScope(
      values: ["a": .string(parts[0]), "b": .string(parts[1])], mask: SecretMask())
    for source in ["{{a}}{{b}}", "{{{a}}}{{{b}}}", "<{{b}}", "<{{{b}}}"] {
      let text = try TemplateText(source, for: .markdown).render(scope)
      for mention in ["<@", "&lt;@", "<spark-mention"] {
        #expect(!text.contains(mention), "\(source): \(text)")
      }
    }
  }

  @Test(
    "a value at the front of a line begins no list, heading or quote",
    arguments: [
      ("- x", "\\- x"), ("+ x", "\\+ x"), ("1. x", "1\\. x"), ("12) x", "12\\) x"),
      ("# x", "\\# x"), ("> x", "\\> x"), ("=", "\\="), ("1.5 x", "1\\.5 x"), ("a-b. c", "a-b. c"),
    ])
  func fronts(value: String, text: String) {
    #expect(TemplateDestination.markdown.escaped(value) == text)
  }

  @Test("nothing in a code block ends it")
  func fences() throws {
    let inside = MarkdownEscaping.insideFence("a\n```\n<@all>\n~~~~\n````")
    #expect(!inside.contains("```") && !inside.contains("~~~") && !inside.contains("<@all"))
    #expect(inside.replacing("\u{2060}", with: "") == "a\n```\n<@all>\n~~~~\n````")
  }

  @Test(
    "a link leads to the web, and does not end its brackets",
    arguments: [
      ("https://a.example/x_y?b=c&d=1", "https://a.example/x_y?b=c&d=1"),
      ("https://a.example/(x) <y>", "https://a.example/%28x%29%20%3cy%3e"),
      ("javascript:alert(1)", ""), ("", ""),
    ])
  func links(address: String, target: String) {
    #expect(MarkdownEscaping.linkTarget(address) == target)
  }

  @Test("secrets are hidden as they are, and percent-encoded, in JSON and in Base64")
  func masks() {
    let mask = SecretMask(["pa/ss\"word", "abc", "pa/ss\"word-longer"])
    for text in [
      "pa/ss\"word", "pa%2Fss%22word", "pa\\/ss\\\"word", "cGEvc3Mid29yZA==", "pa/ss\"word-longer",
    ] {
      #expect(mask.hiding("<\(text)>") == "<•••>")
    }
    // Too short to be hidden without hiding ordinary words.
    #expect(mask.hiding("abc") == "abc")
  }

  @Test("scalars of YAML become what they look like in JSON, and nothing else")
  func constants() {
    let cases: [(String, JSONValue?)] = [
      ("12", 12), ("-3", -3), ("1.5", 1.5), ("true", true), ("null", .null), ("yes", nil),
      ("no", nil), ("0123", nil), ("1.0.2", nil), ("2026-11-21", nil), ("1e3", .number(1_000)),
      ("", .null), ("OPS", nil), ("-", nil), ("0", 0), ("0x1F", nil),
    ]
    for (text, value) in cases { #expect(CommandTemplates.constant(text) == value, "\(text)") }
  }
}
