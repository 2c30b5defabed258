// What an answer says, kept while it is written: a successor of a killed process delivers a whole one
// without asking the model again, and has a part of it to show if that fails.

import FoundationEssentials
import GRDB

/// An answer that an earlier process had come to.
struct KeptAnswer: Sendable, Equatable {
  /// As the model wrote it; of one that is not whole, perhaps not all that came.
  var text: String
  var whole: WholeAnswer?
}

/// What is known of an answer when nothing more comes.
struct WholeAnswer: Codable, Sendable, Equatable {
  /// What it answers, as the model was asked.
  var question: String
  var ending: ReplyEnding
  var end: TurnEnd
}

extension Store {
  /// Keeps what there is so far. What is whole stays as it is.
  func keepAnswer(_ text: String, turnID: String, at now: Date) async throws {
    try await pool.write { db in
      try db.execute(
        sql: """
          INSERT INTO answer (turnID, text, savedAt) VALUES (?, ?, ?)
          ON CONFLICT (turnID) DO UPDATE SET text = excluded.text, savedAt = excluded.savedAt
          WHERE whole IS NULL
          """, arguments: [turnID, text, now])
    }
  }

  func keepAnswer(_ text: String, whole: WholeAnswer, turnID: String, at now: Date) async throws {
    let json = String(decoding: try JSONEncoder().encode(whole), as: UTF8.self)
    try await pool.write { db in
      try db.execute(
        sql: """
          INSERT OR REPLACE INTO answer (turnID, text, whole, savedAt) VALUES (?, ?, ?, ?)
          """, arguments: [turnID, text, json, now])
    }
  }

  /// The question was edited: what was kept, and which parts of it stand where, is void.
  func dropAnswer(turnID: String) async throws {
    try await pool.write { db in try Self.dropAnswer(db, turnID: turnID) }
  }

  static func dropAnswer(_ db: Database, turnID: String) throws {
    try db.execute(sql: "DELETE FROM answer WHERE turnID = ?", arguments: [turnID])
    try voidPlaces(db, turnID: turnID)
  }

  /// The text is another one from now on; files and notices stay what they are.
  static func voidPlaces(_ db: Database, turnID: String) throws {
    try db.execute(
      sql: """
        UPDATE reply SET place = NULL
        WHERE turnID = ? AND json_type(place, '$.part.text') IS NOT NULL
        """, arguments: [turnID])
  }

  static func keptAnswer(_ db: Database, of turnID: String) throws -> KeptAnswer? {
    guard
      let row = try Row.fetchOne(
        db, sql: "SELECT text, whole FROM answer WHERE turnID = ?", arguments: [turnID])
    else { return nil }
    let whole = (row["whole"] as String?).flatMap {
      try? JSONDecoder().decode(WholeAnswer.self, from: Data($0.utf8))
    }
    return KeptAnswer(text: row["text"], whole: whole)
  }
}
