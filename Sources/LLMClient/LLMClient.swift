// The room's front door: chat completions and the model catalog of an OpenAI-compatible proxy.
// Called by the assistant's turns, its settings and the doctor command.

public import CurlHTTP
import HTTPTypes
public import Logging

/// A client of LiteLLM, or of anything that speaks the OpenAI chat-completions protocol.
public final class LLMClient: Sendable {
  let http: HTTPClient
  let endpoints: LLMEndpoints
  let apiKey: String?
  let configuration: LLMConfiguration
  let logger: Logger
  let time: LLMTime

  /// - Parameters:
  ///   - baseURL: the proxy's address, with or without `/v1` and trailing slashes.
  ///   - apiKey: sent as a bearer token; nil or empty sends none.
  public init(
    http: HTTPClient, baseURL: String, apiKey: String?, configuration: LLMConfiguration = .init(),
    logger: Logger, time: LLMTime = .system
  ) {
    self.http = http
    endpoints = LLMEndpoints(baseURL: baseURL)
    self.apiKey = apiKey.flatMap { $0.isEmpty ? nil : $0 }
    self.configuration = configuration
    self.logger = logger
    self.time = time
  }

  /// Asks for an answer. Returns once the proxy has accepted the request; the answer is iterated.
  /// Retries before the first content as `LLMConfiguration.retry` allows.
  ///
  /// - Throws: `LLMError`, or `CancellationError`.
  public func chat(_ request: ChatRequest) async throws -> ChatStream {
    throw LLMError(code: .other, message: "not there yet")
  }

  /// The models that our key may use. Wildcard entries are not listed by LiteLLM.
  public func models() async throws -> [ModelInfo] {
    throw LLMError(code: .other, message: "not there yet")
  }

  /// What LiteLLM knows about its model groups; empty where the route is absent or not for us.
  public func modelGroups() async throws -> [ModelGroup] {
    throw LLMError(code: .other, message: "not there yet")
  }

  /// Both of the above, merged.
  public func catalog() async throws -> ModelCatalog {
    ModelCatalog(models: try await models(), groups: try await modelGroups())
  }
}
