// A model's Markdown, line by line as it streams, into what Webex renders. Used by AnswerText.

/// Takes bytes in and gives bytes out as soon as nothing that follows can change them. Every decision
/// depends on the bytes alone, never on how the stream is cut.
struct AnswerRewriter: Sendable {
  enum Block: Sendable {
    case text
    /// A line with a `|`, which the next line may make a table's header.
    case header([UInt8])
    case table(MarkdownTable)
    case code(CodeBlock)
    /// A fence inside a block quote: passed on as it is.
    case quotedCode(CodeFence)
  }

  /// An opening line that is longer is cut, a table's line is text. In UTF-8 bytes.
  private static let longestFenceLine = 512
  /// Without a pipe in so many first bytes a line is no table's header, and can be shown at once.
  private static let longestFirstCell = 40
  /// Of a link's definition; CommonMark's. In UTF-8 bytes.
  static let longestLabel = 1_000
  static let mostReferences = 256

  var block = Block.text
  /// The line that is coming.
  var line: [UInt8] = []
  /// How much of it is rewritten already; nil while its shape is not known.
  var position: Int?
  /// Held constructs are tried again only when they have grown, so that token by token stays linear.
  private var retryAt = 0
  var discardsLine = false
  var inline = InlineRewriter()
  var lists = OrderedLists()
  var isAfterBlank = true
  /// What was put in needs a blank line before text.
  var needsBlank = false
  var wroteCode = false
  private(set) var attachments: [CodeAttachment] = []
  /// /continue: a first line that opens the fence again is dropped.
  private var reopens = false

  init(fence: CodeFence?) {
    guard let fence else { return }
    block = .code(CodeBlock(fence: fence))
    reopens = true
  }

  mutating func append(_ bytes: some Collection<UInt8>, into out: inout [UInt8]) {
    var rest = bytes[...]
    while let end = rest.firstIndex(of: 0x0A) {
      line += rest[..<end]
      endLine(hasNewline: true, into: &out)
      rest = rest[rest.index(after: end)...]
    }
    guard !rest.isEmpty else { return }
    line += rest
    advance(into: &out)
  }

  mutating func finish(into out: inout [UInt8]) {
    if !line.isEmpty || position != nil { endLine(hasNewline: false, into: &out) }
    switch block {
    case .header(let header): text(header, hasNewline: endedWithNewline, into: &out)
    case .table(let table): end(table, isLast: true, into: &out)
    case .code(let code): end(code, closing: nil, into: &out)
    case .text, .quotedCode: break
    }
    block = .text
  }

  private var endedWithNewline = true

  // MARK: Lines

  private mutating func endLine(hasNewline: Bool, into out: inout [UInt8]) {
    let complete = line
    line = []
    retryAt = 0
    endedWithNewline = hasNewline
    defer {
      position = nil
      discardsLine = false
    }
    if discardsLine { return }
    if var begun = position {
      inline.rewrite(complete, from: &begun, isEnd: true, into: &out)
      if hasNewline { out.append(0x0A) }
      return
    }
    take(complete, hasNewline: hasNewline, into: &out)
  }

  private mutating func take(_ line: [UInt8], hasNewline: Bool, into out: inout [UInt8]) {
    switch block {
    case .text: begin(line, hasNewline: hasNewline, into: &out)
    case .header(let header):
      if line.count < MarkdownTable.longestLine,
        let table = MarkdownTable(header: header, delimiter: line, rewriter: inline)
      {
        if needsBlank { out.append(0x0A) }
        needsBlank = false
        block = .table(table)
        return
      }
      block = .text
      text(header, hasNewline: true, into: &out)
      begin(line, hasNewline: hasNewline, into: &out)
    case .table(var table):
      guard Self.isRow(line, of: table) else {
        end(table, isLast: false, into: &out)
        begin(line, hasNewline: hasNewline, into: &out)
        return
      }
      block = .text
      inline.patience = 32
      table.add(line, rewriter: inline, into: &out)
      block = .table(table)
    case .code(var code):
      block = .text
      if isReopening(line, code.fence) {
        block = .code(code)
      } else if code.fence.isClosed(by: Substring(line.string)) {
        end(code, closing: line + (hasNewline ? [0x0A] : []), into: &out)
      } else {
        code.add(line, hasNewline: hasNewline, into: &out)
        block = .code(code)
      }
    case .quotedCode(let fence):
      let shape = LineShape(line, isInText: true)
      guard shape.kind == .quote else {
        block = .text
        begin(line, hasNewline: hasNewline, into: &out)
        return
      }
      out += line
      if hasNewline { out.append(0x0A) }
      if fence.isClosed(by: Substring(line[shape.content...].string)) { block = .text }
    }
  }

  /// Models that go on with a block often open it again.
  private mutating func isReopening(_ line: [UInt8], _ fence: CodeFence) -> Bool {
    guard reopens else { return false }
    if line.isBlank { return false }
    reopens = false
    guard let opened = CodeFence(opening: Substring(line.string)) else { return false }
    return opened.opening != opened.marker && opened.marker.first == fence.marker.first
  }

  private static func isRow(_ line: [UInt8], of table: MarkdownTable) -> Bool {
    let start = line.skippingBlanks(from: 0)
    guard start < line.count, line.count < MarkdownTable.longestLine else { return false }
    return line[start] == "|" || !table.hasOuterPipe && line.contains(0x7C)
  }

  /// A line where no block is open.
  private mutating func begin(_ line: [UInt8], hasNewline: Bool, into out: inout [UInt8]) {
    if opensFence(line, hasNewline: hasNewline, into: &out) { return }
    if Self.mayBeHeader(line), line.count < MarkdownTable.longestLine, hasNewline {
      block = .header(line)
      return
    }
    text(line, hasNewline: hasNewline, into: &out)
  }

