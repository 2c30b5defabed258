// Store, then ack, then work: an event is in SQLite before Mercury hears the ack, and then goes to
// its conversation's mailbox.

import FoundationEssentials
import Logging
import MercuryClient
import WebexAPI

struct Intake: Sendable {
  let store: Store
  let conversations: ConversationManager
  let echoes: EchoBoard
  let botUUID: String
  let health: HealthBoard
  let now: @Sendable () -> Date
  let logger: Logger
  /// Told about an event for which its conversation has no room.
  let overflow: @Sendable (Job) -> Void

  /// Takes an event in. When it returns, the event may be acked.
  ///
  /// - Throws: if the event could not be stored; then it must not be acked.
  func accept(_ event: MercuryEvent) async throws {
    guard let activity = event.activity else { return }
    if activity.isBy(botUUID) { await echoes.note(activity) }
    if case .ignored(let reason) = Relevance.of(activity, botUUID: botUUID) {
      logger.debug("activity ignored", metadata: ["reason": "\(reason)"])
      return
    }
    guard let spaceID = activity.target?.id ?? activity.roomID?.uuid else { return }
    let isNew: Bool
    do {
      let json = Array(try JSONEncoder().encode(activity))
      isNew = try await store.insertEvent(
        activityID: activity.id, spaceID: spaceID, json: json, at: now())
      health.update { $0.isDatabaseWritable = true }
    } catch {
      health.update { $0.isDatabaseWritable = false }
      logger.error("event not stored, so not acked", metadata: ["error": "\(error)"])
      throw error
    }
    guard isNew else {
      logger.debug("activity known already", metadata: ["activity": "\(activity.id)"])
      return
    }
    let job = Job(activity: activity, spaceID: spaceID)
    if await !conversations.submit(job) { overflow(job) }
  }

  /// Takes up what an earlier process left open, oldest first.
  func resume() async throws {
    let open = try await store.openEvents()
    if !open.isEmpty {
      logger.notice("taking up open events", metadata: ["count": "\(open.count)"])
    }
    for event in open {
      guard let json = event.json,
        let activity = try? JSONDecoder().decode(Activity.self, from: json)
      else {
        try await store.finishEvent(event.activityID, outcome: "unreadable", at: now())
        continue
      }
      _ = await conversations.submit(
        Job(activity: activity, spaceID: event.spaceID), isBounded: false)
    }
  }
}
