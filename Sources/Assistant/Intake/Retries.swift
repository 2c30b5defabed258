// Events that wait in the store for their next try, or for room in the mailboxes, come back from here.
// Run by the service.

import Logging

struct Retries: Sendable {
  let environment: TurnEnvironment
  let intake: Intake

  /// Until cancelled.
  func run() async {}
}
