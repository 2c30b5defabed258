// Decides what happens to a reply: tokens, time and the outcomes of sends in, sends out. Pure, one
// send at a time. `ReplyStream` performs the actions. The rooms: `Machine/`.

struct ReplyMachine: Sendable {
  enum Input: Sendable {
    /// More of the answer.
    case text(String)
    /// What is waited for while there is no text. Without any it is the model.
    case waits(ReplyWaitKind)
    /// An answer that an earlier process had come to.
    case kept(String, ReplyEnding)
    /// The question was edited while it was being answered: what came so far is void.
    case restart
    case tick
    case sent(SendResult)
    case end(ReplyEnding)
  }

  let plan: ReplyPlan
  let splitter: MarkdownSplitter
  var timing: ReplyTiming { plan.timing }

  // The answer.
  var answer: AnswerText
  /// UTF-8 bytes of the text that stand in closed messages.
  var consumed = 0
  /// The fence that is open there.
  var fence: CodeFence?
  /// Whether a reader could see anything beyond `consumed`; looked up only until it is true.
  var hasOpenText = false
  /// Bytes since text was last looked for in vain, and how many make another look worth it: a model
  /// that writes nothing but marks must not cost a look at all of them for each token.
  var unseen = (bytes: 0, worthALook: 0)
  /// Whether the reader may not have all that can be seen; false after a look at it.
  var hasNews = false
  /// After a look at which nothing was new.
  var nextLook: Duration?
  var ending: ReplyEnding?
  /// What remains to be shown once the answer ended: its rest plus the note.
  var finalText: String?
  var attachmentsDone = 0
  /// Blocks that could not be attached, in messages' size.
  var codeTexts: [String] = []

  // Webex.
  /// The message that grows.
  var message: ReplyMessage?
  /// Messages that have their last word, in order.
  var closed: [ReplyMessage] = []
  var attached: [String] = []
  var replaced = ReplacedMessages()
  /// The message beside an earlier answer that is kept.
  var aside: ReplyMessage?
  /// Something was sent in place of the earlier answer: it cannot be kept any more.
  var hasTouched = false

  // Time and failures.
  var notice: WaitingNotice
  var startedAt: Duration = .zero
  var firstTextAt: Duration?
  /// Of the text and the notice in its place.
  var lastSentAt: Duration = .zero
  var lastAsideAt: Duration = .zero
  var sending: ReplySend?
  var retryAt: Duration?
  var failures = 0
  var lostPosts = 0
  /// False once Webex refused to show progress: then the text appears at its end.
  var showsProgress = true
  var showsAside = true
  var isAsideRefused = false
  /// Webex takes no more messages: what is left is to remove the notice.
  var hasGivenUp = false
  var outcome: ReplyOutcome?
  /// Up to where the text with its note stands already.
  var standingEnd: (end: Int, fence: CodeFence?)?

  init(plan: ReplyPlan) {
    self.plan = plan
    splitter = MarkdownSplitter(limit: plan.limit)
    answer = AnswerText(fence: plan.fence)
    fence = plan.fence
    notice = WaitingNotice(timing: plan.timing)
    for earlier in plan.replaces {
      let budget = EditBudget(timing: plan.timing, used: earlier.edits)
      replaced.append(
        ReplyMessage(
          id: earlier.id, shown: nil, budget: budget, worthTaking: earlier.worthTaking))
    }
    if let standing = plan.standing { stand(on: standing) }
  }

  /// Times count from the question.
  mutating func handle(_ input: Input, at now: Duration) -> [ReplyAction] {
    guard outcome == nil else { return [] }
    switch input {
    case .text(let delta):
      guard ending == nil else { return [] }
      answer.append(delta)
      hasNews = true
      unseen.bytes += delta.utf8.count
      if unseen.bytes > unseen.worthALook { lookForText(at: now) }
    case .waits(let kind): notice.waits(for: kind, at: now)
    case .kept(let text, let end):
      guard ending == nil else { return [] }
      answer.append(text)
      finish(end, at: now)
    case .restart: restart(at: now)
    case .tick: break
    case .sent(let result): settle(result, at: now)
    case .end(let end):
      guard ending == nil else { return [] }
      finish(end, at: now)
    }
    guard sending == nil else { return [] }
    if let retryAt, now < retryAt { return [.wake(at: retryAt)] }
    retryAt = nil
    return proceed(at: now)
  }

