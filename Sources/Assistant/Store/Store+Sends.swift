// POSTs before they are sent, until their messages are on record; and the bot's own messages that were
// seen meanwhile. Written by the SendLedger.

import FoundationEssentials
import GRDB
import WebexAPI

/// What a message is to the assistant, and so what its record is.
enum SendRole: String, Codable, Sendable {
  /// Of a turn's reply.
  case reply
  /// A passing one, such as "2 questions wait".
  case notice
  /// Said once and forgotten: a failure, a refusal.
  case sentence
  case greeting
}

/// A POST without an answer.
struct SendRow: Codable, FetchableRecord, PersistableRecord, Sendable, Equatable {
  static let databaseTableName = "send"

  var id: String
  var activityID: String?
  var turnID: String?
  var spaceID: String
  var roomID: String
  /// As REST names the thread's root.
  var threadID: String?
  var place: String
  var role: SendRole
  var kind: MessageContent.Kind
  var fingerprint: String
  /// Of a card: its `SentCard` without a message.
  var payload: String?
  /// JSON of a `ReplyPlace`.
  var part: String?
  var notBefore: Date?
  var begunAt: Date
  var givenUpAt: Date?
  var isReplaced = false
  /// Said, and its event is still worked on.
  var messageID: String?

  var content: MessageContent { MessageContent(kind: kind, fingerprint: fingerprint) }
}

extension Store {
  func beginSend(_ send: SendRow) async throws {
    try await pool.write { db in try send.insert(db) }
  }

  /// Puts the message on record and ends its send, both or neither.
  func finishSend(_ send: SendRow, messageID: String, at now: Date) async throws {
    try await pool.write { db in
      try Self.record(db, send, messageID: messageID, at: now)
      // What was given up for it before is one too many, should it turn up.
      try db.execute(
        sql: """
          UPDATE send SET isReplaced = TRUE
          WHERE activityID = ? AND place = ? AND givenUpAt IS NOT NULL
          """, arguments: [send.activityID, send.place])
      if send.role == .sentence, try Self.isOpen(db, send.activityID) {
        try db.execute(
          sql: "UPDATE send SET messageID = ? WHERE id = ?", arguments: [messageID, send.id])
      } else {
        try Self.forgetSend(db, send)
      }
    }
  }

  /// The work on an event has ended: what it said stays.
  static func forgetSaid(_ db: Database, of activityID: String) throws {
    try db.execute(
      sql: "DELETE FROM send WHERE activityID = ? AND messageID IS NOT NULL",
      arguments: [activityID])
  }

  /// Nothing is to be done about it any more.
  func forgetSend(_ send: SendRow) async throws {
    try await pool.write { db in try Self.forgetSend(db, send) }
  }

  func giveUpSend(_ id: String, isReplaced: Bool, at now: Date) async throws {
    try await pool.write { db in
      try db.execute(
        sql: "UPDATE send SET givenUpAt = ?, isReplaced = ? WHERE id = ?",
        arguments: [now, isReplaced, id])
    }
  }

  private static func record(_ db: Database, _ send: SendRow, messageID: String, at now: Date)
    throws
  {
    switch send.role {
    case .sentence, .greeting: break
    case .notice:
      try db.execute(
        sql: "INSERT OR REPLACE INTO notice (messageID, spaceID, postedAt) VALUES (?, ?, ?)",
        arguments: [messageID, send.spaceID, now])
    case .reply:
      // Webex edits no message with a card or a file: nobody is to try it, a /retry deletes it.
      let edits = send.kind == .text ? 0 : EditBudget.limit
      // `position` is of the first schema: the order of rows is the order of messages.
      try db.execute(
        sql: """
          INSERT OR REPLACE INTO reply (messageID, turnID, threadID, position, edits, shown, place)
          SELECT ?, id, ?, 0, ?, ?, ? FROM turn WHERE id = ?
          """,
        arguments: [
          messageID, send.threadID, edits, send.content.shown, send.part, send.turnID,
        ])
    }
    if let payload = send.payload,
      var card = try? JSONDecoder().decode(SentCard.self, from: Data(payload.utf8))
    {
      card.uuid = WebexID(messageID)?.uuid ?? messageID
      card.messageID = messageID
      try card.upsert(db)
    }
  }

