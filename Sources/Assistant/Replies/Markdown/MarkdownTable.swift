// A GFM table, which Webex does not render, as text that can be read: aligned columns in a code
// block, or a list where that would be wider than a screen.

struct MarkdownTable: Sendable {
  enum Alignment: Sendable { case left, right, center }

  /// A block of more bytes is given out in parts with the header repeated, so that a message can
  /// end between them.
  private static let longestPart = 4_000
  /// Columns of text of which Webex's window shows about as many without wrapping.
  private static let widest = 100
  static let maximumColumns = 64
  /// A line that is longer is text. In UTF-8 bytes.
  static let longestLine = 4_096

  private let header: [[UInt8]]
  private let alignments: [Alignment]
  /// Rows that are not given out, as plain text and as they came.
  private var plainRows: [[String]] = []
  private var rows: [[[UInt8]]] = []
  private var widths: [Int]
  private let plainHeader: [String]
  private var isList = false
  private var hasParts = false
  let hasOuterPipe: Bool

  /// - Returns: nil if the second line is no delimiter row with as many cells.
  init?(header line: [UInt8], delimiter: [UInt8], rewriter: InlineRewriter) {
    guard let alignments = Self.alignments(delimiter) else { return nil }
    var cells = TableRow.cells(line, codeHidesPipes: true)
    if cells.count != alignments.count { cells = TableRow.cells(line, codeHidesPipes: false) }
    guard cells.count == alignments.count, cells.count <= Self.maximumColumns else { return nil }
    self.alignments = alignments
    header = cells
    plainHeader = cells.map { PlainText.of($0, rewriter: rewriter) }
    widths = plainHeader.map { max(DisplayWidth.columns(of: $0), 1) }
    hasOuterPipe = line[line.skippingBlanks(from: 0)] == "|"
  }

  /// `|:--|--:|`; nil if the line is something else.
  private static func alignments(_ line: [UInt8]) -> [Alignment]? {
    guard line.contains(0x2D), line.contains(0x7C) || line.contains(0x3A),
      line.allSatisfy({ $0.isBlank || $0 == "|" || $0 == "-" || $0 == ":" })
    else { return nil }
    var result: [Alignment] = []
    for cell in TableRow.cells(line, codeHidesPipes: false) {
      let inside = cell.drop { $0 == ":" }
      let dashes = inside.prefix { $0 == "-" }
      let rest = inside.dropFirst(dashes.count)
      guard !dashes.isEmpty, cell.count - inside.count <= 1, rest.count <= 1,
        rest.allSatisfy({ $0 == ":" })
      else { return nil }
      let isLeft = cell.count > inside.count
      result.append(rest.isEmpty ? .left : isLeft ? .center : .right)
    }
    return result.isEmpty ? nil : result
  }

  // MARK: Rows

  mutating func add(_ line: [UInt8], rewriter: InlineRewriter, into out: inout [UInt8]) {
    let cells = fitted(line)
    let plain = cells.map { PlainText.of($0, rewriter: rewriter) }
    rows.append(cells)
    plainRows.append(plain)
    for (column, cell) in plain.enumerated() {
      widths[column] = max(widths[column], DisplayWidth.columns(of: cell))
    }
    let width = widths.reduce(0, +) + 3 * (widths.count - 1)
    if width > Self.widest { isList = true }
    if isList {
      flush(rewriter: rewriter, into: &out)
    } else if rows.count > 1, (rows.count + 3) * (width + 1) * 2 > Self.longestPart,
      alignedBytes > Self.longestPart
    {
      let last = (rows.removeLast(), plainRows.removeLast())
      flush(rewriter: rewriter, into: &out)
      rows = [last.0]
      plainRows = [last.1]
    }
  }

  private var alignedBytes: Int {
    var bytes = 8 + 2 * widths.reduce(0) { $0 + $1 + 3 }
    for row in plainRows {
      for (column, cell) in row.enumerated() {
        bytes += cell.utf8.count + widths[column] - DisplayWidth.columns(of: cell) + 3
      }
    }
    return bytes
  }

  /// As many cells as the header has; nothing is dropped.
  private func fitted(_ line: [UInt8]) -> [[UInt8]] {
    var cells = TableRow.cells(line, codeHidesPipes: true)
    if cells.count != header.count {
      let split = TableRow.cells(line, codeHidesPipes: false)
      if split.count == header.count { cells = split }
    }
    while cells.count < header.count { cells.append([]) }
    if cells.count > header.count {
      let rest = cells[(header.count - 1)...].joined(separator: Array(" | ".utf8))
      cells = Array(cells[..<(header.count - 1)]) + [Array(rest)]
    }
    return cells
  }

  /// Gives out the rows that are there.
  mutating func flush(rewriter: InlineRewriter, into out: inout [UInt8]) {
    guard !rows.isEmpty || !hasParts else { return }
    if isList, !rows.isEmpty {
      if hasParts, out.last.map({ $0 == "\n" }) ?? true, !wasList { out.append(0x0A) }
      for row in rows { list(row, rewriter: rewriter, into: &out) }
      wasList = true
    } else {
      if hasParts { out.append(0x0A) }
      aligned(into: &out)
    }
    hasParts = true
    rows = []
    plainRows = []
  }

  private var wasList = false

  var hasRows: Bool { !rows.isEmpty }
  /// Whether the last part needs a blank line behind it.
  var endsInList: Bool { wasList }

  // MARK: Forms

  private func aligned(into out: inout [UInt8]) {
    let lines =
      [
        text(of: plainHeader),
        widths.map { String(repeating: "-", count: $0) }.joined(separator: "-+-"),
      ]
      + plainRows.map(text)
    // A cell could be a fence.
    let longest =
      lines.map { line in
        let start = line.utf8.drop(while: \.isBlank)
        return start.prefix(while: { $0 == "`" }).count
      }.max() ?? 0
    let marker = String(repeating: "`", count: min(max(3, longest + 1), CodeFence.longestMarker))
    out.append(marker + "\n")
    for line in lines { out.append(line + "\n") }
    out.append(marker + "\n")
  }

  private func text(of cells: [String]) -> String {
    var line = ""
    for (column, cell) in cells.enumerated() {
      let missing = max(0, widths[column] - DisplayWidth.columns(of: cell))
      let before =
        switch alignments[column] {
        case .left: 0
        case .right: missing
        case .center: missing / 2
        }
      if column > 0 { line += " | " }
      line += String(repeating: " ", count: before) + cell
      line += String(repeating: " ", count: missing - before)
    }
    return line.trimmingTrailingWhitespace()
  }

  /// `- **Header:** value` for the first column, the others indented beneath.
  private func list(_ row: [[UInt8]], rewriter: InlineRewriter, into out: inout [UInt8]) {
    var rewriter = rewriter
    rewriter.isInCell = true
    var isFirst = true
    for (column, cell) in row.enumerated() where !cell.isBlank {
      rewriter.patience = 32
      let name = plainHeader[column]
      out.append(isFirst ? "- " : "  - ")
      if !name.isEmpty { out.append("**\(name):** ") }
      out += rewriter.rewrite(TableRow.unescaped(cell))
      out.append("\n")
      isFirst = false
    }
  }
}
