// The attempts of one call: which errors, how long, until when.

import CurlHTTP
import Foundation
import Testing

@testable import LLMClient

@Suite("Retry ledger")
struct RetryLedgerTests {
  private func wait(
    after error: LLMError, attempts: Int = 1, elapsed: Duration = .zero, started: Duration = .zero
  ) -> Duration? {
    var ledger = RetryLedger(policy: LLMConfiguration.defaultRetry, started: started)
    for _ in 0..<attempts { ledger.begin() }
    let time = LLMTime(
      elapsed: { elapsed }, now: { Date(timeIntervalSince1970: 0) }, sleep: { _ in },
      random: { 0.5 })
    return ledger.wait(after: error, time: time)
  }

  private func error(
    _ status: Int?, retryAfter: Duration? = nil, isWorthRetrying: Bool = true
  ) -> LLMError {
    LLMError(
      code: .upstreamFailed, message: "", status: status, retryAfter: retryAfter,
      isWorthRetrying: isWorthRetrying)
  }

  @Test("a status alone is not enough: the classifier has the last word")
  func worth() {
    #expect(wait(after: error(500)) != nil)
    #expect(wait(after: error(500, isWorthRetrying: false)) == nil)
    #expect(wait(after: error(418)) == nil)
  }

  @Test("an error within a stream, which has no status, counts as the upstream's")
  func withinStream() {
    #expect(wait(after: error(nil)) != nil)
  }

  @Test("part of a second is waited for as a whole one, never too short")
  func fraction() {
    #expect(wait(after: error(429, retryAfter: .milliseconds(1500))) == .seconds(2))
    #expect(wait(after: error(429, retryAfter: .seconds(2))) == .seconds(2))
  }

  @Test("the deadline runs from the start of the call")
  func deadline() {
    #expect(wait(after: error(503), elapsed: .seconds(100)) == nil)
    #expect(wait(after: error(503), elapsed: .seconds(100), started: .seconds(99)) != nil)
    #expect(wait(after: error(503), attempts: 2) == nil)
  }
}
