// Which models there are, and which of them answers by default. Asks LiteLLM's catalog at most every
// few minutes. Used by SettingsDesk for every answer and card.

import LLMClient
import Logging

/// A model as a turn needs it.
struct AnsweringModel: Sendable, Equatable {
  var name: String
  var inputTokens: Int?
  var outputTokens: Int?
}

/// What is known of the models that our key may use.
struct KnownModels: Sendable {
  /// Nil: LiteLLM has never answered.
  var catalog: ModelCatalog?
  /// Whether the catalog says what is there now: only such a one can tell that a model is gone.
  var isFresh: Bool
  /// Why there is nothing newer.
  var failure: LLMError?

  /// The models that can hold a conversation.
  var chat: [CatalogModel] { catalog?.models.filter(\.isChatModel) ?? [] }

  func answering(_ name: String) -> AnsweringModel {
    let entry = catalog?[name]
    return AnsweringModel(
      name: name, inputTokens: entry?.maxInputTokens, outputTokens: entry?.maxOutputTokens)
  }
}

/// Where the models are known from. Tests have a list of their own.
protocol ModelSource: Sendable {
  /// - Parameters:
  ///   - maximumAge: an older catalog is asked for anew.
  ///   - patience: how long LiteLLM may take before the old knowledge has to do; nil: as long as any
  ///     request to it.
  func known(maximumAge: Duration, patience: Duration?) async -> KnownModels
}

extension ModelSource {
  /// For an answer: as fresh as need be.
  ///
  /// - Parameter isNeeded: without the list there would be no model to ask, so it is waited for.
  func known(isNeeded: Bool = true) async -> KnownModels {
    await known(maximumAge: ModelDirectory.freshness, patience: isNeeded ? nil : .seconds(4))
  }

  /// For a person who looks at the list: a model that was added a minute ago is there, and a proxy
  /// that hangs does not keep the card from opening.
  func knownForCard() async -> KnownModels {
    await known(maximumAge: .seconds(15), patience: .seconds(4))
  }
}

actor ModelDirectory: ModelSource {
  private let llm: LLMClient
  private let configured: String?
  private let logger: Logger
  private let clock: ContinuousClock
  private var catalog: ModelCatalog?
  private var fetchedAt: ContinuousClock.Instant?
  private var failure: (until: ContinuousClock.Instant, error: LLMError)?
  private var isFetching = false
  private let health: HealthBoard
  static let freshness: Duration = .seconds(300)
  /// After a failure the catalog is left alone for this long.
  static let pause: Duration = .seconds(10)
  static let longPause: Duration = .seconds(60)

  init(
    llm: LLMClient, configured: String?, health: HealthBoard, logger: Logger,
    clock: ContinuousClock = .init()
  ) {
    self.llm = llm
    self.health = health
    self.configured = configured
    self.logger = logger
    self.clock = clock
  }

  /// The model of the operator, or the first chat model of the catalog.
  ///
  /// - Throws: `LLMError` if no model is configured and the catalog cannot be had.
  func answering() async throws -> AnsweringModel {
    let known = await known()
    try Task.checkCancellation()
    guard let name = configured ?? known.catalog?.firstChatModel?.id else {
      throw known.failure
        ?? LLMError(code: .modelUnavailable, message: "the proxy lists no chat model")
    }
    return known.answering(name)
  }

  func known(maximumAge: Duration, patience: Duration?) async -> KnownModels {
    let now = clock.now
    if let catalog, let fetchedAt, now - fetchedAt < maximumAge {
      return KnownModels(catalog: catalog, isFresh: true)
    }
    // A proxy that hangs is not asked again for each answer.
    if let failure, now < failure.until {
      return KnownModels(catalog: catalog, isFresh: false, failure: failure.error)
    }
    // One asks, the others go on with what is known.
    if isFetching, let catalog { return KnownModels(catalog: catalog, isFresh: false) }
    isFetching = true
    defer { isFetching = false }
    do {
      let fresh = try await fetch(patience: patience)
      (catalog, fetchedAt, failure) = (fresh, clock.now, nil)
      if let model = configured ?? fresh.firstChatModel?.id { health.update { $0.model = model } }
      return KnownModels(catalog: fresh, isFresh: true)
    } catch let error as LLMError {
      // What hangs is asked less often than what refuses: somebody waits each time.
      failure = (clock.now + (error.code == .timeout ? Self.longPause : Self.pause), error)
      logger.warning("model catalog unavailable", metadata: ["error": "\(error.code)"])
      if let configured { health.update { $0.model = configured } }
      return KnownModels(catalog: catalog, isFresh: false, failure: error)
    } catch {
      // Cancelled: says nothing about the proxy.
      return KnownModels(catalog: catalog, isFresh: false)
    }
  }

  private func fetch(patience: Duration?) async throws -> ModelCatalog {
    guard let patience else { return try await llm.catalog() }
    return try await withThrowingTaskGroup(of: ModelCatalog.self) { [llm, clock] group in
      group.addTask { try await llm.catalog() }
      group.addTask {
        try await clock.sleep(for: patience)
        throw LLMError(code: .timeout, message: "no model list within \(patience)")
      }
      defer { group.cancelAll() }
      guard let first = try await group.next() else { throw CancellationError() }
      return first
    }
  }
}
