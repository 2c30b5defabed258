// Cuts an answer into messages of at most 7,439 bytes, at clean borders. Pure; used by the reply
// machine while text streams and at the end.

/// One message's worth of an answer.
struct MarkdownPiece: Equatable, Sendable {
  /// The text to send: with the fence reopened in front and closed behind where needed.
  var text: String
  /// How many UTF-8 bytes of the source it covers.
  var sourceBytes: Int
  /// The fence that is open where the next piece begins.
  var fenceAfter: CodeFence?
}

struct MarkdownSplitter: Sendable {
  /// UTF-8 bytes of one message. Webex: 7,439.
  let limit: Int
  /// How far beyond a message a link or inline code is followed, in bytes.
  private static let lookahead = 2_048

  /// Takes the next piece from the front of `source`.
  ///
  /// - Parameter fence: the fence that was open where `source` begins.
  /// - Returns: a piece that covers everything if it fits, else one that ends at the best border.
  func next(_ source: Substring, fence: CodeFence?) -> MarkdownPiece {
    let reopening = fence.map { $0.opening + "\n" } ?? ""
    let budget = limit - reopening.utf8.count
    if source.utf8.count <= budget {
      return MarkdownPiece(
        text: reopening + source, sourceBytes: source.utf8.count, fenceAfter: fence)
    }
    // Only what may fit is looked at, so that a megabyte in one line costs no more than a page.
    let window = source.utf8Prefix(budget + Self.lookahead)
    let border = bestBorder(in: window, fence: fence, budget: budget)
    let body = source[..<border.index]
    var text = reopening + body
    if let open = border.fence {
      if !text.hasSuffix("\n") { text += "\n" }
      text += open.marker
    }
    return MarkdownPiece(text: text, sourceBytes: body.utf8.count, fenceAfter: border.fence)
  }

  /// Ends at the best border although all of it would fit: for a message that is out of edits
  /// while text keeps coming.
  func closing(_ source: Substring, fence: CodeFence?) -> MarkdownPiece {
    next(source, fence: fence)
  }

  /// The whole text in pieces.
  func split(_ text: String) -> [MarkdownPiece] {
    var rest = Substring(text)
    var fence: CodeFence?
    var pieces: [MarkdownPiece] = []
    while !rest.isEmpty {
      let piece = next(rest, fence: fence)
      pieces.append(piece)
      rest = rest[rest.utf8.index(rest.startIndex, offsetBy: piece.sourceBytes)...]
      fence = piece.fenceAfter
    }
    return pieces
  }

  // MARK: Borders

  /// Best first. A better kind wins if it leaves the piece reasonably full.
  enum BorderKind: Int, CaseIterable {
    case paragraph, listItem, line, codeLine, sentence, word, grapheme

    /// The share of the budget that a piece ending here must at least fill.
    var minimumFill: Double {
      switch self {
      case .paragraph: 0.5
      case .listItem, .line: 0.35
      case .codeLine: 0.25
      case .sentence, .word: 0.1
      case .grapheme: 0
      }
    }
  }

  struct Border {
    var kind: BorderKind
    var index: Substring.Index
    var fence: CodeFence?
  }

  private func bestBorder(in source: Substring, fence: CodeFence?, budget: Int) -> Border {
    var best: [BorderKind: Border] = [:]
    var open = fence
    var lineStart = source.startIndex
    var used = 0
    var hasContent = false

    while lineStart < source.endIndex, used <= budget {
      let lineEnd = source[lineStart...].firstIndex(of: "\n").map { source.index(after: $0) }
      let line = source[lineStart..<(lineEnd ?? source.endIndex)]
      let content = line.last == "\n" ? line.dropLast() : line
      let fenceBefore = open
      let closing = Self.closingBytes(fenceBefore)
      if hasContent, used + closing <= budget {
        let kind = Self.kind(before: content, in: source, at: lineStart, fence: fenceBefore)
        best[kind] = Border(kind: kind, index: lineStart, fence: fenceBefore)
      }
      if let current = open {
        if current.isClosed(by: content) { open = nil }
      } else {
        open = CodeFence(opening: content)
      }
      if !content.allSatisfy(\.isWhitespace) { hasContent = true }
      let size = line.utf8.count
      if used + size + Self.closingBytes(open) > budget {
        // The line itself crosses the limit: look for borders within it.
        let isFenceLine = open != fenceBefore
        if !isFenceLine || !hasContentBefore(lineStart, source) {
          let room = budget - used - closing - (fenceBefore == nil ? 0 : 1)
          for border in Self.borders(within: content, room: room, fence: fenceBefore) {
            best[border.kind] = border
          }
        }
        break
      }
      used += size
      guard let lineEnd else { break }
      lineStart = lineEnd
    }

    for kind in BorderKind.allCases {
      guard let border = best[kind] else { continue }
      let filled = source[..<border.index].utf8.count
      if Double(filled) >= Double(budget) * kind.minimumFill { return border }
    }
    // Nothing fills the piece well: the longest of what there is.
    if let longest = best.values.max(by: { $0.index < $1.index }) { return longest }
    return Border(kind: .grapheme, index: Self.hardCut(source, budget: budget), fence: nil)
  }

