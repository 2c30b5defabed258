// What the reply machine asks for and what comes of it.

/// How an answer ended.
struct ReplyEnding: Codable, Equatable, Sendable {
  /// A sentence for the reader, after the text or in place of it.
  var note: String?
  /// The text was meant to go on: what is open in it is closed.
  var isCut = false
}

/// What the machine asks its owner for; at most one send (post, edit, delete, attach) at a time.
enum ReplyAction: Equatable, Sendable {
  case post(String, PostRole)
  case edit(messageID: String, String, isFinal: Bool)
  case delete(messageID: String)
  /// Post a file.
  case attach(CodeAttachment)
  /// Note that the message has its last words already.
  case close(messageID: String, ReplyPlace)
  /// Call `handle(.tick)` at this time after the start.
  case wake(at: Duration)
  case finished(ReplyOutcome)
}

enum ReplyOutcome: Equatable, Sendable {
  /// The reader has the whole text.
  case delivered
  /// Webex took no more messages: the reader has at most a part.
  case undelivered
}

/// What became of the send that was asked for last.
enum SendResult: Equatable, Sendable {
  /// A message or a file is there.
  case posted(messageID: String)
  case edited
  /// A newer edit took its place before it was sent.
  case superseded
  case deleted
  /// Not sent, or refused for now: may be tried again.
  case failed
  /// Webex will not take it, however often: an edit beyond the limit, a deleted message.
  case rejected
  /// Sent, and its response was lost: a POST that was not found, an edit that may be there.
  case lost
}

/// A send under way.
struct ReplySend: Equatable, Sendable {
  enum Kind: Equatable, Sendable {
    case post
    case edit(messageID: String)
    case delete(ReplacedMessages.Discard)
    case attach
  }

  enum Purpose: Equatable, Sendable {
    /// In the message that grows.
    case notice, progress
    /// The last word of a message: so many source bytes are done with, and the fence open there.
    case closing(bytes: Int, fence: CodeFence?)
    /// Beside an earlier answer that is kept; the last word there or not.
    case aside(isFinal: Bool)
    /// Code that could not be attached.
    case code
    case none
  }

  var kind: Kind
  var text = ""
  var purpose = Purpose.none
  /// The question was edited meanwhile: what arrives is replaced at once.
  var isVoid = false
}
