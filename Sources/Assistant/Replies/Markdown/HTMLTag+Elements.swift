// HTML elements that are rewritten as a whole, with their content. Part of HTMLTag.

extension HTMLTag {
  /// `<code>…</code>`, `<a href>…</a>`, `<sub>…</sub>` as a whole, if it closes in this line.
  func element(
    in bytes: [UInt8], by rewriter: InlineRewriter, isEnd: Bool
  ) -> InlineStep? {
    guard ["code", "kbd", "samp", "tt", "a", "sub", "sup"].contains(name) else { return nil }
    let limit = end + InlineRewriter.longestSpan
    let closing = Array("</\(name)>".utf8)
    var index = end
    while index + closing.count <= bytes.count, index < limit {
      if bytes[index] == "<",
        bytes[index..<(index + closing.count)].lazy.map(\.lowercased).elementsEqual(closing)
      {
        return .replace(
          end: index + closing.count, content(bytes[end..<index], by: rewriter))
      }
      index += 1
    }
    return index < limit && !isEnd ? .needsMore : nil
  }

  private func content(_ inside: ArraySlice<UInt8>, by rewriter: InlineRewriter) -> [UInt8] {
    switch name {
    case "a":
      let target = attribute("href") ?? ""
      guard !target.isEmpty, rewriter.depth < 2 else { return rewriter.inner(inside) }
      let written = Array(Brackets.written(target).utf8)
      let step = rewriter.link(inside, target: target, written: written, end: 0)
      if case .replace(_, let new) = step { return new }
      return Array("[".utf8) + inside + Array("](".utf8) + written + Array(")".utf8)
    case "sub", "sup":
      let text = rewriter.inner(inside)
      let table = name == "sub" ? Self.subscripts : Self.superscripts
      let small = text.string.map { table[$0] }
      if !small.contains(nil) { return Array(String(small.compactMap { $0 }).utf8) }
      return Array((name == "sub" ? "_" : "^").utf8) + text
    default:
      let code = Self.decoded(inside.string)
      let run = code.utf8.split(whereSeparator: { $0 != "`" }).map(\.count).max() ?? 0
      let ticks = String(repeating: "`", count: min(run, 63) + 1)
      guard !code.allSatisfy(\.isWhitespace), run < 63 else { return [] }
      return Array((run > 0 ? "\(ticks) \(code) \(ticks)" : ticks + code + ticks).utf8)
    }
  }

  static func decoded(_ text: String) -> String {
    guard text.contains("&") else { return text }
    var text = text
    for (entity, character) in [
      ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&apos;", "'"),
      ("&nbsp;", " "), ("&amp;", "&"),
    ] {
      text = text.replacing(entity, with: character)
    }
    return text
  }

  private static let superscripts: [Character: Character] = [
    "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸",
    "9": "⁹", "+": "⁺", "-": "⁻", "−": "⁻", "=": "⁼", "(": "⁽", ")": "⁾", "n": "ⁿ", "i": "ⁱ",
  ]
  private static let subscripts: [Character: Character] = [
    "0": "₀", "1": "₁", "2": "₂", "3": "₃", "4": "₄", "5": "₅", "6": "₆", "7": "₇", "8": "₈",
    "9": "₉", "+": "₊", "-": "₋", "−": "₋", "=": "₌", "(": "₍", ")": "₎", "a": "ₐ", "e": "ₑ",
    "i": "ᵢ", "o": "ₒ", "x": "ₓ", "n": "ₙ",
  ]
}
