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

  @Test(
    "what combines with a secret does not show it",
    arguments: ["\u{301}", "\u{200D}", "\u{FE0F}", "\u{20E3}"])
  func combinedSecrets(mark: String) {
    let mask = SecretMask(["s3cret-token"])
    #expect(mask.hiding("a s3cret-token\(mark) b") == "a •••\(mark) b")
    #expect(mask.hiding("\u{600}s3cret-token") == "\u{600}•••")
    #expect(SecretMask(["abcd", "bcdefgh"]).hiding("xabcdefghx") == "x•••x")
  }

  @Test("a secret that is cut or changed by a transform is hidden first")
  func changedSecrets() throws {
    let scope = TemplateScope(
      values: ["a": .string(String(repeating: "x", count: 195) + "s3cret-token and more")],
      mask: SecretMask(["s3cret-token"]))
    for source in ["{{short(a)}}", "{{uppercased(a)}}", "{{{code(a)}}}", "{{{encoded(a)}}}"] {
      let text = try TemplateText(source, for: .plain).render(scope)
      #expect(!text.lowercased().contains("s3cre"), "\(source)")
    }
  }

  @Test("what combines with a mark does not take its escape away")
  func combinedMarks() {
    for mark in ["[", "]", "<", "*", "_", "`", "\\", "~", "|", "&"] {
      for (before, after) in [("", "\u{FE0F}"), ("\u{600}", ""), ("", "\u{200D}")] {
        let value = "a" + before + mark + after
        #expect(
          MarkdownEscaping.escaped(value).unicodeScalars.elementsEqual(
            ("a" + before + "\\" + mark + after).unicodeScalars))
      }
      #expect(
        !Sentences.code("a\(mark)\u{301}").unicodeScalars.dropFirst().dropLast().contains("`"))
      #expect(!Sentences.plain("<\u{301}*\u{301}").unicodeScalars.contains("<"))
      #expect(Sentences.plain("*\u{301}").unicodeScalars.first == "\\")
    }
    let open = MarkdownEscaping.withoutMentions("a <\u{301}")
    #expect(open.unicodeScalars.elementsEqual("a <\u{2060}\u{301}".unicodeScalars))
    let fence = MarkdownEscaping.insideFence("``\u{600}`\u{301}```\u{301}")
    #expect(!Array(fence.utf8).contains(run: Array("```".utf8)))
  }

  @Test("a word has no quotation mark, whatever it combines with")
  func words() throws {
    let scope = TemplateScope(
      values: ["a": "a\u{D4E}\"b \u{600}\"c\"\u{301} é e\u{301} 5"], mask: SecretMask())
    for name in ["word", "quoted"] {
      let text = try TemplateText("{{\(name)(a)}}", for: .plain).render(scope)
      let quotes = text.unicodeScalars.count { $0 == "\"" }
      #expect(quotes == (name == "word" ? 0 : 3))
      #expect(text.unicodeScalars.count { $0 == "\\" } == quotes)
    }
  }

  @Test("a card's leaf takes numbers and booleans as they are, and nothing else")
  func cardLeaves() throws {
    let scope = TemplateScope(
      values: [
        "list": [["type": "Action.Submit", "t": "s3cret-token"]], "object": ["a": "s3cret-token"],
        "n": 5, "yes": true, "none": nil, "date": "{{DATE(2026-11-21T00:00:00Z)}} {\u{600}{",
      ], mask: SecretMask(["s3cret-token"]))
    func shown(_ source: String) throws -> JSONValue {
      try TemplateText(source, for: .plain).shown(scope)
    }
    #expect(try shown("{{n}}") == 5)
    #expect(try shown("{{yes}}") == true)
    var secret = scope
    secret.values["n"] = 123_456
    secret.mask = SecretMask(["123456"])
    #expect(try TemplateText("{{n}}", for: .plain).shown(secret) == "•••")
    #expect(try shown("{{none}}") == "")
    #expect(try shown("{{list}}") == #"[{"t":"•••","type":"Action.Submit"}]"#)
    #expect(try shown("{{object}}") == #"{"a":"•••"}"#)
    #expect(try shown("{{date}}").stringValue?.contains("{{") == false)
    #expect(try TemplateText("{{list}}", for: .plain).value(scope).arrayValue?.count == 1)
  }

  @Test("code and link are escaped for a URL and a JSON text too")
  func rawTransforms() throws {
    let scope = TemplateScope(
      values: ["a": "x\",\"y\": \"/z?", "u": "https://a.example/\"?b"], mask: SecretMask())
    #expect(
      try TemplateText("{{{code(a)}}}", for: .url).render(scope) == "x%22%2C%22y%22%3A%20%22%2Fz%3F"
    )
    let json = try TemplateText("\"{{{code(a)}}}\"", for: .json).render(scope)
    #expect(JSONReader.read(Array(json.utf8)) == "x\",\"y\": \"/z?")
    #expect(try TemplateText("{{{link(u)}}}", for: .url).render(scope).contains("https%3A%2F%2F"))
    #expect(
      try TemplateText("({{{encoded(a)}}})", for: .markdown).render(scope)
        == "(x%22%2C%22y%22%3A%20%22%2Fz%3F)")
  }

  @Test("a template has bounds")
  func bounds() {
    let deep =
      String(repeating: "{{#a}}", count: 33) + String(repeating: "{{/a}}", count: 33)
    let long = String(repeating: "{{a}}", count: 501)
    for source in [deep, long, String(repeating: "{{#a}}", count: 5_000)] {
      #expect(throws: TemplateProblem.self) { _ = try TemplateText(source, for: .plain) }
    }
  }

  @Test("an answer without a template is made no longer than it is shown")
  func answerBlocks() {
    let huge = JSONValue.array(Array(repeating: ["a": .string("s3cret-token")], count: 20_000))
    let mask = SecretMask(["s3cret-token"])
    let began = ContinuousClock.now
    let text = AnswerBlock.markdown(huge, mask)
    #expect(text.utf8.count < 3_100 && text.hasSuffix("\n…\n```") && !text.contains("s3c"))
    // A second would be a thousand times what it takes.
    #expect(ContinuousClock.now - began < .seconds(20))
    #expect(
      AnswerBlock.markdown(["b": [1, true], "a": [:]], mask)
        == "```\n{\n  \"a\" : {},\n  \"b\" : [\n    1,\n    true\n  ]\n}\n```")
  }

  @Test("a long reply is cut at a line, and its code block is closed")
  func longReplies() {
    let text = "```\n" + String(repeating: "0123456789\n", count: 5_000) + "```"
    let cut = LongReply.cut(text)
    #expect(cut.utf8.count <= 30_004 && cut.hasSuffix("0123456789\n```"))
    #expect(LongReply.cut("short") == "short")
    let wide = LongReply.cut(String(repeating: "😀", count: 10_000))
    #expect(wide.utf8.count <= 30_000 && wide.allSatisfy { $0 == "😀" })
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

extension Array where Element: Equatable {
  fileprivate func contains(run: [Element]) -> Bool {
    indices.contains { self[$0...].starts(with: run) }
  }
}
