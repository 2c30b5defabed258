// What has to be on record is written again until the database takes it: a full disk or a lock passes,
// and giving up would lose a message or answer it twice. Used by intake and turns.

import GRDB
import Logging

struct StoreRetry: Sendable {
  let health: HealthBoard
  let logger: Logger
  var clock: any Clock<Duration> = ContinuousClock()

  /// Ends when the database has taken it, or with cancellation.
  ///
  /// - Parameter always: also after errors that waiting does not seem to mend; not with a damaged
  ///   file, though, which ends the program.
  /// - Throws: `CancellationError`, or such an error.
  func callAsFunction<Value>(
    _ what: String, always: Bool = false, _ write: () async throws -> Value
  ) async throws -> Value {
    var wait: Duration = .seconds(1)
    while true {
      do {
        let value = try await write()
        noteSuccess()
        return value
      } catch let error as DatabaseError {
        note(error, what)
        guard !error.isDamage, always || error.passes else { throw error }
        try await clock.sleep(for: wait)
        wait = min(wait * 2, .seconds(30))
      }
    }
  }

  /// One line when it begins, whoever meets it first; the rest is for those who look closely.
  func note(_ error: any Error, _ what: String) {
    guard let error = error as? DatabaseError, error.passes || error.isDamage else {
      return logger.error("\(what) failed", metadata: ["error": "\(error)"])
    }
    if error.isDamage { health.noteDamage() }
    let problem = error.problem
    let isNews = health.change { health in
      defer {
        health.isDatabaseWritable = false
        health.databaseProblem = problem
      }
      return health.databaseProblem != problem
    }
    logger.log(
      level: isNews ? .error : .debug,
      "the database does not take anything: \(problem). Messages are not acknowledged until it does",
      metadata: ["what": "\(what)", "code": "\(error.extendedResultCode.rawValue)"])
  }

  private func noteSuccess() {
    let wasFailing = health.change { health in
      defer {
        health.isDatabaseWritable = true
        health.databaseProblem = nil
      }
      return !health.isDatabaseWritable
    }
    if wasFailing { logger.notice("the database takes writes again") }
  }
}

extension DatabaseError {
  /// States of the machine, not mistakes of ours: they pass.
  var passes: Bool {
    [
      .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_READONLY,
      .SQLITE_CANTOPEN, .SQLITE_NOMEM,
    ].contains(resultCode)
  }

  /// The file is not a database any more: nothing that is read from it can be trusted.
  var isDamage: Bool { [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(resultCode) }

  /// For people; without the statement.
  var problem: String {
    switch resultCode {
    case .SQLITE_FULL: "the disk is full"
    case .SQLITE_BUSY, .SQLITE_LOCKED: "another program has locked it"
    case .SQLITE_READONLY: "it may not be written"
    case .SQLITE_CANTOPEN: message ?? "it cannot be opened"
    case .SQLITE_CORRUPT, .SQLITE_NOTADB: "it is damaged"
    case .SQLITE_IOERR: "the disk fails"
    default: message ?? "error \(resultCode.rawValue)"
    }
  }
}