  /// A table's first line: a pipe near its beginning, and no other block's marker.
  private static func mayBeHeader(_ line: [UInt8]) -> Bool {
    let first = line.skippingBlanks(from: 0)
    guard first < min(line.count, LineShape.decisive) else { return false }
    if line[first] == "|" { return true }
    return line.prefix(longestFirstCell).contains(0x7C)
      && LineShape(line, isInText: true).kind == .text
  }

  private mutating func opensFence(
    _ line: [UInt8], hasNewline: Bool, into out: inout [UInt8]
  ) -> Bool {
    let head = Array(line.prefix(Self.longestFenceLine))
    if let fence = CodeFence(opening: Substring(head[..<head.scalarBorder(at: head.count)].string))
    {
      let shape = LineShape(head, isInText: true)
      var written = 0
      if shape.content > shape.indent {
        // On the line of an item's marker, whose number may change.
        written = prefix(of: line, isWhole: true, into: &out)
      } else {
        separate(into: &out)
        lists.other(indent: fence.indent, interrupts: true)
      }
      isAfterBlank = false
      wroteCode = false
      if line.count < Self.longestFenceLine {
        out += line[written...]
      } else {
        out.append(fence.opening)
      }
      if hasNewline { out.append(0x0A) }
      block = .code(CodeBlock(fence: fence))
      return true
    }
    let shape = LineShape(head, isInText: true)
    guard shape.kind == .quote, line.count < Self.longestFenceLine,
      let fence = CodeFence(opening: Substring(line[shape.content...].string))
    else { return false }
    separate(into: &out)
    out += line
    if hasNewline { out.append(0x0A) }
    block = .quotedCode(fence)
    return true
  }

  mutating func text(_ line: [UInt8], hasNewline: Bool, into out: inout [UInt8]) {
    var begun = prefix(of: line, isWhole: true, into: &out)
    inline.rewrite(line, from: &begun, isEnd: true, into: &out)
    if hasNewline { out.append(0x0A) }
  }

  mutating func separate(into out: inout [UInt8]) {
    if needsBlank { out.append(0x0A) }
    needsBlank = false
  }

  // MARK: A line that is coming

  private mutating func advance(into out: inout [UInt8]) {
    if discardsLine {
      line = []
      return
    }
    if position == nil {
      guard decideShape(into: &out) else { return }
      if discardsLine { return }
      position = prefix(of: line, isWhole: false, into: &out)
    }
    guard var begun = position, line.count >= retryAt else { return }
    inline.rewrite(line, from: &begun, isEnd: false, into: &out)
    position = begun
    retryAt = line.count + (line.count - begun) / 8
  }

  /// Whether the line is text that may be rewritten before it is complete.
  private mutating func decideShape(into out: inout [UInt8]) -> Bool {
    let start = line.skippingBlanks(from: 0)
    guard start < line.count else { return line.count >= LineShape.decisive && isText }
    switch block {
    case .code, .quotedCode: return false
    case .header(let header):
      let mayDelimit = "|:- \t".utf8.contains(line[start])
      guard !mayDelimit || line.count >= MarkdownTable.longestLine else { return false }
      block = .text
      text(header, hasNewline: true, into: &out)
    case .table(let table):
      guard table.hasOuterPipe && line[start] != "|" || line.count >= MarkdownTable.longestLine
      else { return false }
      end(table, isLast: false, into: &out)
    case .text: break
    }
    let head = Array(line.prefix(LineShape.decisive))
    let shape = LineShape(head, isInText: true)
    if line.count < LineShape.decisive {
      // A list item's marker and box are complete with some text behind them, a paragraph is none
      // of the others where a cell would have ended.
      let enough = shape.kind == .text ? Self.longestFirstCell : shape.content + 4
      guard line.count >= enough, shape.content + 4 <= line.count, line[shape.content] != "[",
        shape.kind != .text || line[shape.content] != ">"
      else { return false }
    }
    let mark = shape.content < head.count ? head[shape.content] : 0
    if mark == "`" || mark == "~", head.run(at: shape.content) >= 3,
      shape.kind != .heading
    {
      guard line.count >= Self.longestFenceLine else { return false }
      if opensFence(line, hasNewline: true, into: &out) {
        discardsLine = true
        line = []
        return true
      }
    }
    if Self.mayBeHeader(line), line.count < MarkdownTable.longestLine { return false }
    switch Self.definitionColon(line, at: shape.content) {
    case .needsMore: return false
    case .at: return shape.kind != .text || line.count >= 2_048
    case .none: return true
    }
  }

  private var isText: Bool {
    if case .text = block { return true }
    return false
  }

  // MARK: Ends of blocks

  mutating func end(_ table: MarkdownTable, isLast: Bool, into out: inout [UInt8]) {
    block = .text
    var table = table
    inline.patience = 32
    table.flush(rewriter: inline, into: &out)
    lists.other(indent: 0, interrupts: true)
    isAfterBlank = false
    needsBlank = table.endsInList
    if isLast, !endedWithNewline, out.last == 0x0A { out.removeLast() }
  }

  mutating func end(_ code: CodeBlock, closing: [UInt8]?, into out: inout [UInt8]) {
    block = .text
    let name = code.fileName(number: attachments.count + 1)
    code.end(closing: closing, name: name, into: &out)
    isAfterBlank = false
    guard code.isLong else { return }
    attachments.append(code.attachment(name: name))
    needsBlank = true
    if let closing { if closing.last == 0x0A { out.append(0x0A) } } else { needsBlank = false }
  }
}
