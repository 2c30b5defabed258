// What a card's body is made of. See AdaptiveCard.

/// One element of a card, with its place.
///
/// An element of another type, or with a property of another shape, is `.unknown` and is encoded
/// again as it came.
public struct CardElement: Sendable, Hashable {
  public enum Content: Sendable, Hashable {
    case textBlock(TextBlock)
    case richTextBlock(RichTextBlock)
    case image(CardImage)
    case imageSet(ImageSet)
    case factSet(FactSet)
    case container(CardContainer)
    case columnSet(ColumnSet)
    case actionSet(ActionSet)
    case input(CardInput)
    case unknown(JSONValue)
  }

  public var content: Content
  public var layout: CardLayout

  public init(_ content: Content, layout: CardLayout = .init()) {
    self.content = content
    self.layout = layout
  }
}

/// What every element has: a name, visibility and distance.
public struct CardLayout: Sendable, Hashable, Codable {
  /// For `Action.ToggleVisibility`. An input's own id counts instead of this one.
  public var id: String?
  public var isVisible: Bool?
  public var spacing: CardSpacing?
  /// A line above the element.
  public var separator: Bool?

  public init(
    id: String? = nil, isVisible: Bool? = nil, spacing: CardSpacing? = nil, separator: Bool? = nil
  ) {
    self.id = id
    self.isVisible = isVisible
    self.spacing = spacing
    self.separator = separator
  }
}

/// A paragraph; its text knows bold, italic, lists and links.
public struct TextBlock: Sendable, Hashable, Codable {
  public var text: String
  public var size: CardTextSize?
  public var weight: CardTextWeight?
  public var color: CardColor?
  public var fontType: CardFontType?
  public var isSubtle: Bool?
  /// Without it the text is cut at the first line's end.
  public var wrap: Bool?
  public var maxLines: Int?
  public var horizontalAlignment: CardAlignment?

  public init(_ text: String) { self.text = text }
}

/// A paragraph of runs, each with a look of its own.
public struct RichTextBlock: Sendable, Hashable, Codable {
  public var inlines: [TextRun]
  public var horizontalAlignment: CardAlignment?

  public init(inlines: [TextRun]) { self.inlines = inlines }
}

public struct TextRun: Sendable, Hashable {
  public var text: String
  public var size: CardTextSize?
  public var weight: CardTextWeight?
  public var color: CardColor?
  public var fontType: CardFontType?
  public var isSubtle: Bool?
  public var italic: Bool?
  public var strikethrough: Bool?
  public var highlight: Bool?
  public var underline: Bool?
  public var selectAction: CardAction?

  public init(_ text: String) { self.text = text }
}

public struct CardImage: Sendable, Hashable, Codable {
  /// https, reachable by the reader's client.
  public var url: String
  public var altText: String?
  public var size: CardImageSize?
  public var style: CardImageStyle?
  /// Such as `50px`.
  public var width: String?
  public var height: String?
  public var backgroundColor: String?
  public var horizontalAlignment: CardAlignment?
  public var selectAction: CardAction?

  public init(url: String, altText: String? = nil) {
    self.url = url
    self.altText = altText
  }
}

public struct ImageSet: Sendable, Hashable, Codable {
  /// Elements, each an image.
  public var images: [CardElement]
  public var imageSize: CardImageSize?

  public init(_ images: [CardImage], imageSize: CardImageSize? = nil) {
    self.images = images.map { CardElement(.image($0)) }
    self.imageSize = imageSize
  }
}

/// Two columns of names and values.
public struct FactSet: Sendable, Hashable, Codable {
  public struct Fact: Sendable, Hashable, Codable {
    public var title: String
    public var value: String

    public init(_ title: String, _ value: String) {
      self.title = title
      self.value = value
    }
  }

  public var facts: [Fact]

  public init(_ facts: [Fact]) { self.facts = facts }
}

/// Elements that belong together. (`Container` in the JSON.)
public struct CardContainer: Sendable, Hashable, Codable {
  public var items: [CardElement]
  public var style: CardContainerStyle?
  public var bleed: Bool?
  public var minHeight: String?
  public var verticalContentAlignment: CardAlignment?
  public var selectAction: CardAction?

  public init(_ items: [CardElement], style: CardContainerStyle? = nil) {
    self.items = items
    self.style = style
  }
}

public struct ColumnSet: Sendable, Hashable, Codable {
  public var columns: [Column]
  public var style: CardContainerStyle?
  public var bleed: Bool?
  public var minHeight: String?
  public var horizontalAlignment: CardAlignment?
  public var selectAction: CardAction?

  public init(_ columns: [Column]) { self.columns = columns }
}

/// A column; `layout` is its place among the columns.
public struct Column: Sendable, Hashable {
  public var items: [CardElement]
  /// `"auto"`, `"stretch"`, a weight such as `2`, or `"50px"`.
  public var width: JSONValue?
  public var style: CardContainerStyle?
  public var bleed: Bool?
  public var minHeight: String?
  public var verticalContentAlignment: CardAlignment?
  public var selectAction: CardAction?
  public var layout: CardLayout

  public init(_ items: [CardElement], width: JSONValue? = nil, layout: CardLayout = .init()) {
    self.items = items
    self.width = width
    self.layout = layout
  }
}

/// Buttons in the middle of a card.
public struct ActionSet: Sendable, Hashable, Codable {
  public var actions: [CardAction]

  public init(_ actions: [CardAction]) { self.actions = actions }
}

extension CardElement {
  /// A paragraph that wraps.
  public static func textBlock(
    _ text: String, size: CardTextSize? = nil, weight: CardTextWeight? = nil,
    color: CardColor? = nil, isSubtle: Bool? = nil, wrap: Bool? = true
  ) -> CardElement {
    var block = TextBlock(text)
    block.size = size
    block.weight = weight
    block.color = color
    block.isSubtle = isSubtle
    block.wrap = wrap
    return CardElement(.textBlock(block))
  }

  public static func richText(_ inlines: [TextRun]) -> CardElement {
    CardElement(.richTextBlock(RichTextBlock(inlines: inlines)))
  }

  public static func image(url: String, altText: String? = nil) -> CardElement {
    CardElement(.image(CardImage(url: url, altText: altText)))
  }

  public static func facts(_ facts: KeyValuePairs<String, String>) -> CardElement {
    CardElement(.factSet(FactSet(facts.map { FactSet.Fact($0.key, $0.value) })))
  }

  public static func container(_ items: [CardElement], style: CardContainerStyle? = nil)
    -> CardElement
  {
    CardElement(.container(CardContainer(items, style: style)))
  }

  public static func columns(_ columns: [Column]) -> CardElement {
    CardElement(.columnSet(ColumnSet(columns)))
  }

  public static func actions(_ actions: [CardAction]) -> CardElement {
    CardElement(.actionSet(ActionSet(actions)))
  }

  public static func input(_ input: CardInput) -> CardElement { CardElement(.input(input)) }

  /// The element under a name, for `Action.ToggleVisibility`.
  public func id(_ id: String, isVisible: Bool? = nil) -> CardElement {
    var copy = self
    copy.layout.id = id
    copy.layout.isVisible = isVisible
    return copy
  }

  public func spacing(_ spacing: CardSpacing, separator: Bool? = nil) -> CardElement {
    var copy = self
    copy.layout.spacing = spacing
    copy.layout.separator = separator
    return copy
  }
}
