// Time that a test moves by hand, so that no result depends on how fast the machine is.

import Synchronization

final class ManualClock: Clock {
  struct Instant: InstantProtocol {
    var offset: Duration = .zero

    func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    func duration(to other: Instant) -> Duration { other.offset - offset }
    static func < (a: Instant, b: Instant) -> Bool { a.offset < b.offset }
  }

  private struct Sleeper {
    let deadline: Instant
    let continuation: CheckedContinuation<Void, any Error>
  }
  private struct State {
    var now = Instant()
    var sleepers: [Int: Sleeper] = [:]
    var lastID = 0
  }

  /// How long everybody asleep still has to sleep, in order; noted after every change.
  let waits = Awaited<[Duration]>()
  private let state = Mutex(State())

  var now: Instant { state.withLock { $0.now } }
  var minimumResolution: Duration { .zero }

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    let id = state.withLock { state in
      state.lastID += 1
      return state.lastID
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
            state.sleepers[id] = Sleeper(deadline: deadline, continuation: continuation)
            note(state)
          }
        }
      }
    } onCancel: {
      state.withLock { state in
        guard let sleeper = state.sleepers.removeValue(forKey: id) else { return }
        note(state)
        sleeper.continuation.resume(throwing: CancellationError())
      }
    }
  }

  /// Wakes everybody whose time has come.
  func advance(by duration: Duration) {
    state.withLock { state in
      state.now = state.now.advanced(by: duration)
      let due = state.sleepers.filter { $0.value.deadline <= state.now }
      for (id, sleeper) in due.sorted(by: { $0.value.deadline < $1.value.deadline }) {
        state.sleepers[id] = nil
        sleeper.continuation.resume()
      }
      note(state)
    }
  }

  /// Until those asleep are as wanted, now and not at some time before.
  func wait(_ what: String, until isMet: @escaping @Sendable ([Duration]) -> Bool) async throws {
    try await waits.wait(what) { isMet($0.last ?? []) }
  }

  private func note(_ state: borrowing State) {
    waits.add(state.sleepers.values.map { state.now.duration(to: $0.deadline) }.sorted())
  }
}
