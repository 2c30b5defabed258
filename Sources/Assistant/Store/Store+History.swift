// What was said: the history that the model is given, and the turns that /retry, /continue and an
// edited question go back to.

import FoundationEssentials
import GRDB

/// One message of a space's history.
struct HistoryMessage: Codable, FetchableRecord, Sendable, Equatable {
  enum Role: String, Codable, Sendable { case user, assistant }
  var turnID: String
  var role: Role
  var text: String
}

/// A finished turn that answered a question.
struct PastTurn: Codable, FetchableRecord, Sendable, Equatable {
  var id: String
  var threadID: String?
  /// The uuid of the message that asked.
  var questionMessageID: String?
  var question: String
  var cut: Cut?
}

extension Store {
  private static let pastTurn =
    "SELECT id, threadID, questionMessageID, question, cut FROM turn"

  /// The newest messages of a space, newest first, at most `limit`.
  ///
  /// - Parameters:
  ///   - threadID: only what was said in this thread.
  ///   - turnID: only what was said before this turn, which is answered again.
  func newestMessages(
    spaceID: String, threadID: String? = nil, before turnID: String? = nil, limit: Int
  ) async throws -> [HistoryMessage] {
    try await pool.read { db in
      try HistoryMessage.fetchAll(
        db,
        sql: """
          SELECT turnID, role, text FROM message WHERE spaceID = :space
            AND (:thread IS NULL
              OR turnID IN (SELECT id FROM turn WHERE spaceID = :space AND threadID = :thread))
            AND sequence <
              COALESCE((SELECT MIN(sequence) FROM message WHERE turnID = :turn), 9e18)
          ORDER BY sequence DESC LIMIT :limit
          """,
        arguments: [
          "space": spaceID, "thread": threadID, "turn": turnID, "limit": limit,
        ])
    }
  }

  /// What a turn left in the history, oldest first.
  func messages(of turnID: String) async throws -> [HistoryMessage] {
    try await pool.read { db in
      try HistoryMessage.fetchAll(
        db,
        sql: "SELECT turnID, role, text FROM message WHERE turnID = ? ORDER BY sequence",
        arguments: [turnID])
    }
  }

  /// The last question of a conversation.
  ///
  /// - Parameter threadID: only of this thread.
  func lastQuestion(spaceID: String, threadID: String?) async throws -> PastTurn? {
    try await pool.read { db in
      try PastTurn.fetchOne(
        db,
        sql: Self.pastTurn + """
           WHERE spaceID = :space AND question IS NOT NULL AND state = 'finished'
             AND (:thread IS NULL OR threadID = :thread)
           ORDER BY startedAt DESC, rowid DESC LIMIT 1
          """,
        arguments: ["space": spaceID, "thread": threadID])
    }
  }

  /// The newest turn that answered this message.
  func question(askedBy messageID: String) async throws -> PastTurn? {
    try await pool.read { db in
      try PastTurn.fetchOne(
        db,
        sql: Self.pastTurn + """
           WHERE questionMessageID = ? AND question IS NOT NULL AND state = 'finished'
           ORDER BY startedAt DESC, rowid DESC LIMIT 1
          """,
        arguments: [messageID])
    }
  }

  /// A question that was edited after others followed: its answer stays, the history is corrected.
  func correctQuestion(_ question: String, of turnID: String) async throws {
    try await pool.write { db in
      try db.execute(
        sql: "UPDATE turn SET question = ? WHERE id = ?", arguments: [question, turnID])
      try db.execute(
        sql: "UPDATE message SET text = ? WHERE turnID = ? AND role = 'user'",
        arguments: [question, turnID])
    }
  }

  /// The reply messages that attempts at an event have left.
  func replies(toActivity activityID: String) async throws -> [PostedReply] {
    try await pool.read { db in
      try String.fetchAll(
        db, sql: "SELECT id FROM turn WHERE activityID = ?", arguments: [activityID]
      ).flatMap { try Self.replies(db, of: $0) }
    }
  }

  /// A person deleted their question: it is neither told to the model nor asked again.
  func forgetQuestion(askedBy messageID: String) async throws {
    try await pool.write { db in
      try db.execute(
        sql: """
          DELETE FROM message WHERE turnID IN (SELECT id FROM turn WHERE questionMessageID = ?)
          """, arguments: [messageID])
      try db.execute(
        sql: "UPDATE turn SET question = NULL, cut = NULL WHERE questionMessageID = ?",
        arguments: [messageID])
    }
  }

