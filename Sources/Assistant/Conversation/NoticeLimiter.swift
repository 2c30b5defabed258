// Keeps a notice from becoming noise: once per key and interval.

actor NoticeLimiter {
  private let interval: Duration
  private let clock = ContinuousClock()
  private var toldAt: [String: ContinuousClock.Instant] = [:]
  /// Beyond this many keys within one interval nobody is told any more.
  private static let maximumKeys = 10_000

  init(every interval: Duration) { self.interval = interval }

  /// True once per interval for each key.
  func allows(_ key: String) -> Bool {
    let now = clock.now
    toldAt = toldAt.filter { now - $0.value < interval }
    guard toldAt[key] == nil, toldAt.count < Self.maximumKeys else { return false }
    toldAt[key] = now
    return true
  }
}
