// The settings card of `/chat`: every setting with where its value comes from. Its buttons send
// `{"settings": "save"}`, `"reset"`, `"cancel"` or `"filter"`; SettingsForm reads what comes back.

import LLMClient
import WebexAPI

struct SettingsCard {
  /// The ids of the inputs.
  enum Input: String, CaseIterable {
    case model, modelFilter, temperature, prompt, promptText, memory, length, footer
  }

  /// More models than this are filtered by a text.
  static let longestModelList = 25
  static let longestPromptList = 30
  static let temperatures: [Double] = [0, 0.2, 0.4, 0.7, 1, 1.3, 1.6, 2]
  /// The value of "Own text" among the prompts.
  static let written = "written"

  var view: SettingsView
  /// What stands in the inputs, by id; what is not there stands as it is set.
  var values: [Input: String] = [:]
  /// Sentences in Markdown, by setting.
  var problems: [SettingName: String] = [:]

  /// What the inputs show of the settings as they are: empty is the default.
  static func shown(_ space: SpaceSettings) -> [Input: String] {
    var shown: [Input: String] = [
      .model: space.model?.value ?? "", .temperature: space.temperature?.value.stored ?? "",
      .prompt: "", .promptText: "", .memory: space.memory?.value.stored ?? "",
      .length: space.length?.value.stored ?? "", .footer: space.footer?.value.stored ?? "",
      .modelFilter: "",
    ]
    switch space.prompt?.value {
    case .named(let name): shown[.prompt] = "named:\(name)"
    case .written(let text): (shown[.prompt], shown[.promptText]) = (written, text)
    case nil: break
    }
    return shown
  }

  func commandCard() -> CommandCard {
    let shown = Dictionary(
      uniqueKeysWithValues: Self.shown(view.space).map { ($0.rawValue, $1) })
    return CommandCard(
      card(), fallback: Sentences.settings(view) + "\n\n" + Sentences.settingsWithoutCard,
      state: Self.state(shown: shown, filter: value(.modelFilter)))
  }

  /// What a press needs to know: what the inputs showed, to tell what is a change.
  static func state(shown: [String: String], filter: String) -> WebexAPI.JSONValue {
    ["shown": .object(shown.mapValues { .string($0) }), "filter": .string(filter)]
  }

  func card() -> AdaptiveCard {
    AdaptiveCard(
      body: [
        CardText.title(Sentences.settingsTitle(isDirect: view.isDirect)),
        CardText.aside(Sentences.settingsScope(isDirect: view.isDirect)),
      ] + warnings() + modelFields() + fields(),
      actions: [
        .submit(Sentences.saveButton, data: ["settings": "save"], style: .positive),
        .submit(Sentences.resetButton, data: ["settings": "reset"]),
        .submit(Sentences.cancelButton, data: ["settings": "cancel"]),
      ])
  }

  private func value(_ input: Input) -> String {
    values[input] ?? Self.shown(view.space)[input] ?? ""
  }

  private func warnings() -> [CardElement] {
    var sentences: [String] = []
    if view.known.failure != nil {
      sentences.append(Sentences.modelsUnknown(hasOldOnes: !view.known.chat.isEmpty))
    }
    if let gone = view.effective.goneModel {
      sentences.append(
        Sentences.goneOnCard(
          CardText.data(gone), instead: view.effective.model.value.map { CardText.data($0) }))
    }
    if let gone = view.effective.gonePrompt {
      sentences.append(Sentences.promptGoneOnCard(CardText.data(gone)))
    }
    if sentences.isEmpty { return [] }
    return [.container(sentences.map { .richText([TextRun($0)]) }, style: .warning)]
  }

  // MARK: The model

