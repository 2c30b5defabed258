// Turns, their reply messages and the history that the model is given.

import FoundationEssentials
import GRDB

/// One message of a space's history.
struct HistoryMessage: Codable, FetchableRecord, Sendable, Equatable {
  enum Role: String, Codable, Sendable { case user, assistant }
  var turnID: String
  var role: Role
  var text: String
}

/// What is recorded of a turn when it ends.
struct TurnEnd: Sendable {
  var outcome: String
  /// The exchange to remember; nil when there was no answer worth remembering.
  var question: String?
  var answer: String?
  var model: String?
  var promptTokens: Int?
  var completionTokens: Int?
  var cost: Double?
}

extension Store {
  /// Notes the space of an event; the first call for a space creates it.
  func touchSpace(_ spaceID: String, roomID: String, isDirect: Bool, at now: Date) async throws {
    try await pool.write { db in
      try db.execute(
        sql: """
          INSERT INTO space (id, roomID, isDirect, firstSeenAt) VALUES (?, ?, ?, ?)
          ON CONFLICT (id) DO UPDATE SET roomID = excluded.roomID
          """,
        arguments: [spaceID, roomID, isDirect, now])
    }
  }

  /// Opens the turn of an event, or takes up the one that an earlier process left open.
  ///
  /// - Returns: which attempt at answering this is, from 1, and the ids of reply messages that an
  ///   earlier process had already posted.
  func openTurn(
    _ turnID: String, activityID: String, spaceID: String, threadID: String?, at now: Date
  ) async throws -> (attempt: Int, posted: [String]) {
    try await pool.write { db in
      try db.execute(
        sql: "UPDATE event SET attempts = attempts + 1 WHERE activityID = ?",
        arguments: [activityID])
      let attempt = try Int.fetchOne(
        db, sql: "SELECT attempts FROM event WHERE activityID = ?", arguments: [activityID])
      let posted = try String.fetchAll(
        db,
        sql: """
          SELECT messageID FROM reply JOIN turn ON turn.id = reply.turnID
          WHERE turn.activityID = ? ORDER BY position
          """,
        arguments: [activityID])
      try db.execute(sql: "DELETE FROM turn WHERE activityID = ?", arguments: [activityID])
      try db.execute(
        sql: """
          INSERT INTO turn (id, activityID, spaceID, threadID, state, startedAt)
          VALUES (?, ?, ?, ?, 'running', ?)
          """,
        arguments: [turnID, activityID, spaceID, threadID, now])
      // The old messages stay on record until they are deleted at Webex.
      for (position, id) in posted.enumerated() {
        try db.execute(
          sql: "INSERT INTO reply (messageID, turnID, position) VALUES (?, ?, ?)",
          arguments: [id, turnID, position - posted.count])
      }
      return (attempt ?? 1, posted)
    }
  }

  func recordReply(_ messageID: String, turnID: String, position: Int) async throws {
    try await pool.write { db in
      try db.execute(
        sql: "INSERT OR REPLACE INTO reply (messageID, turnID, position) VALUES (?, ?, ?)",
        arguments: [messageID, turnID, position])
    }
  }

  func recordEdits(_ edits: Int, messageID: String) async throws {
    try await pool.write { db in
      try db.execute(
        sql: "UPDATE reply SET edits = ? WHERE messageID = ?", arguments: [edits, messageID])
    }
  }

  func forgetReply(_ messageID: String) async throws {
    try await pool.write { db in
      try db.execute(sql: "DELETE FROM reply WHERE messageID = ?", arguments: [messageID])
    }
  }

  /// Ends a turn and its event in one transaction, and remembers the exchange.
  func finishTurn(
    _ turnID: String, activityID: String, spaceID: String, _ end: TurnEnd, at now: Date
  ) async throws {
    try await pool.write { db in
      try db.execute(
        sql: """
          UPDATE turn SET state = 'finished', finishedAt = ?, outcome = ?, model = ?,
            promptTokens = ?, completionTokens = ?, cost = ? WHERE id = ?
          """,
        arguments: [
          now, end.outcome, end.model, end.promptTokens, end.completionTokens, end.cost, turnID,
        ])
      if let question = end.question, let answer = end.answer {
        for (role, text) in [(HistoryMessage.Role.user, question), (.assistant, answer)] {
          try db.execute(
            sql: """
              INSERT INTO message (turnID, spaceID, role, text, createdAt) VALUES (?, ?, ?, ?, ?)
              """,
            arguments: [turnID, spaceID, role.rawValue, text, now])
        }
      }
      try Self.finishEvent(db, activityID, outcome: end.outcome, at: now)
    }
  }

  /// The newest messages of a space, newest first, at most `limit`.
  func newestMessages(spaceID: String, limit: Int) async throws -> [HistoryMessage] {
    try await pool.read { db in
      try HistoryMessage.fetchAll(
        db,
        sql: """
          SELECT turnID, role, text FROM message WHERE spaceID = ?
          ORDER BY sequence DESC LIMIT ?
          """,
        arguments: [spaceID, limit])
    }
  }

  /// Deletes a space's history.
  ///
  /// - Returns: how many messages were forgotten.
  func clearHistory(spaceID: String, at now: Date) async throws -> Int {
    try await pool.write { db in
      try db.execute(sql: "DELETE FROM message WHERE spaceID = ?", arguments: [spaceID])
      let forgotten = db.changesCount
      try db.execute(
        sql: "UPDATE space SET historySince = ? WHERE id = ?", arguments: [now, spaceID])
      return forgotten
    }
  }
}
