// Decides what happens to a reply: tokens, time and the outcomes of sends in, sends out. Pure, one
// send at a time. `ReplyStream` performs the actions.

/// How an answer ended.
struct ReplyEnding: Equatable, Sendable {
  /// A sentence for the reader, after the text or in place of it.
  var note: String?
}

/// A send that the machine asks for.
enum ReplyAction: Equatable, Sendable {
  case post(String)
  case edit(messageID: String, String, isFinal: Bool)
  case delete(messageID: String)
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
  case posted(messageID: String)
  case edited
  /// A newer edit took its place before it was sent.
  case superseded
  case deleted
  /// Not sent, or refused for now: may be tried again.
  case failed
  /// Webex will not take it, however often: an edit beyond the limit, a deleted message.
  case rejected
  /// A POST whose response was lost, and which was not found.
  case lost
}

struct ReplyMachine: Sendable {
  enum Input: Sendable {
    case text(String)
    case tick
    case sent(SendResult)
    case end(ReplyEnding)
  }

  struct OpenMessage: Equatable, Sendable {
    var id: String
    var shown: String
    var budget: EditBudget
  }

  private enum Sending: Equatable {
    /// `covers`: source bytes that are done with when it lands; nil for progress.
    case post(text: String, covers: Int?, fence: CodeFence?)
    case edit(text: String, covers: Int?, fence: CodeFence?)
    case delete
  }

  private let timing: ReplyTiming
  private let splitter: MarkdownSplitter
  private let notice: String

  private(set) var answer = AnswerText()
  /// Source bytes that stand in closed messages.
  private var consumed = 0
  /// Whether the text beyond `consumed` has more than white space, kept to avoid looking each time.
  private var hasOpenText = false
  private var fence: CodeFence?
  private var message: OpenMessage?
  private var sending: Sending?
  private var ending: ReplyEnding?
  /// What remains to be shown once the answer ended: its rest plus the note.
  private var finalText: String?
  private var firstTextAt: Duration?
  private var lastSentAt: Duration = .zero
  private var retryAt: Duration?
  private var failures = 0
  /// False once Webex refused to show progress: then the text appears at its end.
  private var showsProgress = true
  private var outcome: ReplyOutcome?
  /// A message that the final text replaced by a new one, to be removed.
  private var orphan: String?

  init(timing: ReplyTiming, limit: Int, notice: String) {
    self.timing = timing
    self.notice = notice
    splitter = MarkdownSplitter(limit: limit)
  }

  /// Times count from the question.
  mutating func handle(_ input: Input, at now: Duration) -> [ReplyAction] {
    guard outcome == nil else { return [] }
    switch input {
    case .text(let delta):
      guard ending == nil else { return [] }
      answer.append(delta)
      if delta.contains(where: { !$0.isWhitespace }) {
        hasOpenText = true
        firstTextAt = firstTextAt ?? now
      }
    case .tick: break
    case .sent(let result): settle(result, at: now)
    case .end(let end):
      guard ending == nil else { return [] }
      ending = end
      answer.finish()
      prepareFinalText(end)
    }
    if let outcome { return [.finished(outcome)] }
    guard sending == nil else { return [] }
    if let retryAt, now < retryAt { return [.wake(at: retryAt)] }
    retryAt = nil
    return proceed(at: now)
  }

  private mutating func proceed(at now: Duration) -> [ReplyAction] {
    finalText == nil ? progress(at: now) : finish(at: now)
  }

  /// Source bytes not yet in a closed message.
  private var open: Substring { rest(of: answer.text) }

  private func rest(of text: String) -> Substring {
    // At the end the note has been sent too, and `consumed` is beyond the answer itself.
    text[text.utf8.index(text.startIndex, offsetBy: min(consumed, text.utf8.count))...]
  }

  private mutating func prepareFinalText(_ end: ReplyEnding) {
    var text = answer.text
    if let note = end.note {
      if open.allSatisfy(\.isWhitespace) {
        text = String(text[..<open.startIndex]) + note
      } else {
        if let fence = AnswerText.openFence(in: open, fence: fence) {
          text += (text.hasSuffix("\n") ? "" : "\n") + fence.marker
        }
        text += "\n\n" + note
      }
    }
    finalText = text
  }

  // MARK: While text comes

