// The room's front door: chat completions and the model catalog of an OpenAI-compatible proxy.
// Called by the assistant's turns, its settings and the doctor command.

public import CurlHTTP
import FoundationEssentials
import HTTPTypes
public import Logging

/// A client of LiteLLM, or of anything that speaks the OpenAI chat-completions protocol.
///
/// Never logs prompts, answers or the key: only ids, sizes, codes and durations.
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
  /// Retries before the first content, here and in the stream, as `LLMConfiguration.retry` allows.
  ///
  /// - Throws: `LLMError`, or `CancellationError`.
  public func chat(_ request: ChatRequest) async throws -> ChatStream {
    var fields = headerFields(accept: "text/event-stream")
    fields[.contentType] = "application/json"
    let callID = request.callID.flatMap(Self.headerValue)
    fields[.litellmCallID] = callID
    fields[.litellmEndUserID] = request.endUserID.flatMap(Self.headerValue)
    fields[.litellmSessionID] = request.sessionID.flatMap(Self.headerValue)
    if let timeout = configuration.upstreamStreamTimeout {
      fields[.litellmStreamTimeout] = String(timeout.components.seconds)
    }
    let body: [UInt8]
    do {
      body = try request.encodedBody()
    } catch {
      // A number that JSON does not have (NaN); its place in the request must not reach a log.
      throw LLMError(code: .badRequest, message: "the request cannot be written as JSON")
    }
    let exchange = ChatExchange(
      client: self, request: try httpRequest(.post, endpoints.chatCompletions, fields), body: body,
      callID: callID)
    try await exchange.open()
    return ChatStream(exchange: exchange)
  }

  /// The models that our key may use; also the check that the key is accepted. Wildcard entries of
  /// the proxy's configuration are not listed by it.
  ///
  /// - Throws: `LLMError`, or `CancellationError`.
  public func models() async throws -> [ModelInfo] {
    let bytes = try await get(endpoints.models, policy: configuration.retry)
    guard let list = try? JSONDecoder().decode(WireModelList.self, from: Data(bytes)) else {
      throw LLMError(
        code: .undecodable, message: "the answer of \(endpoints.models) is not a list of models")
    }
    return list.models
  }

  /// What LiteLLM knows about its model groups. Empty where the proxy has no such route, does not
  /// let our key see it, or fails at it: the route is LiteLLM's own, and nothing depends on it.
  ///
  /// - Throws: `LLMError` where the proxy cannot be reached, or `CancellationError`.
  public func modelGroups() async throws -> [ModelGroup] {
    do {
      var once = configuration.retry
      once.maximumAttempts = 1
      let bytes = try await get(endpoints.modelGroupInfo, policy: once)
      return try JSONDecoder().decode(WireModelGroupList.self, from: Data(bytes)).groups
    } catch let error as LLMError where error.status == nil {
      throw error
    } catch let error as CancellationError {
      throw error
    } catch {
      logger.debug("no model group information from the proxy")
      return []
    }
  }

  /// The models that our key may use, with what is known about each.
  public func catalog() async throws -> ModelCatalog {
    let models = try await models()
    do {
      return ModelCatalog(models: models, groups: try await modelGroups())
    } catch is LLMError {
      return ModelCatalog(models: models, groups: [])
    }
  }

  // MARK: Requests

  var chatOptions: HTTPRequestOptions {
    HTTPRequestOptions(
      timeouts: HTTPTimeouts(
        connect: configuration.connectTimeout, firstByte: configuration.firstByteTimeout,
        idle: configuration.idleTimeout, total: configuration.totalTimeout),
      // Asking twice costs tokens, not correctness: a dead pooled connection is no failure.
      isRepeatable: true)
  }

  private func get(_ url: String, policy: RetryPolicy) async throws -> [UInt8] {
    let request = try httpRequest(.get, url, headerFields(accept: "application/json"))
    let options = HTTPRequestOptions(
      timeouts: HTTPTimeouts(
        connect: configuration.connectTimeout, firstByte: .seconds(30), idle: .seconds(30),
        total: .seconds(60)),
      maximumBodyBytes: configuration.maximumCompletionBytes)
    var ledger = RetryLedger(policy: policy, started: time.elapsed())
    while true {
      ledger.begin()
      do {
        return try await attempt(request, options)
      } catch let error as LLMError {
        guard let wait = ledger.wait(after: error, time: time) else { throw error }
        try await time.sleep(wait)
      }
    }
  }

  private func attempt(
    _ request: HTTPRequest, _ options: HTTPRequestOptions
  ) async throws -> [UInt8] {
    do {
      let (response, body) = try await http.send(request, options: options)
      guard response.status.code == 200 else {
        throw LLMErrorClassifier.response(
          status: response.status.code, headers: response.headerFields,
          body: await body.prefix(LLMErrorBody.maximumBytes), now: time.now())
      }
      return try await body.collect(upTo: configuration.maximumCompletionBytes)
    } catch let error as HTTPError {
      throw LLMErrorClassifier.transport(error)
    }
  }

  private func headerFields(accept: String) -> HTTPFields {
    var fields: HTTPFields = [:]
    fields[.accept] = accept
    fields[.userAgent] = configuration.userAgent
    if let apiKey { fields[.authorization] = "Bearer \(apiKey)" }
    return fields
  }

  private func httpRequest(
    _ method: HTTPRequest.Method, _ url: String, _ fields: HTTPFields
  ) throws -> HTTPRequest {
    do {
      return try HTTPRequest(method: method, url: url, headerFields: fields)
    } catch {
      throw LLMErrorClassifier.transport(error)
    }
  }

  /// An id as a header value: visible ASCII, at most 256 characters; nil where nothing is left.
  static func headerValue(_ id: String) -> String? {
    let visible = id.unicodeScalars.filter { (0x21...0x7E).contains($0.value) }.prefix(256)
    return visible.isEmpty ? nil : String(String.UnicodeScalarView(visible))
  }
}
