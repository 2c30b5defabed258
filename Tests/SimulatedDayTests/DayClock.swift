// Time that passes only when the day says so, and tells when the next sleeper wakes.

import Synchronization

final class DayClock: Clock {
  struct Instant: InstantProtocol {
    var offset: Duration = .zero

    func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    func duration(to other: Instant) -> Duration { other.offset - offset }
    static func < (a: Instant, b: Instant) -> Bool { a.offset < b.offset }
  }

  private struct State {
    var now = Instant()
    var sleepers: [Int: (deadline: Instant, continuation: CheckedContinuation<Void, any Error>)] =
      [:]
    var changes = 0
  }

  private let state = Mutex(State())

  var now: Instant { state.withLock { $0.now } }
  var minimumResolution: Duration { .zero }

  /// Sleeps that have begun and ended: still while nothing goes on.
  var changes: Int { state.withLock { $0.changes } }

  /// When the first of the sleepers wakes.
  var next: Duration? {
    state.withLock { $0.sleepers.values.map(\.deadline.offset).min() }
  }

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    let id = state.withLock { state in
      state.changes += 1
      return state.changes
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation {
        (continuation: CheckedContinuation<Void, any Error>) in
        state.withLock { state in
          if Task.isCancelled {
            continuation.resume(throwing: CancellationError())
          } else if deadline <= state.now {
            continuation.resume()
          } else {
            state.sleepers[id] = (deadline, continuation)
          }
        }
      }
    } onCancel: {
      state.withLock { state in
        guard let sleeper = state.sleepers.removeValue(forKey: id) else { return }
        state.changes += 1
        sleeper.continuation.resume(throwing: CancellationError())
      }
    }
  }

  /// Wakes those whose time has come by then.
  func advance(to time: Duration) {
    state.withLock { state in
      state.now = max(state.now, Instant(offset: time))
      state.changes += 1
      let due = state.sleepers.filter { $0.value.deadline <= state.now }
      for (id, sleeper) in due.sorted(by: { $0.value.deadline < $1.value.deadline }) {
        state.sleepers[id] = nil
        sleeper.continuation.resume()
      }
    }
  }
}
