// While an answer comes: the notice, the first words, growth, and the next message.

extension ReplyMachine {
  /// A look at the text costs as much as the text is long: not for each token of a long line.
  private static let lookSpacing: Duration = .milliseconds(100)

  mutating func progress(at now: Duration) -> [ReplyAction] {
    if stands {
      if plan.doneNotice == nil, let aside {
        replaced.discard(aside)
        self.aside = nil
      }
      if let action = tidy(attempts: 1) { return [action] }
    }
    if open.utf8.count > plan.limit {
      if message != nil {
        let due = lastSentAt + timing.minimumSpacing
        guard now >= due else { return [.wake(at: due)] }
      }
      return close(with: splitter.next(open, fence: fence), at: now)
    }
    guard hasOpenText else { return waiting(at: now) }
    guard showsProgress else { return [] }
    let due = textDue
    guard now >= due else { return [.wake(at: due)] }
    guard hasNews else { return [] }
    if let next = nextLook, now < next { return [.wake(at: next)] }
    let shown = preview
    guard !shown.isBlank, shown != message?.shown else {
      hasNews = false
      nextLook = now + Self.lookSpacing
      return []
    }
    if message == nil { message = replaced.take() }
    guard let current = message else { return post(shown, for: .progress) }
    if current.shown == shown {
      message?.hasLanded = true
      message?.showsNotice = false
      return proceed(at: now)
    }
    guard current.budget.allowsProgress else { return rollOver(at: now) }
    return edit(shown, for: .progress)
  }

  /// When the text that there is may be shown.
  private var textDue: Duration {
    let gathered = (firstTextAt ?? .zero) + timing.firstWords
    guard let message else {
      // The next message of a long answer: its words may have stood in the one before already.
      if !closed.isEmpty { return lastSentAt + timing.firstWords }
      let due = max(startedAt + timing.fastAnswer, gathered)
      return replaced.hasPlace ? max(due, lastSentAt + timing.minimumSpacing) : due
    }
    // A message that was taken over with few edits is not to be left after a few seconds.
    let spacing =
      message.budget.allowsProgress ? message.budget.spacing : timing.maximumSpacing
    return max(gathered, lastSentAt + spacing)
  }

  /// Out of progress edits while text keeps coming: this message ends at a clean border and the
  /// next one goes on. Only now that the next edit would be due: most answers end before.
  private mutating func rollOver(at now: Duration) -> [ReplyAction] {
    let piece = splitter.closing(open, fence: fence)
    guard piece.sourceBytes > 0, !piece.text.isBlank else {
      // Nothing is settled, as in a growing table: no border to end at, and no edit to go on with.
      abandonMessage()
      return proceed(at: now)
    }
    return close(with: piece, at: now)
  }

  // MARK: The notice

  private mutating func waiting(at now: Duration) -> [ReplyAction] {
    guard firstTextAt == nil else { return [] }
    while let due = notice.due {
      let paced = max(due, lastNoticeEdit.map { $0 + timing.minimumSpacing } ?? due)
      guard now >= paced else { return [.wake(at: paced)] }
      let words = plan.notice(notice.wait(at: now))
      if let action = keepsEarlier ? noticeAside(words) : noticeInPlace(words) { return [action] }
      // It stands already, or there is no room for it: the next time, then.
      notice.shown(at: now)
    }
    return []
  }

  /// When the message that is to show it was sent last; nil: there is none yet.
  private var lastNoticeEdit: Duration? {
    if keepsEarlier { return aside == nil ? nil : lastAsideAt }
    return message != nil || replaced.hasPlace ? lastSentAt : nil
  }

  private mutating func noticeInPlace(_ words: String) -> ReplyAction? {
    guard showsProgress else { return nil }
    if message == nil { message = replaced.take() }
    guard let current = message else { return post(words, for: .notice).first }
    guard current.shown != words else {
      message?.showsNotice = true
      return nil
    }
    let isFirst = !current.showsNotice
    guard isFirst ? current.budget.allowsProgress : current.budget.allowsNotice else { return nil }
    return edit(words, for: .notice).first
  }

  private mutating func noticeAside(_ words: String) -> ReplyAction? {
    guard showsAside, aside?.shown != words, aside?.budget.allowsNotice != false else { return nil }
    return sendAside(words, isFinal: false)
  }

  mutating func sendAside(_ words: String, isFinal: Bool) -> ReplyAction {
    guard let aside else {
      sending = ReplySend(kind: .post, text: words, purpose: .aside(isFinal: isFinal))
      return .post(words, .notice)
    }
    self.aside?.budget.spend(isFinal ? .final : .notice)
    sending = ReplySend(
      kind: .edit(messageID: aside.id), text: words, purpose: .aside(isFinal: isFinal))
    return .edit(messageID: aside.id, words, isFinal: isFinal)
  }
}
