// What a prompt may mention. Names come from people: they reach the model as one short line without
// quotes, so that a display name is never read as a rule.

struct PromptVariables: Sendable {
  /// What a prompt may name, as `{{date}}` or as a section.
  static let names: Set<String> = ["date", "space", "person", "model", "direct"]
  /// Of a name, in Unicode scalars.
  static let longestName = 80

  /// ISO 8601 date, UTC.
  var date: String
  var model: String
  /// The person's name; empty if unknown.
  var person: String
  /// The space's title; empty if unknown.
  var space: String
  var isDirect: Bool

  init(date: String, model: String = "", person: String, space: String = "", isDirect: Bool) {
    self.date = date
    self.model = model
    self.person = person
    self.space = space
    self.isDirect = isDirect
  }

  /// For a template: texts, and `direct` as a truth value. What is unknown is left out, so that a
  /// section of it is not shown.
  var values: [String: Any] {
    var values = texts.filter { !$0.value.isEmpty } as [String: Any]
    values["direct"] = isDirect
    return values
  }

  /// Those that stand for text.
  var texts: [String: String] {
    [
      "date": date, "model": Self.name(model), "person": Self.name(person),
      "space": Self.name(space),
    ]
  }

  /// A name as data: one line, bounded, without what could end a quotation.
  static func name(_ text: String, longest: Int = longestName) -> String {
    let quotes = "\"“”„«»`".unicodeScalars
    let safe = line(text, longest: longest).unicodeScalars.map { quotes.contains($0) ? "’" : $0 }
    return String(String.UnicodeScalarView(safe))
  }

  /// One line without what cannot be seen, of at most `longest` Unicode scalars.
  static func line(_ text: String, longest: Int) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(4 * longest) {
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator, .spaceSeparator: scalars.append(" ")
      case .format, .surrogate, .privateUse, .unassigned: break
      default: scalars.append(scalar)
      }
    }
    let line = String(scalars).split(separator: " ").joined(separator: " ")
    return String(String.UnicodeScalarView(line.unicodeScalars.prefix(longest)))
      .trimmingWhitespace()
  }
}
