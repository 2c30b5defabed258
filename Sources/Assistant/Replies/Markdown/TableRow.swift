// How a line of a table falls into cells.

/// A line of a table.
enum TableRow {
  /// The cells without the blanks around them, `\|` still escaped.
  static func cells(_ line: [UInt8], codeHidesPipes: Bool) -> [[UInt8]] {
    var cells: [[UInt8]] = []
    var start = line.skippingBlanks(from: 0)
    var end = line.count
    while end > start, line[end - 1].isBlank { end -= 1 }
    if start < end, line[start] == "|" { start += 1 }
    let ticks = codeHidesPipes ? code(line, start, end) : []
    var spans = ticks[...]
    var index = start
    while index < end {
      if let span = spans.first, span.lowerBound == index {
        spans = spans.dropFirst()
        index = span.upperBound
        continue
      }
      if line[index] == "\\" {
        index += 2
        continue
      }
      if line[index] == "|" {
        cells.append(trimmed(line[start..<index]))
        start = index + 1
      }
      index += 1
    }
    if start < end { cells.append(trimmed(line[start..<end])) }
    return cells
  }

  /// Inline code in a row, by pairing runs of the same length; linear.
  private static func code(_ line: [UInt8], _ start: Int, _ end: Int) -> [Range<Int>] {
    var runs: [(at: Int, count: Int)] = []
    var index = start
    while index < end {
      if line[index] == "`" {
        let run = min(line.run(at: index), end - index)
        runs.append((index, run))
        index += run
      } else {
        index += 1
      }
    }
    var spans: [Range<Int>] = []
    var position = 0
    var patience = 64
    while position < runs.count, patience > 0 {
      let open = runs[position]
      let rest = runs[(position + 1)...].prefix(64)
      if let close = rest.firstIndex(where: { $0.count == open.count }) {
        spans.append(open.at..<(runs[close].at + open.count))
        position = close + 1
      } else {
        patience -= 1
        position += 1
      }
    }
    return spans
  }

  /// `\|` is a pipe wherever it stands in a table, also in inline code.
  static func unescaped(_ cell: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    for (index, byte) in cell.enumerated() {
      if byte == "\\", index + 1 < cell.count, cell[index + 1] == "|" { continue }
      out.append(byte)
    }
    return out
  }

  private static func trimmed(_ cell: ArraySlice<UInt8>) -> [UInt8] {
    var cell = cell.drop(while: \.isBlank)
    while let last = cell.last, last.isBlank { cell.removeLast() }
    return Array(cell)
  }
}
