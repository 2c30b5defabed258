// What comes into a busy conversation is read ahead of its turn: /stop and edits reach the answer that
// runs, presses and quick commands run beside it, the rest waits.

import DequeModule
import MercuryClient

extension ConversationManager {
  func nextLook() -> Look? {
    guard looking < Self.maximumLooking,
      let index = looks.firstIndex(where: {
        $0.job.kind != .edit || !editsIn.contains($0.job.spaceID)
      })
    else { return nil }
    let look = looks.remove(at: index)
    looking += 1
    if look.job.kind == .edit { editsIn.insert(look.job.spaceID) }
    return look
  }

  func lookAhead(_ look: Look) async {
    let place = Task {
      try? await Task.sleep(for: Self.lookLimit)
      leavePlace()
    }
    let isUrgent = await isUrgent(look)
    place.cancel()
    await place.value
    if !isUrgent, look.admission != .accepted { await work.refuse(look.job, look.admission) }
    if look.job.kind == .edit { editsIn.remove(look.job.spaceID) }
    let left = looksIn[look.job.spaceID, default: 1] - 1
    looksIn[look.job.spaceID] = left > 0 ? left : nil
    wake.yield()
  }

  private func leavePlace() {
    looking -= 1
    wake.yield()
  }

  /// - Returns: true if the job needs no place in its mailbox any more.
  private func isUrgent(_ look: Look) async -> Bool {
    let job = look.job
    // Where it cannot be read, its turn says so.
    let read = look.admission == .accepted ? try? await work.read(job) : await readSoon(job)
    guard let read else { return false }
    switch (job.kind, read.decision) {
    case (.message, .stop), (.press, .stop):
      guard withdraw(job) || look.admission != .accepted else { return true }
      let person = read.inbound.isDirect ? nil : read.speaker
      // Nothing ran yet: the question came a moment before.
      let answer = look.answer ?? running[job.spaceID]?.answer
      let isBeside = stopBeside(job.spaceID, by: person)
      let count = stops[job.spaceID, default: []].count
      if let answer, answer.request(.stop(by: person)), count < Self.maximumStops {
        // The answer itself shows that it was stopped. Killed before that stands, the process finds
        // both at its next start.
        stops[job.spaceID, default: []].append(job)
      } else if isBeside || count >= Self.maximumStops {
        await work.finish(job, "stop")
      } else {
        urgent.append(job)
      }
      return true
    case (.edit, .ask):
      guard let outcome = reach(read, with: job) else { return false }
      _ = withdraw(job)
      await work.finish(job, outcome)
      return true
    case (.press, .press), (.press, .command): return beside(look)
    // Quick, and no part of what is said here: it does not wait behind an answer.
    case (.message, .command(let call)) where CommandList.reserved.contains(call.keyword):
      return beside(look)
    case (.edit, _) where read.decision.isCommand:
      guard let outcome = dropOriginal(of: job) else { return false }
      _ = withdraw(job)
      await work.finish(job, outcome)
      return true
    default: return false
    }
  }

  private func beside(_ look: Look) -> Bool {
    // Whoever floods waits like everybody: in the mailbox, within its bounds.
    let mine = besides[look.job.spaceID, default: []].count { $0.personID == look.job.personID }
    guard mine < Self.maximumBeside else { return false }
    guard withdraw(look.job) || look.admission != .accepted else { return true }
    besides[look.job.spaceID, default: []].append(look.job)
    return true
  }

  func stopBeside(_ conversation: String, by person: String?) -> Bool {
    runningBeside[conversation]?.request(.stop(by: person)) ?? false
  }

  /// Nobody wants the answer to what stood there before.
  ///
  /// - Returns: nil if the edit has its own turn.
  private func dropOriginal(of edit: Job) -> String? {
    guard let (job, answer) = running[edit.spaceID], isOriginal(job, of: edit) else {
      return rereadOriginal(of: edit)
    }
    _ = answer.request(.drop)
    return nil
  }

  private func isOriginal(_ job: Job, of edit: Job) -> Bool {
    edit.messageUUID != nil && job.messageUUID == edit.messageUUID
      && job.activity.id != edit.activity.id
  }

  /// What waits is read as it now is.
  private func rereadOriginal(of edit: Job) -> String? {
    let original = mailboxes.waiting(in: edit.spaceID).first { isOriginal($0, of: edit) }
    guard let original else { return nil }
    original.letter.forget()
    return "edited before its turn"
  }

  private func readSoon(_ job: Job) async -> ReadMessage? {
    await withTaskGroup(of: ReadMessage?.self) { [work] group in
      group.addTask { try? await work.read(job) }
      group.addTask {
        try? await Task.sleep(for: Self.lookLimit)
        return nil
      }
      defer { group.cancelAll() }
      return await group.next() ?? nil
    }
  }

  /// An edited question that is being answered, or waits, is answered as it now is.
  private func reach(_ read: ReadMessage, with edit: Job) -> String? {
    if let (job, answer) = running[edit.spaceID], isOriginal(job, of: edit) {
      return answer.request(.restart(read)) ? "restarted the answer" : nil
    }
    return rereadOriginal(of: edit)
  }

  /// - Returns: false if it does not wait, since its turn has begun or there was no room for it.
  func withdraw(_ job: Job) -> Bool {
    let wasWaiting = mailboxes.withdraw(job.activity.id, from: job.spaceID) != nil
    if wasWaiting { changed(job.spaceID) }
    return wasWaiting
  }
}
