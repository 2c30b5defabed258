// A space's settings, one row for each value that people set there.

import FoundationEssentials
import GRDB

extension Store {
  func settings(spaceID: String) async throws -> SpaceSettings {
    try await pool.read { db in
      var settings = SpaceSettings()
      let rows = try Row.fetchAll(
        db, sql: "SELECT name, value, setBy, setAt FROM spaceSetting WHERE spaceID = ?",
        arguments: [spaceID])
      for row in rows {
        guard let name = SettingName(rawValue: row["name"]) else { continue }
        settings.set(name, stored: row["value"], by: row["setBy"], at: row["setAt"])
      }
      return settings
    }
  }

  /// Saves all of the changes or none. The space must be known.
  func save(_ changes: [SettingChange], spaceID: String, by person: String?, at now: Date)
    async throws
  {
    try await pool.write { db in
      for change in changes {
        guard let value = change.stored else {
          try db.execute(
            sql: "DELETE FROM spaceSetting WHERE spaceID = ? AND name = ?",
            arguments: [spaceID, change.name.rawValue])
          continue
        }
        try db.execute(
          sql: """
            INSERT INTO spaceSetting (spaceID, name, value, setBy, setAt) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET
              value = excluded.value, setBy = excluded.setBy, setAt = excluded.setAt
            """, arguments: [spaceID, change.name.rawValue, value, person, now])
        if case .model(let model?) = change {
          // Chosen anew, it may be missed anew.
          try db.execute(
            sql: "DELETE FROM spaceSetting WHERE spaceID = ? AND name = ?",
            arguments: [spaceID, Self.goneName(model)])
        }
      }
    }
  }

  func resetSettings(spaceID: String) async throws {
    try await pool.write { db in
      // What the space was told of stays told.
      try db.execute(
        sql: "DELETE FROM spaceSetting WHERE spaceID = ? AND name NOT LIKE 'gone:%'",
        arguments: [spaceID])
    }
  }

  /// Notes that a space is told of a model that is gone.
  ///
  /// - Returns: whether it had not been told before.
  func claimGoneNotice(model: String, spaceID: String, at now: Date) async throws -> Bool {
    try await pool.write { db in
      try db.execute(
        sql: """
          INSERT OR IGNORE INTO spaceSetting (spaceID, name, value, setAt)
          SELECT id, ?, '', ? FROM space WHERE id = ?
          """, arguments: [Self.goneName(model), now, spaceID])
      return db.changesCount > 0
    }
  }

  private static func goneName(_ model: String) -> String { "gone:\(model)" }
}
