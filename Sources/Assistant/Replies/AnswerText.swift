// The text of an answer as it grows: neutralised on the way in, never changed afterwards.

/// Collects a model's text so that nothing in it can ping people: Webex turns `<@all>` and the like
/// in Markdown into mentions, and a model must not be able to call everyone in a space.
struct AnswerText: Sendable {
  private(set) var text = ""
  /// Code blocks too long for a message, of which `text` has an excerpt.
  private(set) var attachments: [CodeAttachment] = []
  /// The end of what came last, as long as it may become a mention.
  private var held = ""

  private static let dangers = [
    "<@all", "<@here", "<@personemail", "<@personid", "<spark-mention", "<webex-mention",
  ]

  /// - Parameter fence: the fence inside of which the text begins, when an answer is continued.
  init(fence: CodeFence? = nil) {}

  /// What a reader may see now of everything after `offset` (UTF-8 bytes of `text`).
  ///
  /// - Parameter fence: the one that is open at `offset`.
  func preview(from offset: Int, fence: CodeFence?) -> String {
    Self.preview(text[text.utf8.index(text.startIndex, offsetBy: offset)...], fence: fence)
  }

  mutating func append(_ delta: String) {
    // "\r\n" is one Character to Swift and no line end to a search for "\n".
    var scalars = String.UnicodeScalarView(delta.unicodeScalars.filter { $0 != "\r" })
    scalars.insert(contentsOf: held.unicodeScalars, at: scalars.startIndex)
    let incoming = String(scalars)
    let keep = Self.possibleDanger(atEndOf: incoming)
    held = String(incoming.unicodeScalars.suffix(keep))
    text += Self.neutralised(String(incoming.unicodeScalars.dropLast(keep)))
  }

  /// Nothing more comes: what was held back is harmless.
  mutating func finish() {
    text += held
    held = ""
  }

  /// How many scalars at the end are the beginning of a mention.
  private static func possibleDanger(atEndOf text: String) -> Int {
    let tail = String(text.unicodeScalars.suffix(16)).lowercased()
    guard let start = tail.lastIndex(of: "<") else { return 0 }
    let open = String(tail[start...])
    return dangers.contains { $0.count > open.count && $0.hasPrefix(open) }
      ? open.unicodeScalars.count : 0
  }

  /// Breaks a mention by a word joiner, which no client shows. Code such as `List<@NonNull T>` is
  /// not a mention and stays as it is.
  static func neutralised(_ text: String) -> String {
    guard text.contains("<") else { return text }
    let mention = /<(@(?:all|here|personEmail|personId)|(?:spark|webex)-mention)/.ignoresCase()
    return text.replacing(mention) { "<\u{2060}\($0.output.1)" }
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
