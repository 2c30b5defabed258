// The arguments of a command, as they are declared.

/// One argument.
public struct CommandArgument: Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    /// One word, or several in quotes.
    case word
    /// All that is left of the message. Only as the last positional argument.
    case text
    case integer
    case number
    /// An option that stands or does not; as a positional argument `true` or `false`.
    case boolean
    case choice([String])
  }

  /// Letters, digits, `_` and `-`; the option's name too.
  public var name: String
  public var kind: Kind
  /// Given as `--name value`; else by its position.
  public var isOption: Bool
  public var isRequired: Bool
  /// In the form in which a person would type it.
  public var defaultValue: String?
  /// One line of plain text, the label in a form.
  public var help: String?
  /// Characters at most.
  public var maximumLength: Int

  public init(
    _ name: String, _ kind: Kind = .word, isOption: Bool = false, isRequired: Bool = true,
    defaultValue: String? = nil, help: String? = nil, maximumLength: Int = 2_000
  ) {
    self.name = name
    self.kind = kind
    self.isOption = isOption
    self.isRequired = isRequired && defaultValue == nil
    self.defaultValue = defaultValue
    self.help = help
    self.maximumLength = maximumLength
  }

  /// Such as `<summary…>`, `[--project <project>]`.
  var usage: String {
    let value =
      switch kind {
      case .text: "<\(name)…>"
      case .choice(let choices) where choices.count <= 4: choices.joined(separator: "|")
      case .boolean where isOption: ""
      default: "<\(name)>"
      }
    let whole = isOption ? (value.isEmpty ? "--\(name)" : "--\(name) \(value)") : value
    return isRequired ? whole : "[\(whole)]"
  }
}
