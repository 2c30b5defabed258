// The actor around the gate's state machine: continuations, the timer, cancellation.

import Testing

@testable import WebexAPI

@Suite("RateGate", .timeLimit(.minutes(1)))
struct RateGateTests {
  private let clock = ManualClock()

  private func shutGate(for wait: Duration) async throws -> RateGate {
    let gate = RateGate(clock: clock)
    let ticket = await gate.ticket(priority: .ordinary, editedMessage: nil)
    #expect(try await gate.enter(ticket) == .go)
    await gate.rateLimited(ticket, retryAfter: wait)
    await gate.leave(ticket)
    await clock.waitForSleeper(atLeast: wait)
    return gate
  }

  @Test("everyone waits until the injected clock says that the wait is over")
  func waits() async throws {
    let gate = try await shutGate(for: .seconds(7))
    let calls = (0..<3).map { _ in
      Task {
        let ticket = await gate.ticket(priority: .ordinary, editedMessage: nil)
        let admission = try await gate.enter(ticket)
        let wentAt = clock.now.offset
        await gate.leave(ticket)
        return (admission, wentAt)
      }
    }
    while await gate.waitingCount < 3 { await Task.yield() }
    clock.advance(by: .seconds(6))
    #expect(await gate.waitingCount == 3)
    clock.advance(by: .seconds(1))
    for call in calls {
      let (admission, wentAt) = try await call.value
      #expect(admission == .go)
      #expect(wentAt == .seconds(7))
    }
  }

  @Test("a progress edit learns at once that it is dropped")
  func superseded() async throws {
    let gate = try await shutGate(for: .seconds(5))
    let ticket = await gate.ticket(priority: .progress, editedMessage: "m")
    #expect(try await gate.enter(ticket) == .superseded)
    #expect(await gate.isIdle)
  }

  @Test("a waiting call is cancelled at once and leaves nothing behind")
  func cancelled() async throws {
    let gate = try await shutGate(for: .seconds(60))
    let call = Task {
      let ticket = await gate.ticket(priority: .answer, editedMessage: "m")
      return try await gate.enter(ticket)
    }
    while await gate.waitingCount < 1 { await Task.yield() }
    call.cancel()
    await #expect(throws: CancellationError.self) { try await call.value }
    #expect(await gate.waitingCount == 0)
    #expect(await gate.isIdle)
  }

  @Test("a task that is already cancelled does not enter")
  func cancelledBefore() async throws {
    let gate = RateGate(clock: clock)
    let call = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      let ticket = await gate.ticket(priority: .ordinary, editedMessage: nil)
      return try await gate.enter(ticket)
    }
    await #expect(throws: CancellationError.self) { try await call.value }
    #expect(await gate.isIdle)
  }
}