  private mutating func finish(_ end: ReplyEnding, at now: Duration) {
    ending = end
    answer.finish()
    lookForText(at: now)
  }

  mutating func proceed(at now: Duration) -> [ReplyAction] {
    if hasGivenUp { return giveUp(at: now) }
    // Not while a piece is on its way: it may cover the white space before the note.
    if finalText == nil, let ending {
      prepareFinalText(ending)
      standAtEnd()
    }
    skipClosingLine()
    return finalText == nil ? progress(at: now) : finish(at: now)
  }

  /// The question was edited: everything so far is void, and its messages are to be taken over.
  private mutating func restart(at now: Duration) {
    replaced.insert(closed + [message].compactMap { $0 })
    for file in attached { replaced.discardFile(file) }
    switch sending?.purpose {
    // A deletion, and what is beside the answer, are as good as before.
    case .aside, nil: break
    default: sending?.isVoid = true
    }
    closed = []
    message = nil
    attached = []
    attachmentsDone = 0
    codeTexts = []
    answer = AnswerText()
    consumed = 0
    fence = nil
    hasOpenText = false
    hasNews = false
    nextLook = nil
    ending = nil
    finalText = nil
    standingEnd = nil
    firstTextAt = nil
    startedAt = now
    notice.restart(at: now)
    retryAt = nil
    failures = 0
  }

  // MARK: The text

  /// Of the text, what is not in a closed message.
  var open: Substring { rest(of: answer.text) }

  func rest(of text: String) -> Substring {
    // At the end the note has been sent too, and `consumed` is beyond the answer itself.
    text[text.utf8.index(text.startIndex, offsetBy: min(consumed, text.utf8.count))...]
  }

  /// The message before closed the block where it ended: the closing line alone would be an empty
  /// block in the next one.
  private mutating func skipClosingLine() {
    guard message == nil, consumed > 0, let open = fence else { return }
    var rest = rest(of: finalText ?? answer.text)
    var skipped = 0
    while !rest.isEmpty {
      let line = rest.prefix { $0 != "\n" }
      guard line.endIndex < rest.endIndex || finalText != nil else { return }
      let size = line.utf8.count + (line.endIndex < rest.endIndex ? 1 : 0)
      rest = rest[rest.utf8.index(rest.startIndex, offsetBy: size)...]
      skipped += size
      if open.isClosed(by: line) {
        consumed += skipped
        fence = nil
        hasOpenText = finalText == nil && !answer.preview(from: consumed, fence: nil).isBlank
        return
      }
      guard line.isBlank else { return }
    }
  }

  /// What a reader may see now in the message that grows: always within the limit.
  var preview: String {
    let shown = answer.preview(from: consumed, fence: fence)
    guard shown.utf8.count > plan.limit else { return shown }
    // With its closing fence, or with what is not settled, it may be too long.
    return splitter.next(Substring(shown), fence: nil).text
  }

  mutating func lookForText(at now: Duration) {
    guard !hasOpenText else { return }
    hasOpenText = !answer.preview(from: consumed, fence: nil).isBlank
    // A thirty-second of what there is; below two kilobytes every token is looked at.
    unseen = (0, hasOpenText ? 0 : max(0, answer.text.utf8.count - consumed - 2_048) / 32)
    if hasOpenText { firstTextAt = firstTextAt ?? now }
  }

  /// Attempted edits of the message that a send is about, this send included.
  func edits(of send: ReplySend) -> Int {
    guard case .edit(let id) = send.kind else { return 0 }
    return [message, aside].compactMap { $0 }.first { $0.id == id }?.budget.used ?? 0
  }

  /// The earlier answer is to stay until there is text.
  var keepsEarlier: Bool { plan.keepsUntilText && !hasTouched }

  /// Something of the present answer can be read.
  var stands: Bool {
    !closed.isEmpty || (message.map { $0.hasLanded && !$0.showsNotice } ?? false)
  }
}

extension UInt8 {
  /// White space of ASCII.
  var isSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
}

extension StringProtocol {
  var isBlank: Bool { allSatisfy(\.isWhitespace) }
}
