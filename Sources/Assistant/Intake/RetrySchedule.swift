// When an event that failed comes back, and when it is given up. Pure; used by turns.

#if DEBUG
  import Glibc
#endif

/// The pauses between the tries of one event.
struct RetrySchedule: Sendable {
  /// Together about an hour.
  var pauses: [Duration] = [
    .seconds(30), .seconds(60), .seconds(120), .seconds(300), .seconds(600), .seconds(1_200),
    .seconds(1_200),
  ]
  /// While Webex answers nobody.
  var pauseOfAll: Duration = .seconds(60)
  /// Between two looks into the store: another process may have had a dead letter tried again.
  var patrol: Duration = .seconds(30)

  /// `WEBEX_ASSISTANT_RETRY_PACE=0.01` makes a debug build try again a hundred times as soon.
  static var ofProcess: RetrySchedule {
    #if DEBUG
      guard let pace = getenv("WEBEX_ASSISTANT_RETRY_PACE").flatMap({ Double(String(cString: $0)) })
      else { return RetrySchedule() }
      let schedule = RetrySchedule()
      return RetrySchedule(
        pauses: schedule.pauses.map { $0 * pace }, pauseOfAll: schedule.pauseOfAll * pace,
        patrol: schedule.patrol * pace)
    #else
      return RetrySchedule()
    #endif
  }

  /// The pause after an event's n-th failure, from 1.
  ///
  /// - Parameter random: from 0 to 1: what failed together does not come back together (±20 %).
  /// - Returns: nil when it has been tried often enough.
  func pause(afterFailure number: Int, random: Double) -> Duration? {
    guard number >= 1, number <= pauses.count else { return nil }
    return pauses[number - 1] * (0.8 + 0.4 * random)
  }
}
