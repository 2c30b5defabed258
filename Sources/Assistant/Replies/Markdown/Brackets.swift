// Where a link's text and target end. For the inline rewriter and for previews.

enum Brackets {
  enum Position: Equatable {
    case needsMore, none
    case at(Int)
  }

  /// The `]` that belongs to the `[` at `start`. Inline code hides brackets.
  static func closing(
    _ bytes: [UInt8], from start: Int, isEnd: Bool, bound: Int = InlineRewriter.longestSpan
  ) -> Position {
    let hidden = closing(bytes, from: start, isEnd: isEnd, bound: bound, codeHides: true)
    // Nothing closes: perhaps because a backtick without a partner hid it.
    if hidden != .none { return hidden }
    return closing(bytes, from: start, isEnd: isEnd, bound: bound, codeHides: false)
  }

  private static func closing(
    _ bytes: [UInt8], from start: Int, isEnd: Bool, bound: Int, codeHides: Bool
  ) -> Position {
    let limit = start + bound
    var depth = 0
    var code = 0
    var index = start
    while index < bytes.count, index < limit {
      switch bytes[index] {
      case "\\" where code == 0: index += 1
      case "`" where codeHides:
        let run = bytes.run(at: index, bound: bound)
        if code == 0 { code = run } else if code == run { code = 0 }
        index += run - 1
      case "[" where code == 0: depth += 1
      case "]" where code == 0:
        depth -= 1
        if depth == 0 { return .at(index) }
      default: break
      }
      index += 1
    }
    return index >= limit || isEnd ? .none : .needsMore
  }

  /// The `)` that belongs to the `(` at `start`.
  static func target(_ bytes: [UInt8], from start: Int, isEnd: Bool) -> Position {
    let limit = start + InlineRewriter.longestTarget
    var depth = 0
    var index = start
    while index < bytes.count, index < limit {
      switch bytes[index] {
      case "\\": index += 1
      case "(": depth += 1
      case ")":
        depth -= 1
        if depth == 0 { return .at(index) }
      case "\n": return .none
      default: break
      }
      index += 1
    }
    return index >= limit || isEnd ? .none : .needsMore
  }

  /// The address without its angle brackets and title.
  static func address(in written: [UInt8]) -> String {
    let start = written.skippingBlanks(from: 0)
    guard start < written.count else { return "" }
    if written[start] == "<" {
      return written[(start + 1)...].prefix { $0 != ">" }.string
    }
    return written[start...].prefix { !$0.isBlank }.string
  }

  /// An address as it can stand between parentheses.
  static func written(_ target: String) -> String {
    var depth = 0
    for byte in target.utf8 {
      if byte == "(" { depth += 1 }
      if byte == ")" { depth -= 1 }
      if depth < 0 { break }
    }
    let isPlain = depth == 0 && !target.contains { $0.isWhitespace || "<>\\".contains($0) }
    if isPlain { return target }
    var encoded = ""
    for character in target {
      switch character {
      case "(": encoded += "%28"
      case ")": encoded += "%29"
      case "<": encoded += "%3C"
      case ">": encoded += "%3E"
      case "\\": encoded += "%5C"
      case let blank where blank.isWhitespace: encoded += "%20"
      default: encoded.append(character)
      }
    }
    return encoded
  }
}
