// When a reply moves. Durations are injected, so that tests need no wall clock.

/// How replies are paced. The defaults follow Webex's ten edits a message: eight progress edits and
/// the roll-over after them make a message of a slow answer last for two minutes.
public struct ReplyTiming: Sendable, Equatable {
  /// An answer complete within this time is posted once, without an edit.
  public var fastAnswer: Duration = .seconds(1)
  /// How long the first words gather before they are posted, counted from the first token.
  public var firstWords: Duration = .milliseconds(400)
  /// Without a token for this long, a notice says that the model is thinking.
  public var notice: Duration = .seconds(2)
  /// When the notice is edited to say for how long already; from the question, at most four.
  public var noticeEdits: [Duration] = [.seconds(10), .seconds(30), .seconds(75), .seconds(180)]
  /// Two edits of one message are never closer than this, but for the final one.
  public var minimumSpacing: Duration = .seconds(1)
  /// The n-th edit waits `growth` times longer than the one before it.
  public var growth: Double = 1.7
  /// The spacing never grows beyond this.
  public var maximumSpacing: Duration = .seconds(30)

  public init() {}
}
