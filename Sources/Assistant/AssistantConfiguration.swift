// What an operator may set about the assistant itself. The program reads the keys; this room
// only knows the values.

/// Who may change the settings of a group space. In a direct space its person always may.
public enum SettingsPolicy: String, Sendable, CaseIterable {
  case anyone, moderators, admins
}

/// The operator's settings of the assistant.
public struct AssistantConfiguration: Sendable {
  /// The model to ask; nil takes the first chat model that the proxy lists.
  public var model: String?
  /// The folder with the system prompts; `default.md` is used.
  public var promptsDirectory = "prompts"
  /// Who may use the assistant.
  public var access = AccessPolicy()
  /// E-mail addresses of those who may do everything; `*` as in `AccessPolicy.users`.
  public var admins: [String] = []
  /// Who may change the settings of a group space.
  public var settingsPolicy = SettingsPolicy.anyone
  /// What people are told, at most once an hour and only directly, who may not use the assistant;
  /// nil: nothing. Empty: the assistant's own sentence.
  public var deniedReply: String? = ""
  /// Whether the bot leaves a group to which it was added if none of its people may use it.
  public var leavesUnapprovedSpaces = false
  /// Answers that run at the same moment, over all conversations. At least 1.
  public var maximumConcurrentAnswers = 64
  /// Messages that may wait in one conversation; one more gets a sentence instead of an answer.
  public var maximumWaitingPerConversation = 50
  /// The same for one person, over all conversations.
  public var maximumWaitingPerPerson = 20
  /// How long a question waits, altogether, for a model that is rate limited.
  public var rateLimitPatience: Duration = .seconds(120)
  /// Whether a space is greeted once, when the bot is added to it or first written to.
  public var greets = true
  /// What stands under each answer.
  public var footer: ReplyFooter = []
  /// How long running answers may go on after a graceful shutdown was asked for.
  public var drainTimeout: Duration = .seconds(20)
  /// How old a message may be that was missed and found later; 0: none is answered then.
  public var backfillMaximumAge: Duration = .seconds(86_400)
  public var timing = ReplyTiming()
  var gapTiming = GapWatch.Timing()
  var waitingTiming = WaitingSign.Timing()
  /// The context window, in tokens, of a model whose limits the proxy does not tell.
  public var assumedInputTokens = 8_000

  public init() {}
}
