// What a person reads on cards: labels, buttons, where a value comes from. Plain text throughout, but
// for the reasons beside a field, which are Markdown.

import FoundationEssentials

extension Sentences {
  // MARK: Buttons

  static let saveButton = "Save"
  static let resetButton = "Reset to defaults"
  static let cancelButton = "Cancel"
  static let confirmButton = "Confirm"
  static let sendButton = "Send"
  static let filterButton = "Show matching models"

  // MARK: Confirmation, form, help

  static let confirmTitle = "Please confirm"
  static let noChoice = "–"
  static let use = "Use:"

  static func needsCards(_ command: String) -> String {
    "_Your client shows no cards, so \(code(command)) cannot be confirmed here._"
  }

  static let helpTitle = "What I can do"
  static let editHint =
    "Edit your question, and I answer it anew. A text that begins with `//` goes to the model as it is."

  static func helpIntroduction(model: String?, isDirect: Bool) -> String {
    let how =
      isDirect
      ? "Write to me, and I answer in the thread of your question."
      : "Mention me with a question, and I answer in its thread."
    return how + (model.map { " \($0) answers here." } ?? "")
  }

  static func moreCommands(_ count: Int) -> String {
    "… and \(count) more, which have no button here"
  }

  // MARK: The settings card

  static func settingsTitle(isDirect: Bool) -> String {
    isDirect ? "Settings of our conversation" : "Settings of this space"
  }

  static func settingsScope(isDirect: Bool) -> String {
    isDirect ? "They hold for our direct messages only." : "They hold for everyone in this space."
  }

  static let settingsWithoutCard =
    "Your client shows no cards: `/model <name>` and `/prompt <name>` choose by text."

  static func label(_ name: SettingName) -> String {
    switch name {
    case .model: "Model"
    case .temperature: "Temperature"
    case .prompt: "System prompt"
    case .memory: "Memory"
    case .length: "Answer length"
    case .footer: "Line under answers"
    }
  }

  static func modelFilterLabel(_ count: Int) -> String { "Find a model (\(count) are offered)" }
  static let modelFilterHint = "A part of its name"
  static let ownText = "Own text, below"
  static let ownTextLabel = "Own system prompt"
  static let ownTextHint = "What the model is told before every question; at most 4,000 characters"
  static let modelTemperature = "Model's default"

  static func defaultChoice(_ words: String) -> String { "Default: \(words)" }
  static func moreModels(_ count: Int) -> String { "\(count) more match; narrow it down above." }
  static func noModelMatches(_ filter: String) -> String { "No model matches “\(filter)”." }
  static func unlistedModel(_ name: String, isGone: Bool) -> String {
    isGone ? "\(name) · no longer offered" : name
  }

  static func goneOnCard(_ gone: String, instead model: String?) -> String {
    "\(gone) is no longer offered to me" + (model.map { ", so \($0) answers." } ?? ".")
  }

  static func promptGoneOnCard(_ gone: String) -> String {
    "The prompt \(gone) is no longer there, so the default one is used."
  }

  // MARK: Values in words

  static func modelName(_ model: Effective<String?>) -> String {
    guard let name = model.value else { return "the first that LiteLLM lists" }
    return CardText.data(name)
  }

  static func words(temperature: Double) -> String {
    let word: String? =
      switch temperature {
      case 0: "strict, repeats itself"
      case 0.2: "precise"
      case 0.4: "focused"
      case 0.7: "balanced"
      case 1: "varied"
      case 1.3: "creative"
      case 1.6: "adventurous"
      case 2: "wild"
      default: nil
      }
    return number(temperature) + (word.map { " · \($0)" } ?? "")
  }

  static func temperature(_ temperature: Effective<Double?>) -> String {
    guard let value = temperature.value else { return "the model's own" }
    guard case .prompt(let name) = temperature.source else { return number(value) }
    return "\(number(value)), from the prompt \(CardText.data(name))"
  }

  static func short(_ memory: MemoryScope) -> String {
    switch memory {
    case .space: "this space"
    case .thread: "this thread"
    case .none: "none"
    }
  }

  static func words(_ memory: MemoryScope) -> String {
    switch memory {
    case .space: "This space · everything said here"
    case .thread: "This thread · each thread for itself"
    case .none: "None · each question for itself"
    }
  }

  static func short(_ length: AnswerLength) -> String { length.rawValue }

  static func words(_ length: AnswerLength) -> String {
    switch length {
    case .brief: "Brief · a few sentences"
    case .normal: "Normal · as the question asks"
    case .detailed: "Detailed · with reasons and examples"
    }
  }

