// What holds in a space: each value with where it comes from. Pure.

import FoundationEssentials
import LLMClient

/// Where a value comes from.
enum SettingSource: Sendable, Equatable {
  /// People of the space.
  case space(by: String?, at: Date)
  /// The prompt's front matter.
  case prompt(String)
  case operatorDefault
  /// The first chat model that the proxy lists; a temperature that is left to the model.
  case modelDefault
  case builtIn
}

struct Effective<Value: Sendable & Equatable>: Sendable, Equatable {
  var value: Value
  var source: SettingSource

  init(_ value: Value, _ source: SettingSource) {
    self.value = value
    self.source = source
  }
}

struct EffectiveSettings: Sendable, Equatable {
  /// Nil: no model is configured, and LiteLLM has never answered.
  var model: Effective<String?>
  /// Nil: the model's own.
  var temperature: Effective<Double?>
  var prompt: Effective<PromptChoice>
  var memory: Effective<MemoryScope>
  var length: Effective<AnswerLength>
  /// The parts of the line under an answer; none: no line.
  var footer: Effective<ReplyFooter>
  /// Wanted by the space, its prompt or the operator, but no longer there; `model` stands in for it.
  var goneModel: String?
  /// Wanted by the space, but no longer there; the default prompt stands in for it.
  var gonePrompt: String?
  /// Wanted, but not taken by the model.
  var refusedTemperature: Double?

  /// What a resolution needs to know of a prompt.
  struct PromptInfo: Sendable, Equatable {
    var name: String
    var model: String?
    var temperature: Double?
  }

  /// Precedence: space, the prompt's front matter, operator, the model's or proxy's default.
  ///
  /// - Parameters:
  ///   - promptInfo: of the prompt with this name; nil if there is none.
  ///   - known: only a fresh catalog can tell that a model is gone.
  static func resolve(
    space: SpaceSettings, promptInfo: (String) -> PromptInfo?,
    configuration: AssistantConfiguration, known: KnownModels
  ) -> EffectiveSettings {
    let (prompt, info, gonePrompt) = prompt(space, promptInfo)
    let (model, goneModel) = model(space, info, configuration, known)
    let (temperature, refused) = temperature(
      space, info, model.value.flatMap { known.catalog?[$0] })
    return EffectiveSettings(
      model: model, temperature: temperature, prompt: prompt,
      memory: space.memory.map(from) ?? Effective(.space, .builtIn),
      length: space.length.map(from) ?? Effective(.normal, .builtIn),
      footer: footer(space, configuration), goneModel: goneModel, gonePrompt: gonePrompt,
      refusedTemperature: refused)
  }

  private static func from<Value>(_ set: SpaceValue<Value>) -> Effective<Value> {
    Effective(set.value, .space(by: set.by, at: set.at))
  }

  private static func prompt(_ space: SpaceSettings, _ infoOf: (String) -> PromptInfo?) -> (
    Effective<PromptChoice>, PromptInfo?, gone: String?
  ) {
    let standard = Effective(PromptChoice.named(PromptLibrary.defaultName), .operatorDefault)
    let standardInfo = infoOf(PromptLibrary.defaultName)
    guard let set = space.prompt else { return (standard, standardInfo, nil) }
    switch set.value {
    case .written: return (from(set), nil, nil)
    case .named(let name):
      if let info = infoOf(name) { return (from(set), info, nil) }
      return (standard, standardInfo, name)
    }
  }

  private static func model(
    _ space: SpaceSettings, _ prompt: PromptInfo?, _ configuration: AssistantConfiguration,
    _ known: KnownModels
  ) -> (Effective<String?>, gone: String?) {
    var wanted: [Effective<String?>] = []
    if let set = space.model { wanted.append(Effective(set.value, .space(by: set.by, at: set.at))) }
    if let prompt, let model = prompt.model {
      wanted.append(Effective(model, .prompt(prompt.name)))
    }
    if let model = configuration.model { wanted.append(Effective(model, .operatorDefault)) }
    if let first = known.chat.first { wanted.append(Effective(first.id, .modelDefault)) }
    // An empty list is a key that lost its models, or a proxy that is starting: not the models' end.
    let catalog = known.isFresh && !known.chat.isEmpty ? known.catalog : nil
    let gone = wanted.prefix { effective in
      // The operator's choice is asked for at any rate: it may be an alias that is not listed.
      guard let catalog, effective.source != .operatorDefault, let name = effective.value else {
        return false
      }
      return !catalog.offers(name)
    }
    return (
      wanted.dropFirst(gone.count).first ?? Effective(nil, .modelDefault), gone.first?.value ?? nil
    )
  }

  private static func temperature(
    _ space: SpaceSettings, _ prompt: PromptInfo?, _ model: CatalogModel?
  ) -> (Effective<Double?>, refused: Double?) {
    var wanted = Effective<Double?>(nil, .modelDefault)
    if let set = space.temperature {
      let source = SettingSource.space(by: set.by, at: set.at)
      switch set.value {
      case .value(let number): wanted = Effective(number, source)
      case .modelDefault: wanted = Effective(nil, source)
      }
    } else if let prompt, let number = prompt.temperature {
      wanted = Effective(number, .prompt(prompt.name))
    }
    guard let number = wanted.value, model?.takesTemperature == false else { return (wanted, nil) }
    return (Effective(nil, .modelDefault), number)
  }

  private static func footer(_ space: SpaceSettings, _ configuration: AssistantConfiguration)
    -> Effective<ReplyFooter>
  {
    guard let set = space.footer else {
      return Effective(configuration.footer, .operatorDefault)
    }
    let parts = configuration.footer.isEmpty ? ReplyFooter.all : configuration.footer
    return Effective(set.value ? parts : [], .space(by: set.by, at: set.at))
  }
}
