import Testing

@testable import Assistant

/// An answer that came in one delta.
func rewritten(_ markdown: String) -> String {
  var answer = AnswerText()
  answer.append(markdown)
  answer.finish()
  return answer.text
}

@Suite("A model's Markdown becomes what Webex renders")
struct AnswerTextTests {
  struct Example: Sendable, CustomTestStringConvertible {
    var given: String
    var expected: String
    init(_ given: String, _ expected: String) {
      self.given = given
      self.expected = expected
    }
    /// Stays as it is.
    init(same given: String) { self.init(given, given) }
    var testDescription: String { given }
  }

  @Test(
    "links and images show where they lead",
    arguments: [
      Example(
        "![cat](https://img.example/a.png)", "[cat (img.example)](https://img.example/a.png)"),
      Example("![](https://img.example/a.png)", "[img.example](https://img.example/a.png)"),
      Example("see ![local](images/a.png)!", "see local!"),
      Example("![x](data:image/png;base64,AAAA)", "x"),
      Example("![](data:image/png;base64,AAAA)", "image"),
      Example(
        "[![build](https://ci.example/b.svg)](https://ci.example/run)",
        "[build](https://ci.example/run)"),
      Example("[press](javascript:alert(1)) me", "press me"),
      Example("[press](JavaScript&colon;alert(1)) me", "press me"),
      Example("[press]( <javascript:alert(1)>) me", "press me"),
      Example("[app](vscode://open?x=1)", "app (`vscode://open?x=1`)"),
      Example(
        "[bank.com](https://evil.example/login)",
        "[bank.com (evil.example)](https://evil.example/login)"),
      Example(
        "[https://bank.com/x](https://bank.com@evil.example/)",
        "[https://bank.com/x (evil.example)](https://bank.com@evil.example/)"),
      Example(
        "[go to https://bank.com now](https://evil.example)",
        "[go to https://bank.com now (evil.example)](https://evil.example)"),
      Example(
        "[**bank.com**](https://evil.example)",
        "[**bank.com** (evil.example)](https://evil.example)"
      ),
      Example(
        "[b\u{200B}ank.com](https://evil.example)",
        "[b\u{200B}ank.com (evil.example)](https://evil.example)"),
      Example(same: "[bank.com](https://www.bank.com/login)"),
      Example(same: "[main.rs](https://git.example/src/main.rs)"),
      Example(same: "[docs](https://a.example/x_(y)?q=1 \"a (title)\") and [rel](../a.md#b)"),
      Example(same: "<https://a.example/x> <a@b.example> [mail](mailto:a@b.example)"),
      Example(same: "`[press](javascript:alert(1)) ![x](https://a.example) <b>`"),
      Example(same: "an array[0][1](2) and [ ] and a ]( b"),
      Example("[two\nlines](javascript:alert(1))", "[two\nlines]\\(javascript:alert(1))"),
      Example("<javascript:alert('a@b.c')>", "\\<javascript:alert('a@b.c')>"),
      Example("<data:text/html,a@b.c>", "\\<data:text/html,a@b.c>"),
      Example("[bank.com](https:evil.com)", "[bank.com (evil.com)](https:evil.com)"),
      Example("[bank.com](https:/evil.com)", "[bank.com (evil.com)](https:/evil.com)"),
      Example("[bank.com](https:///evil.com)", "[bank.com (evil.com)](https:///evil.com)"),
      Example(
        "[https:\\//bank.com](https://evil.com)",
        "[https:\\//bank.com (evil.com)](https://evil.com)"),
      Example("[bank\\.com](https://evil.com)", "[bank\\.com (evil.com)](https://evil.com)"),
      Example("[bank&#46;com](https://evil.com)", "[bank&#46;com (evil.com)](https://evil.com)"),
      Example("[bank&#x2E;com](https://evil.com)", "[bank&#x2E;com (evil.com)](https://evil.com)"),
      Example(same: "[Node.js](https://nodejs.org) and [ASP.NET](https://microsoft.com/asp)"),
      Example(same: "[README.md](https://git.example/blob/readme)"),
      Example(
        "[www.node.js](https://evil.example)", "[www.node.js (evil.example)](https://evil.example)"),
      Example("[a](\njavascript:alert(1))", "[a]\\(\njavascript:alert(1))"),
      Example(
        "[https://bank.com]( \nhttps://evil.com)", "[https://bank.com]\\( \nhttps://evil.com)"),
      Example("![two\nlines](https://a.example)", "!\\[two\nlines](https://a.example)"),
    ])
  func links(example: Example) { #expect(rewritten(example.given) == example.expected) }

  @Test(
    "references and footnotes can be read",
    arguments: [
      Example(
        "[1]: https://a.example \"T\"\nSee [docs][1], [1] and ![pic][1].",
        "1: <https://a.example>  \nSee [docs](https://a.example), [1](https://a.example) and [pic (a.example)](https://a.example)."
      ),
      Example(
        "See [docs][1].\n\n[1]: https://a.example\n", "See [docs][1].\n\n1: <https://a.example>  \n"
      ),
      Example("[x]: javascript:alert(1)\n[y][x]", "x: `javascript:alert(1)`  \ny"),
      Example("So it is[^1].\n\n[^1]: The *source*.", "So it is[1].\n\n[1] The *source*."),
      Example("[^note]: Why\n\nText[^note]", "[note] Why\n\nText[note]"),
      Example("[note]: this is text", "\\[note]: this is text"),
      Example("[Alice]: Hello", "\\[Alice]: Hello"),
      Example("[1]: /docs\n[2]: #x\n[3]: ./y", "1: </docs>  \n2: <#x>  \n3: <./y>  "),
      Example("[x]:\njavascript:alert(1)", "\\[x]:\njavascript:alert(1)"),
      Example("> [x]: javascript:alert(1)", "> \\[x]: javascript:alert(1)"),
      Example("- [x]: javascript:alert(1)", "- \\[x]: javascript:alert(1)"),
      Example("1. [x]:\n   javascript:alert(1)", "1. \\[x]:\n   javascript:alert(1)"),
      Example("[x]: <javascript:a b>", "\\[x]: \\<javascript:a b>"),
      Example("[a\\]b]: x y", "\\[a\\]b]: x y"),
      Example(
        "[\(String(repeating: "long ", count: 150))]:\njavascript:alert(1)",
        "\\[\(String(repeating: "long ", count: 150))]:\njavascript:alert(1)"),
      Example(same: "[\(String(repeating: "long ", count: 50))](https://a.example)"),
      Example(same: "It matches [^1] and x"),
      Example("End.[^1] [^1]\n\n[^1]: Why\n[^1] so", "End.[1] [^1]\n\n[1] Why\n[1] so"),
      Example(same: "The class [^a-z] is an expression."),
    ])
  func references(example: Example) {
    #expect(rewritten(example.given) == example.expected)
    var answer = AnswerText()
    for scalar in example.given.unicodeScalars { answer.append(String(scalar)) }
    answer.finish()
    #expect(answer.text == example.expected, "token by token")
  }

  @Test(
    "HTML gets its Markdown meaning or goes away, and types in prose stay",
    arguments: [
      Example("one<br>two<br/>", "one  \ntwo  "),
      Example("- one<br>two", "- one  \n  two"),
      Example("H<sub>2</sub>O, x<sup>2</sup>, a<sup>th</sup>", "H₂O, x², a^th"),
      Example("Press <kbd>Ctrl</kbd>+<kbd>`</kbd>", "Press `Ctrl`+`` ` ``"),
      Example("<b>bold</b> <i>it</i> <u>under</u> <del>no</del>", "**bold** *it* under ~~no~~"),
      Example("<code>List&lt;T&gt;</code>", "`List<T>`"),
      Example("<a href=\"https://a.example\">here</a>", "[here](https://a.example)"),
      Example("<a href='javascript:x()'>here</a>", "here"),
      Example(
        "<a href=\"https://evil.example\">bank.com</a>",
        "[bank.com (evil.example)](https://evil.example)"),
      Example(
        "<img src=\"https://a.example/x.png\" alt=\"A cat\">",
        "[A cat (a.example)](https://a.example/x.png)"),
      Example("<details>\n<summary>More</summary>\n\ntext\n</details>\n", "\n**More**\n\ntext\n\n"),
      Example("<p>one</p><p>two</p>", "one\n\ntwo"),
      Example("<h2>Title</h2>\n<ul><li>a</li>\n<li>b</li></ul>", "## Title\n- a\n- b"),
      Example("a <!-- hidden --> b", "a  b"),
      Example("never <!-- closed", "never \\<!-- closed"),
      Example(
        "A List<String> and Map<K, V> and <unknown> tag",
        "A List\\<String> and Map\\<K, V> and \\<unknown> tag"),
      Example("Set<S> and Vec<B>", "Set\\<S> and Vec\\<B>"),
      Example("if a<b and c>d", "if a\\<b and c>d"),
      Example(same: "a < b, 1 <2, <= and <- and <3"),
      Example(same: "`List<String>` and \\<b>"),
      Example("x<br>```\ny", "x  \n\\```\ny"),
      Example("<!-- c -->```swift\ny", "\\```swift\ny"),
    ])
  func html(example: Example) { #expect(rewritten(example.given) == example.expected) }

  @Test(
    "what is to be filled in, and types, stay",
    arguments: [
      Example("run git checkout -- <path> now", "run git checkout -- \\<path> now"),
      Example(
        "SELECT * FROM <table> WHERE <col>", "SELECT * FROM \\<table> WHERE \\<col>"),
      Example("cp <source> <dest>", "cp \\<source> \\<dest>"),
      Example("<path> is the file", "\\<path> is the file"),
      Example("Option<i> and Vec<p>", "Option\\<i> and Vec\\<p>"),
      Example("Option<i> is <i>so</i>", "Option\\<i> is *so*"),
      Example("https://a.example/?a=<b>&c=<i>", "https://a.example/?a=\\<b>&c=\\<i>"),
      Example("curl -H <header> <address>", "curl -H \\<header> \\<address>"),
      Example("<b>two\nlines</b>", "\\<b>two\nlines\\</b>"),
      Example("one<p>two</p>", "one\n\ntwo"),
      Example("<table>\n<tr><td>x</td></tr>\n</table>", "\nx | \n"),
      Example("<pre><code>\nx\n</code></pre>", "\nx\n"),
    ])
  func placeholders(example: Example) { #expect(rewritten(example.given) == example.expected) }

  @Test(
    "every kind of line end is one",
    arguments: [["a\rb\r\nc\n\nd"], ["a\r", "b\r", "\nc\n", "\nd"]])
  func lineEnds(deltas: [String]) {
    var answer = AnswerText()
    for delta in deltas { answer.append(delta) }
    answer.finish()
    #expect(answer.text == "a\nb\nc\n\nd")
  }

  @Test(
    "lists keep their numbers, and tasks their boxes",
    arguments: [
      Example("1. a\n1. b\n1. c\n", "1. a\n2. b\n3. c\n"),
      Example(
        "1. a\n\n   more\n\n1. b\n   - x\n   - y\n1. c",
        "1. a\n\n   more\n\n2. b\n   - x\n   - y\n3. c"),
      Example("3) a\n3) b", "3) a\n4) b"),
      Example("1. a\n   1. x\n   1. y\n1. b\n   1. z", "1. a\n   1. x\n   2. y\n2. b\n   1. z"),
      Example(same: "1. a\n\ntext\n\n1. b"),
      Example(same: "1. a\n2. b\n5. c"),
      Example(same: "1. a\n\n# Title\n\n1. b"),
      Example(
        "- [ ] open\n- [x] done\n* [X] done\n1. [ ] n", "- ☐ open\n- ☑ done\n* ☑ done\n1. ☐ n"),
      Example(same: "- [link](https://a.example)\n- [y] no box"),
    ])
  func lists(example: Example) { #expect(rewritten(example.given) == example.expected) }

  @Test(
    "a table becomes aligned columns",
    arguments: [
      Example(
        "Before\n| Name | Size |\n|:-----|-----:|\n| a | 1 |\n| **long** name | 1000 |\n\nAfter",
        "Before\n```\nName      | Size\n----------+-----\na         |    1\nlong name | 1000\n```\n\nAfter"
      ),
      Example(
        "a | b\n--|:-:\n`x|y` | 日本\nend", "```\na   |  b\n----+-----\nx|y | 日本\n```\nend"),
      Example("| a |\n|---|\n| x \\| y |\n", "```\na\n-----\nx | y\n```\n"),
      Example(
        "|a|b|\n|-|-|\n|[t](https://a.example)|<b>x</b>&lt;<br>y|\n|1|2|3|\n|only|",
        "```\na                     | b\n----------------------+------\nt (https://a.example) | x< y\n1                     | 2 | 3\nonly                  |\n```"
      ),
      Example(same: "a | b\nno table | here\n"),
      Example(same: "cat x | grep y"),
      Example(same: "| a | b |\n|---|\n"),
      Example(same: "```\n| a | b |\n|---|---|\n```\n"),
      Example("|e|\n|-|\n|👩‍👩‍👧|\n|e\u{301}|\n|🇩🇪|\n", "```\ne\n--\n👩‍👩‍👧\ne\u{301}\n🇩🇪\n```\n"),
    ])
  func tables(example: Example) { #expect(rewritten(example.given) == example.expected) }

  @Test("a table that is too wide becomes a list with its headers")
  func wideTable() {
    let long = String(repeating: "long text ", count: 12)
    let table = "| Name | What |\n|---|---|\n| **a** | \(long) |\n| b | [t](https://a.example) |\n"
    #expect(
      rewritten(table + "next")
        == "- **Name:** **a**\n  - **What:** \(long.dropLast())\n- **Name:** b\n"
        + "  - **What:** [t](https://a.example)\n\nnext")
  }

  @Test("a long table comes in parts that each have the header")
  func longTable() {
    let rows = (1...400).map { "| row \($0) | value \($0) |\n" }.joined()
    let text = rewritten("| Row | Value |\n|---|---|\n" + rows)
    let parts = text.split(separator: "\n\n")
    #expect(parts.count > 1)
    for part in parts {
      #expect(part.hasPrefix("```\nRow"))
      #expect(part.utf8.count <= 4_000)
    }
    #expect(text.split(separator: "\n").filter { $0.hasPrefix("row") }.count == 400)
  }

  @Test(
    "a fence on the line of a list's marker is one, and what is behind it is text",
    arguments: [
      Example(
        "1. ```bash\n   ls <b>\n   ```\n1. <b>x</b>", "1. ```bash\n   ls <b>\n   ```\n2. **x**"),
      Example(
        "- ```py\n  a[0](javascript:x)\n  ```\n[x](javascript:x)",
        "- ```py\n  a[0](javascript:x)\n  ```\nx"),
      Example("1. a\n1. ```\n   <b>\n   ```", "1. a\n2. ```\n   <b>\n   ```"),
      Example("- ```a``` <b>x</b>", "- ```a``` **x**"),
    ])
  func markerFences(example: Example) {
    #expect(rewritten(example.given) == example.expected)
    var answer = AnswerText()
    for character in example.given { answer.append(String(character)) }
    answer.finish()
    #expect(answer.text == example.expected)
    #expect(AnswerText.openFence(in: example.expected[...], fence: nil) == nil)
  }

  @Test("a fence that a continuation opens again is not nested", arguments: ["", "\n"])
  func continued(lead: String) throws {
    let fence = try #require(CodeFence(opening: "```swift"))
    var answer = AnswerText(fence: fence)
    answer.append(lead + "```swift\nlet a = List<Int>\n```\ndone <b>x</b>")
    answer.finish()
    #expect(answer.text == lead + "let a = List<Int>\n```\ndone **x**")
  }
}
