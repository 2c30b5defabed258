// A card's buttons. See AdaptiveCard.

/// A button, or what a press on an element does.
///
/// An action of another type is `.unknown` and is encoded again as it came.
public struct CardAction: Sendable, Hashable {
  public indirect enum Content: Sendable, Hashable {
    /// Sends the card's inputs, with `data` merged in, as an attachment action.
    case submit(data: JSONValue?)
    case openURL(String)
    case showCard(AdaptiveCard)
    case toggleVisibility([VisibilityTarget])
    case unknown(JSONValue)
  }

  public var content: Content
  public var title: String?
  public var id: String?
  public var style: CardActionStyle?
  public var iconURL: String?

  public init(
    _ content: Content, title: String? = nil, id: String? = nil, style: CardActionStyle? = nil,
    iconURL: String? = nil
  ) {
    self.content = content
    self.title = title
    self.id = id
    self.style = style
    self.iconURL = iconURL
  }

  public static func submit(
    _ title: String, data: JSONValue? = nil, style: CardActionStyle? = nil
  ) -> CardAction {
    CardAction(.submit(data: data), title: title, style: style)
  }

  public static func openURL(_ title: String, _ url: String) -> CardAction {
    CardAction(.openURL(url), title: title)
  }

  public static func showCard(_ title: String, _ card: AdaptiveCard) -> CardAction {
    CardAction(.showCard(card), title: title)
  }

  public static func toggleVisibility(_ title: String, of ids: [String]) -> CardAction {
    CardAction(.toggleVisibility(ids.map { VisibilityTarget($0) }), title: title)
  }
}

/// An element that appears or disappears.
public struct VisibilityTarget: Sendable, Hashable {
  public var elementID: String
  /// Nil: the opposite of what it is.
  public var isVisible: Bool?

  public init(_ elementID: String, isVisible: Bool? = nil) {
    self.elementID = elementID
    self.isVisible = isVisible
  }
}

extension VisibilityTarget: Codable {
  private enum CodingKeys: String, CodingKey {
    case elementID = "elementId"
    case isVisible
  }

  /// A bare id, or an object.
  public init(from decoder: any Decoder) throws {
    if let id = try? decoder.singleValueContainer().decode(String.self) {
      self.init(id)
      return
    }
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      try fields.decode(String.self, forKey: .elementID), isVisible: fields.lenient(.isVisible))
  }

  public func encode(to encoder: any Encoder) throws {
    guard let isVisible else {
      var container = encoder.singleValueContainer()
      return try container.encode(elementID)
    }
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(elementID, forKey: .elementID)
    try fields.encode(isVisible, forKey: .isVisible)
  }
}

extension CardAction: Codable {
  private enum CodingKeys: String, CodingKey {
    case title, id, style, data, url, card, targetElements
    case iconURL = "iconUrl"
  }

  public init(from decoder: any Decoder) throws {
    guard let content = Self.known(decoder) else {
      self.init(.unknown(try JSONValue(from: decoder)))
      return
    }
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      content, title: fields.lenient(.title), id: fields.lenient(.id),
      style: fields.lenient(.style), iconURL: fields.lenient(.iconURL))
  }

  private static func known(_ decoder: any Decoder) -> Content? {
    guard let fields = try? decoder.container(keyedBy: CodingKeys.self) else { return nil }
    return switch decoder.cardType() {
    case "Action.Submit": .submit(data: fields.lenient(.data))
    case "Action.OpenUrl": fields.lenient(.url).map(Content.openURL)
    case "Action.ShowCard": fields.lenient(.card).map(Content.showCard)
    case "Action.ToggleVisibility":
      fields.lenient(.targetElements).map(Content.toggleVisibility)
    default: nil
    }
  }

  public func encode(to encoder: any Encoder) throws {
    if case .unknown(let json) = content { return try json.encode(to: encoder) }
    var fields = encoder.container(keyedBy: CodingKeys.self)
    switch content {
    case .submit(let data):
      try encoder.encodeCardType("Action.Submit")
      try fields.encodeIfPresent(data, forKey: .data)
    case .openURL(let url):
      try encoder.encodeCardType("Action.OpenUrl")
      try fields.encode(url, forKey: .url)
    case .showCard(let card):
      try encoder.encodeCardType("Action.ShowCard")
      try fields.encode(card, forKey: .card)
    case .toggleVisibility(let targets):
      try encoder.encodeCardType("Action.ToggleVisibility")
      try fields.encode(targets, forKey: .targetElements)
    case .unknown: break
    }
    try fields.encodeIfPresent(title, forKey: .title)
    try fields.encodeIfPresent(id, forKey: .id)
    try fields.encodeIfPresent(style, forKey: .style)
    try fields.encodeIfPresent(iconURL, forKey: .iconURL)
  }
}
