// What is known of Webex's spaces, and until when: the marks from which a backfill starts. All dates
// are Webex's own; ours may be off.

import FoundationEssentials
import GRDB

/// Up to where everything is known.
struct BackfillMarks: Sendable, Equatable {
  /// The newest activity when the assistant first started: what is older is not its business.
  var installedAt: Date
  /// Up to then everything is known, of every space.
  var completeTo: Date
  /// By space: the newest message that is on record. Stands still while events may be missing.
  var watermarks: [String: Date] = [:]
}

extension Store {
  private enum Mark {
    static let installedAt = "installedAt"
    static let completeTo = "completeTo"
  }

  /// - Returns: nil before the first start; a database of an earlier version, which has no marks, gets
  ///   those that its events and turns tell.
  func marks() async throws -> BackfillMarks? {
    try await pool.write { db in
      if try Self.mark(db, Mark.completeTo) == nil { try Self.deriveMarks(db) }
      guard let installed = try Self.mark(db, Mark.installedAt),
        let complete = try Self.mark(db, Mark.completeTo)
      else { return nil }
      var marks = BackfillMarks(installedAt: installed, completeTo: complete)
      let rows = try Row.fetchCursor(
        db, sql: "SELECT id, watermark FROM space WHERE watermark IS NOT NULL")
      while let row = try rows.next() { marks.watermarks[row["id"]] = row["watermark"] }
      return marks
    }
  }

  /// The first start: nothing before this is answered.
  func begin(at newestActivity: Date) async throws {
    try await pool.write { db in
      try Self.advance(db, Mark.installedAt, to: newestActivity)
      try Self.advance(db, Mark.completeTo, to: newestActivity)
    }
  }

  /// A backfill has looked at everything up to `date`.
  func complete(to date: Date) async throws {
    try await pool.write { db in try Self.advance(db, Mark.completeTo, to: date) }
  }

  /// Which of these events are on record, open or finished.
  func knownEvents(of ids: [String]) async throws -> Set<String> {
    try await pool.read { db in
      var known: Set<String> = []
      // SQLite takes a limited number of arguments.
      for start in stride(from: 0, to: ids.count, by: 500) {
        let some = ids[start..<min(start + 500, ids.count)]
        known.formUnion(
          try String.fetchSet(
            db,
            sql: """
              SELECT activityID FROM event
              WHERE activityID IN (\(some.map { _ in "?" }.joined(separator: ",")))
              """,
            arguments: StatementArguments(some)))
      }
      return known
    }
  }

  /// Puts a message on record that is too old to be answered, so that no later look takes it up.
  ///
  /// - Returns: false if it is known.
  func recordTooOld(activityID: String, spaceID: String, created: Date, at now: Date) async throws
    -> Bool
  {
    try await pool.write { db in
      try db.execute(
        sql: """
          INSERT INTO event
            (activityID, spaceID, state, receivedAt, finishedAt, outcome, isBackfilled)
          VALUES (?, ?, ?, ?, ?, 'too old', TRUE) ON CONFLICT (activityID) DO NOTHING
          """,
        arguments: [activityID, spaceID, EventState.finished.rawValue, now, now])
      let isNew = db.changesCount == 1
      try Self.moveWatermark(db, of: spaceID, to: created)
      return isNew
    }
  }

  /// Only ever forward. A space gets its row with its first turn; until then `completeTo` serves.
  static func moveWatermark(_ db: Database, of spaceID: String, to date: Date) throws {
    try db.execute(
      sql: """
        UPDATE space SET watermark = :date
        WHERE id = :space AND (watermark IS NULL OR watermark < :date)
        """,
      arguments: ["space": spaceID, "date": date])
  }

  private static func mark(_ db: Database, _ key: String) throws -> Date? {
    try Date.fetchOne(db, sql: "SELECT value FROM meta WHERE key = ?", arguments: [key])
  }

  private static func advance(_ db: Database, _ key: String, to date: Date) throws {
    try db.execute(
      sql: """
        INSERT INTO meta (key, value) VALUES (?, ?)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE value < excluded.value
        """,
      arguments: [key, date])
  }

  /// From the times of this machine, which is what an earlier version knew.
  private static func deriveMarks(_ db: Database) throws {
    let row = try Row.fetchOne(
      db,
      sql: """
        SELECT MIN(moment) AS first, MAX(moment) AS last FROM (
          SELECT receivedAt AS moment FROM event
          UNION ALL SELECT startedAt FROM turn UNION ALL SELECT firstSeenAt FROM space)
        """)
    guard let first: Date = row?["first"], let last: Date = row?["last"] else { return }
    try advance(db, Mark.installedAt, to: first)
    try advance(db, Mark.completeTo, to: last)
  }
}
