// The database's connections, and who writes next: what is to be acked waits for one write of a turn at
// most, not for those of all of them. Used by the store alone.

import DequeModule
import GRDB
import Synchronization

final class Connections: Sendable {
  private struct Line {
    var isWriting = false
    var waiting: Deque<CheckedContinuation<Void, Never>> = []
  }

  let database: DatabasePool
  private let line = Mutex(Line())

  init(_ database: DatabasePool) { self.database = database }

  func read<Value: Sendable>(
    _ look: @escaping @Sendable (Database) throws -> Value
  ) async throws -> Value {
    try await database.read(look)
  }

  /// One after the other; the writer's own line stays short.
  func write<Value: Sendable>(
    _ change: @escaping @Sendable (Database) throws -> Value
  ) async throws -> Value {
    await withCheckedContinuation { continuation in
      let isNext = line.withLock { line in
        if line.isWriting {
          line.waiting.append(continuation)
          return false
        }
        line.isWriting = true
        return true
      }
      if isNext { continuation.resume() }
    }
    defer { passOn() }
    return try await database.write(change)
  }

  /// Of the intake: an ack waits for it.
  func writeNext<Value: Sendable>(
    _ change: @escaping @Sendable (Database) throws -> Value
  ) async throws -> Value {
    try await database.write(change)
  }

  private func passOn() {
    let next = line.withLock { line in
      let next = line.waiting.popFirst()
      line.isWriting = next != nil
      return next
    }
    next?.resume()
  }
}
