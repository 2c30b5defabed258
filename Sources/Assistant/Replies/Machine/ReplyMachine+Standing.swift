// Goes on with an answer whose whole text is known, where a killed process left it: what stands for good
// stays as it is.

extension ReplyMachine {
  /// At the start, before anything is sent.
  mutating func stand(on standing: StandingReply) {
    hasTouched = true
    for message in standing.closed {
      closed.append(
        ReplyMessage(
          id: message.id, shown: nil, budget: EditBudget(timing: timing, used: EditBudget.limit)))
      if message.isOfEnd {
        standingEnd = (message.end, message.fence)
      } else {
        (consumed, fence) = (message.end, message.fence)
      }
    }
    if let open = standing.open {
      replaced.append(
        ReplyMessage(
          id: open.id, shown: nil, budget: EditBudget(timing: timing, used: open.edits),
          worthTaking: open.worthTaking))
    }
    attached = standing.files
    attachmentsDone = standing.files.count
    for earlier in standing.rest {
      replaced.append(
        ReplyMessage(
          id: earlier.id, shown: nil, budget: EditBudget(timing: timing, used: EditBudget.limit)))
    }
  }

  /// The text with its note stands up to there: what it was when the note was added, it is again.
  mutating func standAtEnd() {
    guard let (end, openFence) = standingEnd else { return }
    standingEnd = nil
    (consumed, fence) = (end, openFence)
  }

  /// What the record says of the message that is being sent, once it is there.
  var placeOfSend: ReplyPlace? {
    guard let sending, !sending.isVoid else { return nil }
    switch (sending.kind, sending.purpose) {
    case (.attach, _): return ReplyPlace(.file)
    case (_, .aside): return ReplyPlace(.aside)
    case (_, .closing(let bytes, let fence)):
      return place(upTo: bytes, fence)
    default: return nil
    }
  }

  func place(upTo bytes: Int, _ fence: CodeFence?) -> ReplyPlace {
    ReplyPlace(.text(end: consumed + bytes, fence: fence, isOfEnd: finalText != nil))
  }
}
