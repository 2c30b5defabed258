// Once an answer has ended: the rest of its text, what is to go away, the files.

extension ReplyMachine {
  mutating func prepareFinalText(_ end: ReplyEnding) {
    var text = answer.text
    if end.isCut, !open.isBlank {
      text = String(text[..<open.startIndex]) + PreviewTail.closed(String(open), fence: fence)
    }
    if let note = end.note {
      if open.isBlank {
        text = String(text[..<open.startIndex]) + note
        // The message before closed it.
        fence = nil
      } else {
        // White space behind the text could become an empty block or message.
        text = text.trimmingTrailingWhitespace()
        if let fence = AnswerText.openFence(in: rest(of: text), fence: fence) {
          text += "\n" + fence.marker
        }
        text += "\n\n" + note
      }
    }
    finalText = text
  }

  mutating func finish(at now: Duration) -> [ReplyAction] {
    if keepsEarlier, answer.text.isBlank { return finishAside(ending?.note, at: now) }
    let text = rest(of: finalText ?? "")
    if !text.isBlank { return close(with: splitter.next(text, fence: fence), at: now) }
    // Nothing of this text is left: a notice, or a preview that came to nothing.
    if let message { replaced.discard(message) }
    message = nil
    replaced.discardPlaces()
    // Also where no notice was needed: the answer stands elsewhere, and its reader is here.
    return finishAside(answer.text.isBlank ? nil : plan.doneNotice, at: now)
  }

  /// The message beside an earlier answer gets its last word, or goes away.
  private mutating func finishAside(_ words: String?, at now: Duration) -> [ReplyAction] {
    guard let words, !words.isBlank else {
      if let aside { replaced.discard(aside) }
      aside = nil
      return finishRest(at: now)
    }
    if isAsideRefused || aside?.shown == words { return finishRest(at: now) }
    if let aside, !aside.budget.allowsFinal { abandonAside(aside) }
    return [sendAside(words, isFinal: true)]
  }

  private mutating func finishRest(at now: Duration) -> [ReplyAction] {
    // What was replaced goes away only after its replacement is there.
    if let action = tidy(attempts: ReplacedMessages.maximumAttempts) { return [action] }
    if !codeTexts.isEmpty { return post(codeTexts[0], for: .code) }
    if attachmentsDone < answer.attachments.count {
      sending = ReplySend(kind: .attach)
      return [.attach(answer.attachments[attachmentsDone])]
    }
    outcome = .delivered
    return [.finished(.delivered)]
  }

  /// Webex takes no more messages. Text that stands is better than none; a notice would say for
  /// ever that the model is thinking.
  mutating func giveUp(at now: Duration) -> [ReplyAction] {
    if let action = tidy(attempts: ReplacedMessages.maximumAttempts) { return [action] }
    outcome = .undelivered
    return [.finished(.undelivered)]
  }

  mutating func beginGivingUp() {
    hasGivenUp = true
    for message in [message, aside].compactMap({ $0 }) { replaced.discard(message) }
    replaced.keepText()
  }

  /// The next message that has to go away.
  mutating func tidy(attempts: Int) -> ReplyAction? {
    guard let discard = replaced.nextDiscard(attempts: attempts) else { return nil }
    sending = ReplySend(kind: .delete(discard))
    return .delete(messageID: discard.id)
  }
}
