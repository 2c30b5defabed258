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
  private var fetching: Task<ModelCatalog, any Error>?
  static let freshness: Duration = .seconds(300)

  init(llm: LLMClient, configured: String?, logger: Logger, clock: ContinuousClock = .init()) {
    self.llm = llm
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
    if let catalog, let fetchedAt, clock.now - fetchedAt < Self.freshness { return catalog }
    let task = fetching ?? Task { [llm] in try await llm.catalog() }
    fetching = task
    defer { fetching = nil }
    do {
      let fresh = try await task.value
      catalog = fresh
      fetchedAt = clock.now
      return fresh
    } catch {
      // Old knowledge is better than none.
      if let catalog { return catalog }
      throw error
    }
  }
}
