// An open code fence and how Markdown opens and closes it. Used by the splitter, which repairs
// fences that it cuts, and by the answer's text.

/// An open code fence: what is needed to close it and to open it again.
struct CodeFence: Equatable, Sendable {
  /// The run of backticks or tildes.
  var marker: String
  /// The whole opening line without its indentation, for reopening: "```swift".
  var opening: String

  /// Reads a line that opens a fence (CommonMark 4.5: up to three spaces, three or more marks).
  init?(opening line: Substring) {
    let indented = line.prefix(while: { $0 == " " }).count
    guard indented <= 3 else { return nil }
    let rest = line.dropFirst(indented)
    guard let mark = rest.first, mark == "`" || mark == "~" else { return nil }
    let run = rest.prefix(while: { $0 == mark })
    guard run.count >= 3 else { return nil }
    let info = rest.dropFirst(run.count)
    // A backtick in the info string makes it inline code, not a fence.
    if mark == "`", info.contains("`") { return nil }
    marker = String(run)
    opening = String(rest).trimmingTrailingWhitespace()
  }

  func isClosed(by line: Substring) -> Bool {
    let indented = line.prefix(while: { $0 == " " }).count
    guard indented <= 3, let mark = marker.first else { return false }
    let rest = line.dropFirst(indented)
    let run = rest.prefix(while: { $0 == mark })
    return run.count >= marker.count && rest.dropFirst(run.count).allSatisfy(\.isWhitespace)
  }
}
