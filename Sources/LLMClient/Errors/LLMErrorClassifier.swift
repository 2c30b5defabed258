// From a failed response, an error frame or a transport error to an LLMError: one table, pure.
// Sources: LiteLLM 1.106's exception mapping and proxy, observed on the wire, and the shapes of
// other OpenAI-compatible servers. Called by LLMClient and ChatStreamAssembler.

public import CurlHTTP
public import FoundationEssentials
public import HTTPTypes

/// Decides what went wrong, by `error.type` first, then the message, then the status: the statuses
/// differ between LiteLLM versions (over budget was 400, 429 and is 422).
public enum LLMErrorClassifier {
  /// An HTTP response with another status than 200.
  public static func response(
    status: Int, headers: HTTPFields, body: [UInt8], now: Date
  ) -> LLMError {
    let body = LLMErrorBody(body)
    var error = classify(body, status: status)
    error.retryAfter = retryAfter(headers, now: now)
    error.callID = headers[.litellmCallID]
    if error.code == .badRequest, headers[.litellmAppliedGuardrails] != nil,
      body.message.hasPrefix("Content blocked")
    {
      error.code = .contentRefused
    }
    return error
  }

  /// An error object in the body of a 200: an event of a stream, or a whole document.
  public static func frame(
    _ data: [UInt8], callID: String? = nil, receivedContent: Bool
  ) -> LLMError {
    let body = LLMErrorBody(data)
    let status = body.code.flatMap { Int($0) }.flatMap { (400...599).contains($0) ? $0 : nil }
    var error = classify(body, status: status)
    // With keep-alives on, LiteLLM hides the real reason behind this sentence and a 400.
    if body.message.hasPrefix("Error processing stream start") { error.code = .upstreamFailed }
    if status == nil, error.code == .other { error.code = .upstreamFailed }
    error.callID = callID
    error.receivedContent = receivedContent
    error.isWorthRetrying = error.isWorthRetrying && !receivedContent
    return error
  }

  /// No response, or a body that broke off.
  public static func transport(_ error: HTTPError, receivedContent: Bool = false) -> LLMError {
    let code: LLMError.Code
    var isWorthRetrying = true
    switch error.code {
    case .resolve, .refused, .connectTimeout: code = .unreachable
    case .badURL, .tls, .certificate, .proxy, .tooManyRedirects:
      code = .unreachable
      isWorthRetrying = false
    case .firstByteTimeout, .idleTimeout, .deadlineExceeded:
      code = receivedContent ? .cutOff : .timeout
    case .connectionLost, .protocolError: code = receivedContent ? .cutOff : .upstreamFailed
    case .bodyTooLarge:
      code = .undecodable
      isWorthRetrying = false
    default:
      code = receivedContent ? .cutOff : .other
      isWorthRetrying = false
    }
    return LLMError(
      code: code, message: bounded("\(error.code): \(error.message)"),
      receivedContent: receivedContent, isWorthRetrying: isWorthRetrying, underlying: error)
  }

  /// LiteLLM's own limits come as `retry-after`, a provider's as `llm_provider-retry-after`.
  static func retryAfter(_ headers: HTTPFields, now: Date) -> Duration? {
    for name in [HTTPField.Name.retryAfter, .providerRetryAfter] {
      if let wait = headers[name].flatMap({ RetryPolicy.retryAfter($0, now: now) }) { return wait }
    }
    return nil
  }

  // MARK: The table

  private static func classify(_ body: LLMErrorBody, status: Int?) -> LLMError {
    let code = code(of: body, status: status)
    var message = bounded(redacted(body.message))
    if let guardrail = body.guardrail, code == .contentRefused {
      // The message quotes what the person wrote.
      message = bounded("content blocked by guardrail \(guardrail)")
    }
    return LLMError(
      code: code, message: message, status: status,
      isWorthRetrying: isWorthRetrying(code, body, status: status))
  }

  private static func code(of body: LLMErrorBody, status: Int?) -> LLMError.Code {
    let type = body.type ?? ""
    let message = body.message
    func says(_ phrases: String...) -> Bool {
      phrases.contains { message.mentions($0) }
    }

    if type == "budget_exceeded" || body.code == "budget_exceeded"
      || says("Budget has been exceeded", "ExceededBudget", "BudgetExceededError")
    {
      return .budgetExceeded
    }
    if isQuotaUsedUp(body) { return .budgetExceeded }
    if type.hasSuffix("model_access_denied")
      || says("is not available for this API key", "not allowed to access model")
    {
      return .modelUnavailable
    }
    if [
      "auth_error", "token_not_found_in_db", "expired_key", "no_db_connection", "no_api_key",
    ].contains(type) || body.code == "invalid_api_key" && !isOfProvider(body) {
      return .unauthorized
    }
    if body.code == "context_length_exceeded" || type == "exceed_context_size_error"
      || says(
        "ContextWindowExceededError", "maximum context length", "context_length_exceeded",
        "exceeds the available context size", "prompt is too long", "exceeds the context window",
        "input is too long for requested model")
    {
      return .contextTooLong
    }
    if body.guardrail != nil || ["content_filter", "content_policy_violation"].contains(body.code)
      || says(
        "ContentPolicyViolationError", "content_policy_violation", "content_filter",
        "content management policy", "Content blocked")
    {
      return .contentRefused
    }
    if body.code == "model_not_found" || status == 400 && isUnknownModel(body) {
      return .modelUnavailable
    }
    if says("litellm.AuthenticationError", "litellm.PermissionDeniedError") {
      return .providerUnauthorized
    }
    if let status { return code(of: body, plainStatus: status) }
    return codeByName(body)
  }

