// Events that wait in the store for their next try, or for room in the mailboxes, come back from here.
// Run by the service.

import FoundationEssentials
import Logging

struct Retries: Sendable {
  let environment: TurnEnvironment
  let intake: Intake

  /// Until cancelled.
  func run() async {
    let bell = environment.retries
    var timer: Task<Void, any Error>?
    bell.ring()
    // A ring comes from the timer, from a turn that parked its event, or from a mailbox with room.
    for await _ in bell.rings {
      timer?.cancel()
      let wait = await look()
      timer = Task { [clock = environment.clock] in
        try await clock.sleep(for: .seconds(wait))
        bell.ring()
      }
    }
    timer?.cancel()
  }

  /// - Returns: the seconds until the next look.
  private func look() async -> Double {
    let longest = environment.retrySchedule.patrol / .seconds(1)
    do {
      try await intake.load()
      guard let next = try await environment.store.nextRetry() else { return longest }
      let wait = next.timeIntervalSince(environment.now())
      return min(max(wait, 0.5), longest)
    } catch {
      environment.storing.note(error, "retries")
      return longest
    }
  }
}
