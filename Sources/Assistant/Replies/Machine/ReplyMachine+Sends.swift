// Sends of text: the last word of a message, and what comes of posts and edits.

extension ReplyMachine {
  /// Sends a piece as the last word of the current message.
  mutating func close(with piece: MarkdownPiece, at now: Duration) -> [ReplyAction] {
    // Webex takes no message of white space alone, and nobody reads an empty block.
    if rest(of: finalText ?? answer.text).utf8.prefix(piece.sourceBytes).allSatisfy(\.isSpace) {
      consumed += piece.sourceBytes
      fence = piece.fenceAfter
      return proceed(at: now)
    }
    if message == nil { message = replaced.take() }
    let purpose = ReplySend.Purpose.closing(bytes: piece.sourceBytes, fence: piece.fenceAfter)
    guard let current = message else { return post(piece.text, for: purpose) }
    if current.shown == piece.text {
      let place = place(upTo: piece.sourceBytes, piece.fenceAfter)
      advance(piece.sourceBytes, piece.fenceAfter)
      return [.close(messageID: current.id, place)] + proceed(at: now)
    }
    guard current.budget.allowsFinal else {
      // Its edits are used up: the text goes out anew, and the old message goes away.
      abandonMessage()
      return close(with: piece, at: now)
    }
    return edit(piece.text, for: purpose)
  }

  mutating func post(_ text: String, for purpose: ReplySend.Purpose) -> [ReplyAction] {
    hasTouched = true
    sending = ReplySend(kind: .post, text: text, purpose: purpose)
    return [.post(text, .answer)]
  }

  mutating func edit(_ text: String, for purpose: ReplySend.Purpose) -> [ReplyAction] {
    guard let id = message?.id else { return [] }
    hasTouched = true
    let use: EditBudget.Use =
      switch purpose {
      case .notice: .notice
      case .progress: .progress
      default: .final
      }
    message?.budget.spend(use)
    sending = ReplySend(kind: .edit(messageID: id), text: text, purpose: purpose)
    return [.edit(messageID: id, text, isFinal: use == .final)]
  }

  /// The message that grew has its last word.
  private mutating func advance(_ bytes: Int, _ fence: CodeFence?) {
    consumed += bytes
    self.fence = fence
    if var message {
      message.showsNotice = false
      message.hasLanded = true
      closed.append(message)
    }
    message = nil
    failures = 0
    // At the end the note counts too, and it is not in the answer.
    hasOpenText = finalText == nil && !answer.preview(from: consumed, fence: nil).isBlank
  }

  /// The text goes out as a new message, and this one is removed once that stands. It may show any
  /// part of the text: going on behind it could repeat or omit some.
  mutating func abandonMessage() {
    if let message { replaced.discard(message) }
    message = nil
    failures = 0
  }

  mutating func abandonAside(_ aside: ReplyMessage) {
    replaced.discard(aside)
    self.aside = nil
    failures = 0
  }

  // MARK: Outcomes

  mutating func settle(_ result: SendResult, at now: Duration) {
    guard let sent = sending else { return }
    sending = nil
    hasNews = true
    switch sent.kind {
    case .delete(let discard): settleDelete(discard, result, at: now)
    case _ where sent.isVoid: settleVoid(sent, result, at: now)
    case .attach: settleAttach(result, at: now)
    case .post: settlePost(sent, result, at: now)
    case .edit: settleEdit(sent, result, at: now)
    }
  }

  private mutating func settlePost(_ sent: ReplySend, _ result: SendResult, at now: Duration) {
    guard case .posted(let id) = result else { return postFailed(sent, result, at: now) }
    landed()
    if sent.purpose == .notice || sent.purpose == .aside(isFinal: false) { notice.shown(at: now) }
    var posted = ReplyMessage(id: id, shown: sent.text, budget: EditBudget(timing: timing))
    switch sent.purpose {
    case .aside(let isFinal):
      lastAsideAt = now
      aside = posted
      aside?.showsNotice = !isFinal
    case .code:
      closed.append(posted)
      codeTexts.removeFirst()
    default:
      lastSentAt = now
      posted.showsNotice = sent.purpose == .notice
      message = posted
      if case .closing(let bytes, let fence) = sent.purpose { advance(bytes, fence) }
    }
  }

  /// Webex takes messages, and answers: losses before this one say nothing about the next.
  private mutating func landed() {
    failures = 0
    lostPosts = 0
  }

