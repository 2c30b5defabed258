import FoundationEssentials
import LLMClient
import Testing

@testable import Assistant

@Suite("What holds in a space")
struct EffectiveSettingsTests {
  private static let at = Date(timeIntervalSince1970: 1_794_500_000)
  private static let set = SettingSource.space(by: "Anna", at: at)

  /// One row: what is set where, and what holds.
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var space: [SettingChange] = []
    var prompt: EffectiveSettings.PromptInfo?
    var operatorModel: String?
    var models: [String]? = ["first", "second", "third"]
    var isFresh = true
    var model: Effective<String?>
    var gone: String?
  }

  private static let cases = [
    Case(
      testDescription: "nothing is set: the proxy's first chat model",
      model: Effective("first", .modelDefault)),
    Case(
      testDescription: "the operator before the proxy", operatorModel: "second",
      model: Effective("second", .operatorDefault)),
    Case(
      testDescription: "the prompt before the operator",
      prompt: .init(name: "default", model: "third"), operatorModel: "second",
      model: Effective("third", .prompt("default"))),
    Case(
      testDescription: "the space before the prompt", space: [.model("first")],
      prompt: .init(name: "default", model: "third"), operatorModel: "second",
      model: Effective("first", set)),
    Case(
      testDescription: "a space's model that is gone: the next in order", space: [.model("old")],
      prompt: .init(name: "default", model: "third"), operatorModel: "second",
      model: Effective("third", .prompt("default")), gone: "old"),
    Case(
      testDescription: "a prompt's model that is gone too", space: [.model("old")],
      prompt: .init(name: "default", model: "older"), operatorModel: "second",
      model: Effective("second", .operatorDefault), gone: "old"),
    Case(
      testDescription: "the operator's model need not be listed", operatorModel: "alias",
      model: Effective("alias", .operatorDefault)),
    Case(
      testDescription: "an old list cannot tell that a model is gone", space: [.model("new")],
      isFresh: false, model: Effective("new", set)),
    Case(
      testDescription: "nor can an empty one", space: [.model("new")], models: [],
      model: Effective("new", set)),
    Case(
      testDescription: "LiteLLM has never answered", space: [.model("new")], models: nil,
      isFresh: false, model: Effective("new", set)),
    Case(
      testDescription: "LiteLLM has never answered, and nothing is set", models: nil,
      isFresh: false, model: Effective(nil, .modelDefault)),
    Case(
      testDescription: "a wildcard of the proxy covers the model", space: [.model("azure/gpt-5")],
      models: ["first", "azure/*"], model: Effective("azure/gpt-5", set)),
  ]

  @Test("space before prompt before operator before proxy, for the model", arguments: cases)
  func model(_ row: Case) {
    var configuration = AssistantConfiguration()
    configuration.model = row.operatorModel
    let known = KnownModels(
      catalog: row.models.map {
        ModelCatalog(models: $0.map { CatalogModel(id: $0, mode: "chat") })
      },
      isFresh: row.isFresh)
    var space = SpaceSettings()
    for change in row.space {
      space.set(change.name, stored: change.stored, by: "Anna", at: Self.at)
    }
    let effective = EffectiveSettings.resolve(
      space: space, promptInfo: { $0 == "default" ? row.prompt ?? .init(name: $0) : nil },
      configuration: configuration, known: known)
    #expect(effective.model == row.model)
    #expect(effective.goneModel == row.gone)
  }

  @Test(
    "space before prompt before the model's own, for the temperature",
    arguments: [
      (nil, nil, nil, Effective<Double?>(nil, .modelDefault)),
      (nil, 0.2, nil, Effective(0.2, .prompt("default"))),
      (.value(1.5), 0.2, nil, Effective(1.5, set)),
      (.modelDefault, 0.2, nil, Effective(nil, set)),
      (.value(0), nil, true, Effective(0, set)),
      (.value(0), 0.2, false, Effective(nil, .modelDefault)),
      (nil, 0.2, false, Effective(nil, .modelDefault)),
    ] as [(TemperatureChoice?, Double?, Bool?, Effective<Double?>)])
  func temperature(
    _ set: TemperatureChoice?, _ prompt: Double?, _ takes: Bool?, _ expected: Effective<Double?>
  ) {
    var space = SpaceSettings()
    space.temperature = set.map { SpaceValue(value: $0, by: "Anna", at: Self.at) }
    let model = CatalogModel(id: "m", mode: "chat", takesTemperature: takes)
    let effective = EffectiveSettings.resolve(
      space: space, promptInfo: { .init(name: $0, temperature: prompt) },
      configuration: AssistantConfiguration(),
      known: KnownModels(catalog: ModelCatalog(models: [model]), isFresh: true))
    #expect(effective.temperature == expected)
    #expect((effective.refusedTemperature != nil) == (takes == false))
  }

  @Test(
    "the line under answers: the space's switch over the operator's parts",
    arguments: [
      (nil, [], Effective([], .operatorDefault)),
      (nil, .model, Effective(.model, .operatorDefault)),
      (true, .model, Effective(.model, set)),
      (true, [], Effective(.all, set)),
      (false, .all, Effective([], set)),
    ] as [(Bool?, ReplyFooter, Effective<ReplyFooter>)])
  func footer(_ set: Bool?, _ configured: ReplyFooter, _ expected: Effective<ReplyFooter>) {
    var space = SpaceSettings()
    space.footer = set.map { SpaceValue(value: $0, by: "Anna", at: Self.at) }
    var configuration = AssistantConfiguration()
    configuration.footer = configured
    let effective = EffectiveSettings.resolve(
      space: space, promptInfo: { .init(name: $0) }, configuration: configuration,
      known: KnownModels(catalog: nil, isFresh: false))
    #expect(effective.footer == expected)
  }

  @Test("a prompt that is gone gives way to the default one")
  func gonePrompt() {
    var space = SpaceSettings()
    space.prompt = SpaceValue(value: .named("poet"), by: "Anna", at: Self.at)
    let effective = EffectiveSettings.resolve(
      space: space, promptInfo: { $0 == "default" ? .init(name: $0, temperature: 0.4) : nil },
      configuration: AssistantConfiguration(), known: KnownModels(catalog: nil, isFresh: false))
    #expect(effective.prompt == Effective(.named("default"), .operatorDefault))
    #expect(effective.gonePrompt == "poet")
    #expect(effective.temperature == Effective(0.4, .prompt("default")))
  }

  @Test("a value is kept as it was set", arguments: SettingName.allCases)
  func stored(_ name: SettingName) {
    let changes: [SettingChange] = [
      .model("a:b/c"), .temperature(.value(0.7)), .temperature(.modelDefault),
      .temperature(.value(0)),
      .prompt(.named("writer")), .prompt(.written("named:x\nsecond line")), .memory(.thread),
      .length(.detailed), .footer(true), .footer(false),
    ]
    for change in changes where change.name == name {
      var settings = SpaceSettings()
      settings.set(name, stored: change.stored, by: nil, at: Self.at)
      let back = SettingChange.of(name, in: settings)
      #expect(back == change)
    }
    for nonsense in ["", "3", "nan", "-1", "named", "Space"] where name != .model {
      var settings = SpaceSettings()
      settings.set(name, stored: nonsense, by: nil, at: Self.at)
      #expect(settings.isEmpty, "\(name) \(nonsense)")
    }
  }
}

extension SettingChange {
  static func of(_ name: SettingName, in settings: SpaceSettings) -> SettingChange {
    switch name {
    case .model: .model(settings.model?.value)
    case .temperature: .temperature(settings.temperature?.value)
    case .prompt: .prompt(settings.prompt?.value)
    case .memory: .memory(settings.memory?.value)
    case .length: .length(settings.length?.value)
    case .footer: .footer(settings.footer?.value)
    }
  }
}
