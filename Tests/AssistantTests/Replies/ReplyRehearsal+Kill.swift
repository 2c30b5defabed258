// Kills the process of a rehearsal, and lets a successor take the reply up from the record.

@testable import Assistant

extension ReplyRehearsal {
  mutating func begins(_ action: ReplyAction, _ result: SendResult) {
    underWay = (machine.placeOfSend, nil)
    switch (action, result) {
    case (.edit(let id, _, _), _):
      guard let index = records.firstIndex(where: { $0.id == id }) else { return }
      let aside = underWay?.place?.part == .aside ? underWay?.place : nil
      records[index].edits = machine.sending.map { machine.edits(of: $0) } ?? 0
      records[index].place = aside
      if result == .edited { underWay?.messageID = id }
    case (_, .posted(let id)): underWay?.messageID = id
    default: break
    }
  }

  mutating func record(_ result: SendResult) {
    guard let (place, id) = underWay else { return }
    underWay = nil
    switch result {
    case .posted(let id):
      records.append(
        PostedReply(id: id, edits: place?.part == .file ? EditBudget.limit : 0, place: place))
    case .edited:
      guard let place, let index = records.firstIndex(where: { $0.id == id }) else { return }
      records[index].place = place
    case .deleted: forgetDeleted()
    default: break
    }
  }

  private mutating func forgetDeleted() {
    let there = Set(webex.visible.map(\.id))
    records.removeAll { !there.contains($0.id) }
  }

  /// The successor's reply, once its whole text is known; run like the first.
  func takenUp() -> ReplyRehearsal {
    var records = records
    // What was posted and not recorded is looked for before anything is sent.
    if let id = underWay?.messageID, !records.contains(where: { $0.id == id }) {
      let isFile = webex.visible.contains { $0.id == id && $0.file != nil }
      records.append(PostedReply(id: id, edits: 0, place: isFile ? ReplyPlace(.file) : nil))
    }
    var next = ReplyRehearsal(limit: plan.limit) { plan in
      plan.fence = self.plan.fence
      plan.standing = StandingReply(records, in: nil)
    }
    next.webex = webex
    next.webex.settled()
    next.webex.restarted()
    next.records = records
    var text = ""
    for (_, input) in script {
      switch input {
      case .text(let delta): text += delta
      case .end(let ending): next.at(.zero, .kept(text, ending))
      case .kept: next.at(.zero, input)
      default: break
      }
    }
    return next
  }
}
