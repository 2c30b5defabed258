// Messages that came while nothing was heard, and are too old by now: one sentence for all of a space.
// The backfill makes the event, so that the sentence survives a restart like any answer.

import FoundationEssentials
import MercuryClient
import WebexAPI

/// The event for messages of one space that are not answered any more.
enum MissedMessages {
  /// Ours; nothing on the wire has it.
  static let verb = "missed"

  /// - Parameters:
  ///   - newest: the last of them, as its own activity.
  ///   - first: when the first of them was written.
  static func activity(newest: Activity, since first: Date) -> Activity {
    var activity = newest
    activity.verb = verb
    // The thread of the newest: there it is read.
    activity.parent = .init(
      id: newest.threadRootID?.uuid ?? newest.messageID?.uuid, type: "reply")
    activity.clientTempID = first.ISO8601Format()
    return activity
  }

  /// From the first to the last.
  static func span(of activity: Activity) -> ClosedRange<Date>? {
    guard let last = activity.published else { return nil }
    let first = activity.clientTempID.flatMap { try? Date($0, strategy: .iso8601) } ?? last
    return min(first, last)...last
  }
}

extension Turn {
  func tellMissed() async throws {
    let activity = job.activity
    guard let room = activity.roomID, let span = MissedMessages.span(of: activity) else {
      return await finish("unreadable")
    }
    let isDirect = activity.target?.isDirect ?? false
    let subject = AccessSubject(of: activity, spaceID: job.spaceID, isDirect: isDirect)
    guard await environment.access.decide(subject).isAllowed else {
      return await finish("too old, of someone who may not use it")
    }
    let thread = try await open(
      ReplyDestination(
        roomID: room.encoded, parentID: activity.threadRootID?.encoded, isDirect: isDirect))
    try await say(Sentences.missed(span), in: thread, outcome: "too old")
  }
}
