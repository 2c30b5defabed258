// Webex: ten edits a message, the eleventh is a 400. The budget is planned from the end: the final
// text has its edit and its retry reserved before the first progress edit is spent.

/// The edits of one message.
struct EditBudget: Equatable, Sendable {
  static let limit = 10
  static let reserved = 2

  private(set) var used = 0
  private(set) var spacing: Duration
  private let growth: Double
  private let maximumSpacing: Duration

  init(timing: ReplyTiming) {
    spacing = timing.minimumSpacing
    growth = timing.growth
    maximumSpacing = timing.maximumSpacing
  }

  /// True while a progress edit leaves the final edits untouched.
  var allowsProgress: Bool { used < Self.limit - Self.reserved }
  var allowsFinal: Bool { used < Self.limit }

  /// Counts an attempt: a lost or rejected edit may have counted at Webex too.
  mutating func spend(progress: Bool) {
    used += 1
    if progress { spacing = min(spacing * growth, maximumSpacing) }
  }

  /// Gives back what was certainly not sent.
  mutating func refund() {
    used = max(0, used - 1)
  }
}
