// A card element's JSON: its `type`, its layout and its own properties in one object.

private enum TypeKey: String, CodingKey { case type }

extension Decoder {
  /// The object's `type`, if it is an object that has one.
  func cardType() -> String? {
    (try? container(keyedBy: TypeKey.self))?.lenient(.type)
  }
}

extension Encoder {
  func encodeCardType(_ type: String) throws {
    var fields = container(keyedBy: TypeKey.self)
    try fields.encode(type, forKey: .type)
  }
}

extension CardElement: Codable {
  public init(from decoder: any Decoder) throws {
    guard let content = Self.known(decoder) else {
      self.init(.unknown(try JSONValue(from: decoder)))
      return
    }
    var layout = try CardLayout(from: decoder)
    if case .input = content { layout.id = nil }
    self.init(content, layout: layout)
  }

  /// Nil for another type, and for a known type in another shape.
  private static func known(_ decoder: any Decoder) -> Content? {
    guard (try? CardLayout(from: decoder)) != nil else { return nil }
    return switch decoder.cardType() {
    case "TextBlock": (try? TextBlock(from: decoder)).map(Content.textBlock)
    case "RichTextBlock": (try? RichTextBlock(from: decoder)).map(Content.richTextBlock)
    case "Image": (try? CardImage(from: decoder)).map(Content.image)
    case "ImageSet": (try? ImageSet(from: decoder)).map(Content.imageSet)
    case "FactSet": (try? FactSet(from: decoder)).map(Content.factSet)
    case "Container": (try? CardContainer(from: decoder)).map(Content.container)
    case "ColumnSet": (try? ColumnSet(from: decoder)).map(Content.columnSet)
    case "ActionSet": (try? ActionSet(from: decoder)).map(Content.actionSet)
    case let type?: CardInput.known(type, decoder).map(Content.input)
    case nil: nil
    }
  }

  public func encode(to encoder: any Encoder) throws {
    let known: (type: String, properties: any Encodable) =
      switch content {
      case .textBlock(let block): ("TextBlock", block)
      case .richTextBlock(let block): ("RichTextBlock", block)
      case .image(let image): ("Image", image)
      case .imageSet(let set): ("ImageSet", set)
      case .factSet(let set): ("FactSet", set)
      case .container(let container): ("Container", container)
      case .columnSet(let set): ("ColumnSet", set)
      case .actionSet(let set): ("ActionSet", set)
      case .input(let input): (input.type, input.properties)
      case .unknown(let json): ("", json)
      }
    if case .unknown = content { return try known.properties.encode(to: encoder) }
    try encoder.encodeCardType(known.type)
    try layout.encode(to: encoder)
    try known.properties.encode(to: encoder)
  }
}

extension Column: Codable {
  private enum CodingKeys: CodingKey {
    case items, width, style, bleed, minHeight, verticalContentAlignment, selectAction
  }

  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      try fields.decodeIfPresent([CardElement].self, forKey: .items) ?? [],
      width: try fields.decodeIfPresent(JSONValue.self, forKey: .width),
      layout: try CardLayout(from: decoder))
    style = try fields.decodeIfPresent(CardContainerStyle.self, forKey: .style)
    bleed = try fields.decodeIfPresent(Bool.self, forKey: .bleed)
    minHeight = try fields.decodeIfPresent(String.self, forKey: .minHeight)
    verticalContentAlignment = try fields.decodeIfPresent(
      CardAlignment.self, forKey: .verticalContentAlignment)
    selectAction = try fields.decodeIfPresent(CardAction.self, forKey: .selectAction)
  }

  public func encode(to encoder: any Encoder) throws {
    try encoder.encodeCardType("Column")
    try layout.encode(to: encoder)
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(items, forKey: .items)
    try fields.encodeIfPresent(width, forKey: .width)
    try fields.encodeIfPresent(style, forKey: .style)
    try fields.encodeIfPresent(bleed, forKey: .bleed)
    try fields.encodeIfPresent(minHeight, forKey: .minHeight)
    try fields.encodeIfPresent(verticalContentAlignment, forKey: .verticalContentAlignment)
    try fields.encodeIfPresent(selectAction, forKey: .selectAction)
  }
}

extension TextRun: Codable {
  private enum CodingKeys: CodingKey {
    case text, size, weight, color, fontType, isSubtle, italic, strikethrough, highlight, underline
    case selectAction
  }

  /// A run may be a bare string.
  public init(from decoder: any Decoder) throws {
    if let text = try? decoder.singleValueContainer().decode(String.self) {
      self.init(text)
      return
    }
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    self.init(try fields.decode(String.self, forKey: .text))
    size = try fields.decodeIfPresent(CardTextSize.self, forKey: .size)
    weight = try fields.decodeIfPresent(CardTextWeight.self, forKey: .weight)
    color = try fields.decodeIfPresent(CardColor.self, forKey: .color)
    fontType = try fields.decodeIfPresent(CardFontType.self, forKey: .fontType)
    isSubtle = try fields.decodeIfPresent(Bool.self, forKey: .isSubtle)
    italic = try fields.decodeIfPresent(Bool.self, forKey: .italic)
    strikethrough = try fields.decodeIfPresent(Bool.self, forKey: .strikethrough)
    highlight = try fields.decodeIfPresent(Bool.self, forKey: .highlight)
    underline = try fields.decodeIfPresent(Bool.self, forKey: .underline)
    selectAction = try fields.decodeIfPresent(CardAction.self, forKey: .selectAction)
  }

  public func encode(to encoder: any Encoder) throws {
    try encoder.encodeCardType("TextRun")
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(text, forKey: .text)
    try fields.encodeIfPresent(size, forKey: .size)
    try fields.encodeIfPresent(weight, forKey: .weight)
    try fields.encodeIfPresent(color, forKey: .color)
    try fields.encodeIfPresent(fontType, forKey: .fontType)
    try fields.encodeIfPresent(isSubtle, forKey: .isSubtle)
    try fields.encodeIfPresent(italic, forKey: .italic)
    try fields.encodeIfPresent(strikethrough, forKey: .strikethrough)
    try fields.encodeIfPresent(highlight, forKey: .highlight)
    try fields.encodeIfPresent(underline, forKey: .underline)
    try fields.encodeIfPresent(selectAction, forKey: .selectAction)
  }
}
