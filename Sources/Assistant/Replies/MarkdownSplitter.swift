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
  private static let lookahead = 2_560

  /// Takes the next piece from the front of `source`.
  ///
  /// - Parameter fence: the fence that was open where `source` begins.
  /// - Returns: a piece that covers everything if it fits, else one that ends at the best border.
  func next(_ source: Substring, fence: CodeFence?) -> MarkdownPiece {
    if let open = fence, let piece = closed(source, fence: open, by: next) { return piece }
    let reopening = reopening(fence)
    let room = limit - reopening.utf8.count
    if source.utf8.count <= room {
      return MarkdownPiece(
        text: reopening + source, sourceBytes: source.utf8.count, fenceAfter: fence)
    }
    // Only what may fit is looked at, so that a megabyte in one line costs no more than a page.
    let window = Array(source.utf8.prefix(room + Self.lookahead))
    let search = BorderSearch(window, fence: fence, room: room, isGrowing: false)
    let hardCut = BorderSearch.Border(kind: .grapheme, index: hardCut(window, room), fence: nil)
    return piece(source, search.border(size: room) ?? hardCut, reopening)
  }

  /// Ends at the best border although all of it would fit: for a message that is out of edits
  /// while text keeps coming. What is behind the border goes on in the next message.
  ///
  /// - Returns: a piece of at least a part of `source`; all of it where no border is.
  func closing(_ source: Substring, fence: CodeFence?) -> MarkdownPiece {
    if let open = fence, let piece = closed(source, fence: open, by: closing) { return piece }
    let reopening = reopening(fence)
    let room = limit - reopening.utf8.count
    guard source.utf8.count <= room else { return next(source, fence: fence) }
    let search = BorderSearch(Array(source.utf8), fence: fence, room: room, isGrowing: true)
    // A clean end is worth more here than a full message.
    if let border = search.border(size: source.utf8.count / 2) {
      return piece(source, border, reopening)
    }
    let open = AnswerText.openFence(in: source, fence: fence)
    let whole = BorderSearch.Border(kind: .grapheme, index: source.utf8.count, fence: open)
    let closed = piece(source, whole, reopening)
    // With its fence closed it may not fit.
    return closed.text.utf8.count <= limit ? closed : next(source, fence: fence)
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

  /// A piece that begins with the line that closes `fence`, without that line.
  private func closed(
    _ source: Substring, fence: CodeFence, by next: (Substring, CodeFence?) -> MarkdownPiece
  ) -> MarkdownPiece? {
    guard let size = fence.closingLine(in: source) else { return nil }
    let rest = source[source.utf8.index(source.startIndex, offsetBy: size)...]
    // Nothing is no message.
    guard rest.contains(where: { !$0.isWhitespace }) else { return nil }
    var piece = next(rest, nil)
    piece.sourceBytes += size
    return piece
  }

  private func reopening(_ fence: CodeFence?) -> String { fence.map { $0.opening + "\n" } ?? "" }

  private func piece(
    _ source: Substring, _ border: BorderSearch.Border, _ reopening: String
  ) -> MarkdownPiece {
    let end = source.utf8.index(source.startIndex, offsetBy: border.index)
    var text = reopening + source[..<end]
    if let open = border.fence {
      if text.utf8.last != 0x0A { text += "\n" }
      text += open.marker
    }
    return MarkdownPiece(text: text, sourceBytes: border.index, fenceAfter: border.fence)
  }

  /// The last resort, where a single span or grapheme is longer than a message.
  private func hardCut(_ bytes: [UInt8], _ room: Int) -> Int {
    let all = String(decoding: bytes[..<bytes.scalarBorder(at: bytes.count)], as: UTF8.self)
    var used = 0
    for character in all {
      guard used + character.utf8.count <= room else { break }
      used += character.utf8.count
    }
    // One grapheme beyond the limit (hundreds of combining marks): between its scalars.
    return used > 0 ? used : max(1, bytes.scalarBorder(at: room))
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
