// What an operator may set about the assistant itself. The program reads the keys; this room
// only knows the values.

/// How replies are paced. The defaults follow Webex's ten edits a message.
public struct ReplyTiming: Sendable, Equatable {
  /// An answer complete within this time is posted once, without an edit.
  public var fastAnswer: Duration = .seconds(1)
  /// How long the first words gather before they are posted, counted from the first token.
  public var firstWords: Duration = .milliseconds(400)
  /// Without a token for this long, a notice says that the model is thinking.
  public var notice: Duration = .seconds(2)
  /// Two edits of one message are never closer than this.
  public var minimumSpacing: Duration = .seconds(1)
  /// The n-th edit waits `growth` times longer than the one before it.
  public var growth: Double = 1.7
  /// The spacing never grows beyond this.
  public var maximumSpacing: Duration = .seconds(30)

  public init() {}
}

/// The operator's settings of the assistant.
public struct AssistantConfiguration: Sendable {
  /// The model to ask; nil takes the first chat model that the proxy lists.
  public var model: String?
  /// The folder with the system prompts; `default.md` is used.
  public var promptsDirectory = "prompts"
  /// Who may use the assistant.
  public var access = AccessPolicy()
  /// Answers that run at the same moment, over all conversations. At least 1.
  public var maximumConcurrentAnswers = 64
  /// Messages that may wait in one conversation; one more gets a sentence instead of an answer.
  public var maximumWaitingPerConversation = 50
  /// How long running answers may go on after a graceful shutdown was asked for.
  public var drainTimeout: Duration = .seconds(20)
  public var timing = ReplyTiming()
  /// The context window, in tokens, of a model whose limits the proxy does not tell.
  public var assumedInputTokens = 8_000

  public init() {}
}
