// Settings on a real SQLite file and a real folder of prompts; only LiteLLM's list is scripted.

import FoundationEssentials
import LLMClient
import Logging
import Synchronization
import WebexAPI

@testable import Assistant

/// A list of models that a test changes.
final class ScriptedModels: ModelSource {
  private let state: Mutex<KnownModels>

  init(_ models: [CatalogModel]) {
    state = Mutex(KnownModels(catalog: ModelCatalog(models: models), isFresh: true))
  }

  init(down catalog: ModelCatalog?) {
    let failure = LLMError(code: .unreachable, message: "http://litellm.internal:4000 refused")
    state = Mutex(KnownModels(catalog: catalog, isFresh: false, failure: failure))
  }

  func offer(_ models: [CatalogModel]) {
    state.withLock { $0 = KnownModels(catalog: ModelCatalog(models: models), isFresh: true) }
  }

  func goDown() {
    state.withLock {
      $0.isFresh = false
      $0.failure = LLMError(code: .unreachable, message: "refused")
    }
  }

  func known(maximumAge: Duration, patience: Duration?) async -> KnownModels {
    state.withLock { $0 }
  }
}

struct SettingsRehearsal {
  static let usual = [
    CatalogModel(
      id: "gpt-5", mode: "chat", maxInputTokens: 272_000, maxOutputTokens: 128_000,
      inputCostPerToken: 1.25e-6, outputCostPerToken: 1e-5, takesTemperature: false),
    CatalogModel(
      id: "claude-sonnet", mode: "chat", maxInputTokens: 200_000, inputCostPerToken: 3e-6,
      outputCostPerToken: 1.5e-5, takesTemperature: true),
    CatalogModel(id: "house-model", mode: "chat"),
    CatalogModel(id: "embed", mode: "embedding"),
  ]
  static let now = Date(timeIntervalSince1970: 1_794_500_000)
  static let anna = CommandPerson(id: "ANNA", email: "anna@example.com", name: "Anna")

  let folder = StoreFolder()
  let store: Store
  let models: ScriptedModels
  let promptFolder: URL
  var desk: SettingsDesk

  init(
    _ prompts: [String: String] = [:], models: ScriptedModels = ScriptedModels(Self.usual),
    configure: (inout AssistantConfiguration) -> Void = { _ in }
  ) throws {
    store = try folder.open()
    self.models = models
    promptFolder = URL(filePath: folder.path).appending(path: "prompts")
    try FileManager.default.createDirectory(at: promptFolder, withIntermediateDirectories: true)
    var configuration = AssistantConfiguration()
    configure(&configuration)
    for (name, text) in prompts {
      try Data(text.utf8).write(to: promptFolder.appending(path: name))
    }
    desk = SettingsDesk(
      store: store, prompts: PromptLibrary(directory: promptFolder.path), models: models,
      configuration: configuration)
  }

  func remove() { folder.remove() }

  /// As if the process had ended and begun again.
  func restarted() throws -> SettingsDesk {
    try store.close()
    return SettingsDesk(
      store: try folder.open(), prompts: PromptLibrary(directory: promptFolder.path),
      models: models, configuration: desk.configuration)
  }

  func context(
    _ space: String = "s", text: String = "", by person: CommandPerson = Self.anna,
    arguments: [String: WebexAPI.JSONValue] = [:]
  ) -> CommandContext {
    CommandContext(
      person: person, space: Self.space(space), text: text, arguments: arguments,
      reference: "3f9a01bc", now: Self.now, logger: Logger(label: "test"))
  }

  static func space(_ id: String) -> CommandSpace {
    CommandSpace(id: id, roomID: "ROOM-\(id)", title: "Team \(id)", isDirect: false, threadID: nil)
  }

  func save(_ changes: SettingChange..., in space: String = "s") async throws {
    try await desk.save(changes, in: Self.space(space), by: Self.anna, at: Self.now)
  }

  func answering(_ space: String = "s", _ question: CommandQuestion? = nil) async throws
    -> AnswerSettings
  {
    try await desk.answering(
      spaceID: space, question: question,
      variables: PromptVariables(
        date: "2026-11-21", person: "Anna", space: "Team", isDirect: false), now: Self.now)
  }
}
