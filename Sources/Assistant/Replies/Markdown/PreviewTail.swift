// The end of a text that is still growing, made fit to be seen: no open fence, no half link, no
// marks without their partner. Pure; used for previews, and for answers that were cut.

enum PreviewTail {
  /// An open construct up to this long is held back, a longer one is closed. In UTF-8 bytes.
  private static let held = 200

  /// - Parameter fence: the one that is open where `text` begins.
  static func shown(_ text: String, fence: CodeFence?) -> String {
    guard text.contains(where: { !$0.isWhitespace }) else { return "" }
    if let size = fence?.closingLine(in: text[...]) {
      let rest = text.utf8.index(text.startIndex, offsetBy: size)
      return shown(String(text[rest...]), fence: nil)
    }
    let reopening = fence.map { $0.opening + "\n" } ?? ""
    let scan = scan(text, fence: fence)
    guard let open = scan.fence else {
      let block = text[scan.blockStart...]
      let shown = text[..<scan.blockStart] + repaired(Array(block.utf8))
      let end = String(shown).trimmingTrailingWhitespace()
      if scan.blockStart == text.startIndex, end.isEmpty { return "" }
      return reopening + end
    }
    // An opening line without anything behind it.
    if let start = scan.fenceStart, text[start...].isOneLine {
      return Self.shown(String(text[..<start]), fence: fence)
    }
    let newline = text.utf8.last == 0x0A ? "" : "\n"
    return reopening + text + newline + open.marker
  }

  /// A text that ends here although it was meant to go on: what is open is closed, nothing held back.
  /// An open fence is the caller's to close.
  static func closed(_ text: String, fence: CodeFence?) -> String {
    let scan = scan(text, fence: fence)
    guard scan.fence == nil else { return text }
    let block = Array(text[scan.blockStart...].utf8)
    return String(text[..<scan.blockStart]) + repaired(block, held: 0)
  }

  private struct Scan {
    var fence: CodeFence?
    /// Where the open fence's line begins; nil if it was open from the start.
    var fenceStart: String.Index?
    var lineStart: String.Index
    /// The last paragraph, list item or heading.
    var blockStart: String.Index
  }

  private static func scan(_ text: String, fence: CodeFence?) -> Scan {
    var scan = Scan(fence: fence, lineStart: text.startIndex, blockStart: text.startIndex)
    var start = text.startIndex
    while start < text.endIndex {
      let newline = text.utf8[start...].firstIndex(of: 0x0A)
      let line = text[start..<(newline ?? text.endIndex)]
      scan.lineStart = start
      let next = newline.map { text.utf8.index(after: $0) } ?? text.endIndex
      if let open = scan.fence {
        if open.isClosed(by: line) {
          scan.fence = nil
          scan.blockStart = next
        }
      } else if let open = CodeFence(opening: line) {
        scan.fence = open
        scan.fenceStart = start
      } else {
        let kind = LineShape(Array(line.utf8.prefix(LineShape.decisive)), isInText: true).kind
        switch kind {
        case .blank: scan.blockStart = next
        case .text: break
        default: scan.blockStart = start
        }
      }
      start = next
      if newline != nil { scan.lineStart = next }
    }
    return scan
  }

  // MARK: Inline marks

  private struct Mark {
    var at: Int
    var byte: UInt8
    var count: Int
  }

  private static func repaired(_ bytes: [UInt8], held: Int = held) -> String {
    var bytes = bytes
    let lineStart = bytes.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    if bytes.count > lineStart, LineShape.isBareMarker(bytes[lineStart...]) {
      bytes.removeSubrange(lineStart...)
    }
    // Only the end of a long block can have something open that is worth a repair.
    var marks: [Mark] = []
    var cut = bytes.count
    var closers = ""
    var index = bytes.scalarBorder(at: max(0, bytes.count - 8_192))
    scan: while index < bytes.count {
      switch bytes[index] {
      case "\\":
        if index + 1 == bytes.count { cut = index }
        index += 2
      case "`":
        let run = bytes.run(at: index, bound: 64)
        if let end = closingTicks(bytes, after: index + run, run: run) {
          index = end + run
        } else if bytes.count - index <= held {
          cut = index
          break scan
        } else {
          if bytes.count - index <= InlineRewriter.longestSpan {
            closers = String(repeating: "`", count: run)
            break scan
          }
          index += run
        }
      case "[" where index >= lineStart:
        let open = openLink(bytes, at: index, held: held)
        if open == bytes.count {
          index += 1
        } else if let open {
          index = open
        } else {
          cut = index > 0 && bytes[index - 1] == "!" ? index - 1 : index
          break scan
        }
      case "<" where index >= lineStart && bytes.count - index <= held:
        if index + 1 == bytes.count || bytes[index + 1].isLetter || bytes[index + 1] == "/",
          !bytes[index...].contains(0x3E)
        {
          cut = index
          break scan
        }
        index += 1
      case "*", "_", "~":
        let run = bytes.run(at: index, bound: 64)
        emphasis(bytes, at: index, run: run, marks: &marks)
        index += run
      default: index += 1
      }
    }
    let first = marks.first { cut - $0.at <= held }
    if let first {
      cut = min(cut, first.at)
      closers = ""
    }
    // Marks with nothing behind them have nothing to close.
    while let last = marks.last, last.at + last.count >= cut {
      cut = min(cut, last.at)
      marks.removeLast()
    }
    let open = marks.filter { $0.at < cut }
    var text = bytes[..<min(cut, bytes.count)].string.trimmingTrailingWhitespace()
    text += closers
    for mark in open.reversed() {
      text += String(repeating: Character(Unicode.Scalar(mark.byte)), count: mark.count)
    }
    return text
  }

