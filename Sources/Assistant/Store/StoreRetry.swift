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
  /// - Parameter always: also after errors that waiting does not seem to mend.
  /// - Throws: `CancellationError`, or such an error.
  func callAsFunction<Value>(
    _ what: String, always: Bool = false, _ write: () async throws -> Value
  ) async throws -> Value {
    var wait: Duration = .seconds(1)
    while true {
      do {
        let value = try await write()
        health.update { $0.isDatabaseWritable = true }
        return value
      } catch let error as DatabaseError where always || Self.passes(error) {
        health.update { $0.isDatabaseWritable = false }
        logger.error("\(what): the database did not take it", metadata: ["error": "\(error)"])
        try await clock.sleep(for: wait)
        wait = min(wait * 2, .seconds(30))
      }
    }
  }

  /// Busy, full, unwritable: states of the machine, not mistakes of ours.
  private static func passes(_ error: DatabaseError) -> Bool {
    [
      .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_READONLY,
      .SQLITE_CANTOPEN, .SQLITE_NOMEM,
    ].contains(error.resultCode.primaryResultCode)
  }
}