  private static func code(of body: LLMErrorBody, plainStatus status: Int) -> LLMError.Code {
    switch status {
    case 401, 403: isOfProvider(body) ? .providerUnauthorized : .unauthorized
    case 404: isMissingRoute(body) ? .unreachable : .modelUnavailable
    // Some other server answers at this address.
    case 405, 407: .unreachable
    case 408, 504: .timeout
    case 429: .rateLimited
    case 402: .budgetExceeded
    case 451: .contentRefused
    case 400..<500: .badRequest
    case 500...: body.isLiteLLMTimeout ? .timeout : .upstreamFailed
    default: .undecodable
    }
  }

  /// An error frame without a status: only names are left to go by.
  private static func codeByName(_ body: LLMErrorBody) -> LLMError.Code {
    let text = (body.type ?? "") + " " + (body.code ?? "") + " " + body.message
    if text.mentions("rate_limit") || text.mentions("RateLimitError")
      || text.mentions("throttling_error")
    {
      return .rateLimited
    }
    if body.isLiteLLMTimeout || text.mentions("timed out") { return .timeout }
    if text.mentions("authentication_error") { return .providerUnauthorized }
    if text.mentions("BadRequestError") || text.mentions("invalid_request_error") {
      return .badRequest
    }
    return .other
  }

  /// LiteLLM names its exception class, and the provider's, in what it passes on.
  private static func isOfProvider(_ body: LLMErrorBody) -> Bool {
    body.type == "permission_error" || body.message.mentions("litellm.")
      || body.message.mentions("Exception - ")
  }

  private static func isQuotaUsedUp(_ body: LLMErrorBody) -> Bool {
    body.type == "insufficient_quota" || body.code == "insufficient_quota"
      || body.message.mentions("insufficient_quota")
      || body.message.mentions("exceeded your current quota")
  }

  private static func isUnknownModel(_ body: LLMErrorBody) -> Bool {
    body.message.mentions("no healthy deployments for this model")
      || body.message.mentions("Invalid model name passed in")
      || body.message.mentions("model_not_found")
  }

  /// FastAPI's and others' bare 404, as against a provider that does not know the model.
  private static func isMissingRoute(_ body: LLMErrorBody) -> Bool {
    body.shape != .object && !body.message.mentions("model")
  }

  /// The proxy has retried its upstreams itself: only what is transient by nature is worth another
  /// attempt of ours, and of the 500s only a failed connection and an empty body.
  private static func isWorthRetrying(
    _ code: LLMError.Code, _ body: LLMErrorBody, status: Int?
  ) -> Bool {
    guard [.rateLimited, .timeout, .upstreamFailed].contains(code) else { return false }
    switch status {
    case 408, 429, 502, 503, 504, 529: return true
    case 500:
      return body.shape == .empty || code == .timeout
        || body.message.mentions("Connection error")
    case nil: return code == .rateLimited || code == .timeout
    default: return false
    }
  }

  // MARK: Messages

  /// At most 300 characters (Unicode scalars) on one line.
  static func bounded(_ text: String) -> String {
    var line = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(300) {
      line.append(scalar.properties.generalCategory == .control ? " " : scalar)
    }
    return String(line)
  }

  /// Takes out API keys (`sk-…`, and what is left of them around asterisks) and hashes of keys.
  static func redacted(_ text: String) -> String {
    text.prefix(2048).split(separator: " ", omittingEmptySubsequences: false).map {
      word -> Substring in
      let bare = word.drop { !$0.isLetter && !$0.isNumber }
      let hexDigits = bare.prefix(while: \.isHexDigit).count
      if hexDigits >= 32 { return "<hash>" }
      if word.contains("sk-") || word.contains("Bearer") { return "<key>" }
      if let equals = word.lastIndex(of: "="),
        word[word.index(after: equals)...].prefix(while: \.isHexDigit).count >= 32
      {
        return word[...equals] + "<hash>"
      }
      return word
    }.joined(separator: " ")
  }
}

extension LLMErrorBody {
  fileprivate var isLiteLLMTimeout: Bool {
    message.mentions("litellm.Timeout") || message.mentions("APITimeoutError")
      || message.mentions("Timeout on reading data") || type == "timeout_error"
  }
}

extension String {
  /// Whether the text contains `phrase`, ASCII letters of either case being the same.
  fileprivate func mentions(_ phrase: String) -> Bool {
    func folded(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
    let wanted = phrase.utf8.map(folded)
    let text = utf8.prefix(LLMErrorBody.maximumBytes).map(folded)
    return text.firstRange(of: wanted) != nil
  }
}

extension HTTPField.Name {
  /// Checked names: each is a token of RFC 9110.
  static let litellmCallID = HTTPField.Name("x-litellm-call-id")!
  static let litellmAppliedGuardrails = HTTPField.Name("x-litellm-applied-guardrails")!
  static let litellmResponseCost = HTTPField.Name("x-litellm-response-cost")!
  static let litellmEndUserID = HTTPField.Name("x-litellm-end-user-id")!
  static let litellmSessionID = HTTPField.Name("x-litellm-session-id")!
  static let litellmStreamTimeout = HTTPField.Name("x-litellm-stream-timeout")!
  static let litellmModelGroup = HTTPField.Name("x-litellm-model-group")!
  static let litellmModelID = HTTPField.Name("x-litellm-model-id")!
  static let litellmVersion = HTTPField.Name("x-litellm-version")!
  static let litellmAttemptedRetries = HTTPField.Name("x-litellm-attempted-retries")!
  static let litellmAttemptedFallbacks = HTTPField.Name("x-litellm-attempted-fallbacks")!
  static let providerRetryAfter = HTTPField.Name("llm_provider-retry-after")!
}
