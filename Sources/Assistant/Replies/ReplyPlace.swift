// Which part of an answer a message has for good, as it is on record: what a killed process's successor
// need not send again. Written by the reply's journal, read when a turn is taken up.

import FoundationEssentials

struct ReplyPlace: Codable, Equatable, Sendable {
  enum Part: Codable, Equatable, Sendable {
    /// The text, `AnswerText`'s, up to so many UTF-8 bytes, with the fence that is open there.
    /// `isOfEnd`: of the text with the note below it.
    case text(end: Int, fence: CodeFence?, isOfEnd: Bool)
    /// A long code block.
    case file
    /// A notice beside an earlier answer that is kept.
    case aside

    var isText: Bool { if case .text = self { true } else { false } }
  }

  var part: Part

  init(_ part: Part) { self.part = part }

  /// Nil for what this version does not know.
  init?(json: String?) {
    guard let json, let place = try? JSONDecoder().decode(Self.self, from: Data(json.utf8)) else {
      return nil
    }
    self = place
  }

  var json: String {
    get throws { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }
  }
}

/// What stands of an answer whose whole text is known.
struct StandingReply: Equatable, Sendable {
  struct Closed: Equatable, Sendable {
    var id: String
    var end: Int
    var fence: CodeFence?
    var isOfEnd: Bool
  }

  /// Messages that have their last words, in order.
  var closed: [Closed] = []
  /// The one that comes behind them.
  var open: ReplacedMessage?
  var files: [String] = []
  /// To be deleted.
  var rest: [ReplacedMessage] = []

  /// - Parameter threadID: where the answer goes.
  init(_ replies: [PostedReply], in threadID: String?) {
    var isUnbroken = true
    for reply in replies {
      let isHere = reply.threadID == threadID
      switch reply.place?.part {
      case .text(let end, let fence, let isOfEnd)
      where isUnbroken && isHere && follows(end, isOfEnd):
        closed.append(Closed(id: reply.id, end: end, fence: fence, isOfEnd: isOfEnd))
      case .file: files.append(reply.id)
      case nil where isUnbroken && isHere && reply.edits < EditBudget.limit:
        open = reply.replaced(in: threadID, isOwn: true)
        isUnbroken = false
      case .aside: rest.append(reply.replaced(in: threadID))
      case .text, nil:
        rest.append(reply.replaced(in: threadID))
        isUnbroken = isUnbroken && reply.place == nil
      }
    }
  }

  private func follows(_ end: Int, _ isOfEnd: Bool) -> Bool {
    closed.last.map { $0.end < end && (isOfEnd || !$0.isOfEnd) } ?? true
  }
}
