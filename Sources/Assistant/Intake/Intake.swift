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

  /// Takes an event in. When it returns, the event may be acked.
  ///
  /// - Throws: if the event could not be stored; then it must not be acked.
  func accept(_ event: MercuryEvent) async throws {
    guard let activity = event.activity else { return }
    if activity.isBy(botUUID) { await echoes.note(activity) }
    if activity.verb == "delete", let message = activity.messageID, let space = activity.target?.id
    {
      // Not stored: after a restart the message is not found, which comes to the same.
      return await conversations.deleted(message.uuid, in: space)
    }
    let kind: ActivityKind
    switch Relevance.of(activity, botUUID: botUUID) {
    case .taken(let taken): kind = taken
    case .ignored(let reason):
      logger.debug("activity ignored", metadata: ["reason": "\(reason)"])
      return
    }
    guard let spaceID = activity.target?.id ?? activity.roomID?.uuid else { return }
    let json = Array(try JSONEncoder().encode(activity))
    let isNew = try await stored(activity.id, spaceID: spaceID, json: json)
    guard isNew else {
      logger.debug("activity known already", metadata: ["activity": "\(activity.id)"])
      return
    }
    await conversations.submit(Job(activity: activity, spaceID: spaceID, kind: kind))
  }

  /// Mercury redelivers only to a new socket, so a database that is locked or full is asked again
  /// until it takes the event, which is acked no earlier. Ends with cancellation only.
  private func stored(_ activityID: String, spaceID: String, json: [UInt8]) async throws -> Bool {
    var wait: Duration = .seconds(1)
    while true {
      do {
        let isNew = try await store.insertEvent(
          activityID: activityID, spaceID: spaceID, json: json, at: now())
        health.update { $0.isDatabaseWritable = true }
        return isNew
      } catch is CancellationError {
        throw CancellationError()
      } catch {
        health.update { $0.isDatabaseWritable = false }
        logger.error("event not stored, so not acked yet", metadata: ["error": "\(error)"])
        try await Task.sleep(for: wait)
        wait = min(wait * 2, .seconds(30))
      }
    }
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
        case .taken(let kind) = Relevance.of(activity, botUUID: botUUID)
      else {
        try await store.finishEvent(event.activityID, outcome: "unreadable", at: now())
        continue
      }
      await conversations.submit(
        Job(activity: activity, spaceID: event.spaceID, kind: kind), isBounded: false)
    }
  }
}