  static func remember(_ db: Database, _ turn: TurnOpening, _ end: TurnEnd, at now: Date) throws {
    var asking = turn.id
    if case .extending(let earlier) = end.remembering { asking = earlier }
    let isForgotten =
      try String.fetchOne(
        db, sql: "SELECT question FROM turn WHERE id = ?", arguments: [asking]) == nil
    // Its person deleted the question while it was answered.
    if isForgotten, end.answer != nil { return }
    switch end.remembering {
    case .new: try insert(db, turn, end, at: now)
    case .replacing(let earlier, let isObsolete):
      try replace(db, earlier, isObsolete: isObsolete, by: turn, end, at: now)
    case .extending(let earlier):
      guard let answer = end.answer else { return }
      try db.execute(
        sql: "UPDATE message SET text = text || ? WHERE turnID = ? AND role = 'assistant'",
        arguments: [answer, earlier])
      try db.execute(
        sql: "UPDATE turn SET cut = ? WHERE id = ?", arguments: [end.cut?.rawValue, earlier])
      // A later /retry takes the place of both parts.
      try db.execute(
        sql: "UPDATE reply SET turnID = ? WHERE turnID = ?", arguments: [earlier, turn.id])
    }
  }

  private static func replace(
    _ db: Database, _ earlier: String, isObsolete: Bool, by turn: TurnOpening, _ end: TurnEnd,
    at now: Date
  ) throws {
    guard let question = end.question, let answer = end.answer else {
      // It failed: the earlier turn stays the one that can be asked again, as it is asked now.
      if isObsolete {
        try db.execute(
          sql: """
            UPDATE turn SET cut = NULL, question = (SELECT question FROM turn WHERE id = ?)
            WHERE id = ?
            """, arguments: [turn.id, earlier])
      }
      try db.execute(sql: "UPDATE turn SET question = NULL WHERE id = ?", arguments: [turn.id])
      try db.execute(
        sql: "UPDATE reply SET turnID = ? WHERE turnID = ?", arguments: [earlier, turn.id])
      if isObsolete {
        try db.execute(sql: "DELETE FROM message WHERE turnID = ?", arguments: [earlier])
      }
      return
    }
    // In the place of the earlier exchange, so that the order of the history stays true.
    try db.execute(
      sql: "UPDATE message SET turnID = ?, text = ? WHERE turnID = ? AND role = 'user'",
      arguments: [turn.id, question, earlier])
    let isThere = db.changesCount > 0
    try db.execute(
      sql: "UPDATE message SET turnID = ?, text = ? WHERE turnID = ? AND role = 'assistant'",
      arguments: [turn.id, answer, earlier])
    if !isThere { try insert(db, turn, end, at: now) }
    try db.execute(
      sql: "UPDATE turn SET state = 'replaced', question = NULL WHERE id = ?", arguments: [earlier])
  }

  private static func insert(_ db: Database, _ turn: TurnOpening, _ end: TurnEnd, at now: Date)
    throws
  {
    guard let question = end.question, let answer = end.answer else { return }
    for (role, text) in [(HistoryMessage.Role.user, question), (.assistant, answer)] {
      try db.execute(
        sql: "INSERT INTO message (turnID, spaceID, role, text, createdAt) VALUES (?, ?, ?, ?, ?)",
        arguments: [turn.id, turn.spaceID, role.rawValue, text, now])
    }
  }

  /// Deletes a space's history, and the questions that could be asked again.
  ///
  /// - Returns: how many messages were forgotten.
  func clearHistory(spaceID: String, at now: Date) async throws -> Int {
    try await pool.write { db in
      try db.execute(sql: "DELETE FROM message WHERE spaceID = ?", arguments: [spaceID])
      let forgotten = db.changesCount
      try db.execute(
        sql: "UPDATE turn SET question = NULL, cut = NULL WHERE spaceID = ?", arguments: [spaceID])
      try db.execute(
        sql: "UPDATE space SET historySince = ? WHERE id = ?", arguments: [now, spaceID])
      return forgotten
    }
  }
}
