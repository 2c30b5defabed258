// Finds where a message may end: the best border in a window of Markdown. Used by the splitter.

struct BorderSearch {
  /// Best first. A better kind wins if it leaves the piece reasonably full.
  enum Kind: Int, CaseIterable {
    case paragraph, listItem, nestedItem, line, codeLine, indented, sentence, word
    /// Leaves an empty block on one of its sides.
    case emptyBlock
    case grapheme

    /// The share of the room that a piece ending here must at least fill.
    var minimumFill: Double {
      switch self {
      case .paragraph: 0.5
      case .listItem, .nestedItem, .line: 0.35
      case .codeLine: 0.25
      case .indented, .sentence, .word: 0.1
      case .emptyBlock, .grapheme: 0
      }
    }
  }

  struct Border {
    var kind: Kind
    /// Offset in bytes.
    var index: Int
    /// The fence that is open there.
    var fence: CodeFence?
  }

  private let bytes: [UInt8]
  /// How many bytes a piece may have, with what closes its fence.
  private let room: Int
  private var best: [Kind: Border] = [:]

  /// - Parameter isGrowing: `bytes` is all there is yet, and more will follow: its end is a border.
  init(_ bytes: [UInt8], fence: CodeFence?, room: Int, isGrowing: Bool) {
    self.bytes = bytes
    self.room = room
    scan(fence: fence, isGrowing: isGrowing)
    // The last word may not be complete; all of it is better than a part of a word.
    if isGrowing { (best[.grapheme], best[.emptyBlock]) = (nil, nil) }
  }

  /// - Parameter size: what the fill of a piece is measured by, in bytes.
  func border(size: Int) -> Border? {
    for kind in Kind.allCases {
      guard let border = best[kind] else { continue }
      if kind == .indented, let better = anyLine, better.index * 7 >= size { return better }
      if Double(border.index) >= Double(size) * kind.minimumFill { return border }
    }
    // Nothing fills the piece well: the longest of what there is.
    return best.values.max { $0.index < $1.index }
  }

  /// The last border between lines at which no piece would begin with what looks like code.
  private var anyLine: Border? {
    [.paragraph, .listItem, .nestedItem, .line].compactMap { best[$0] }.max { $0.index < $1.index }
  }

  // MARK: Lines

  private mutating func scan(fence: CodeFence?, isGrowing: Bool) {
    var open = fence
    var start = 0
    var hasContent = false
    var isAfterBlank = false
    var isAfterOpening = fence != nil
    while start < bytes.count {
      let newline = bytes[start...].firstIndex(of: 0x0A)
      let end = newline ?? bytes.count
      let line = Substring(bytes[start..<end].string)
      let before = open
      if let current = open {
        if current.isClosed(by: line) { open = nil }
      } else {
        open = CodeFence(opening: line)
      }
      let isBlank = bytes[start..<end].isBlank
      if hasContent, !isBlank, start + Self.closing(before) <= room {
        let isEmpty = before != nil && (open == nil || isAfterOpening)
        let kind =
          isEmpty
          ? .emptyBlock : kind(start..<end, fence: before, isAfterBlank: isAfterBlank, opens: open)
        best[kind] = Border(kind: kind, index: start, fence: before)
      }
      let next = newline.map { $0 + 1 } ?? bytes.count
      let isCrossing = next + (newline == nil ? 1 : 0) + Self.closing(open) > room
      if isCrossing || newline == nil && isGrowing {
        addBorders(within: start..<end, before: before, after: open, hasContent: hasContent)
        return
      }
      isAfterOpening = before == nil && open != nil
      if !isBlank { hasContent = true }
      isAfterBlank = isBlank
      start = next
    }
    guard isGrowing, hasContent, bytes.count + Self.closing(open) <= room else { return }
    let kind: Kind =
      open != nil ? (isAfterOpening ? .emptyBlock : .codeLine) : isAfterBlank ? .paragraph : .line
    best[kind] = Border(kind: kind, index: bytes.count, fence: open)
  }

  private static func closing(_ fence: CodeFence?) -> Int {
    fence.map { $0.marker.utf8.count } ?? 0
  }

  /// What a border before this line is worth.
  private func kind(
    _ range: Range<Int>, fence: CodeFence?, isAfterBlank: Bool, opens: CodeFence?
  ) -> Kind {
    if fence != nil { return .codeLine }
    let shape = LineShape(
      Array(bytes[range.lowerBound..<min(range.upperBound, range.lowerBound + LineShape.decisive)]),
      isInText: true)
    // A piece that begins with it would show it as code.
    let hasTab = bytes[range.lowerBound..<(range.lowerBound + shape.indent)].contains(0x09)
    if opens == nil, shape.indent >= 4 || hasTab { return .indented }
    let isItem = shape.content > shape.indent
    if opens != nil, !isItem { return shape.indent == 0 ? .paragraph : .line }
    switch shape.kind {
    case .bullet, .ordered:
      if shape.indent > 1 { return .nestedItem }
      return isAfterBlank ? .paragraph : .listItem
    case .heading: return .paragraph
    default: return isAfterBlank && shape.indent == 0 ? .paragraph : .line
    }
  }

  // MARK: Within a line

  /// The last sentence, word and grapheme border of the line that crosses the limit, never inside
  /// inline code or a link.
  private mutating func addBorders(
    within range: Range<Int>, before: CodeFence?, after: CodeFence?, hasContent: Bool
  ) {
    let isFenceLine = before != after
    // A fence's line is cut only if nothing else is there.
    if isFenceLine, hasContent { return }
    let fence = after ?? before
    let least =
      range.lowerBound + (isFenceLine ? (after?.marker.utf8.count ?? 0) + (after?.indent ?? 0) : 0)
    let last = room - (fence == nil ? 0 : Self.closing(fence) + 1)
    guard last > least else { return }
    let spans =
      fence == nil
      ? InlineSpans.ranges(in: bytes, from: range.lowerBound, to: range.upperBound) : []
    let head = Array(bytes[range].prefix(LineShape.decisive))
    let marker = range.lowerBound + LineShape(head, isInText: true).content
    var rest = spans[...]
    var previous: Character?
    var beforePrevious: Character?
    var offset = range.lowerBound
    // Some more than fits, so that a cluster that crosses the limit is seen whole.
    let seen = bytes[range.lowerBound..<bytes.scalarBorder(at: min(range.upperBound, last + 256))]
    for character in seen.string {
      while let span = rest.first, span.upperBound <= offset { rest = rest.dropFirst() }
      let isInside = rest.first.map { $0.lowerBound < offset && offset < $0.upperBound } ?? false
      if offset > last { return }
      if !isInside, offset > least {
        best[.grapheme] = Border(kind: .grapheme, index: offset, fence: fence)
        let isWord = previous?.isWhitespace == true && !character.isWhitespace
        // The marker of a list item alone is no message.
        if isWord, offset > marker || hasContent {
          best[.word] = Border(kind: .word, index: offset, fence: fence)
          if fence == nil, let end = beforePrevious, ".!?…。！？".contains(end) {
            best[.sentence] = Border(kind: .sentence, index: offset, fence: fence)
          }
        }
      }
      offset += character.utf8.count
      beforePrevious = previous
      previous = character
    }
  }
}
