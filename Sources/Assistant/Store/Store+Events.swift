// Durable intake: an event is here before Mercury hears the ack, and stays until its end. A claim says
// that this process has it in memory; those of other processes are void, since one owns the file.

import FoundationEssentials
import GRDB
import MercuryClient

/// An event that waits for its work, as stored.
struct StoredEvent: Codable, FetchableRecord, Sendable {
  var sequence: Int64
  var activityID: String
  var spaceID: String
  var json: Data?
  var state: EventState
  /// Starts that did not come back: each of them ended the process.
  var attempts: Int
  var failures: Int
  var claimedBy: String?
  var retryAt: Date?
  var isBackfilled: Bool

  /// It came when there was no room in memory: the bounds of a conversation still apply to it.
  var isNew: Bool {
    !isBackfilled && claimedBy == nil && retryAt == nil && attempts == 0 && failures == 0
      && !isBackfilled
  }

  /// It was being worked on each time that the process ended by force.
  var isSuspect: Bool { state == .working && attempts >= 2 }
}

enum EventState: String, Codable, Sendable {
  /// Stored, not begun; or parked until `retryAt`.
  case waiting
  case working
  case finished
  /// A dead letter: nothing more is tried unless the operator says so.
  case failed
}

/// The start of the work on an event.
struct EventBegin: Equatable, Sendable {
  /// From 1, over restarts too; what was parked does not count.
  var attempt = 1
  /// Tries that failed without ending the process.
  var failures = 0
}

extension Store {
  /// - Parameters:
  ///   - isBackfilled: whether REST had to be asked for it.
  ///   - watermark: how far its space is known with it; nil leaves that as it is.
  ///   - isHeld: whether this process has room for it in memory.
  /// - Returns: false if the activity is known already.
  func insertEvent(
    activityID: String, spaceID: String, json: [UInt8], personEmail: String? = nil,
    isBackfilled: Bool = false, watermark: Date? = nil, isHeld: Bool = true, at now: Date
  ) async throws -> Bool {
    try checkPlace()
    return try await pool.writeNext { [runID] db in
      try db.execute(
        sql: """
          INSERT INTO event (activityID, spaceID, json, state, receivedAt, personEmail,
            isBackfilled, claimedBy, claimedAt)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (activityID) DO NOTHING
          """,
        arguments: [
          activityID, spaceID, Data(json), EventState.waiting.rawValue, now, personEmail,
          isBackfilled, isHeld ? runID : nil, isHeld ? now : nil,
        ])
      let isNew = db.changesCount == 1
      if let watermark { try Self.moveWatermark(db, of: spaceID, to: watermark) }
      return isNew
    }
  }

  /// Whether the event is stored for this process and not begun: after a write of which nobody knows
  /// whether it arrived.
  func isUnbegun(_ activityID: String) async throws -> Bool {
    try await pool.read { [runID] db in
      try Bool.fetchOne(
        db,
        sql: """
          SELECT 1 FROM event WHERE activityID = ? AND state = 'waiting' AND attempts = 0
            AND claimedBy = ?
          """, arguments: [activityID, runID]) ?? false
    }
  }

  /// Events without an end, oldest first.
  func openEvents() async throws -> [StoredEvent] {
    try await pool.read { db in
      try StoredEvent.fetchAll(db, sql: "\(Self.openEvent) ORDER BY sequence")
    }
  }

  private static let openEvent = """
    SELECT sequence, activityID, spaceID, json, state, attempts, failures, claimedBy, retryAt,
      isBackfilled
    FROM event WHERE finishedAt IS NULL
    """

  /// Takes over what no living process has in memory and whose time has come, oldest first.
  ///
  /// Of events that were being worked on at several ends of the process one may be what ended it:
  /// they begin one after the other, so that it ends without them.
  func claimEvents(atMost count: Int, at now: Date) async throws -> [StoredEvent] {
    try checkPlace()
    return try await pool.write { [runID] db in
      var events = try StoredEvent.fetchAll(
        db,
        sql: """
          \(Self.openEvent) AND claimedBy IS NOT ? AND (retryAt IS NULL OR retryAt <= ?)
          ORDER BY sequence LIMIT ?
          """, arguments: [runID, now, count])
      var suspects = 0
      for event in events {
        let isLater = event.isSuspect && suspects > 0
        let retryAt = isLater ? now.addingTimeInterval(Self.suspectPause * Double(suspects)) : nil
        if event.isSuspect { suspects += 1 }
        try db.execute(
          sql: """
            UPDATE event SET claimedBy = ?, claimedAt = ?, state = 'waiting', retryAt = ?
            WHERE sequence = ?
            """,
          arguments: [isLater ? nil : runID, isLater ? nil : now, retryAt, event.sequence])
      }
      suspects = 0
      events.removeAll { event in
        guard event.isSuspect else { return false }
        suspects += 1
        return suspects > 1
      }
      return events
    }
  }

