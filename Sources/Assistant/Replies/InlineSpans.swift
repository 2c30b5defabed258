// Finds the parts of one Markdown line that must not be cut: inline code, links, autolinks, URLs.

enum InlineSpans {
  /// Bytes of a URL or autolink that are followed.
  private static let longestURL = 2_048

  /// Ranges of byte offsets in order, not overlapping. A span may end beyond `end`.
  static func ranges(in bytes: [UInt8], from start: Int, to end: Int) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var index = start
    // Brackets and backticks without their partner are many in hostile text, links are not.
    var patience = 64
    while index < end {
      let first = bytes[index]
      guard first == "`" || first == "[" || first == "<" || first == "h" || first == "\\" else {
        index += 1
        continue
      }
      if first == "\\" {
        index += 2
        continue
      }
      if patience > 0, let close = span(bytes, index) {
        let begin = first == "[" && index > start && bytes[index - 1] == "!" ? index - 1 : index
        ranges.append(begin..<close)
        index = close
      } else {
        if first != "h" { patience -= 1 }
        // A run of backticks that never closes is text as a whole.
        index += first == "`" ? bytes.run(at: index) : 1
      }
    }
    return ranges
  }

  private static func span(_ bytes: [UInt8], _ start: Int) -> Int? {
    switch bytes[start] {
    case "`": code(bytes, start)
    case "[": link(bytes, start)
    case "<": autolink(bytes, start)
    default: url(bytes, start)
    }
  }

  private static func code(_ bytes: [UInt8], _ start: Int) -> Int? {
    let run = bytes.run(at: start)
    var index = start + run
    let limit = min(bytes.count, index + InlineRewriter.longestSpan)
    while index < limit, bytes[index] != "\n" {
      guard bytes[index] == "`" else {
        index += 1
        continue
      }
      let closing = bytes.run(at: index)
      if closing == run { return index + run }
      index += closing
    }
    return nil
  }

  private static func link(_ bytes: [UInt8], _ start: Int) -> Int? {
    guard case .at(let close) = Brackets.closing(bytes, from: start, isEnd: true),
      close + 1 < bytes.count, bytes[close + 1] == "(",
      case .at(let end) = Brackets.target(bytes, from: close + 1, isEnd: true)
    else { return nil }
    return end + 1
  }

  private static func autolink(_ bytes: [UInt8], _ start: Int) -> Int? {
    guard bytes.hasPrefix("<http", at: start) || bytes.hasPrefix("<mailto:", at: start) else {
      return nil
    }
    var index = start
    let limit = min(bytes.count, start + longestURL)
    while index < limit, bytes[index] != ">", !bytes[index].isBlank, bytes[index] != "\n" {
      index += 1
    }
    return index < limit && bytes[index] == ">" ? index + 1 : nil
  }

  private static func url(_ bytes: [UInt8], _ start: Int) -> Int? {
    guard bytes.hasPrefix("http://", at: start) || bytes.hasPrefix("https://", at: start) else {
      return nil
    }
    var index = start
    let limit = min(bytes.count, start + longestURL)
    while index < limit, !bytes[index].isBlank, bytes[index] != "\n" { index += 1 }
    return index
  }
}
