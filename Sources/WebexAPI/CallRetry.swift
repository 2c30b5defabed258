// What to do about a failed attempt: a pure decision, asked by WebexClient's exchange.

import CurlHTTP
import FoundationEssentials
import HTTPTypes

/// An attempt that brought no success.
enum CallFailure: Sendable {
  case response(ResponseFailure)
  case transport(HTTPError)
}

/// A response that is no success, with its body as far as it was read.
struct ResponseFailure: Sendable {
  var response: HTTPResponse
  var body: [UInt8]
}

/// The memory of a call's attempts.
///
/// GET, HEAD, PUT and DELETE are repeated after 5xx and broken connections. A POST creates a
/// message each time it arrives, so it is repeated only when it provably did not: no connection, or
/// 503 with `Retry-After`, or 429 (which is not counted as an attempt). Neither is an edit of a
/// message: each that arrives is one of the ten that Webex allows, and the caller counts them.
struct CallRetry: Sendable {
  enum Verdict: Sendable {
    case fail(WebexError)
    case waitAtGate(WebexError)
    case again(after: Duration, WebexError)
  }

  private let method: HTTPRequest.Method
  private let isEdit: Bool
  private let policy: RetryPolicy
  private let maximumRateLimitWaits: Int
  private var attempts = 0
  private var rateLimitWaits = 0
  /// True from the first attempt on that may have taken effect unseen.
  private var mayHaveArrived = false

  init(
    method: HTTPRequest.Method, isEdit: Bool = false, maximumAttempts: Int,
    maximumRateLimitWaits: Int
  ) {
    self.method = method
    self.isEdit = isEdit
    self.maximumRateLimitWaits = maximumRateLimitWaits
    policy = RetryPolicy(
      maximumAttempts: maximumAttempts, statuses: [500, 502, 503, 504],
      baseDelay: .milliseconds(500), maximumDelay: .seconds(10), deadline: .seconds(180))
  }

  mutating func verdict(on failure: CallFailure, elapsed: Duration, now: Date, random: Double)
    -> Verdict
  {
    var error = WebexError(failure, now: now)
    if changesSomething, Self.mayHaveArrived(failure, error) { mayHaveArrived = true }
    error.mayHaveArrived = mayHaveArrived
    if error.code == .rateLimited {
      guard rateLimitWaits < maximumRateLimitWaits else { return .fail(error) }
      rateLimitWaits += 1
      return .waitAtGate(error)
    }
    attempts += 1
    if mayHaveArrived, method == .post || isEdit { return .fail(error) }
    let delay =
      switch failure {
      case .response(let failure):
        policy.delay(
          afterAttempt: attempts, status: failure.response.status.code,
          headers: failure.response.headerFields, error: nil, elapsed: elapsed, now: now,
          random: random)
      case .transport(let cause):
        policy.delay(
          afterAttempt: attempts, status: nil, headers: [:], error: cause, elapsed: elapsed,
          now: now, random: random)
      }
    return delay.map { .again(after: $0, error) } ?? .fail(error)
  }

  private var changesSomething: Bool { method != .get && method != .head }

  private static func mayHaveArrived(_ failure: CallFailure, _ error: WebexError) -> Bool {
    switch failure {
    case .transport(let cause): cause.requestWasSent || cause.receivedResponseBytes
    case .response(let failure):
      switch failure.response.status.code {
      case 503: error.retryAfter == nil
      case 408, 500...: true
      default: false
      }
    }
  }
}