  private func hasContentBefore(_ index: Substring.Index, _ source: Substring) -> Bool {
    !source[..<index].allSatisfy(\.isWhitespace)
  }

  private static func closingBytes(_ fence: CodeFence?) -> Int {
    fence.map { $0.marker.utf8.count } ?? 0
  }

  private static func kind(
    before line: Substring, in source: Substring, at index: Substring.Index, fence: CodeFence?
  ) -> BorderKind {
    if fence != nil { return .codeLine }
    if CodeFence(opening: line) != nil { return .paragraph }
    let previous = source[..<index].dropLast()
    let isAfterBlank = previous.last == "\n" || previous.isEmpty
    if isAfterBlank, !line.allSatisfy(\.isWhitespace) { return .paragraph }
    return isListItem(line) ? .listItem : .line
  }

  private static func isListItem(_ line: Substring) -> Bool {
    let text = line.drop(while: { $0 == " " || $0 == "\t" })
    guard let first = text.first else { return false }
    if "-*+".contains(first) { return text.dropFirst().first == " " }
    let digits = text.prefix(while: \.isNumber)
    guard !digits.isEmpty, digits.count <= 9 else { return false }
    let after = text.dropFirst(digits.count)
    return after.hasPrefix(". ") || after.hasPrefix(") ")
  }

  /// The last sentence, word and grapheme border of a line that fit into `room` bytes, never
  /// inside inline code or a link.
  private static func borders(within line: Substring, room: Int, fence: CodeFence?) -> [Border] {
    var found: [BorderKind: Border] = [:]
    let closed = fence == nil ? InlineSpans.ranges(in: line) : []
    var spans = closed[...]
    var used = 0
    var previous: Character?
    var beforePrevious: Character?
    for index in line.indices {
      let character = line[index]
      while let span = spans.first, span.upperBound <= index { spans = spans.dropFirst() }
      let isInside = spans.first.map { $0.lowerBound < index && index < $0.upperBound } ?? false
      if !isInside, index > line.startIndex, used <= room {
        found[.grapheme] = Border(kind: .grapheme, index: index, fence: fence)
        if let previous, previous.isWhitespace, !character.isWhitespace {
          found[.word] = Border(kind: .word, index: index, fence: fence)
          if let beforePrevious, ".!?…。！？".contains(beforePrevious), fence == nil {
            found[.sentence] = Border(kind: .sentence, index: index, fence: fence)
          }
        }
      }
      used += character.utf8.count
      if used > room { break }
      beforePrevious = previous
      previous = character
    }
    return Array(found.values)
  }

  /// The last resort, where a single span or grapheme is longer than a message.
  private static func hardCut(_ source: Substring, budget: Int) -> Substring.Index {
    var used = 0
    var cut = source.startIndex
    for index in source.indices {
      let size = source[index].utf8.count
      if used + size > budget { break }
      used += size
      cut = source.index(after: index)
    }
    guard cut == source.startIndex else { return cut }
    // One grapheme beyond the limit (hundreds of combining marks): between its scalars.
    for index in source.unicodeScalars.indices {
      let size = UTF8.width(source.unicodeScalars[index])
      if used + size > budget { break }
      used += size
      cut = source.unicodeScalars.index(after: index)
    }
    return cut
  }
}

extension Substring {
  /// The longest prefix of at most `count` UTF-8 bytes that ends between characters.
  func utf8Prefix(_ count: Int) -> Substring {
    guard utf8.count > count else { return self }
    var end = utf8.index(startIndex, offsetBy: count)
    // Back to the border of a scalar, then of a character.
    while end > startIndex, utf8[end] & 0xC0 == 0x80 {
      end = utf8.index(before: end)
    }
    let cut = self[startIndex..<end]
    return cut.isEmpty ? cut : cut.dropLast()
  }
}

extension StringProtocol {
  func trimmingTrailingWhitespace() -> String {
    var view = Substring(self)
    while let last = view.last, last.isWhitespace { view.removeLast() }
    return String(view)
  }

  func trimmingWhitespace() -> String {
    Substring(self).drop(while: \.isWhitespace).trimmingTrailingWhitespace()
  }
}
