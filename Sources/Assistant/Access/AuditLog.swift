// The audit trail: who, where, what, allowed or not, and why. Never content. AccessDesk writes it.

import Logging

/// A flood of the same refusal is one line a minute, with the count of those left out.
struct AuditLog: Sendable {
  private let logger: Logger
  private var refusals: [String: (at: Duration, unsaid: Int)] = [:]

  private static let interval: Duration = .seconds(60)
  private static let maximumRefusals = 10_000

  init(logger: Logger) { self.logger = logger }

  mutating func note(
    _ subject: AccessSubject, what: String, _ decision: AccessDecision, at now: Duration
  ) {
    var metadata: Logger.Metadata = [
      "who": "\(subject.who)", "space": "\(subject.spaceID)", "what": "\(what)",
      "allowed": "\(decision.isAllowed)", "why": "\(decision.reason)",
    ]
    if !decision.isAllowed {
      let key = "\(subject.who) \(subject.spaceID) \(what) \(decision.reason)"
      if let (at, unsaid) = refusals[key], now - at < Self.interval {
        refusals[key] = (at, unsaid + 1)
        return
      }
      let unsaid = refusals[key]?.unsaid ?? 0
      if unsaid > 0 { metadata["unsaid"] = "\(unsaid)" }
      if refusals.count >= Self.maximumRefusals {
        refusals = refusals.filter { now - $0.value.at < Self.interval }
      }
      guard refusals.count < Self.maximumRefusals else { return }
      refusals[key] = (now, 0)
    }
    logger.info("access", metadata: metadata)
  }
}
