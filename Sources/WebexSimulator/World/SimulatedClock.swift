// The time of the simulated cloud: the machine's, and an offset that tests set. Waits stay real.

import Synchronization

final class SimulatedClock: Sendable {
  private let offset = Mutex(0)

  var now: Timestamp {
    Timestamp(milliseconds: Timestamp.now.milliseconds + offset.withLock { $0 })
  }

  func set(offsetMilliseconds: Int) { offset.withLock { $0 = offsetMilliseconds } }
}
