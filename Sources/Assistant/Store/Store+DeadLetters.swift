// Events that were given up: kept for a month with the reason, so that an operator can see them and
// have them tried again.

import FoundationEssentials
import GRDB

extension Store {
  /// Ends an event as a dead letter. What arrived is kept, for another try.
  ///
  /// - Parameter reason: for the operator; never what was said.
  func failEvent(_ activityID: String, reason: String, at now: Date) async throws {
    try await pool.write { db in try Self.failEvent(db, activityID, reason: reason, at: now) }
  }

  static func failEvent(_ db: Database, _ activityID: String, reason: String, at now: Date) throws {
    try db.execute(
      sql: """
        UPDATE event SET state = ?, finishedAt = ?, reason = ?, outcome = 'failed',
          claimedBy = NULL, retryAt = NULL
        WHERE activityID = ?
        """,
      arguments: [EventState.failed.rawValue, now, String(reason.prefix(300)), activityID])
    try forgetSaid(db, of: activityID)
  }
}
