// Which model answers, and how much it takes in. Asks LiteLLM's catalog at most every few minutes.

import LLMClient
import Logging

/// A model as a turn needs it.
struct AnsweringModel: Sendable, Equatable {
  var name: String
  var inputTokens: Int?
  var outputTokens: Int?
}

actor ModelDirectory {
  private let llm: LLMClient
  private let configured: String?
  private let logger: Logger
  private let clock: ContinuousClock
  private var catalog: ModelCatalog?
  private var fetchedAt: ContinuousClock.Instant?
  private var failure: (until: ContinuousClock.Instant, error: any Error)?
  private var isFetching = false
  private let health: HealthBoard
  static let freshness: Duration = .seconds(300)
  /// After a failure the catalog is left alone for this long.
  static let pause: Duration = .seconds(10)

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
    do {
      let catalog = try await current()
      guard let name = configured ?? catalog.firstChatModel?.id else {
        throw LLMError(code: .modelUnavailable, message: "the proxy lists no chat model")
      }
      health.update { $0.model = name }
      let entry = catalog[name]
      return AnsweringModel(
        name: name, inputTokens: entry?.maxInputTokens, outputTokens: entry?.maxOutputTokens)
    } catch {
      // The catalog is a convenience where the operator named a model.
      guard let configured, !(error is CancellationError) else { throw error }
      let reason = (error as? LLMError)?.code.description ?? "\(error)"
      logger.warning("model catalog unavailable", metadata: ["error": "\(reason)"])
      return AnsweringModel(name: configured)
    }
  }

  private func current() async throws -> ModelCatalog {
    let now = clock.now
    if let catalog, let fetchedAt, now - fetchedAt < Self.freshness { return catalog }
    // A proxy that hangs is not asked again for each answer.
    if let failure, now < failure.until {
      guard let catalog else { throw failure.error }
      return catalog
    }
    // One asks, the others go on with what is known.
    if isFetching, let catalog { return catalog }
    isFetching = true
    defer { isFetching = false }
    do {
      let fresh = try await llm.catalog()
      (catalog, fetchedAt, failure) = (fresh, clock.now, nil)
      return fresh
    } catch {
      if !(error is CancellationError) { failure = (clock.now + Self.pause, error) }
      // Old knowledge is better than none.
      if let catalog { return catalog }
      throw error
    }
  }
}
