// Text on cards. A TextBlock knows Markdown and dates, and clients differ in how it can be escaped:
// what comes from people, models or files stands in runs, which show text as it is.

import WebexAPI

enum CardText {
  /// One line of foreign text for a run or a choice's title.
  static func data(_ text: String, longest: Int = 80) -> String {
    // Clients replace {{DATE(…)}} in any text.
    undated(PromptVariables.name(text, longest: longest))
  }

  /// Without `{{`. Scalar by scalar: one with something combined to it is another Character.
  static func undated(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "{")) else { return text }
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if scalar == "{", out.last == "{" { out.append(" ") }
      out.append(scalar)
    }
    return String(out)
  }

  static func run(
    _ text: String, isBold: Bool = false, isSubtle: Bool = false, color: CardColor? = nil
  ) -> TextRun {
    var run = TextRun(text)
    run.weight = isBold ? .bolder : nil
    run.isSubtle = isSubtle ? true : nil
    run.color = color
    return run
  }

  /// A small grey line.
  static func aside(_ text: String) -> CardElement {
    var run = run(text, isSubtle: true)
    run.size = .small
    return .richText([run]).spacing(.small)
  }

  /// A card's first line.
  static func title(_ text: String) -> CardElement {
    var run = run(text, isBold: true)
    run.size = .medium
    return .richText([run])
  }

  // MARK: Markdown of ours

  /// Lines of Markdown as paragraphs of runs; values in it must be escaped for Markdown. Images and
  /// tables are not known, a link shows its address.
  static func paragraphs(_ markdown: String, maximumLines: Int = 40) -> [CardElement] {
    var elements: [CardElement] = []
    var isCode = false
    for line in markdown.split(whereSeparator: \.isNewline) {
      if line.drop(while: \.isWhitespace).hasPrefix("```") {
        isCode.toggle()
        continue
      }
      if elements.count == maximumLines {
        elements.append(aside("…"))
        break
      }
      let runs = isCode ? [code(String(line))] : runs(line: line)
      if !runs.isEmpty { elements.append(.richText(runs).spacing(.small)) }
    }
    return elements
  }

  private static func code(_ text: String) -> TextRun {
    var run = TextRun(undated(text))
    run.fontType = .monospace
    return run
  }

  /// One line: bold, italic, code, links, escapes.
  static func runs(line: some StringProtocol) -> [TextRun] {
    var rest = Substring(line).drop(while: \.isWhitespace)
    var front = ""
    if let mark = rest.prefixMatch(of: /[-*+] +/) {
      front = "• "
      rest = rest[mark.range.upperBound...]
    } else if let mark = rest.prefixMatch(of: /#{1,6} +/) {
      rest = rest[mark.range.upperBound...]
    }
    var reader = InlineReader()
    reader.read(rest)
    guard !reader.runs.isEmpty else { return [] }
    return (front.isEmpty ? [] : [TextRun(front)]) + reader.runs
  }
}

/// Turns inline Markdown into runs.
private struct InlineReader {
  var runs: [TextRun] = []
  private var text = ""
  private var isBold = false
  private var isItalic = false

  mutating func read(_ line: Substring) {
    scan(line, depth: 0)
    flush()
  }

  private mutating func flush() {
    guard !text.isEmpty else { return }
    var run = TextRun(CardText.undated(text))
    run.weight = isBold ? .bolder : nil
    run.italic = isItalic ? true : nil
    runs.append(run)
    text = ""
  }

  private mutating func scan(_ line: Substring, depth: Int) {
    var rest = line
    var before: Character = " "
    while let next = rest.first {
      let behind = rest.dropFirst()
      if next == "\\", let escaped = behind.first, escaped.isPunctuation || escaped.isSymbol {
        text.append(escaped)
        (before, rest) = (escaped, behind.dropFirst())
      } else if next == "`", let end = code(rest) {
        rest = rest[end...]
        before = "`"
      } else if depth < 4, next == "*" || next == "_", let inner = emphasis(rest, after: before) {
        flush()
        let wasSo = (isBold, isItalic)
        if inner.marks == 2 { isBold = true } else { isItalic = true }
        scan(inner.text, depth: depth + 1)
        flush()
        (isBold, isItalic) = wasSo
        rest = rest[inner.text.endIndex...].dropFirst(inner.marks)
        before = next
      } else if next == "[", let link = rest.prefixMatch(of: /\[([^\[\]\n]+)\]\(([^()\s]+)\)/) {
        let (label, address) = (String(link.output.1), String(link.output.2))
        scan(Substring(label), depth: 4)
        if label != address { text += " (\(address))" }
        (before, rest) = (")", rest[link.range.upperBound...])
      } else {
        text.append(next)
        (before, rest) = (next, behind)
      }
    }
  }

  /// - Returns: where the code's last tick ends.
  private mutating func code(_ rest: Substring) -> Substring.Index? {
    let ticks = rest.prefix { $0 == "`" }
    guard let end = rest.dropFirst(ticks.count).firstRange(of: ticks) else { return nil }
    flush()
    var run = TextRun(CardText.undated(String(rest[ticks.endIndex..<end.lowerBound])))
    run.fontType = .monospace
    run.weight = isBold ? .bolder : nil
    runs.append(run)
    return end.upperBound
  }

  private func emphasis(_ rest: Substring, after before: Character) -> (
    text: Substring, marks: Int
  )? {
    guard let mark = rest.first else { return nil }
    let marks = rest.hasPrefix(String(repeating: mark, count: 2)) ? 2 : 1
    let body = rest.dropFirst(marks)
    // Not inside a word, and not around white space: `gpt_4_mini`, `2 * 3 * 4`.
    guard let first = body.first, !first.isWhitespace, first != mark,
      mark == "*" || !(before.isLetter || before.isNumber)
    else { return nil }
    var search = body
    while let end = search.firstRange(of: String(repeating: mark, count: marks)) {
      let inside = rest[body.startIndex..<end.lowerBound]
      let after = rest[end.upperBound...].first
      search = rest[end.upperBound...]
      guard let last = inside.last, !last.isWhitespace, last != "\\", after != mark else {
        continue
      }
      if mark == "_", let after, after.isLetter || after.isNumber { continue }
      return (inside, marks)
    }
    return nil
  }
}
