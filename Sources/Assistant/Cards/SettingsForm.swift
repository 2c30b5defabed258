// What comes back from the settings card. Anyone in the space can have sent anything: every value is
// checked against what this person may choose. Pure.

import LLMClient
import WebexAPI

struct SettingsForm: Sendable, Equatable {
  enum Button: String, Sendable {
    case save, reset, cancel, filter
  }

  /// Nil: none of ours.
  var button: Button?
  /// What was entered, by input; an input that did not come is as it was shown.
  var values: [SettingsCard.Input: String] = [:]
  /// What the inputs showed when the card was sent.
  var shown: [SettingsCard.Input: String] = [:]
  /// The filter of the list that was shown.
  var filter = ""

  /// An entered text is kept up to here, also one that is too long to be taken.
  private static let longestInput = 2 * PromptChoice.longestText

  init(_ press: CardPress) {
    button = Button(rawValue: press.text("settings"))
    for input in SettingsCard.Input.allCases {
      let before = press.state["shown"]?[input.rawValue]?.stringValue ?? ""
      shown[input] = before
      // Clients send texts; anything else is none of ours.
      let sent = press.inputs[input.rawValue]?.stringValue ?? before
      values[input] = String(
        Substring(sent.prefix(Self.longestInput)).utf8Prefix(2 * PromptChoice.mostBytes))
    }
    filter = press.state["filter"]?.stringValue ?? ""
    // The filter's text is no setting: without it the list stays as it was.
    let typed = press.inputs[SettingsCard.Input.modelFilter.rawValue]?.stringValue
    values[.modelFilter] = typed.map { String($0.prefix(100)) } ?? filter
  }

  /// What a person changed, and what is wrong with it, as a sentence in Markdown by setting.
  /// Whatever was left as it was shown is no change: another's change in between stays.
  func changes(in view: SettingsView, may: (Prompt) -> Bool, library: [Prompt]) -> (
    changes: [SettingChange], problems: [SettingName: String]
  ) {
    var changes: [SettingChange] = []
    var problems: [SettingName: String] = [:]
    func take(_ name: SettingName, _ outcome: Outcome?) {
      switch outcome {
      case .change(let change): changes.append(change)
      case .problem(let sentence): problems[name] = sentence
      case nil: break
      }
    }
    take(.model, model(view))
    take(.temperature, temperature())
    take(.prompt, prompt(may: may, library: library))
    take(.memory, choice(.memory, MemoryScope.self) { .memory($0) })
    take(.length, choice(.length, AnswerLength.self) { .length($0) })
    take(.footer, choice(.footer, Bool.self) { .footer($0) })
    return (changes, problems)
  }

  private enum Outcome {
    case change(SettingChange)
    case problem(String)
  }

  private func value(_ input: SettingsCard.Input) -> String { values[input] ?? "" }
  private func isChanged(_ input: SettingsCard.Input) -> Bool { value(input) != shown[input] ?? "" }

  private func model(_ view: SettingsView) -> Outcome? {
    guard isChanged(.model) else { return typedModel(view) }
    let id = value(.model)
    if id.isEmpty { return .change(.model(nil)) }
    guard let catalog = view.known.catalog else { return .problem(Sentences.modelsUncheckable) }
    // Of a wildcard any model may be asked, but none is on the list: `/model` takes those.
    guard catalog[id]?.isChatModel == true else { return .problem(Sentences.unknownModel(id)) }
    return .change(.model(id))
  }

  /// Someone typed a name into the filter and pressed Save.
  private func typedModel(_ view: SettingsView) -> Outcome? {
    let typed = value(.modelFilter).trimmingWhitespace()
    guard !typed.isEmpty, typed != filter else { return nil }
    switch NearNames.find(typed, in: view.known.chat.map(\.id)) {
    case .one(let id): return .change(.model(id))
    case .several: return .problem(Sentences.chooseOne)
    case .none: return .problem(Sentences.unknownModel(typed))
    }
  }

  private func temperature() -> Outcome? {
    guard isChanged(.temperature) else { return nil }
    let text = value(.temperature)
    if text.isEmpty { return .change(.temperature(nil)) }
    guard let choice = TemperatureChoice(stored: text) else {
      return .problem(Sentences.temperatureRange)
    }
    return .change(.temperature(choice))
  }

  private func prompt(may: (Prompt) -> Bool, library: [Prompt]) -> Outcome? {
    let text = value(.promptText).trimmingWhitespace()
    var choice = value(.prompt)
    if isChanged(.promptText), !isChanged(.prompt), !text.isEmpty {
      // Who writes a text means it, also without choosing "Own text".
      choice = SettingsCard.written
    } else if !isChanged(.prompt), !(choice == SettingsCard.written && isChanged(.promptText)) {
      return nil
    }
    if choice.isEmpty { return .change(.prompt(nil)) }
    if choice == SettingsCard.written {
      if text.isEmpty { return .problem(Sentences.promptEmpty) }
      if text.count > PromptChoice.longestText || text.utf8.count > PromptChoice.mostBytes {
        return .problem(Sentences.promptTooLong(text.count))
      }
      return .change(.prompt(.written(text)))
    }
    let name = String(choice.dropFirst(choice.hasPrefix("named:") ? 6 : 0))
    // A hidden prompt is not there for people.
    guard let prompt = library.first(where: { $0.name == name }), prompt.visibility != .hidden
    else {
      return .problem(Sentences.noSuchPrompt(name))
    }
    guard may(prompt) else { return .problem(Sentences.promptForAdmins(name)) }
    return .change(.prompt(name == PromptLibrary.defaultName ? nil : .named(name)))
  }

  private func choice<Value: StoredSetting>(
    _ input: SettingsCard.Input, _ type: Value.Type, _ change: (Value?) -> SettingChange
  ) -> Outcome? {
    guard isChanged(input) else { return nil }
    let text = value(input)
    if text.isEmpty { return .change(change(nil)) }
    guard let known = Value(stored: text) else { return .problem(Sentences.notAChoice) }
    return .change(change(known))
  }
}
