// Store, then ack, then work: an event is in SQLite before Mercury hears the ack, and then goes to
// its conversation's mailbox.

import CrashPoints
import FoundationEssentials
import Logging
import MercuryClient
import WebexAPI

struct Intake: Sendable {
  let store: Store
  let conversations: ConversationManager
  let sends: SendLedger
  let botUUID: String
  let access: AccessPolicy
  let storing: StoreRetry
  let stream: StreamWatch
  let now: @Sendable () -> Date
  let logger: Logger

  /// Takes an event in. When it returns, the event may be acked.
  ///
  /// - Throws: if the event could not be stored; then it must not be acked.
  func accept(_ event: MercuryEvent) async throws {
    guard let activity = event.activity else { return }
    if activity.isBy(botUUID) { try await sends.saw(activity) }
    if activity.verb == "delete", let message = activity.messageID, let space = activity.target?.id
    {
      // The event is not stored: lost, it only means that an answer comes which nobody waits for.
      await conversations.deleted(message.uuid, in: space)
      return try await storing("deletion") {
        try await store.forgetQuestion(askedBy: message.uuid)
      }
    }
    let kind: ActivityKind
    switch Relevance.of(activity, botUUID: botUUID, access: access) {
    case .taken(let taken): kind = taken
    case .ignored(let reason):
      logger.debug("activity ignored", metadata: ["reason": "\(reason)"])
      return
    }
    CrashPoint.received.reached()
    // While events may be missing, what comes now says nothing about what came before.
    let watermark = kind == .message && stream.isTrusted ? activity.published : nil
    try await take(activity, kind, watermark: watermark)
  }

  /// Takes in what a backfill found, by the same way as what came live. Not bounded: it was sent while
  /// nobody could say that there is no room.
  ///
  /// - Returns: whether it was unknown.
  @discardableResult
  func accept(found activity: Activity) async throws -> Bool {
    guard case .taken(let kind) = Relevance.of(activity, botUUID: botUUID, access: access) else {
      return false
    }
    return try await take(
      activity, kind, watermark: kind == .edit ? nil : activity.published, isBackfilled: true)
  }

  @discardableResult
  private func take(
    _ activity: Activity, _ kind: ActivityKind, watermark: Date?, isBackfilled: Bool = false
  ) async throws -> Bool {
    guard let spaceID = activity.target?.id ?? activity.roomID?.uuid else { return false }
    let json = Array(try JSONEncoder().encode(activity))
    // Mercury redelivers only to a new socket, so the event is acked no earlier than it is stored.
    let isNew = try await storing("event", always: true) {
      try await store.insertEvent(
        activityID: activity.id, spaceID: spaceID, json: json, isBackfilled: isBackfilled,
        watermark: watermark, at: now())
    }
    if !isBackfilled { CrashPoint.stored.reached() }
    guard isNew else {
      logger.debug("activity known already", metadata: ["activity": "\(activity.id)"])
      return false
    }
    await conversations.submit(
      Job(activity: activity, spaceID: spaceID, kind: kind), isBounded: !isBackfilled)
    return true
  }

  /// Takes up what an earlier process left open, oldest first.
  func resume() async throws {
    let open = try await store.openEvents()
    if !open.isEmpty {
      logger.notice("taking up open events", metadata: ["count": "\(open.count)"])
    }
    for event in open {
      guard let json = event.json,
        let activity = try? JSONDecoder().decode(Activity.self, from: json),
        case .taken(let kind) = Relevance.of(activity, botUUID: botUUID, access: access)
      else {
        try await store.finishEvent(event.activityID, outcome: "unreadable", at: now())
        continue
      }
      await conversations.submit(
        Job(activity: activity, spaceID: event.spaceID, kind: kind), isBounded: false)
    }
  }
}
