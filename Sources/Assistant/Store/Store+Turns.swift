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
  /// Nil: it may show anything.
  var place: ReplyPlace?

  /// For an answer in this thread. A message in another thread can only be deleted.
  ///
  /// - Parameter isOwn: an earlier attempt at the same answer posted it, so that a single edit left
  ///   is worth using.
  func replaced(in threadID: String?, isOwn: Bool = false) -> ReplacedMessage {
    let isEditable = self.threadID == threadID && place?.part.isText != false
    return ReplacedMessage(
      id: id, edits: isEditable ? edits : EditBudget.limit,
      worthTaking: isOwn ? 1 : EditBudget.worthTaking)
  }
}

extension PostedReply {
  /// Of another answer, whose text this one's is not.
  var unplaced: PostedReply {
    var reply = self
    if place?.part.isText == true { reply.place = nil }
    return reply
  }
}

/// What an earlier process has left of a turn.
struct LeftTurn: Sendable, Equatable {
  /// In order.
  var replies: [PostedReply] = []
  var answer: KeptAnswer?
}

/// How an exchange is kept in the history.
enum Remembering: Codable, Sendable, Equatable {
  /// As a turn of its own.
  case new
  /// In the place of an earlier turn. `isObsolete`: its answer is wrong even if this one fails,
  /// since the question was edited.
  case replacing(turnID: String, isObsolete: Bool)
  /// At the end of an earlier turn's answer: `/continue`.
  case extending(turnID: String)
}

/// What is recorded of a turn when it ends.
struct TurnEnd: Codable, Sendable, Equatable {
  var outcome: String
  /// Makes the event a dead letter, for this reason.
  var failure: String?
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
  /// - Returns: what that one had come to.
  func openTurn(_ turn: TurnOpening, at now: Date) async throws -> LeftTurn {
    try await pool.write { db in
      let earlier = try String.fetchAll(
        db, sql: "SELECT id FROM turn WHERE activityID = ?", arguments: [turn.activityID])
      try db.execute(
        sql: """
          INSERT INTO turn (id, activityID, spaceID, threadID, state, startedAt)
          VALUES (?, ?, ?, ?, 'running', ?)
          """,
        arguments: [turn.id, turn.activityID, turn.spaceID, turn.threadID, now])
      var left = LeftTurn()
      for id in earlier {
        left.replies += try Self.replies(db, of: id)
        left.answer = try Self.keptAnswer(db, of: id) ?? left.answer
        try db.execute(
          sql: "UPDATE OR REPLACE answer SET turnID = ? WHERE turnID = ?",
          arguments: [turn.id, id])
        // The old messages stay on record until they are edited or deleted at Webex.
        try db.execute(
          sql: "UPDATE reply SET turnID = ? WHERE turnID = ?", arguments: [turn.id, id])
        try db.execute(sql: "DELETE FROM turn WHERE id = ?", arguments: [id])
      }
      if left.answer?.whole == nil {
        try Self.voidPlaces(db, turnID: turn.id)
      }
      return left
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
      try db.execute(sql: "DELETE FROM answer WHERE turnID = ?", arguments: [turn.id])
      try Self.remember(db, turn, end, at: now)
      if let failure = end.failure {
        try Self.failEvent(db, turn.activityID, reason: failure, at: now)
      } else {
        try Self.finishEvent(db, turn.activityID, outcome: end.outcome, at: now)
      }
    }
  }

  // MARK: Reply messages

  /// The edit that gave a message its last words has arrived.
  func recordPlace(_ place: ReplyPlace, messageID: String) async throws {
    let place = try place.json
    try await pool.write { db in
      try db.execute(
        sql: "UPDATE reply SET place = ? WHERE messageID = ?", arguments: [place, messageID])
    }
  }

  /// - Parameter turnID: the turn that the message belongs to from now on.
  /// - Parameter place: what it has for good, whether or not the edit arrives.
  func recordEdits(
    _ edits: Int, messageID: String, turnID: String, place: ReplyPlace? = nil
  ) async throws {
    let place = try place?.json
    try await pool.write { db in
      try db.execute(
        sql: "UPDATE reply SET edits = ?, turnID = ?, place = ? WHERE messageID = ?",
        arguments: [edits, turnID, place, messageID])
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
        SELECT messageID, edits, COALESCE(reply.threadID, turn.threadID) AS thread, place
        FROM reply JOIN turn ON turn.id = reply.turnID WHERE turnID = ? ORDER BY reply.rowid
        """,
      arguments: [turnID]
    ).map {
      PostedReply(
        id: $0["messageID"], edits: $0["edits"], threadID: $0["thread"],
        place: ReplyPlace(json: $0["place"]))
    }
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
