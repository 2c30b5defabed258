// The one message that says that questions wait in a conversation: posted late, edited, removed at
// the end. Pure; one for each conversation. `ConversationManager` calls it and performs its actions.

struct WaitingSign: Sendable {
  /// A message that waits for its turn.
  struct Question: Equatable, Sendable {
    var id: String
    /// The root of its thread.
    var threadID: String
    /// When it came, on the clock of `handle`.
    var since: Duration
  }

  enum Input: Sendable {
    /// All that wait now; each change of them.
    case waiting([Question])
    case tick
    /// What became of the send that was asked for last.
    case sent(SendResult)
  }

  /// The texts are the caller's: they depend on `count` alone.
  enum Action: Equatable, Sendable {
    /// - threadID: nil for the top of the space.
    case post(count: Int, threadID: String?)
    case edit(messageID: String, count: Int)
    case delete(messageID: String)
    /// Call `handle(.tick)` at this time.
    case wake(at: Duration)
  }

  struct Timing: Equatable, Sendable {
    /// A question that waits no longer than this needs no sign.
    var patience: Duration = .seconds(4)
    /// From one send to the edit after it.
    var editSpacing: Duration = .seconds(5)
    /// Before a failed post is tried again.
    var postRetry: Duration = .seconds(10)
    /// Before a failed delete is tried again.
    var deleteRetry: Duration = .seconds(5)
    /// Webex takes ten; afterwards the sign stays as it is.
    var maximumEdits = 8
    var maximumPosts = 2
    var maximumDeletes = 240
  }

  private enum Sending: Equatable { case post(count: Int), edit(count: Int), delete }

  private struct Sign: Equatable {
    let messageID: String
    /// Nil if an edit's fate is not known.
    var count: Int?
    var edits = 0
    var deletes = 0
  }

  let timing: Timing
  private var questions: [Question] = []
  private var sign: Sign?
  private var sending: Sending?
  /// Posts of this sign that failed, or all of them once there is no point in another.
  private var posts = 0
  private var lastSentAt: Duration = .zero

  init(timing: Timing = Timing()) { self.timing = timing }

  /// Whether nothing waits and nothing is left to be done or undone.
  var isOver: Bool {
    questions.isEmpty && sending == nil
      && (sign.map { $0.deletes >= timing.maximumDeletes } ?? true)
  }

  mutating func handle(_ input: Input, at now: Duration) -> [Action] {
    switch input {
    case .waiting(let questions):
      if questions.isEmpty || self.questions.isEmpty {
        // Another wait: what failed in the last one is tried again.
        posts = 0
        if !questions.isEmpty { sign?.deletes = 0 }
      }
      self.questions = questions
    case .tick: break
    case .sent(let result): settle(result, at: now)
    }
    guard sending == nil else { return [] }
    if questions.isEmpty { return remove(at: now) }
    return sign == nil ? post(at: now) : edit(at: now)
  }

  private mutating func post(at now: Duration) -> [Action] {
    guard posts < timing.maximumPosts, let oldest = questions.map(\.since).min() else { return [] }
    var due = oldest + timing.patience
    if posts > 0 { due = max(due, lastSentAt + timing.postRetry) }
    guard now >= due else { return [.wake(at: due)] }
    sending = .post(count: questions.count)
    let threads = Set(questions.map(\.threadID))
    return [.post(count: questions.count, threadID: threads.count == 1 ? threads.first : nil)]
  }

  private mutating func edit(at now: Duration) -> [Action] {
    guard let shown = sign, shown.count != questions.count, shown.edits < timing.maximumEdits else {
      return []
    }
    let due = lastSentAt + timing.editSpacing
    guard now >= due else { return [.wake(at: due)] }
    sign?.edits += 1
    sending = .edit(count: questions.count)
    return [.edit(messageID: shown.messageID, count: questions.count)]
  }

  private mutating func remove(at now: Duration) -> [Action] {
    guard let shown = sign, shown.deletes < timing.maximumDeletes else { return [] }
    let due = lastSentAt + timing.deleteRetry
    guard shown.deletes == 0 || now >= due else { return [.wake(at: due)] }
    sign?.deletes += 1
    sending = .delete
    return [.delete(messageID: shown.messageID)]
  }

  private mutating func settle(_ result: SendResult, at now: Duration) {
    guard let sent = sending else { return }
    sending = nil
    lastSentAt = now
    switch (sent, result) {
    case (.post(let count), .posted(let id)): sign = Sign(messageID: id, count: count)
    // It may stand there: a second one would be worse than none.
    case (.post, .lost), (.post, .rejected): posts = timing.maximumPosts
    case (.post, _): posts += 1
    case (.edit(let count), .edited): sign?.count = count
    // Webex takes no more edits of it; it can still be removed.
    case (.edit, .rejected): sign?.edits = timing.maximumEdits
    case (.edit, _): sign?.count = nil
    // Rejected: it is gone already.
    case (.delete, .deleted), (.delete, .rejected): sign = nil
    // A failed delete: the sign still stands, and serves again if questions wait again.
    case (.delete, _): break
    }
  }
}
