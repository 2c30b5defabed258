// What people set for one space; whatever is nil comes from elsewhere (EffectiveSettings).

import FoundationEssentials

/// A value, and who set it when.
struct SpaceValue<Value: Sendable & Equatable>: Sendable, Equatable {
  var value: Value
  /// The person's name.
  var by: String?
  var at: Date
}

struct SpaceSettings: Sendable, Equatable {
  var model: SpaceValue<String>?
  var temperature: SpaceValue<TemperatureChoice>?
  var prompt: SpaceValue<PromptChoice>?
  var memory: SpaceValue<MemoryScope>?
  var length: SpaceValue<AnswerLength>?
  /// Whether the line about model, tokens and time stands under answers.
  var footer: SpaceValue<Bool>?

  var isEmpty: Bool { self == SpaceSettings() }
}

/// The names of the settings, in the order in which people see them.
enum SettingName: String, Sendable, CaseIterable {
  case model, temperature, prompt, memory, length, footer
}

/// One setting's new value; nil goes back to the default.
enum SettingChange: Sendable, Equatable {
  case model(String?)
  case temperature(TemperatureChoice?)
  case prompt(PromptChoice?)
  case memory(MemoryScope?)
  case length(AnswerLength?)
  case footer(Bool?)

  var name: SettingName {
    switch self {
    case .model: .model
    case .temperature: .temperature
    case .prompt: .prompt
    case .memory: .memory
    case .length: .length
    case .footer: .footer
    }
  }

  /// As the database keeps it.
  var stored: String? {
    switch self {
    case .model(let value): value?.stored
    case .temperature(let value): value?.stored
    case .prompt(let value): value?.stored
    case .memory(let value): value?.stored
    case .length(let value): value?.stored
    case .footer(let value): value?.stored
    }
  }
}

extension SpaceSettings {
  /// What the settings are after a change that is not saved yet.
  func changed(by changes: [SettingChange], at now: Date) -> SpaceSettings {
    var copy = self
    for change in changes { copy.set(change.name, stored: change.stored, by: nil, at: now) }
    return copy
  }

  /// A value that this version does not understand counts as not set.
  mutating func set(_ name: SettingName, stored: String?, by: String?, at: Date) {
    func value<Value: StoredSetting & Equatable>(_ type: Value.Type) -> SpaceValue<Value>? {
      stored.flatMap(Value.init(stored:)).map { SpaceValue(value: $0, by: by, at: at) }
    }
    switch name {
    case .model: model = value(String.self)
    case .temperature: temperature = value(TemperatureChoice.self)
    case .prompt: prompt = value(PromptChoice.self)
    case .memory: memory = value(MemoryScope.self)
    case .length: length = value(AnswerLength.self)
    case .footer: footer = value(Bool.self)
    }
  }
}