  private static func forgetSend(_ db: Database, _ send: SendRow) throws {
    try db.execute(sql: "DELETE FROM send WHERE id = ?", arguments: [send.id])
    try db.execute(
      sql: "DELETE FROM echo WHERE place = ? AND NOT EXISTS (SELECT 1 FROM send WHERE place = ?)",
      arguments: [send.place, send.place])
  }

  /// What earlier processes have left, oldest first.
  func sends() async throws -> [SendRow] {
    try await pool.read { db in
      try SendRow.fetchAll(db, sql: "SELECT * FROM send ORDER BY rowid")
    }
  }

  /// A turn's messages that show something, oldest first.
  func replies(showing shown: String, of turnID: String) async throws -> [String] {
    try await pool.read { db in
      try String.fetchAll(
        db, sql: "SELECT messageID FROM reply WHERE turnID = ? AND shown = ? ORDER BY rowid",
        arguments: [turnID, shown])
    }
  }

  /// Sends that nobody will ask for again: what they left would have turned up by now.
  func pruneSends(begunBefore date: Date) async throws -> [String] {
    try await pool.write { db in
      let ids = try String.fetchAll(
        db,
        sql: """
          DELETE FROM send WHERE begunAt < ? AND (givenUpAt IS NOT NULL OR NOT EXISTS (
            SELECT 1 FROM event WHERE event.activityID = send.activityID AND finishedAt IS NULL))
          RETURNING id
          """, arguments: [date])
      try db.execute(
        sql: "DELETE FROM echo WHERE place NOT IN (SELECT place FROM send)")
      return ids
    }
  }

  /// Whether the work on an event has not ended.
  func isOpen(_ activityID: String?) async throws -> Bool {
    try await pool.read { db in try Self.isOpen(db, activityID) }
  }

  private static func isOpen(_ db: Database, _ activityID: String?) throws -> Bool {
    try Bool.fetchOne(
      db, sql: "SELECT EXISTS (SELECT 1 FROM event WHERE activityID = ? AND finishedAt IS NULL)",
      arguments: [activityID]) ?? false
  }

  func isDirect(_ spaceID: String) async throws -> Bool {
    try await pool.read { db in
      try Bool.fetchOne(db, sql: "SELECT isDirect FROM space WHERE id = ?", arguments: [spaceID])
        ?? false
    }
  }

  // MARK: Echoes

  func recordEcho(_ messageID: String, place: String, publishedAt: Date) async throws {
    try await pool.writeNext { db in
      try db.execute(
        sql: """
          INSERT OR IGNORE INTO echo (messageID, place, publishedAt)
          SELECT ?, ?, ? WHERE EXISTS (SELECT 1 FROM send WHERE place = ?)
          """, arguments: [messageID, place, publishedAt, place])
    }
  }

  struct StoredEcho: Codable, FetchableRecord, Sendable {
    var messageID: String
    var place: String
    var publishedAt: Date
  }

  func echoes() async throws -> [StoredEcho] {
    try await pool.read { db in
      try StoredEcho.fetchAll(db, sql: "SELECT * FROM echo ORDER BY rowid")
    }
  }

  /// Whether a message is on record as somebody's.
  func isOnRecord(_ messageID: String) async throws -> Bool {
    try await pool.read { db in
      try Bool.fetchOne(
        db,
        sql: """
          SELECT EXISTS (SELECT 1 FROM reply WHERE messageID = :id)
            OR EXISTS (SELECT 1 FROM notice WHERE messageID = :id)
            OR EXISTS (SELECT 1 FROM card WHERE messageID = :id)
          """, arguments: ["id": messageID]) ?? false
    }
  }
}
