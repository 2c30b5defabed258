// What a reader may see of the lines and blocks that are not settled. Part of the answer's rewriter.

extension AnswerRewriter {
  /// What the settled bytes would go on with, if nothing more came: without half rows and half
  /// constructs.
  func provisional() -> [UInt8] {
    var copy = self
    var out: [UInt8] = []
    copy.showHeld(into: &out)
    return out
  }

  private mutating func showHeld(into out: inout [UInt8]) {
    if discardsLine { return }
    switch block {
    case .code(let code):
      code.preview(
        partial: line, name: code.fileName(number: attachments.count + 1), into: &out)
      return
    case .quotedCode:
      out += line
      return
    case .header(let header):
      // A row, perhaps.
      if header[header.skippingBlanks(from: 0)] == "|" { return }
      text(header, hasNewline: true, into: &out)
      block = .text
      if line.allSatisfy({ "|:- \t".utf8.contains($0) }) { return }
    case .table(let table):
      let start = line.skippingBlanks(from: 0)
      let isText = table.hasOuterPipe && start < line.count && line[start] != "|"
      if table.hasRows { end(table, isLast: false, into: &out) }
      guard isText else { return }
    case .text: break
    }
    showLine(into: &out)
  }

  /// The line that is coming, up to the construct that is not complete.
  private mutating func showLine(into out: inout [UInt8]) {
    guard !line.isEmpty else { return }
    if position == nil {
      let start = line.skippingBlanks(from: 0)
      let isRow = start < line.count && line[start] == "|" && line.count < MarkdownTable.longestLine
      let shape = LineShape(line, isInText: true)
      let mark = shape.content < line.count ? line[shape.content] : 0
      let isFence = (mark == "`" || mark == "~") && line.run(at: shape.content) >= 3
      if isRow || isFence || LineShape.isBareMarker(line) { return }
      if shape.kind == .text, line.count < LineShape.decisive,
        case .at = Self.definitionColon(line, at: shape.content)
      {
        return
      }
      // A task's box may be half there.
      if mark == "[", shape.kind != .text, line.count - shape.content < 4 { return }
      position = prefix(of: line, isWhole: false, into: &out)
    }
    guard var begun = position else { return }
    inline.rewrite(line, from: &begun, isEnd: false, into: &out)
    let held = line[begun...]
    // A construct that takes long is shown as what it is so far, other than a link's target.
    let isLink = held.starts(with: [0x5B]) && held.contains(0x5D)
    guard held.count > 200, !isLink, let first = held.first, first != "<", first != "!" else {
      return
    }
    if first == "[" { out.append("\\") }
    out += held
  }
}