  static func words(isOn: Bool) -> String { isOn ? "On" : "Off" }

  static func words(footer: ReplyFooter) -> String {
    if footer.isEmpty { return "off" }
    let parts: [(ReplyFooter, String)] = [
      (.model, "model"), (.tokens, "tokens"), (.cost, "cost"), (.seconds, "seconds"),
    ]
    return "on · " + parts.filter { footer.contains($0.0) }.map(\.1).joined(separator: ", ")
  }

  static func words(_ prompt: PromptChoice) -> String {
    switch prompt {
    case .named(let name): CardText.data(name)
    case .written(let text): "own text, \(text.count) characters"
    }
  }

  // MARK: Where a value comes from

  /// Beside a field: such as `Now gpt-5, set in this space by Anna on 12 Nov`.
  static func now(_ view: SettingsView, _ name: SettingName) -> String {
    "Now " + source(view, name)
  }

  /// Such as `gpt-5, set in this space by Anna on 12 Nov`.
  static func source(_ view: SettingsView, _ name: SettingName) -> String {
    let value = value(view, name)
    guard let source = sourceOf(view.effective, name) else { return value }
    return "\(value), \(words(source, view: view))"
  }

  /// What holds, without where it comes from.
  static func value(_ view: SettingsView, _ name: SettingName) -> String {
    let settings = view.effective
    switch name {
    case .model:
      return settings.model.value.map { CardText.data($0) }
        ?? "unknown: LiteLLM has not answered yet, and no model is set"
    case .temperature:
      if !view.modelTakesTemperature {
        let model = settings.model.value.map { CardText.data($0) } ?? "this model"
        return "the model's own: \(model) takes no other"
      }
      return settings.temperature.value.map { number($0) } ?? "the model's own"
    case .prompt: return words(settings.prompt.value)
    case .memory: return short(settings.memory.value)
    case .length: return short(settings.length.value)
    case .footer: return words(footer: settings.footer.value)
    }
  }

  /// Nil where the value says it itself.
  private static func sourceOf(_ settings: EffectiveSettings, _ name: SettingName) -> SettingSource?
  {
    switch name {
    case .model: settings.model.value == nil ? nil : settings.model.source
    case .temperature:
      settings.temperature.source == .modelDefault ? nil : settings.temperature.source
    case .prompt: settings.prompt.source
    case .memory: settings.memory.source
    case .length: settings.length.source
    case .footer: settings.footer.source
    }
  }

  static func words(_ source: SettingSource, view: SettingsView) -> String {
    switch source {
    case .space(let person, let date):
      let who = person.map { self.name($0) } ?? ""
      return "set \(view.isDirect ? "here" : "in this space")"
        + "\(who.isEmpty || view.isDirect ? "" : " by \(who)") on \(day(date, now: view.now))"
    case .prompt(let prompt): return "from the prompt \(CardText.data(prompt))"
    case .operatorDefault: return "the operator's default"
    case .modelDefault: return "the first that LiteLLM lists"
    case .builtIn: return "the default"
    }
  }

  // MARK: Reasons beside a field, in Markdown

  static let temperatureRange = "The temperature is a number from 0 to 2."
  static let chooseOne = "Several models match: please choose one of them."
  static let promptEmpty = "Please write the prompt, or choose one of the list."
  static let notAChoice = "This is none of the choices."

  static func promptTooLong(_ count: Int) -> String {
    count > PromptChoice.longestText
      ? "The prompt has \(count) characters; at most \(PromptChoice.longestText) are possible."
      : "The prompt is too long: its characters take more than \(PromptChoice.mostBytes) bytes."
  }

  static func takesNoTemperature(_ model: String) -> String {
    "\(code(model)) takes no temperature: please leave it to the model, or choose another model."
  }

  // MARK: What became of the card

  static let savedTitle = "Settings saved"
  static let cancelledTitle = "Settings not changed"
  static let resetTitle = "Settings reset to the defaults"
  static let nothingChanged = "Everything stays as it was."

  static func changedBy(_ person: String, at date: Date, now: Date) -> String {
    "By \(name(person)) on \(day(date, now: now))"
  }

  /// One line for each setting that was changed; of a default, where it comes from.
  static func saved(_ changes: [SettingChange], view: SettingsView) -> [String] {
    changes.map { change in
      let words = change.stored == nil ? source(view, change.name) : value(view, change.name)
      return "- **\(label(change.name)):** \(plain(words))"
    }
  }
}
