// The text of an answer as it grows: neutralised on the way in, never changed afterwards.

/// Collects a model's text so that nothing in it can ping people: Webex turns `<@…>` in Markdown
/// into mentions, and a model must not be able to call everyone in a space.
struct AnswerText: Sendable {
  private(set) var text = ""
  private var held: Character?

  /// UTF-8 bytes so far.
  var byteCount: Int { text.utf8.count }

  mutating func append(_ delta: String) {
    guard !delta.isEmpty else { return }
    // A delta may begin with the "@" of a mention whose "<" came before.
    let joint = text.hasSuffix("<") ? "<" : ""
    let safe = Self.neutralised(joint + delta)
    text += joint.isEmpty ? safe : String(safe.dropFirst())
  }

  /// Breaks `<@` by a word joiner, which no client shows.
  static func neutralised(_ text: String) -> String {
    guard text.contains("<") else { return text }
    return text.replacing("<@", with: "<\u{2060}@")
      .replacing("<spark-mention", with: "<\u{2060}spark-mention")
      .replacing("<webex-mention", with: "<\u{2060}webex-mention")
  }

  /// The text with an open code fence closed, as a reader may see it while it grows.
  static func preview(_ text: Substring, fence: CodeFence?) -> String {
    var open = fence
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if let current = open {
        if current.isClosed(by: line) { open = nil }
      } else {
        open = CodeFence(opening: line)
      }
    }
    var shown = (fence.map { $0.opening + "\n" } ?? "") + text
    if let open {
      if !shown.hasSuffix("\n") { shown += "\n" }
      shown += open.marker
    }
    return shown
  }

  /// The fence that is open at the end of the text.
  static func openFence(in text: Substring, fence: CodeFence?) -> CodeFence? {
    var open = fence
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if let current = open {
        if current.isClosed(by: line) { open = nil }
      } else {
        open = CodeFence(opening: line)
      }
    }
    return open
  }
}
