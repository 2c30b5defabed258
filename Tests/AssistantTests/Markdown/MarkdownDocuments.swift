// Generated documents for the tests of the answer's text and of the splitter: everything that models
// write, and what only an adversary would, from a seed.

@testable import Assistant

struct MarkdownDocuments {
  private var random: SeededGenerator

  init(seed: Int) { random = SeededGenerator(seed: UInt64(seed + 1)) }

  mutating func pick<T>(_ values: [T]) -> T {
    values[Int.random(in: 0..<values.count, using: &random)]
  }

  mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
  mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

  private static let words = [
    "word", "a", "Überraschung", "日本語の文章。", "👩‍👩‍👧‍👦", "e\u{301}\u{302}", "🇩🇪🇫🇷", "مرحبا", "שלום",
    "👍🏽", "ไทย", "한국어", "x=1", "snake_case_name", "5 * 3", "a < b", "end.", "Really?", "no!",
    "1️⃣", "\u{200F}rtl", "क्षि", "(see)", "$x^2$", "50%", "C:\\dir", "it's", "\"quoted\"", "—",
  ]
  /// Inline markup that stays as it is.
  private static let spans = [
    "`code`", "``a ` b``", "`List<String>`",
    "[link](https://a.example/x_(y)?q=1)",
    "[a *b* c](https://b.example \"title\")", "**bold**", "*it*", "~~no~~", "__b__", "_i_",
    "***both***", "<https://c.example/p>", "https://d.example/path?x=[1]", "\\*", "\\[x\\](y)",
    "[rel](../x.md#y)", "arr[0][1]", "[a b]", "**bold `code` and [l](https://e.example)**",
  ]
  /// Inline markup that is rewritten, and its halves.
  private static let wild = [
    "![alt](https://i.example/x.png)", "![](x)", "<b>x</b>", "``a```<b>x</b>``", "<br>", "<br/>",
    "H<sub>2</sub>O",
    "<!-- c -->", "<!--", "List<String>", "</div>", "<details><summary>s</summary>", "[^1]",
    "[x](javascript:alert(1))", "[bank.com](https://evil.example)", "[t][ref]", "[ref]",
    "<@all>", "<@personEmail:a@b.c|x>", "< @here>", "&lt;@all&gt;", "<@\u{200B}all>", "<\\@all>",
    "<spark-mention x>", "[", "]", "](", "](javascript:x)", "![", "`", "``", "**", "*", "_", "<",
    "<a href=\"https://z.example\">z</a>", "<code>a<b</code>", "|", "\\|", "\\", "&", "&#60;@all>",
    "<p>", "<img src='https://q.example/i.png' alt='q'>", "```", "~~~", "\u{301}",
    "<path>", "Option<i>", "cp <source> <dest>", "?a=<b>", "<i>", "<title>", "FROM <table> WHERE",
    "\u{200D}",
  ]
  private static let languages = [
    "", "swift", "python title=\"x y\"", "sh", "c++", "日本", "nonsense",
  ]

  mutating func sentence(isPlain: Bool, words count: Int) -> String {
    (0..<count).map { _ in
      if !isPlain, chance(20) { return pick(Self.wild) }
      return chance(15) ? pick(Self.spans) : pick(Self.words)
    }.joined(separator: " ")
  }

  mutating func fence(isPlain: Bool, lines: Int) -> String {
    let marker = pick(["```", "```", "````", "~~~", "~~~~~"])
    let inner = [
      "let x: [Int] = [1]", "| a | b |\n|---|---|", "    indented", "", "``", "~~", "<b>&lt;</b>",
      "- [ ] x", "# no title", "[a](b)", "日本 👩‍👩‍👧", "x \\", marker == "~~~" ? "```" : "~~",
    ]
    var text =
      pick(["", "", "  ", "- ", isPlain ? "* " : "1. "]) + marker + pick(Self.languages) + "\n"
    for _ in 0..<lines { text += pick(inner) + "\n" }
    return text + marker + "\n"
  }

  mutating func table() -> String {
    let columns = number(1...5)
    func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
    var text = row((0..<columns).map { "H\($0)" })
    text += row((0..<columns).map { _ in pick(["---", ":-", "-:", ":---:"]) })
    for _ in 0..<number(0...8) {
      text += row((0..<columns).map { _ in sentence(isPlain: false, words: number(0...3)) })
    }
    return text
  }

  mutating func list(isPlain: Bool) -> String {
    var text = ""
    let isOrdered = chance(50)
    for item in 1...number(1...6) {
      let mark = isOrdered ? "\(isPlain || chance(50) ? item : 1). " : pick(["- ", "* "])
      let task = !isPlain && chance(20) ? pick(["[ ] ", "[x] "]) : ""
      text += mark + task + sentence(isPlain: isPlain, words: number(1...12)) + "\n"
      if chance(25) { text += "   - " + sentence(isPlain: isPlain, words: number(1...5)) + "\n" }
    }
    return text
  }

  /// - Parameter isPlain: nothing that the answer's text rewrites is in it.
  mutating func document(isPlain: Bool, blocks: Int) -> String {
    var text = ""
    for _ in 0..<blocks {
      switch number(0...11) {
      case 0:
        text += "#" + pick(["", "#", "##"]) + " " + sentence(isPlain: isPlain, words: 3) + "\n"
      case 1: text += fence(isPlain: isPlain, lines: number(0...8))
      case 2:
        // Two lists in a row would be one, and be numbered as one.
        text += list(isPlain: isPlain) + (isPlain ? "\nend\n" : "")
      case 3: text += "> " + sentence(isPlain: isPlain, words: number(1...10)) + "\n"
      case 4: text += isPlain ? "***\n" : table()
      case 5: text += sentence(isPlain: isPlain, words: number(60...120)) + "\n"
      case 6 where !isPlain: text += fence(isPlain: false, lines: number(20...700))
      case 7 where !isPlain: text += pick(["```swift\n", "~~~\n", "[ref]: https://r.example\n"])
      default:
        for _ in 0..<number(1...3) {
          text += sentence(isPlain: isPlain, words: number(1...25)) + "\n"
        }
      }
      if chance(80) { text += "\n" }
    }
    if chance(30) { text += sentence(isPlain: isPlain, words: number(1...9)) }
    return text
  }

  /// The text in pieces that also end inside of grapheme clusters.
  mutating func deltas(_ text: String, longest: Int) -> [String] {
    var deltas: [String] = []
    var scalars = text.unicodeScalars[...]
    while !scalars.isEmpty {
      let count = number(1...longest)
      deltas.append(String(String.UnicodeScalarView(scalars.prefix(count))))
      scalars = scalars.dropFirst(count)
    }
    return deltas
  }
}
