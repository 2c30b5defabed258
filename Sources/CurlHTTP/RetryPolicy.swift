// When to try a request again, as a value: no clock, no dice, no network. WebexAPI and LLMClient
// ask it after each failed attempt and sleep for as long as it says.

public import FoundationEssentials
public import HTTPTypes

/// Which failures deserve another attempt, and after how long.
public struct RetryPolicy: Sendable {
  /// Attempts altogether, the first included.
  public var maximumAttempts: Int
  public var statuses: Set<Int>
  public var errorCodes: Set<HTTPError.Code>
  /// Attempt n waits a random time below `baseDelay * 2^(n-1)`, at most `maximumDelay`
  /// ("full jitter").
  public var baseDelay: Duration
  public var maximumDelay: Duration
  /// No attempt starts later than this after the first one did.
  public var deadline: Duration?
  /// A server that asks for a longer wait gets no further attempt.
  public var maximumRetryAfter: Duration

  public init(
    maximumAttempts: Int = 3,
    statuses: Set<Int> = [408, 429, 500, 502, 503, 504],
    errorCodes: Set<HTTPError.Code> = [
      .resolve, .refused, .connectTimeout, .firstByteTimeout, .idleTimeout, .connectionLost,
    ],
    baseDelay: Duration = .milliseconds(500), maximumDelay: Duration = .seconds(10),
    deadline: Duration? = nil, maximumRetryAfter: Duration = .seconds(60)
  ) {
    self.maximumAttempts = maximumAttempts
    self.statuses = statuses
    self.errorCodes = errorCodes
    self.baseDelay = baseDelay
    self.maximumDelay = maximumDelay
    self.deadline = deadline
    self.maximumRetryAfter = maximumRetryAfter
  }

  /// How long to wait before the next attempt; `nil`: do not try again.
  ///
  /// - Parameters:
  ///   - n: the attempt that just failed, from 1.
  ///   - status: its status, if a response came.
  ///   - error: its error, if none did.
  ///   - elapsed: since the first attempt started.
  ///   - random: in 0..<1, spreads the delay.
  public func delay(
    afterAttempt n: Int, status: Int?, headers: HTTPFields, error: HTTPError?, elapsed: Duration,
    now: Date, random: Double
  ) -> Duration? {
    guard n < maximumAttempts else { return nil }
    let isWorthIt =
      error.map { errorCodes.contains($0.code) } ?? status.map { statuses.contains($0) } ?? false
    guard isWorthIt else { return nil }
    var wait = backOff(afterAttempt: n) * min(max(random, 0), 1)
    if let asked = headers[.retryAfter].flatMap({ Self.retryAfter($0, now: now) }) {
      guard asked <= maximumRetryAfter else { return nil }
      wait = max(wait, asked)
    }
    if let deadline, elapsed + wait >= deadline { return nil }
    return wait
  }

  private func backOff(afterAttempt n: Int) -> Duration {
    // 2^40 of anything is past every sensible maximum; the cap keeps the product finite.
    min(maximumDelay, baseDelay * (1 << min(max(n - 1, 0), 40)))
  }

  /// The wait of a `Retry-After` value (RFC 9110 §10.2.3: seconds or an HTTP date), `nil` if it is
  /// malformed. A fraction of a second, which some proxies send, is accepted; the past is zero.
  public static func retryAfter(_ value: String, now: Date) -> Duration? {
    let text = value.drop { $0 == " " || $0 == "\t" }.prefix { $0 != "\t" }
    let trimmed = String(text.reversed().drop { $0 == " " }.reversed())
    if let first = trimmed.utf8.first, (0x30...0x39).contains(first) {
      guard trimmed.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E }),
        let seconds = Double(trimmed), seconds.isFinite
      else { return nil }
      return .seconds(min(seconds, 1e9))
    }
    guard let date = HTTPDate.parse(trimmed) else { return nil }
    return .seconds(max(0, date.timeIntervalSince(now)))
  }
}