  private func modelFields() -> [CardElement] {
    let chat = view.known.chat
    let filter = value(.modelFilter).trimmingWhitespace()
    var elements: [CardElement] = []
    if chat.count > Self.longestModelList {
      var input = TextInput(id: Input.modelFilter.rawValue)
      input.label = Sentences.modelFilterLabel(chat.count)
      input.placeholder = Sentences.modelFilterHint
      input.value = filter
      input.maxLength = 80
      elements = [
        .input(.text(input)),
        .actions([.submit(Sentences.filterButton, data: ["settings": "filter"])]).spacing(.small),
      ]
    }
    let matching = filter.isEmpty ? chat : chat.filter { NearNames.contains($0.id, filter) }
    var choices = [standard(Sentences.modelName(view.defaults.model))]
    let chosen = value(.model)
    // What is chosen stays in the list, whatever the filter says.
    if !chosen.isEmpty, !matching.prefix(Self.longestModelList).contains(where: { $0.id == chosen })
    {
      choices.append(
        .init(
          chat.first { $0.id == chosen }.map(title)
            ?? Sentences.unlistedModel(
              CardText.data(chosen), isGone: view.effective.goneModel == chosen),
          value: chosen))
    }
    choices += matching.prefix(Self.longestModelList).map { .init(title($0), value: $0.id) }
    elements += CardField.elements(
      .input(
        .choices(
          id: Input.model.rawValue, label: Sentences.label(.model), choices, value: chosen,
          style: .compact)),
      problem: problems[.model], source: Sentences.now(view, .model))
    if matching.count > Self.longestModelList {
      elements.append(CardText.aside(Sentences.moreModels(matching.count - Self.longestModelList)))
    } else if matching.isEmpty, !filter.isEmpty {
      elements.append(CardText.aside(Sentences.noModelMatches(CardText.data(filter, longest: 40))))
    }
    return elements
  }

  /// Such as `✓ gpt-5 · 272k in, 128k out · $1.25 in, $10 out per million`.
  private func title(_ model: CatalogModel) -> String {
    let mark = model.id == view.effective.model.value ? "✓ " : ""
    return mark + ([CardText.data(model.id)] + Sentences.facts(model)).joined(separator: " · ")
  }

  private func standard(_ words: String) -> ChoiceSetInput.Choice {
    .init(Sentences.defaultChoice(words), value: "")
  }

  // MARK: The others

  private func fields() -> [CardElement] {
    field(.temperature, .temperature, temperatures())
      + field(.prompt, .prompt, prompts(), more: [promptText()])
      + field(
        .memory, .memory,
        [standard(Sentences.short(view.defaults.memory.value))]
          + MemoryScope.allCases.map { .init(Sentences.words($0), value: $0.stored) })
      + field(
        .length, .length,
        [standard(Sentences.short(view.defaults.length.value))]
          + AnswerLength.allCases.map { .init(Sentences.words($0), value: $0.stored) })
      + field(
        .footer, .footer,
        [standard(Sentences.words(footer: view.defaults.footer.value))]
          + [true, false].map { .init(Sentences.words(isOn: $0), value: $0.stored) })
  }

  private func field(
    _ name: SettingName, _ input: Input, _ choices: [ChoiceSetInput.Choice],
    more: [CardElement] = []
  ) -> [CardElement] {
    let set = CardInput.choices(
      id: input.rawValue, label: Sentences.label(name), choices, value: value(input),
      style: .compact)
    return CardField.elements(
      .input(set), problem: problems[name], source: Sentences.now(view, name), more: more)
  }

  private func temperatures() -> [ChoiceSetInput.Choice] {
    var numbers = Self.temperatures
    // One that was set by other means stays choosable.
    if let set = Double(value(.temperature)), (0...2).contains(set), !numbers.contains(set) {
      numbers = (numbers + [set]).sorted()
    }
    return [
      standard(Sentences.temperature(view.defaults.temperature)),
      .init(Sentences.modelTemperature, value: TemperatureChoice.modelDefault.stored),
    ]
      + numbers.map {
        .init(Sentences.words(temperature: $0), value: TemperatureChoice.value($0).stored)
      }
  }

  private func prompts() -> [ChoiceSetInput.Choice] {
    let standardPrompt = view.prompts.first { $0.name == PromptLibrary.defaultName }
    var choices = [standard(standardPrompt.map(title) ?? PromptLibrary.defaultName)]
    var listed = view.prompts.filter { $0.name != PromptLibrary.defaultName }
      .prefix(Self.longestPromptList).map {
        ChoiceSetInput.Choice(title($0), value: "named:\($0.name)")
      }
    let chosen = value(.prompt)
    if chosen.hasPrefix("named:"), !listed.contains(where: { $0.value == chosen }) {
      listed.append(.init(CardText.data(String(chosen.dropFirst(6))), value: chosen))
    }
    choices += listed
    return choices + [.init(Sentences.ownText, value: Self.written)]
  }

  private func title(_ prompt: Prompt) -> String {
    ([CardText.data(prompt.name)]
      + (prompt.description.map { [CardText.data($0, longest: 60)] } ?? []))
      .joined(separator: " · ")
  }

  private func promptText() -> CardElement {
    var input = TextInput(id: Input.promptText.rawValue)
    input.label = Sentences.ownTextLabel
    input.placeholder = Sentences.ownTextHint
    input.value = value(.promptText)
    input.isMultiline = true
    input.maxLength = PromptChoice.longestText
    return .input(.text(input))
  }
}
