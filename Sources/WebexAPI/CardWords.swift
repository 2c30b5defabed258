// The words that a card's properties are chosen from. See AdaptiveCard.

/// One word of a card's vocabulary. A word that this list does not know is kept; readers of cards
/// compare without regard to case, so these do too.
public protocol CardWord: RawRepresentable<String>, Sendable, Hashable, Codable {
  init(rawValue: String)
}

extension CardWord {
  public static func == (a: Self, b: Self) -> Bool {
    a.rawValue.lowercased() == b.rawValue.lowercased()
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(rawValue.lowercased()) }
}

/// The distance to the element above.
public struct CardSpacing: CardWord {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  public static let `default` = Self(rawValue: "Default")
  public static let none = Self(rawValue: "None")
  public static let small = Self(rawValue: "Small")
  public static let medium = Self(rawValue: "Medium")
  public static let large = Self(rawValue: "Large")
  public static let extraLarge = Self(rawValue: "ExtraLarge")
  public static let padding = Self(rawValue: "Padding")
}

public struct CardTextSize: CardWord {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  public static let `default` = Self(rawValue: "Default")
  public static let small = Self(rawValue: "Small")
  public static let medium = Self(rawValue: "Medium")
  public static let large = Self(rawValue: "Large")
  public static let extraLarge = Self(rawValue: "ExtraLarge")
}

public struct CardTextWeight: CardWord {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  public static let `default` = Self(rawValue: "Default")
  public static let lighter = Self(rawValue: "Lighter")
  public static let bolder = Self(rawValue: "Bolder")
}

public struct CardColor: CardWord {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  public static let `default` = Self(rawValue: "Default")
  public static let dark = Self(rawValue: "Dark")
  public static let light = Self(rawValue: "Light")
  public static let accent = Self(rawValue: "Accent")
  public static let good = Self(rawValue: "Good")
  public static let warning = Self(rawValue: "Warning")
  public static let attention = Self(rawValue: "Attention")
}

public struct CardFontType: CardWord {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  public static let `default` = Self(rawValue: "Default")
  public static let monospace = Self(rawValue: "Monospace")
}

/// Horizontal: left, center, right. Vertical: top, center, bottom.
public struct CardAlignment: CardWord {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  public static let left = Self(rawValue: "Left")
  public static let center = Self(rawValue: "Center")
  public static let right = Self(rawValue: "Right")
  public static let top = Self(rawValue: "Top")
  public static let bottom = Self(rawValue: "Bottom")
}

public struct CardImageSize: CardWord {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  public static let auto = Self(rawValue: "auto")
  public static let stretch = Self(rawValue: "stretch")
  public static let small = Self(rawValue: "Small")
  public static let medium = Self(rawValue: "Medium")
  public static let large = Self(rawValue: "Large")
}

/// `person` is cut to a circle.
public struct CardImageStyle: CardWord {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  public static let `default` = Self(rawValue: "Default")
  public static let person = Self(rawValue: "Person")
}

public struct CardContainerStyle: CardWord {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  public static let `default` = Self(rawValue: "default")
  public static let emphasis = Self(rawValue: "emphasis")
  public static let good = Self(rawValue: "good")
  public static let attention = Self(rawValue: "attention")
  public static let warning = Self(rawValue: "warning")
  public static let accent = Self(rawValue: "accent")
}

public struct CardTextInputStyle: CardWord {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  public static let text = Self(rawValue: "text")
  public static let tel = Self(rawValue: "tel")
  public static let url = Self(rawValue: "url")
  public static let email = Self(rawValue: "email")
}

/// A drop-down list, or every choice in sight.
public struct CardChoiceStyle: CardWord {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  public static let compact = Self(rawValue: "compact")
  public static let expanded = Self(rawValue: "expanded")
}

public struct CardActionStyle: CardWord {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  public static let `default` = Self(rawValue: "default")
  public static let positive = Self(rawValue: "positive")
  public static let destructive = Self(rawValue: "destructive")
}
