// What a command answers with.

public import WebexAPI

/// A reply: messages in their order, or a question to the model.
public struct CommandReply: Sendable {
  public enum Part: Sendable {
    /// Markdown of any length.
    case text(String)
    /// Markdown that is still being written; shown as a growing message.
    case stream(AsyncThrowingStream<String, any Error>)
    case card(CommandCard)
    case file(FileUpload)
    /// Of a press: this takes the place of the pressed card.
    case replacement(CommandCard)
    /// The model is asked, and its answer grows like any other.
    case question(CommandQuestion)
  }

  public var parts: [Part]

  public init(_ parts: [Part]) { self.parts = parts }

  public static let nothing = CommandReply([])
  public static func text(_ markdown: String) -> CommandReply { .init([.text(markdown)]) }
  public static func card(_ card: CommandCard) -> CommandReply { .init([.card(card)]) }
  public static func replacement(_ card: CommandCard) -> CommandReply {
    .init([.replacement(card)])
  }
  public static func question(_ question: CommandQuestion) -> CommandReply {
    .init([.question(question)])
  }
}

/// A card that a command sends. Presses on it come back to the command, also after a restart.
public struct CommandCard: Sendable {
  /// Who may press it, of those who may run the command.
  public enum Presser: String, Sendable, Codable {
    case anyone
    /// The person who ran the command.
    case requester
  }

  public var card: AdaptiveCard
  /// Markdown, shown by clients that draw no cards.
  public var fallback: String
  /// What the command wants back with a press. Kept in the database: a person can neither read nor
  /// change it. Nil: presses are not expected.
  public var state: JSONValue?
  public var presser = Presser.anyone
  /// Whether a second press counts too; else it is told that the card was used.
  public var isReusable = false
  /// After this time a press is told that the card is too old.
  public var lifetime: Duration?

  public init(
    _ card: AdaptiveCard, fallback: String, state: JSONValue? = nil, presser: Presser = .anyone,
    isReusable: Bool = false, lifetime: Duration? = .seconds(86_400)
  ) {
    self.card = card
    self.fallback = fallback
    self.state = state
    self.presser = presser
    self.isReusable = isReusable
    self.lifetime = lifetime
  }
}

/// A press on a card.
public struct CardPress: Sendable {
  /// The card's inputs by id, with the button's `data` merged in. Anyone in the space can have sent
  /// anything: check them.
  public var inputs: [String: JSONValue]
  /// As the card was sent with.
  public var state: JSONValue

  public init(inputs: [String: JSONValue], state: JSONValue) {
    self.inputs = inputs
    self.state = state
  }

  /// An input as text; empty if it was left out.
  public func text(_ id: String) -> String {
    switch inputs[id] {
    case .string(let text): text
    case .bool(let value): value ? "true" : "false"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    default: ""
    }
  }
}

/// A question to the model that stands for itself: without the space's history, and not remembered.
public struct CommandQuestion: Sendable, Equatable {
  public var text: String
  /// A prompt of the library; nil: the space's own.
  public var prompt: String?
  /// Nil: the prompt's, or the space's own.
  public var model: String?

  public init(_ text: String, prompt: String? = nil, model: String? = nil) {
    self.text = text
    self.prompt = prompt
    self.model = model
  }
}
