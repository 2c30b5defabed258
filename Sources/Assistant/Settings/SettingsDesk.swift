// The settings of spaces: what holds, what is changed, and what an answer takes from it. Asked by
// Answer for each question, by the settings card and by the commands that show or change a setting.

import FoundationEssentials
import LLMClient

/// What one answer takes from its space's settings.
struct AnswerSettings: Sendable {
  var model: AnsweringModel
  /// Nil: none is sent.
  var temperature: Double?
  var systemPrompt: String
  var memory: MemoryScope
  var footer: ReplyFooter
  /// The space's model, if it is gone and another stands in: to be told once, with an answer.
  var goneModel: String?
}

struct SettingsDesk: Sendable {
  var store: Store
  var prompts: PromptLibrary
  var models: any ModelSource
  var configuration: AssistantConfiguration

  // MARK: What holds

  func effective(spaceID: String) async throws -> EffectiveSettings {
    resolve(try await store.settings(spaceID: spaceID), await models.known(isNeeded: false))
  }

  func resolve(_ space: SpaceSettings, _ known: KnownModels) -> EffectiveSettings {
    let library = prompts.prompts()
    return .resolve(
      space: space,
      promptInfo: { name in
        if let prompt = library.first(where: { $0.name == name }) {
          return .init(name: name, model: prompt.model, temperature: prompt.temperature)
        }
        // The built-in one takes its place.
        return name == PromptLibrary.defaultName ? .init(name: name) : nil
      }, configuration: configuration, known: known)
  }

  // MARK: What is changed

  func save(
    _ changes: [SettingChange], in space: CommandSpace, by person: CommandPerson, at now: Date
  ) async throws {
    try await store.touchSpace(space.id, roomID: space.roomID, isDirect: space.isDirect, at: now)
    try await store.save(
      changes, spaceID: space.id, by: PromptVariables.name(person.name), at: now)
  }

  func reset(spaceID: String) async throws {
    try await store.resetSettings(spaceID: spaceID)
  }

  // MARK: What an answer takes

  /// - Parameters:
  ///   - question: of a command; it may name a prompt and a model.
  ///   - variables: without the model, which is filled in here.
  ///   - now: for the note that a space was told of a model that is gone.
  /// - Throws: `LLMError` if there is no model to ask; ``CommandError`` if the question's prompt is
  ///   not there.
  func answering(
    spaceID: String, question: CommandQuestion? = nil, variables: PromptVariables,
    now: Date = Date()
  ) async throws -> AnswerSettings {
    var space = try await store.settings(spaceID: spaceID)
    let isNamed = question?.model ?? space.model?.value ?? configuration.model
    let known = await models.known(isNeeded: isNamed == nil)
    try Task.checkCancellation()
    if let name = question?.prompt {
      guard prompts.prompt(name) != nil else {
        throw CommandError(Sentences.noSuchPrompt(name), reason: "the prompt is not there")
      }
      // The question's prompt brings its own model and temperature, if any, before the space's.
      space.prompt = SpaceValue(value: .named(name.lowercased()), by: nil, at: now)
      if prompts.prompt(name)?.model != nil { space.model = nil }
      if prompts.prompt(name)?.temperature != nil { space.temperature = nil }
    }
    if let model = question?.model {
      space.model = SpaceValue(value: model, by: nil, at: now)
    }
    let effective = resolve(space, known)
    guard let name = effective.model.value else {
      throw known.failure
        ?? LLMError(code: .modelUnavailable, message: "the proxy lists no chat model")
    }
    var variables = variables
    variables.model = name
    return AnswerSettings(
      model: known.answering(name), temperature: effective.temperature.value,
      systemPrompt: systemPrompt(
        effective, variables, hasLength: question?.prompt == nil),
      memory: question == nil ? effective.memory.value : .none, footer: effective.footer.value,
      goneModel: question == nil ? effective.goneModel : nil)
  }

  private func systemPrompt(
    _ effective: EffectiveSettings, _ variables: PromptVariables, hasLength: Bool
  ) -> String {
    let text =
      switch effective.prompt.value {
      case .named(let name): prompts.systemPrompt(variables, named: name)
      case .written(let text):
        PromptTemplate.fill(text, variables) + "\n\n"
          + PromptLibrary.render(PromptLibrary.frame, variables)
      }
    guard hasLength, let length = Self.instruction(effective.length.value) else { return text }
    return text + "\n\n" + length
  }

  /// For the model, behind any prompt.
  private static func instruction(_ length: AnswerLength) -> String? {
    switch length {
    case .brief:
      "Keep every answer brief: one to three sentences, or a short list, unless the question itself asks for more."
    case .normal: nil
    case .detailed:
      "Answer in detail: explain the reasons, give examples, and name exceptions and alternatives where they matter."
    }
  }

  /// What stands under the first answer that another model gave.
  ///
  /// - Returns: nil if the space was told before.
  func goneNotice(_ gone: String, instead model: String, spaceID: String, at now: Date)
    async throws -> String?
  {
    try await store.claimGoneNotice(model: gone, spaceID: spaceID, at: now)
      ? Sentences.modelGone(gone, instead: model) : nil
  }
}
