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
        // The activity of a message has the message's id.
        try await store.finishParked(message.uuid, outcome: "deleted before its turn", at: now())
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
    // With no room for it in memory it stays in the store until there is.
    let isHeld = await conversations.admits()
    // Mercury redelivers only to a new socket, so the event is acked no earlier than it is stored.
    let isNew = try await insert(
      activity, spaceID, json, watermark: watermark, isBackfilled: isBackfilled, isHeld: isHeld)
    if !isBackfilled { CrashPoint.stored.reached() }
    guard isNew else {
      logger.debug("activity known already", metadata: ["activity": "\(activity.id)"])
      return false
    }
    guard isHeld else { return true }
    await conversations.submit(
      Job(activity: activity, spaceID: spaceID, kind: kind), isBounded: !isBackfilled)
    return true
  }

  private func insert(
    _ activity: Activity, _ spaceID: String, _ json: [UInt8], watermark: Date?, isBackfilled: Bool,
    isHeld: Bool
  ) async throws -> Bool {
    var hasFailed = false
    return try await storing("event", always: true) {
      do {
        let isNew = try await store.insertEvent(
          activityID: activity.id, spaceID: spaceID, json: json,
          personEmail: activity.actor?.emailAddress, isBackfilled: isBackfilled,
          watermark: watermark, isHeld: isHeld, at: now())
        guard !isNew, hasFailed else { return isNew }
        // The try that failed may have written it after all.
        return try await store.isUnbegun(activity.id)
      } catch {
        hasFailed = true
        throw error
      }
    }
  }

  /// Takes up what an earlier process left open.
  func resume() async throws {
    let count = try await storing("open events", always: true) { try await load() }
    if count > 0 {
      logger.notice("taking up open events", metadata: ["count": "\(count)"])
    }
  }

  /// Brings into memory what has room there and whose time has come, oldest first.
  ///
  /// - Returns: how many.
  @discardableResult
  func load() async throws -> Int {
    var count = 0
    while true {
      let room = await conversations.room
      // The conversations ring when there is some again.
      guard room > 0 else { return count }
      let events = try await store.claimEvents(atMost: min(room, Self.batch), at: now())
      for event in events { try await take(event) }
      count += events.count
      // What came while the last ones were read is in the store too.
      if events.isEmpty, await conversations.caughtUp() { return count }
    }
  }

  private static let batch = 200

  private func take(_ event: StoredEvent) async throws {
    guard let json = event.json,
      let activity = try? JSONDecoder().decode(Activity.self, from: json)
    else {
      logger.error("a stored event cannot be read", metadata: ["event": "\(event.sequence)"])
      return try await store.failEvent(
        event.activityID, reason: "what is stored of it cannot be read", at: now())
    }
    switch Relevance.of(activity, botUUID: botUUID, access: access) {
    case .taken(let kind):
      await conversations.submit(
        Job(activity: activity, spaceID: event.spaceID, kind: kind), isBounded: event.isNew)
    case .ignored(let reason):
      try await store.finishEvent(event.activityID, outcome: "ignored: \(reason)", at: now())
    }
  }
}