  private mutating func progress(at now: Duration) -> [ReplyAction] {
    let text = open
    if let orphan, message != nil { return remove(orphan) }
    if text.utf8.count > splitter.limit {
      let due = lastSentAt + timing.minimumSpacing
      guard message == nil || now >= due else { return [.wake(at: due)] }
      return close(with: splitter.next(text, fence: fence), at: now)
    }
    guard showsProgress else { return [] }
    guard hasOpenText else {
      // Nothing to show: after a while, say that the model is thinking.
      guard message == nil, consumed == 0 else { return [] }
      guard now >= timing.notice else { return [.wake(at: timing.notice)] }
      return post(notice, covers: nil, fence: nil)
    }
    let due: Duration
    if let message {
      guard message.budget.allowsProgress else { return [] }
      // The thinking notice gives way to the first words as soon as Webex's pace allows.
      let isNotice = message.shown == notice
      due = lastSentAt + (isNotice ? timing.minimumSpacing : message.budget.spacing)
    } else {
      due =
        consumed > 0
        ? lastSentAt + timing.minimumSpacing
        : max(timing.fastAnswer, (firstTextAt ?? now) + timing.firstWords)
    }
    guard now >= due else { return [.wake(at: due)] }
    let shown = AnswerText.preview(text, fence: fence)
    // With its closing fence it may not fit; then the next roll-over shows it.
    guard shown != message?.shown, shown.utf8.count <= splitter.limit else { return [] }
    return message == nil
      ? post(shown, covers: nil, fence: nil)
      : edit(shown, covers: nil, fence: nil, progress: true)
  }

  // MARK: At the end

  private mutating func finish(at now: Duration) -> [ReplyAction] {
    let text = rest(of: finalText ?? "")
    guard text.contains(where: { !$0.isWhitespace }) else {
      // What was replaced goes away only after its replacement is there.
      if let orphan { return remove(orphan) }
      if let message, message.shown == notice {
        self.message = nil
        return remove(message.id)
      }
      outcome = .delivered
      return [.finished(.delivered)]
    }
    return close(with: splitter.next(text, fence: fence), at: now)
  }

  private mutating func remove(_ messageID: String) -> [ReplyAction] {
    if orphan == messageID { orphan = nil }
    sending = .delete
    return [.delete(messageID: messageID)]
  }

  /// Sends a piece as the last word of the current message.
  private mutating func close(with piece: MarkdownPiece, at now: Duration) -> [ReplyAction] {
    guard let message else {
      // Webex takes no message of white space alone.
      if piece.text.allSatisfy(\.isWhitespace) {
        advance(piece.sourceBytes, piece.fenceAfter)
        return proceed(at: now)
      }
      return post(piece.text, covers: piece.sourceBytes, fence: piece.fenceAfter)
    }
    if message.shown == piece.text {
      advance(piece.sourceBytes, piece.fenceAfter)
      return proceed(at: now)
    }
    guard message.budget.allowsFinal else {
      // Its edits are used up: the text goes out anew, and the old message goes away.
      orphan = message.id
      self.message = nil
      return post(piece.text, covers: piece.sourceBytes, fence: piece.fenceAfter)
    }
    return edit(piece.text, covers: piece.sourceBytes, fence: piece.fenceAfter, progress: false)
  }

  // MARK: Sends

  private mutating func post(_ text: String, covers: Int?, fence: CodeFence?) -> [ReplyAction] {
    sending = .post(text: text, covers: covers, fence: fence)
    return [.post(text)]
  }

  private mutating func edit(
    _ text: String, covers: Int?, fence: CodeFence?, progress: Bool
  ) -> [ReplyAction] {
    guard let id = message?.id else { return [] }
    message?.budget.spend(progress: progress)
    sending = .edit(text: text, covers: covers, fence: fence)
    return [.edit(messageID: id, text, isFinal: !progress)]
  }

  private mutating func advance(_ bytes: Int, _ fence: CodeFence?) {
    consumed += bytes
    self.fence = fence
    message = nil
    failures = 0
    hasOpenText = open.contains { !$0.isWhitespace }
  }

  private mutating func settle(_ result: SendResult, at now: Duration) {
    guard let sent = sending else { return }
    sending = nil
    lastSentAt = now
    switch (sent, result) {
    case (.post(let text, let covers, let fence), .posted(let id)):
      failures = 0
      if let covers {
        advance(covers, fence)
      } else {
        message = OpenMessage(id: id, shown: text, budget: EditBudget(timing: timing))
      }
    case (.edit(let text, let covers, let fence), .edited):
      failures = 0
      if let covers { advance(covers, fence) } else { message?.shown = text }
    case (.edit, .superseded):
      message?.budget.refund()
    case (.delete, _):
      // Already gone, or Webex refuses: nothing better can be done about it.
      break
    case (.edit(_, nil, _), .rejected):
      // Posting anew at each refusal would flood the thread with notifications.
      showsProgress = false
    case (.edit(_, nil, _), _):
      // A lost progress edit only costs its budget.
      break
    case (.edit, .failed) where failures < 2:
      failures += 1
      retryAt = now + .seconds(failures * 2)
    case (.edit, _):
      abandonMessage()
    case (.post(_, nil, _), .rejected):
      showsProgress = false
    case (.post, .rejected):
      outcome = .undelivered
    case (.post, .lost) where failures >= 2:
      // It may be there three times already; more would be worse than none.
      outcome = .undelivered
    case (.post, _):
      // Webex is out of reach: an answer is worth waiting for as long as it takes.
      failures += 1
      retryAt = now + .seconds(min(60, 1 << min(failures, 6)))
    }
  }

  /// The final text goes out as a new message, and this one is removed.
  private mutating func abandonMessage() {
    if let id = message?.id { orphan = id }
    message = nil
    failures = 0
  }
}
