// Finds by REST what the socket did not bring: after a start, a long disconnect, a sequence gap, and on
// patrol. What it finds goes through the same intake as what comes live. Run by the service.

import Logging
import WebexAPI

struct Backfill: Sendable {
  let environment: TurnEnvironment
  let intake: Intake

  /// Until cancelled.
  func run() async {}
}
