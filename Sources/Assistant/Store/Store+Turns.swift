// Turns from their opening to their end, and the reply messages that they posted.

import FoundationEssentials
import GRDB

/// Why an answer is not whole: then `/continue` goes on with it.
enum Cut: String, Codable, Sendable {
  /// The model reached its length limit.
  case length
  /// The connection to the model broke in the middle, or the model failed there.
  case interrupted
  /// A person said `/stop`.
  case stopped
}

/// What a turn is about, as it is opened.
struct TurnOpening: Sendable {
  var id: String
  var activityID: String
  var spaceID: String
  var threadID: String?
}

/// A message of a reply, as it is on record.
struct PostedReply: Sendable, Equatable {
  var id: String
  /// Attempted edits.
  var edits: Int
  var threadID: String?

  /// For an answer in this thread. A message in another thread can only be deleted.
  func replaced(in threadID: String?) -> ReplacedMessage {
    ReplacedMessage(id: id, edits: self.threadID == threadID ? edits : EditBudget.limit)
  }
}

/// How an exchange is kept in the history.
enum Remembering: Sendable, Equatable {
  /// As a turn of its own.
  case new
  /// In the place of an earlier turn. `isObsolete`: its answer is wrong even if this one fails,
  /// since the question was edited.
  case replacing(turnID: String, isObsolete: Bool)
  /// At the end of an earlier turn's answer: `/continue`.
  case extending(turnID: String)
}

/// What is recorded of a turn when it ends.
struct TurnEnd: Sendable {
  var outcome: String
  /// The exchange to remember; nil when there was no answer worth remembering.
  var question: String?
  var answer: String?
  var remembering = Remembering.new
  var cut: Cut?
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

  /// True once per space: then the caller greets it.
  func claimGreeting(spaceID: String, at now: Date) async throws -> Bool {
    try await pool.write { db in
      try db.execute(
        sql: "UPDATE space SET greetedAt = ? WHERE id = ? AND greetedAt IS NULL",
        arguments: [now, spaceID])
      return db.changesCount == 1
    }
  }

  /// The greeting certainly did not arrive: the next contact is the first one again.
  func releaseGreeting(spaceID: String) async throws {
    try await pool.write { db in
      try db.execute(
        sql: "UPDATE space SET greetedAt = NULL WHERE id = ?", arguments: [spaceID])
    }
  }

  /// Opens the turn of an event, or takes up the one that an earlier process left open.
  ///
  /// - Returns: the reply messages that an earlier process had already posted, in order.
  func openTurn(_ turn: TurnOpening, at now: Date) async throws -> [PostedReply] {
    try await pool.write { db in
      let earlier = try String.fetchAll(
        db, sql: "SELECT id FROM turn WHERE activityID = ?", arguments: [turn.activityID])
      try db.execute(
        sql: """
          INSERT INTO turn (id, activityID, spaceID, threadID, state, startedAt)
          VALUES (?, ?, ?, ?, 'running', ?)
          """,
        arguments: [turn.id, turn.activityID, turn.spaceID, turn.threadID, now])
      var posted: [PostedReply] = []
      for id in earlier {
        posted += try Self.replies(db, of: id)
        // The old messages stay on record until they are edited or deleted at Webex.
        try db.execute(
          sql: "UPDATE reply SET turnID = ? WHERE turnID = ?", arguments: [turn.id, id])
        try db.execute(sql: "DELETE FROM turn WHERE id = ?", arguments: [id])
      }
      return posted
    }
  }

  /// Notes what a turn was asked, before the model is.
  ///
  /// - Parameter threadID: where the answer goes, which for a /retry need not be where it was said.
  func recordQuestion(_ question: String, messageID: String?, threadID: String?, turnID: String)
    async throws
  {
    try await pool.write { db in
      try db.execute(
        sql: "UPDATE turn SET question = ?, questionMessageID = ?, threadID = ? WHERE id = ?",
        arguments: [question, messageID, threadID, turnID])
    }
  }

  /// Ends a turn and its event in one transaction, and remembers the exchange.
  func finishTurn(_ turn: TurnOpening, _ end: TurnEnd, at now: Date) async throws {
    try await pool.write { db in
      try db.execute(
        sql: """
          UPDATE turn SET state = 'finished', finishedAt = ?, outcome = ?, cut = ?, model = ?,
            promptTokens = ?, completionTokens = ?, cost = ? WHERE id = ?
          """,
        arguments: [
          now, end.outcome, end.cut?.rawValue, end.model, end.promptTokens, end.completionTokens,
          end.cost, turn.id,
        ])
      // Of a card that was used only that is worth keeping.
      try db.execute(
        sql: "UPDATE card SET inputs = NULL, state = '{}' WHERE claimedBy = ? AND NOT isReusable",
        arguments: [turn.activityID])
      try Self.remember(db, turn, end, at: now)
      try Self.finishEvent(db, turn.activityID, outcome: end.outcome, at: now)
    }
  }

  // MARK: Reply messages

  /// - Parameter turnID: the turn that the message belongs to from now on.
  func recordEdits(_ edits: Int, messageID: String, turnID: String) async throws {
    try await pool.write { db in
      try db.execute(
        sql: "UPDATE reply SET edits = ?, turnID = ? WHERE messageID = ?",
        arguments: [edits, turnID, messageID])
    }
  }

  func forgetReply(_ messageID: String) async throws {
    try await pool.write { db in
      try db.execute(sql: "DELETE FROM reply WHERE messageID = ?", arguments: [messageID])
    }
  }

  func replies(of turnID: String) async throws -> [PostedReply] {
    try await pool.read { db in try Self.replies(db, of: turnID) }
  }

  static func replies(_ db: Database, of turnID: String) throws -> [PostedReply] {
    // A row is as old as its message, whichever turn it belongs to by now.
    try Row.fetchAll(
      db,
      sql: """
        SELECT messageID, edits, COALESCE(reply.threadID, turn.threadID) AS thread
        FROM reply JOIN turn ON turn.id = reply.turnID WHERE turnID = ? ORDER BY reply.rowid
        """,
      arguments: [turnID]
    ).map { PostedReply(id: $0["messageID"], edits: $0["edits"], threadID: $0["thread"]) }
  }

  // MARK: Passing messages

  func forgetNotice(_ messageID: String) async throws {
    try await pool.write { db in
      try db.execute(sql: "DELETE FROM notice WHERE messageID = ?", arguments: [messageID])
    }
  }

  /// What an earlier process left behind.
  func notices() async throws -> [String] {
    try await pool.read { db in try String.fetchAll(db, sql: "SELECT messageID FROM notice") }
  }
}
