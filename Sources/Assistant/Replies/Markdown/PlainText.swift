// A table's cell without its inline markup: a code block would show the marks.

enum PlainText {
  /// A link's target is shown in a cell up to this many bytes.
  private static let longestTarget = 40

  static func of(_ cell: [UInt8], rewriter: InlineRewriter) -> String {
    var rewriter = rewriter
    rewriter.isInCell = true
    rewriter.patience = 32
    let bytes = rewriter.rewrite(TableRow.unescaped(cell))
    var out: [UInt8] = []
    strip(bytes, into: &out, depth: 0)
    return HTMLTag.decoded(out.string.replacing("\t", with: " "))
  }

  private static func strip(_ bytes: [UInt8], into out: inout [UInt8], depth: Int) {
    var index = 0
    var patience = 32
    while index < bytes.count {
      switch bytes[index] {
      case "\\" where index + 1 < bytes.count && bytes[index + 1].isPunctuation:
        out.append(bytes[index + 1])
        index += 2
      case "`":
        let run = bytes.run(at: index)
        if patience > 0, let end = closingTicks(bytes, after: index + run, run: run) {
          var code = bytes[(index + run)..<end]
          if code.count > 2, code.first == 0x20, code.last == 0x20 {
            code = code.dropFirst().dropLast()
          }
          out += code
          index = end + run
        } else {
          patience -= 1
          out += bytes[index..<(index + run)]
          index += run
        }
      case "[" where depth < 3 && patience > 0:
        if let end = link(bytes, at: index, into: &out, depth: depth) {
          index = end
        } else {
          patience -= 1
          out.append(bytes[index])
          index += 1
        }
      case "*", "_", "~":
        let run = bytes.run(at: index)
        if !isMark(bytes, at: index, run: run) { out += bytes[index..<(index + run)] }
        index += run
      default:
        out.append(bytes[index])
        index += 1
      }
    }
  }

  private static func closingTicks(_ bytes: [UInt8], after start: Int, run: Int) -> Int? {
    var index = start
    while index < bytes.count {
      guard bytes[index] == "`" else {
        index += 1
        continue
      }
      let closing = bytes.run(at: index)
      if closing == run { return index }
      index += closing
    }
    return nil
  }

  private static func link(
    _ bytes: [UInt8], at start: Int, into out: inout [UInt8], depth: Int
  ) -> Int? {
    guard case .at(let close) = Brackets.closing(bytes, from: start, isEnd: true),
      close + 1 < bytes.count, bytes[close + 1] == "(",
      case .at(let end) = Brackets.target(bytes, from: close + 1, isEnd: true)
    else { return nil }
    var label: [UInt8] = []
    strip(Array(bytes[(start + 1)..<close]), into: &label, depth: depth + 1)
    out += label
    let target = Brackets.address(in: Array(bytes[(close + 2)..<end]))
    if !target.isEmpty, target.utf8.count <= longestTarget, target != label.string {
      out.append(" (\(target))")
    }
    return end + 1
  }

  /// Whether a run opens or closes emphasis: it stands beside a word, and `_` not within one.
  private static func isMark(_ bytes: [UInt8], at start: Int, run: Int) -> Bool {
    let mark = bytes[start]
    let before = start > 0 ? bytes[start - 1] : 0x20
    let after = start + run < bytes.count ? bytes[start + run] : 0x20
    if before.isBlank && after.isBlank { return false }
    if mark == "~" { return run == 2 }
    let isWithin = isWord(before) && isWord(after)
    if isWithin, mark == "_" || run == 1 { return false }
    guard run <= 3 else { return false }
    // Its partner must be there: `5 *approx` is not emphasis.
    let rest = bytes[(start + run)...].contains(mark)
    return rest || bytes[..<start].contains(mark)
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    byte.isLetter || byte.isDigit || byte >= 0x80 || byte == "_"
  }
}
