// Waiting for what must happen, without sleeping: values are recorded, and a waiter is woken by the
// one that it waits for.

import Synchronization

final class Awaited<Value: Sendable>: Sendable {
  private struct Waiter {
    let id: Int
    let isMet: @Sendable ([Value]) -> Bool
    let continuation: CheckedContinuation<[Value], any Error>
  }
  private struct State {
    var values: [Value] = []
    var waiters: [Waiter] = []
    var lastID = 0
  }

  struct TookTooLong: Error, CustomStringConvertible {
    let description: String
  }

  private let state = Mutex(State())

  var values: [Value] { state.withLock { $0.values } }

  func add(_ value: Value) {
    let met = state.withLock { state in
      state.values.append(value)
      let met = state.waiters.filter { $0.isMet(state.values) }
      state.waiters.removeAll { waiter in met.contains { $0.id == waiter.id } }
      return met.map { ($0.continuation, state.values) }
    }
    for (continuation, values) in met { continuation.resume(returning: values) }
  }

  /// All values, as soon as they are as wanted; gives up after a minute.
  @discardableResult
  func wait(
    _ what: String, until isMet: @escaping @Sendable ([Value]) -> Bool
  ) async throws -> [Value] {
    let id = state.withLock { state in
      state.lastID += 1
      return state.lastID
    }
    let impatience = Task {
      try await Task.sleep(for: .seconds(60))
      let waiter = state.withLock { state in
        state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) }
      }
      waiter?.continuation.resume(
        throwing: TookTooLong(description: "\(what): only \(self.values)"))
    }
    defer { impatience.cancel() }
    return try await withCheckedThrowingContinuation { continuation in
      let values = state.withLock { state -> [Value]? in
        if isMet(state.values) { return state.values }
        state.waiters.append(Waiter(id: id, isMet: isMet, continuation: continuation))
        return nil
      }
      if let values { continuation.resume(returning: values) }
    }
  }

  /// The value number `index`, once it is there.
  func value(_ index: Int) async throws -> Value {
    try await wait("value \(index)") { $0.count > index }[index]
  }
}
