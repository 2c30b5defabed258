// What can be set for a space, and how each value is kept in the database.

/// What of the past the model is given with a question.
enum MemoryScope: String, Sendable, CaseIterable {
  /// What was said in the whole space.
  case space
  /// What was said in the question's thread.
  case thread
  case none
}

/// How long answers are to be.
enum AnswerLength: String, Sendable, CaseIterable {
  case brief, normal, detailed
}

enum TemperatureChoice: Sendable, Equatable {
  /// 0…2.
  case value(Double)
  /// None is sent, whatever the prompt says.
  case modelDefault
}

enum PromptChoice: Sendable, Equatable {
  case named(String)
  /// A text of the space's own.
  case written(String)

  /// Characters of a written one.
  static let longestText = 4_000
  /// In UTF-8: what looks like one character can have thousands of bytes.
  static let mostBytes = 12_000
}

/// A value kept as text in the `spaceSetting` table.
protocol StoredSetting: Sendable {
  init?(stored: String)
  var stored: String { get }
}

extension StoredSetting where Self: RawRepresentable<String> {
  init?(stored: String) { self.init(rawValue: stored) }
  var stored: String { rawValue }
}

extension MemoryScope: StoredSetting {}
extension AnswerLength: StoredSetting {}

extension String: StoredSetting {
  init?(stored: String) { self = stored }
  var stored: String { self }
}

extension Bool: StoredSetting {
  init?(stored: String) {
    guard stored == "on" || stored == "off" else { return nil }
    self = stored == "on"
  }
  var stored: String { self ? "on" : "off" }
}

extension TemperatureChoice: StoredSetting {
  init?(stored: String) {
    if stored == "model" {
      self = .modelDefault
    } else if let number = Double(stored), (0...2).contains(number) {
      self = .value(number)
    } else {
      return nil
    }
  }

  var stored: String {
    switch self {
    case .value(let number): "\(number)"
    case .modelDefault: "model"
    }
  }
}

extension PromptChoice: StoredSetting {
  init?(stored: String) {
    if stored.hasPrefix("named:") {
      self = .named(String(stored.dropFirst(6)))
    } else if stored.hasPrefix("written:") {
      self = .written(String(stored.dropFirst(8)))
    } else {
      return nil
    }
  }

  var stored: String {
    switch self {
    case .named(let name): "named:\(name)"
    case .written(let text): "written:\(text)"
    }
  }
}
