// Replies that would be too many messages.

import FoundationEssentials
import WebexAPI

enum LongReply {
  /// About five messages, in bytes.
  static let limit = 30_000
  private static let largestFile = 10_000_000

  /// The front of a text, up to the end of a line if there is one. A code block that is open there is
  /// closed.
  static func cut(_ text: String, to limit: Int = limit) -> String {
    guard text.utf8.count > limit else { return text }
    var front = String(decoding: front(of: text, limit), as: UTF8.self)
    if let end = front.utf8.lastIndex(of: UInt8(ascii: "\n")),
      front.utf8.distance(from: end, to: front.endIndex) < limit / 2
    {
      front = String(front[..<end])
    }
    let fences = front.split(separator: "\n").count { $0.hasPrefix("```") }
    return fences.isMultiple(of: 2) ? front : front + "\n```"
  }

  /// Whole characters of UTF-8.
  static func front(of text: String, _ limit: Int) -> [UInt8] {
    var bytes = Array(text.utf8.prefix(limit + 1))
    guard bytes.count > limit else { return bytes }
    while let last = bytes.popLast(), last & 0xC0 == 0x80 {}
    return bytes
  }

  static func file(_ text: String) -> FileUpload {
    FileUpload(
      filename: "reply.md", contentType: "text/markdown",
      content: .bytes(front(of: text, largestFile)))
  }
}
