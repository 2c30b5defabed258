// Adaptive Cards as typed values. The assistant builds cards from them; the tests hold their JSON.
// The elements are in CardElement.swift, the inputs in CardInput.swift, the buttons in
// CardAction.swift.

/// An Adaptive Card of version 1.3, the highest that Webex draws (Webex docs, buttons and cards).
///
///     AdaptiveCard(
///       body: [.textBlock("Deploy?", weight: .bolder), .input(.text(id: "reason", label: "Reason"))],
///       actions: [.submit("Go", data: ["command": "deploy"])])
public struct AdaptiveCard: Sendable, Hashable {
  public static let schema = "http://adaptivecards.io/schemas/adaptive-card.json"
  /// Later elements (Table, Action.Execute, refresh) are not drawn: never announce more than this.
  public static let version = "1.3"

  public var version: String
  public var body: [CardElement]
  /// The buttons at the foot of the card; Webex draws up to five.
  public var actions: [CardAction]
  /// What a press anywhere on the card does.
  public var selectAction: CardAction?
  /// Shown by clients that cannot draw the card.
  public var fallbackText: String?
  /// Such as `80px`.
  public var minHeight: String?
  /// Of the card's own texts, such as `en`.
  public var lang: String?

  public init(
    body: [CardElement], actions: [CardAction] = [], selectAction: CardAction? = nil,
    fallbackText: String? = nil, minHeight: String? = nil, lang: String? = nil,
    version: String = Self.version
  ) {
    self.version = version
    self.body = body
    self.actions = actions
    self.selectAction = selectAction
    self.fallbackText = fallbackText
    self.minHeight = minHeight
    self.lang = lang
  }
}

extension AdaptiveCard: Codable {
  private enum CodingKeys: String, CodingKey {
    case type, version, body, actions, selectAction, fallbackText, minHeight, lang
    case schema = "$schema"
  }

  /// Reads a card of any version; what is unknown in it is kept as JSON.
  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      body: fields.lenientArray(.body), actions: fields.lenientArray(.actions),
      selectAction: fields.lenient(.selectAction), fallbackText: fields.lenient(.fallbackText),
      minHeight: fields.lenient(.minHeight), lang: fields.lenient(.lang),
      version: fields.lenient(.version) ?? Self.version)
  }

  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode("AdaptiveCard", forKey: .type)
    try fields.encode(Self.schema, forKey: .schema)
    try fields.encode(version, forKey: .version)
    try fields.encode(body, forKey: .body)
    if !actions.isEmpty { try fields.encode(actions, forKey: .actions) }
    try fields.encodeIfPresent(selectAction, forKey: .selectAction)
    try fields.encodeIfPresent(fallbackText, forKey: .fallbackText)
    try fields.encodeIfPresent(minHeight, forKey: .minHeight)
    try fields.encodeIfPresent(lang, forKey: .lang)
  }
}

extension MessageAttachment {
  /// The attachment as a card; nil when it is something else.
  public var card: AdaptiveCard? {
    guard contentType == Self.cardContentType, content.objectValue != nil else { return nil }
    return try? content.decoded()
  }
}
