// Counts the attempts of one call and asks CurlHTTP's RetryPolicy about the next one.

import CurlHTTP
import HTTPTypes

/// The attempts of one call so far. A chat keeps one ledger for its response head and its stream
/// together, so that both draw on the same budget.
struct RetryLedger: Sendable {
  let policy: RetryPolicy
  let started: Duration
  /// Attempts begun.
  private(set) var attempts = 0

  init(policy: RetryPolicy, started: Duration) {
    self.policy = policy
    self.started = started
  }

  mutating func begin() { attempts += 1 }

  /// How long to wait before the next attempt; nil: give up.
  func wait(after error: LLMError, time: LLMTime) -> Duration? {
    guard error.isWorthRetrying else { return nil }
    var headers: HTTPFields = [:]
    if let wait = error.retryAfter {
      let (seconds, attoseconds) = wait.components
      headers[.retryAfter] = String(attoseconds > 0 ? seconds + 1 : seconds)
    }
    let transport = error.underlying as? HTTPError
    // An error within a stream has no status of its own; it is the upstream's failure.
    let status = transport == nil ? error.status ?? 502 : nil
    return policy.delay(
      afterAttempt: attempts, status: status, headers: headers, error: transport,
      elapsed: time.elapsed() - started, now: time.now(), random: time.random())
  }
}
