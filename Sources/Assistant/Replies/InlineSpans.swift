// Finds the parts of one Markdown line that must not be cut: inline code, links, autolinks, URLs.

enum InlineSpans {
  /// A span longer than this is text: searching further for each of thousands of brackets would
  /// take the square of the line's length.
  private static let maximumLength = 512

  /// Ranges in order, not overlapping.
  static func ranges(in line: Substring) -> [Range<Substring.Index>] {
    var ranges: [Range<Substring.Index>] = []
    var index = line.startIndex
    // Brackets and backticks without their partner are many in hostile text, links are not.
    var patience = 256
    while index < line.endIndex, patience > 0 {
      let first = line[index]
      guard "`[!<h".contains(first) else {
        index = line.index(after: index)
        continue
      }
      let rest = line[index...].prefix(maximumLength)
      if let end = code(rest) ?? link(rest) ?? autolink(rest) ?? url(rest) {
        ranges.append(index..<end)
        index = end
      } else {
        if first != "h" { patience -= 1 }
        // A run of backticks that never closes is text as a whole.
        let run = rest.prefix(while: { $0 == "`" }).count
        index = line.index(index, offsetBy: max(run, 1))
      }
    }
    return ranges
  }

  private static func code(_ text: Substring) -> Substring.Index? {
    let run = text.prefix(while: { $0 == "`" })
    guard !run.isEmpty else { return nil }
    var rest = text.dropFirst(run.count)
    while let start = rest.firstIndex(of: "`") {
      let closing = rest[start...].prefix(while: { $0 == "`" })
      if closing.count == run.count { return closing.endIndex }
      rest = rest[closing.endIndex...]
    }
    return nil
  }

  private static func link(_ text: Substring) -> Substring.Index? {
    guard text.first == "[" || text.hasPrefix("![") else { return nil }
    var depth = 0
    var index = text.startIndex
    if text.first == "!" { index = text.index(after: index) }
    while index < text.endIndex {
      switch text[index] {
      case "[": depth += 1
      case "]":
        depth -= 1
        if depth == 0 {
          let after = text.index(after: index)
          guard after < text.endIndex, text[after] == "(" else { return nil }
          return text[after...].firstIndex(of: ")").map { text.index(after: $0) }
        }
      default: break
      }
      index = text.index(after: index)
    }
    return nil
  }

  private static func autolink(_ text: Substring) -> Substring.Index? {
    guard text.hasPrefix("<http") || text.hasPrefix("<mailto:") else { return nil }
    guard let end = text.firstIndex(where: { $0 == ">" || $0.isWhitespace }), text[end] == ">"
    else { return nil }
    return text.index(after: end)
  }

  private static func url(_ text: Substring) -> Substring.Index? {
    guard text.hasPrefix("http://") || text.hasPrefix("https://") else { return nil }
    return text.firstIndex(where: \.isWhitespace) ?? text.endIndex
  }
}