  /// Progress that cannot be posted is left out; the last words are worth waiting for.
  private mutating func postFailed(_ sent: ReplySend, _ result: SendResult, at now: Duration) {
    let isProgress = [.notice, .progress, .aside(isFinal: false)].contains(sent.purpose)
    if result == .lost { lostPosts += 1 }
    // Lost three times, it may be there three times already: more would be worse than none.
    let isHopeless = result == .rejected || lostPosts >= (isProgress ? 2 : 3)
    switch (isHopeless, sent.purpose) {
    case (false, _): backOff(at: now)
    case (true, .aside(isFinal: false)): showsAside = false
    // The answer stands; only the pointer to it is not wanted, as where the /retry was deleted.
    case (true, .aside) where !answer.text.isBlank: isAsideRefused = true
    case (true, _) where isProgress: showsProgress = false
    case (true, _): beginGivingUp()
    }
  }

  /// Webex is out of reach: an answer is worth waiting for as long as it takes.
  private mutating func backOff(at now: Duration) {
    failures += 1
    retryAt = now + .seconds(min(60, 1 << min(failures, 6)))
  }

  private mutating func settleEdit(_ sent: ReplySend, _ result: SendResult, at now: Duration) {
    if case .aside(let isFinal) = sent.purpose {
      return settleAside(sent, isFinal: isFinal, result, at: now)
    }
    lastSentAt = now
    if sent.purpose == .notice { notice.shown(at: now) }
    if result == .lost { message?.shown = nil }
    switch (sent.purpose, result) {
    case (let purpose, .edited):
      failures = 0
      message?.shown = sent.text
      message?.hasLanded = true
      message?.showsNotice = purpose == .notice
      if case .closing(let bytes, let fence) = purpose { advance(bytes, fence) }
    case (_, .superseded):
      message?.budget.refund()
      retryAt = now + timing.minimumSpacing
    // Not ours to edit any more: the next one, or a new message.
    case (.notice, .rejected), (.progress, .rejected):
      if message?.hasLanded == false { abandonMessage() } else { showsProgress = false }
    // Lost progress only costs its budget.
    case (.notice, _), (.progress, _): break
    case (_, .rejected): abandonMessage()
    default:
      failures += 1
      if failures > EditBudget.reserved {
        abandonMessage()
      } else {
        retryAt = now + .seconds(failures * 2)
      }
    }
  }

  private mutating func settleAside(
    _ sent: ReplySend, isFinal: Bool, _ result: SendResult, at now: Duration
  ) {
    lastAsideAt = now
    if !isFinal { notice.shown(at: now) }
    if result == .lost { aside?.shown = nil }
    switch result {
    case .edited:
      failures = 0
      aside?.shown = sent.text
      aside?.showsNotice = !isFinal
    case .superseded:
      aside?.budget.refund()
      retryAt = now + timing.minimumSpacing
    case .rejected where !isFinal: showsAside = false
    case _ where !isFinal: break
    default:
      failures += 1
      if result == .rejected || failures > EditBudget.reserved, let aside {
        abandonAside(aside)
      } else {
        retryAt = now + .seconds(failures * 2)
      }
    }
  }

  private mutating func settleDelete(
    _ discard: ReplacedMessages.Discard, _ result: SendResult, at now: Duration
  ) {
    // Already gone, or Webex refuses: nothing better can be done about it.
    guard result != .deleted, result != .rejected else { return }
    replaced.failed(discard)
    // Text does not wait for it.
    if ending != nil || hasGivenUp { retryAt = now + .seconds(2) }
  }

  private mutating func settleAttach(_ result: SendResult, at now: Duration) {
    switch result {
    case .posted(let id):
      landed()
      attached.append(id)
      attachmentsDone += 1
    case .rejected:
      // Never lost: the code comes as text.
      codeTexts = splitter.split(answer.attachments[attachmentsDone].asText).map(\.text)
        .filter { !$0.isBlank }
      attachmentsDone += 1
    case .lost:
      lostPosts += 1
      if lostPosts >= 3 { beginGivingUp() } else { backOff(at: now) }
    default: backOff(at: now)
    }
  }

  /// The send was under way when the question was edited.
  private mutating func settleVoid(_ sent: ReplySend, _ result: SendResult, at now: Duration) {
    lastSentAt = now
    if case .posted = result { landed() }
    switch (sent.kind, result) {
    case (.attach, .posted(let id)): replaced.discardFile(id)
    case (_, .posted(let id)):
      var posted = ReplyMessage(id: id, shown: sent.text, budget: EditBudget(timing: timing))
      posted.showsNotice = sent.purpose == .notice
      replaced.append(posted)
    case (.edit(let id), .edited):
      replaced.update(id) {
        $0.shown = sent.text
        $0.showsNotice = sent.purpose == .notice
      }
    case (.edit(let id), .superseded): replaced.update(id) { $0.budget.refund() }
    case (.edit(let id), .lost): replaced.update(id) { $0.shown = nil }
    case (_, .lost): lostPosts += 1
    default: break
    }
  }
}

extension CodeAttachment {
  /// The block as it would stand in a message.
  var asText: String {
    fence.opening + "\n" + content + (content.hasSuffix("\n") ? "" : "\n") + fence.marker
  }
}
