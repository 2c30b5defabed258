// Keeps a notice from becoming noise: once per key and interval.

import DequeModule

actor NoticeLimiter {
  private let interval: Duration
  private let elapsed: @Sendable () -> Duration
  private var told: Set<String> = []
  /// The same, oldest first: what is over is at the front.
  private var order: Deque<(key: String, at: Duration)> = []
  /// Beyond this many keys within one interval nobody is told any more.
  private static let maximumKeys = 10_000

  init(
    every interval: Duration,
    elapsed: @escaping @Sendable () -> Duration = Stopwatch.start(ContinuousClock())
  ) {
    self.interval = interval
    self.elapsed = elapsed
  }

  var kept: Int { order.count }

  /// True once per interval for each key.
  func allows(_ key: String) -> Bool {
    let now = elapsed()
    while let first = order.first, now - first.at >= interval {
      told.remove(first.key)
      order.removeFirst()
    }
    guard told.count < Self.maximumKeys, told.insert(key).inserted else { return false }
    order.append((key, now))
    return true
  }
}