  private static func closingTicks(_ bytes: [UInt8], after start: Int, run: Int) -> Int? {
    var index = start
    let limit = min(bytes.count, start + 2 * InlineRewriter.longestSpan)
    while index < limit {
      guard bytes[index] == "`" else {
        index += 1
        continue
      }
      let closing = bytes.run(at: index, bound: 65)
      if closing == run { return index }
      index += closing
    }
    return nil
  }

  /// Behind the link at `start`; the count of bytes if there is none, nil if it is not complete.
  private static func openLink(_ bytes: [UInt8], at start: Int, held: Int) -> Int? {
    switch Brackets.closing(bytes, from: start, isEnd: false) {
    case .none: return bytes.count
    case .needsMore: return bytes.count - start > held ? bytes.count : nil
    case .at(let close):
      guard close + 1 < bytes.count else { return close + 1 }
      guard bytes[close + 1] == "(" else { return close + 1 }
      switch Brackets.target(bytes, from: close + 1, isEnd: false) {
      case .none: return bytes.count
      case .needsMore: return held > 0 ? nil : bytes.count
      case .at(let end): return end + 1
      }
    }
  }

  /// Whether it stands behind a name's `(`, or behind the comma of such a list.
  private static func isArgument(_ bytes: [UInt8], at start: Int) -> Bool {
    if start > 1, bytes[start - 1] == "(" { return !bytes[start - 2].isBlank }
    guard start > 2, bytes[start - 1].isBlank, bytes[start - 2] == "," else { return false }
    // Within parentheses that are open behind a name.
    var index = start - 2
    while index > 0, start - index < 200, bytes[index] != ")", bytes[index] != "\n" {
      if bytes[index] == "(" { return bytes[index - 1].isLetter || bytes[index - 1].isDigit }
      index -= 1
    }
    return false
  }

  /// Opens or closes by what stands on its sides (CommonMark 6.2, simplified).
  private static func emphasis(
    _ bytes: [UInt8], at start: Int, run: Int, marks: inout [Mark]
  ) {
    let byte = bytes[start]
    guard run <= 3, byte != "~" || run == 2 else { return }
    let before = start > 0 ? bytes[start - 1] : 0x20
    let end = start + run
    let isOpener = end == bytes.count || !bytes[end].isBlank && bytes[end] != "\n"
    let isCloser = !before.isBlank && before != "\n"
    var left = run
    if isCloser {
      while left > 0, let last = marks.lastIndex(where: { $0.byte == byte }) {
        let paired = min(left, marks[last].count)
        left -= paired
        marks[last].count -= paired
        if marks[last].count == 0 { marks.removeSubrange(last...) } else { break }
      }
    }
    guard left > 0, isOpener else { return }
    let isWithin = isCloser && (before.isLetter || before.isDigit)
    // `a*b` and `snake_case` rather multiply and name, as `2**10` does.
    let isBeforeWord = end < bytes.count && (bytes[end].isLetter || bytes[end].isDigit)
    if isWithin, byte == "_" || left == 1 || byte == "*" && isBeforeWord { return }
    // `f(*args, **kwargs)`: a call's arguments.
    if byte == "*", isBeforeWord, isArgument(bytes, at: start) { return }
    if end == bytes.count, isCloser, marks.isEmpty, left < 2 { return }
    marks.append(Mark(at: start, byte: byte, count: left))
  }
}

extension Substring {
  /// No line ends in it, other than at its end.
  fileprivate var isOneLine: Bool {
    guard let newline = utf8.firstIndex(of: 0x0A) else { return true }
    return utf8.index(after: newline) == endIndex
  }
}
