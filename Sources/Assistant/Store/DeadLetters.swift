// What was given up, for the operator: read and put back beside the running program, or without one.
// Used by `webex-assistant dead-letters`.

public import FoundationEssentials
import GRDB
import MercuryClient

/// An event that was given up.
public struct DeadLetter: Codable, Equatable, Sendable {
  public var id: Int64
  /// When it came, and when it was given up.
  public var receivedAt: Date
  public var failedAt: Date
  public var personEmail: String?
  public var spaceID: String
  /// nil if nothing was ever said there.
  public var isDirect: Bool?
  /// "message", "file", "edit", "press", "added".
  public var kind: String
  public var tries: Int
  public var reason: String
}

/// The dead letters of one database file.
public struct DeadLetters: Sendable {
  private let queue: DatabaseQueue

  /// Opens the file beside whoever uses it; makes none and changes no table.
  ///
  /// - Throws: ``AssistantError`` with code `database`.
  public init(path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else {
      throw AssistantError(.database, "there is no database at \(path)")
    }
    do {
      var configuration = Configuration()
      configuration.busyMode = .timeout(10)
      queue = try DatabaseQueue(path: path, configuration: configuration)
      guard try queue.read({ try $0.columns(in: "event").contains { $0.name == "reason" } }) else {
        throw AssistantError(
          .database, "the database at \(path) is of an earlier version: start the assistant once")
      }
    } catch {
      throw AssistantError.opening(path, error)
    }
  }

  /// The newest last.
  public func all() throws -> [DeadLetter] {
    try queue.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT sequence, json, receivedAt, finishedAt, personEmail, spaceID, isDirect,
            attempts + failures AS tries, reason
          FROM event LEFT JOIN space ON space.id = event.spaceID
          WHERE state = 'failed' ORDER BY finishedAt, sequence
          """
      ).map { row in
        DeadLetter(
          id: row["sequence"], receivedAt: row["receivedAt"], failedAt: row["finishedAt"],
          personEmail: row["personEmail"], spaceID: row["spaceID"], isDirect: row["isDirect"],
          kind: Self.kind(row["json"]), tries: row["tries"], reason: row["reason"] ?? "")
      }
    }
  }

  private static func kind(_ json: Data?) -> String {
    guard let json, let activity = try? JSONDecoder().decode(Activity.self, from: json) else {
      return "unreadable"
    }
    if activity.isEdit { return "edit" }
    switch activity.verb {
    case "post": return "message"
    case "share": return "file"
    case "cardAction": return "press"
    case "add": return "added"
    default: return activity.verb
    }
  }

  /// Puts a dead letter, or all of them, back among the events that wait; the running program takes
  /// them up within half a minute, or the next one at its start.
  ///
  /// - Returns: how many.
  public func retry(_ id: Int64?, now: Date = Date()) throws -> Int {
    try queue.write { db in
      // What is not there any more cannot be tried again.
      try db.execute(
        sql: """
          UPDATE event SET state = 'waiting', finishedAt = NULL, outcome = NULL, reason = NULL,
            attempts = 0, failures = 0, claimedBy = NULL, claimedAt = NULL, retryAt = :now
          WHERE state = 'failed' AND json IS NOT NULL AND (:id IS NULL OR sequence = :id)
          """, arguments: ["now": now, "id": id])
      return db.changesCount
    }
  }

  public func close() { try? queue.close() }
}

extension AssistantError {
  /// Why a file cannot be used, in one line.
  static func opening(_ path: String, _ error: any Error) -> AssistantError {
    if let error = error as? AssistantError { return error }
    guard let error = error as? DatabaseError else {
      return AssistantError(.database, "cannot open the database at \(path)", cause: error)
    }
    if error.resultCode == .SQLITE_NOTADB {
      return AssistantError(.database, "\(path) is not a database", cause: error)
    }
    return AssistantError(
      .database, "the database at \(path) cannot be used: \(error.problem)", cause: error)
  }
}
