// Webex: ten edits a message, the eleventh is a 400. The budget is planned from the end: the final
// text has its edit and its retry reserved before the first progress edit is spent.

/// The edits of one message. Used by the reply machine only.
struct EditBudget: Equatable, Sendable {
  static let limit = 10
  /// Kept for the final text and one retry of it.
  static let reserved = 2
  /// Kept for the first words and their growth when the notice is edited while nothing comes.
  static let keptForText = 4
  /// A message of an earlier answer with fewer edits left is deleted instead of taken over.
  static let worthTaking = 4

  /// What an edit shows.
  enum Use: Equatable, Sendable { case notice, progress, final }

  /// Attempts: a lost or rejected edit may have counted at Webex too.
  private(set) var used: Int
  /// How long after the last send the next progress edit is due.
  private(set) var spacing: Duration
  private let growth: Double
  private let maximumSpacing: Duration

  init(timing: ReplyTiming, used: Int = 0) {
    self.used = used
    spacing = timing.minimumSpacing
    growth = timing.growth
    maximumSpacing = timing.maximumSpacing
  }

  var left: Int { max(0, Self.limit - used) }
  /// True while a progress edit leaves the final edits untouched.
  var allowsProgress: Bool { left > Self.reserved }
  /// True while another edit of the notice leaves enough for the text that is still to come.
  var allowsNotice: Bool { left > Self.reserved + Self.keptForText }
  var allowsFinal: Bool { left > 0 }

  mutating func spend(_ use: Use) {
    used += 1
    if use == .progress { spacing = min(spacing * growth, maximumSpacing) }
  }

  /// Gives back what was certainly not sent.
  mutating func refund() {
    used = max(0, used - 1)
  }
}
