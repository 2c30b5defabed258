// Durable intake: an event is here before Mercury hears the ack.

import FoundationEssentials
import GRDB

/// An event that waits for its work, as stored.
struct StoredEvent: Codable, FetchableRecord, Sendable {
  var activityID: String
  var spaceID: String
  var json: Data?
  var attempts: Int
}

enum EventState: String, Codable, Sendable {
  /// Stored, not begun, or begun by a process that is gone.
  case waiting
  case working
  case finished
}

extension Store {
  /// - Parameters:
  ///   - isBackfilled: whether REST had to be asked for it.
  ///   - watermark: how far its space is known with it; nil leaves that as it is.
  /// - Returns: false if the activity is known already.
  func insertEvent(
    activityID: String, spaceID: String, json: [UInt8], isBackfilled: Bool = false,
    watermark: Date? = nil, at now: Date
  ) async throws -> Bool {
    try await pool.write { db in
      try db.execute(
        sql: """
          INSERT INTO event (activityID, spaceID, json, state, receivedAt, isBackfilled)
          VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (activityID) DO NOTHING
          """,
        arguments: [
          activityID, spaceID, Data(json), EventState.waiting.rawValue, now, isBackfilled,
        ])
      let isNew = db.changesCount == 1
      if let watermark { try Self.moveWatermark(db, of: spaceID, to: watermark) }
      return isNew
    }
  }

  /// Events without an end, oldest first: what an earlier process left behind.
  func openEvents() async throws -> [StoredEvent] {
    try await pool.read { db in
      try StoredEvent.fetchAll(
        db,
        sql: """
          SELECT activityID, spaceID, json, attempts FROM event
          WHERE finishedAt IS NULL ORDER BY sequence
          """)
    }
  }

  /// Notes the start of the work, before anything of it can fail.
  ///
  /// - Returns: which attempt at the event this is, from 1, over restarts too.
  func beginEvent(_ activityID: String) async throws -> Int {
    try await pool.write { db in
      try Int.fetchOne(
        db,
        sql: """
          UPDATE event SET state = ?, attempts = attempts + 1 WHERE activityID = ?
          RETURNING attempts
          """,
        arguments: [EventState.working.rawValue, activityID]) ?? 1
    }
  }

  /// Ends an event that led to no turn. The raw frame is not kept.
  func finishEvent(_ activityID: String, outcome: String, at now: Date) async throws {
    try await pool.write { db in try Self.finishEvent(db, activityID, outcome: outcome, at: now) }
  }

  static func finishEvent(_ db: Database, _ activityID: String, outcome: String, at now: Date)
    throws
  {
    try db.execute(
      sql: """
        UPDATE event SET state = ?, finishedAt = ?, outcome = ?, json = NULL WHERE activityID = ?
        """,
      arguments: [EventState.finished.rawValue, now, outcome, activityID])
    try forgetSaid(db, of: activityID)
  }

  /// Forgets finished events; Webex replays about 15 minutes, so a week of ids is ample.
  func pruneEvents(finishedBefore date: Date) async throws {
    try await pool.write { db in
      try db.execute(sql: "DELETE FROM event WHERE finishedAt < ?", arguments: [date])
    }
  }
}
