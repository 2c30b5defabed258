// What a person fills in on a card. See AdaptiveCard.

/// An input of a card. Its id is the key of its value in `AttachmentAction.inputs`, where it shares
/// the object with the pressed button's `data`: prefix your data keys.
public enum CardInput: Sendable, Hashable {
  case text(TextInput)
  case number(NumberInput)
  case date(DateInput)
  case time(TimeInput)
  case toggle(ToggleInput)
  case choiceSet(ChoiceSetInput)
}

public struct TextInput: Sendable, Hashable, Codable {
  public var id: String
  public var label: String?
  public var isRequired: Bool?
  public var errorMessage: String?
  public var placeholder: String?
  public var value: String?
  public var isMultiline: Bool?
  public var maxLength: Int?
  public var style: CardTextInputStyle?
  /// Checked by the client when the card is submitted.
  public var regex: String?
  public var inlineAction: CardAction?

  public init(id: String) { self.id = id }
}

public struct NumberInput: Sendable, Hashable, Codable {
  public var id: String
  public var label: String?
  public var isRequired: Bool?
  public var errorMessage: String?
  public var placeholder: String?
  public var value: Double?
  public var min: Double?
  public var max: Double?

  public init(id: String) { self.id = id }
}

public struct DateInput: Sendable, Hashable, Codable {
  public var id: String
  public var label: String?
  public var isRequired: Bool?
  public var errorMessage: String?
  public var placeholder: String?
  /// `YYYY-MM-DD`, like the bounds.
  public var value: String?
  public var min: String?
  public var max: String?

  public init(id: String) { self.id = id }
}

public struct TimeInput: Sendable, Hashable, Codable {
  public var id: String
  public var label: String?
  public var isRequired: Bool?
  public var errorMessage: String?
  public var placeholder: String?
  /// `HH:MM`, like the bounds.
  public var value: String?
  public var min: String?
  public var max: String?

  public init(id: String) { self.id = id }
}

public struct ToggleInput: Sendable, Hashable, Codable {
  public var id: String
  public var title: String
  public var label: String?
  public var isRequired: Bool?
  public var errorMessage: String?
  /// `valueOn` to begin with the toggle on.
  public var value: String?
  /// `true` and `false` where absent.
  public var valueOn: String?
  public var valueOff: String?
  public var wrap: Bool?

  public init(id: String, title: String) {
    self.id = id
    self.title = title
  }
}

public struct ChoiceSetInput: Sendable, Hashable, Codable {
  public struct Choice: Sendable, Hashable, Codable {
    public var title: String
    public var value: String

    public init(_ title: String, value: String) {
      self.title = title
      self.value = value
    }
  }

  public var id: String
  public var choices: [Choice]
  public var label: String?
  public var isRequired: Bool?
  public var errorMessage: String?
  public var placeholder: String?
  /// The chosen value; several are joined with commas.
  public var value: String?
  public var isMultiSelect: Bool?
  public var style: CardChoiceStyle?
  public var wrap: Bool?

  public init(id: String, choices: [Choice]) {
    self.id = id
    self.choices = choices
  }
}

extension CardInput {
  public static func text(
    id: String, label: String? = nil, placeholder: String? = nil, value: String? = nil,
    isMultiline: Bool? = nil, isRequired: Bool? = nil, errorMessage: String? = nil
  ) -> CardInput {
    var input = TextInput(id: id)
    input.label = label
    input.placeholder = placeholder
    input.value = value
    input.isMultiline = isMultiline
    input.isRequired = isRequired
    input.errorMessage = errorMessage
    return .text(input)
  }

  public static func choices(
    id: String, label: String? = nil, _ choices: [ChoiceSetInput.Choice], value: String? = nil,
    style: CardChoiceStyle? = nil
  ) -> CardInput {
    var input = ChoiceSetInput(id: id, choices: choices)
    input.label = label
    input.value = value
    input.style = style
    return .choiceSet(input)
  }

  public static func toggle(id: String, title: String, isOn: Bool) -> CardInput {
    var input = ToggleInput(id: id, title: title)
    input.value = isOn ? "true" : "false"
    return .toggle(input)
  }

  /// The key of its value when the card is submitted.
  public var id: String {
    switch self {
    case .text(let input): input.id
    case .number(let input): input.id
    case .date(let input): input.id
    case .time(let input): input.id
    case .toggle(let input): input.id
    case .choiceSet(let input): input.id
    }
  }

  var type: String {
    switch self {
    case .text: "Input.Text"
    case .number: "Input.Number"
    case .date: "Input.Date"
    case .time: "Input.Time"
    case .toggle: "Input.Toggle"
    case .choiceSet: "Input.ChoiceSet"
    }
  }

  var properties: any Encodable {
    switch self {
    case .text(let input): input
    case .number(let input): input
    case .date(let input): input
    case .time(let input): input
    case .toggle(let input): input
    case .choiceSet(let input): input
    }
  }

  static func known(_ type: String, _ decoder: any Decoder) -> CardInput? {
    switch type {
    case "Input.Text": (try? TextInput(from: decoder)).map(CardInput.text)
    case "Input.Number": (try? NumberInput(from: decoder)).map(CardInput.number)
    case "Input.Date": (try? DateInput(from: decoder)).map(CardInput.date)
    case "Input.Time": (try? TimeInput(from: decoder)).map(CardInput.time)
    case "Input.Toggle": (try? ToggleInput(from: decoder)).map(CardInput.toggle)
    case "Input.ChoiceSet": (try? ChoiceSetInput(from: decoder)).map(CardInput.choiceSet)
    default: nil
    }
  }
}
