// An open code fence and how Markdown opens and closes it. Used by the splitter, which repairs
// fences that it cuts, and by the answer's text.

/// An open code fence: what is needed to close it and to open it again.
struct CodeFence: Codable, Equatable, Sendable {
  /// The run of backticks or tildes.
  var marker: String
  /// The opening line without its indentation, for reopening: "```swift". At most 100 bytes: a
  /// longer info string would fill message after message.
  var opening: String
  /// Bytes before the marker. In a list item it may stand further in than CommonMark's three, also
  /// on the line of the item's own marker.
  var indent = 0

  private static let longestOpening = 100
  /// A longer run is text: its repair alone would fill a message.
  static let longestMarker = 32

  /// Reads a line that opens a fence (CommonMark 4.5: three or more marks), or a list item that
  /// begins with one. Any indentation is taken: models indent fences by what they like.
  init?(opening line: Substring) {
    let text = line.utf8
    let indented = Self.content(of: text)
    guard let mark = text.dropFirst(indented).first, mark == "`" || mark == "~" else { return nil }
    let rest = line[text.index(text.startIndex, offsetBy: indented)...]
    let run = rest.utf8.prefix(while: { $0 == mark }).count
    guard run >= 3, run <= Self.longestMarker else { return nil }
    let info = rest.utf8.dropFirst(run)
    // A backtick in the info string makes it inline code, not a fence.
    if mark == "`", info.contains(mark) { return nil }
    // By bytes: a combining mark behind a backtick makes one Character with it.
    marker = String(decoding: rest.utf8.prefix(run), as: UTF8.self)
    opening = String(rest.utf8Prefix(Self.longestOpening)).trimmingTrailingWhitespace()
    if opening.utf8.count < run { opening = marker }
    indent = indented
  }

  /// Where a line's text begins: behind its blanks, and a bullet or number.
  private static func content(of line: Substring.UTF8View) -> Int {
    let indented = line.prefix(while: \.isBlank).count
    guard let first = line.dropFirst(indented).first, first.isDigit || "-*+".utf8.contains(first)
    else { return indented }
    let shape = LineShape(Array(line.prefix(LineShape.decisive)), isInText: true)
    switch shape.kind {
    case .bullet, .ordered: return shape.content
    default: return indented
    }
  }

  /// The bytes of the line that closes it where nothing but blank lines stands before: behind a
  /// message that closed it already that line alone would be an empty block.
  func closingLine(in text: Substring) -> Int? {
    var rest = text.utf8
    while !rest.isEmpty {
      let line = rest.prefix { $0 != 0x0A }
      rest = rest[line.endIndex...].dropFirst()
      if isClosed(by: Substring(line)) { return text.utf8.count - rest.count }
      guard line.allSatisfy(\.isBlank) else { return nil }
    }
    return nil
  }

  func isClosed(by line: Substring) -> Bool {
    let text = line.utf8
    let indented = text.prefix { $0 == 0x20 || $0 == 0x09 }.count
    guard indented <= indent + 3, let mark = marker.utf8.first else { return false }
    let rest = text.dropFirst(indented)
    let run = rest.prefix(while: { $0 == mark }).count
    return run >= marker.utf8.count
      && rest.dropFirst(run).allSatisfy { $0.isBlank || $0 == 0x0A || $0 == 0x0D }
  }
}
