// The cards that were sent, so that a press is understood after a restart and taken only once; and
// the events for which something outside was changed.

import FoundationEssentials
import GRDB

/// What a card is to its command.
enum CardPurpose: String, Codable, Sendable {
  /// The command's own: presses go to `Command.press`.
  case own
  /// Asks for arguments.
  case form
  /// Asks whether to go on.
  case confirmation
  /// Its buttons are commands.
  case help
}

/// A card, as it is on record.
struct SentCard: Codable, FetchableRecord, PersistableRecord, Sendable, Equatable {
  static let databaseTableName = "card"

  /// Of the message; presses name it.
  var uuid: String
  var messageID: String
  var spaceID: String
  var roomID: String
  var threadID: String?
  var isDirect: Bool
  var command: String
  var purpose: CardPurpose
  /// JSON.
  var state: String
  /// The message that asked for it, or the press.
  var cause: String? = nil
  /// The uuid of the person who ran the command.
  var requesterID: String
  var requesterName: String
  var presser: CommandCard.Presser
  var isReusable: Bool
  var sentAt: Date
  var expiresAt: Date?
  /// The event of the press that was taken.
  var claimedBy: String?
  var claimedByName: String?
  var claimedAt: Date?
  /// What was entered with the press that was taken; JSON.
  var inputs: String?
  /// How often it was edited in place.
  var generation = 0
  var madeBy: String?
  var madeByName: String?
}

extension Store {
  func recordCard(_ card: SentCard) async throws {
    try await pool.write { db in try card.upsert(db) }
  }

  func card(_ uuid: String) async throws -> SentCard? {
    try await pool.read { db in try SentCard.fetchOne(db, key: uuid) }
  }

  /// Takes a press, once per card; the same press may take it again after a restart.
  ///
  /// - Returns: the card as it stands then: `claimedBy` tells whose press has it.
  func claimCard(
    _ uuid: String, by activityID: String, name: String, inputs: String = "{}", at now: Date
  ) async throws -> SentCard? {
    try await pool.write { db in
      try db.execute(
        sql: """
          UPDATE card SET claimedBy = ?, claimedByName = ?, claimedAt = ?, inputs = ?
          WHERE uuid = ? AND claimedBy IS NULL
          """,
        arguments: [activityID, name, now, inputs, uuid])
      return try SentCard.fetchOne(db, key: uuid)
    }
  }

  /// The press led to nothing: another one counts.
  func releaseCard(_ uuid: String, from activityID: String) async throws {
    try await pool.write { db in
      try db.execute(
        sql: """
          UPDATE card SET claimedBy = NULL, claimedByName = NULL, claimedAt = NULL, inputs = NULL
          WHERE uuid = ? AND claimedBy = ?
          """,
        arguments: [uuid, activityID])
    }
  }

  /// Cards older than this are not known any more.
  func pruneCards(sentBefore date: Date) async throws {
    try await pool.write { db in
      try db.execute(sql: "DELETE FROM card WHERE sentAt < ?", arguments: [date])
    }
  }

  // MARK: Effects

  /// Notes that something outside is about to be changed.
  ///
  /// - Parameters:
  ///   - cause: the uuid of the message that asked for it, edited or not, or the press.
  ///   - activityID: the event that is worked on.
  func beginEffect(of cause: String, by activityID: String, at now: Date) async throws
    -> EffectStart
  {
    try await pool.write { db in
      try db.execute(
        sql: """
          INSERT INTO effect (cause, activityID, begunAt) VALUES (?, ?, ?)
          ON CONFLICT (cause) DO NOTHING
          """,
        arguments: [cause, activityID, now])
      if db.changesCount == 1 { return .begun }
      let earlier = try String.fetchOne(
        db, sql: "SELECT activityID FROM effect WHERE cause = ?", arguments: [cause])
      return earlier == activityID ? .interrupted : .doneBefore
    }
  }

  func pruneEffects(begunBefore date: Date) async throws {
    try await pool.write { db in
      try db.execute(sql: "DELETE FROM effect WHERE begunAt < ?", arguments: [date])
    }
  }
}

enum EffectStart: Sendable, Equatable {
  case begun
  /// The same event began it before the process was killed: whether it was done is not known.
  case interrupted
  /// Another event of the same message did it.
  case doneBefore
}