  private static let suspectPause = 5.0

  /// When the next parked event is due; nil if none is.
  func nextRetry() async throws -> Date? {
    try await pool.read { [runID] db in
      try Date.fetchOne(
        db,
        sql: """
          SELECT retryAt FROM event
          WHERE retryAt IS NOT NULL AND finishedAt IS NULL AND claimedBy IS NOT ?
          ORDER BY retryAt LIMIT 1
          """, arguments: [runID])
    }
  }

  /// Notes the start of the work, before anything of it can fail.
  ///
  /// - Returns: nil if the event has had its end already.
  func beginEvent(_ activityID: String, at now: Date) async throws -> EventBegin? {
    try checkPlace()
    return try await pool.write { [runID] db in
      try Row.fetchOne(
        db,
        sql: """
          UPDATE event
          SET state = ?, attempts = attempts + 1, claimedBy = ?, claimedAt = ?, retryAt = NULL
          WHERE activityID = ? AND finishedAt IS NULL RETURNING attempts, failures
          """,
        arguments: [EventState.working.rawValue, runID, now, activityID]
      ).map { EventBegin(attempt: $0["attempts"], failures: $0["failures"]) }
    }
  }

  /// Leaves an event until its next try; its conversation goes on without it.
  ///
  /// - Parameter counts: whether the failure is the event's own.
  func parkEvent(_ activityID: String, until retryAt: Date, counts: Bool) async throws {
    try await pool.write { db in
      // This start came back, so it says nothing about what ends the process.
      try db.execute(
        sql: """
          UPDATE event SET state = ?, retryAt = ?, claimedBy = NULL, claimedAt = NULL,
            attempts = MAX(attempts - 1, 0), failures = failures + ?
          WHERE activityID = ? AND finishedAt IS NULL
          """,
        arguments: [EventState.waiting.rawValue, retryAt, counts ? 1 : 0, activityID])
    }
  }

  /// Ends what is not in memory: a parked event or a dead letter whose message is gone or has changed.
  ///
  /// - Parameter successor: the event that is answered in its stead; it takes over what an attempt at
  ///   this one had begun.
  /// - Returns: whether there was one.
  @discardableResult
  func finishParked(
    _ activityID: String, outcome: String, successor: String? = nil, at now: Date
  ) async throws -> Bool {
    try await pool.write { [runID] db in
      let isThere = try Bool.fetchOne(
        db,
        sql: """
          SELECT 1 FROM event WHERE activityID = ?
            AND (state = 'failed' OR finishedAt IS NULL AND claimedBy IS NOT ?)
          """, arguments: [activityID, runID])
      guard isThere == true else { return false }
      if let successor {
        try db.execute(
          sql: "UPDATE turn SET activityID = ? WHERE activityID = ? AND state = 'running'",
          arguments: [successor, activityID])
      }
      try Self.finishEvent(db, activityID, outcome: outcome, at: now)
      return true
    }
  }

  /// Ends the questions of a space that were put aside: a person wants no answer any more.
  ///
  /// - Returns: how many.
  func stopParked(in spaceID: String, at now: Date) async throws -> Int {
    try await pool.write { [runID] db in
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT activityID, json FROM event
          WHERE spaceID = ? AND retryAt IS NOT NULL AND finishedAt IS NULL AND claimedBy IS NOT ?
          """, arguments: [spaceID, runID])
      let questions = rows.compactMap { row -> String? in
        guard let json: Data = row["json"],
          let activity = try? JSONDecoder().decode(Activity.self, from: json),
          ["post", "share"].contains(activity.verb)
        else { return nil }
        return row["activityID"]
      }
      for id in questions { try Self.finishEvent(db, id, outcome: "stopped", at: now) }
      return questions.count
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
        UPDATE event SET state = ?, finishedAt = ?, outcome = ?, json = NULL, personEmail = NULL,
          reason = NULL, claimedBy = NULL, retryAt = NULL
        WHERE activityID = ?
        """,
      arguments: [EventState.finished.rawValue, now, outcome, activityID])
    try forgetSaid(db, of: activityID)
  }

  /// Forgets finished events; Webex replays about 15 minutes, so a week of ids is ample.
  ///
  /// - Parameter failed: dead letters that failed before then go too.
  func pruneEvents(finishedBefore date: Date, failedBefore failed: Date? = nil) async throws {
    try await pool.write { db in
      try db.execute(
        sql: "DELETE FROM event WHERE finishedAt < ? AND state IS NOT 'failed'", arguments: [date])
      try db.execute(
        sql: "DELETE FROM event WHERE finishedAt < ? AND state = 'failed'",
        arguments: [failed ?? date])
    }
  }
}
