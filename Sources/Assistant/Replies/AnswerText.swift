// The text of an answer as it grows: made safe and readable on the way in, never changed afterwards.
// The reply machine appends the model's deltas and sends what stands here.

/// A model's answer as it streams in, as Markdown that Webex renders: no tables, images, HTML or
/// mentions, links that show where they lead, long code as files.
struct AnswerText: Sendable {
  /// Settled: appended to, never changed.
  private(set) var text = ""
  private var rewriter: AnswerRewriter
  private var endsWithReturn = false
  private var mentions = MentionGuard()

  /// - Parameter fence: the fence inside of which the text begins, when an answer is continued.
  init(fence: CodeFence? = nil) { rewriter = AnswerRewriter(fence: fence) }

  /// Code blocks too long for a message, of which `text` has an excerpt; a block is here once it is
  /// complete.
  var attachments: [CodeAttachment] { rewriter.attachments }

  mutating func append(_ delta: String) {
    var bytes = Array(delta.utf8)
    if endsWithReturn || bytes.contains(0x0D) { unifyNewlines(of: &bytes) }
    var settled: [UInt8] = []
    rewriter.append(bytes, into: &settled)
    mentions.push(settled, into: &text)
  }

  /// CR LF, also in two deltas, is one line's end, and CR alone is one too.
  private mutating func unifyNewlines(of bytes: inout [UInt8]) {
    var unified: [UInt8] = []
    for byte in bytes {
      if byte == 0x0A, endsWithReturn {
        endsWithReturn = false
        continue
      }
      endsWithReturn = byte == 0x0D
      unified.append(endsWithReturn ? 0x0A : byte)
    }
    bytes = unified
  }

  /// Nothing more comes: all settles.
  mutating func finish() {
    var settled: [UInt8] = []
    rewriter.finish(into: &settled)
    mentions.push(settled, into: &text)
    mentions.finish(into: &text)
  }

  /// What a reader may see now of everything after `offset` (UTF-8 bytes of `text`): the settled rest
  /// and what is provisional. Open fences are closed; a half row, a cut link, an unfinished emphasis
  /// are held back.
  ///
  /// - Parameter fence: the one that is open at `offset`.
  func preview(from offset: Int, fence: CodeFence?) -> String {
    let start = text.utf8.index(text.startIndex, offsetBy: min(offset, text.utf8.count))
    return PreviewTail.shown(
      text[start...] + mentions.preview(of: rewriter.provisional()), fence: fence)
  }

  /// The fence that is open at the end of the text.
  static func openFence(in text: Substring, fence: CodeFence?) -> CodeFence? {
    var open = fence
    for line in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false) {
      let line = Substring(line)
      if let current = open {
        if current.isClosed(by: line) { open = nil }
      } else {
        open = CodeFence(opening: line)
      }
    }
    return open
  }
}
