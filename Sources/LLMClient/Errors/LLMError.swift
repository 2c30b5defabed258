// The one error type of this room.

/// Why an answer could not be had, or not in full.
public struct LLMError: Error, Sendable, CustomStringConvertible {
  /// What a caller can act on.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    /// The proxy does not accept our key.
    public static let unauthorized = Code(description: "unauthorized")
    /// The proxy's own key at the model's provider is not accepted: the operator's to mend.
    public static let providerUnauthorized = Code(description: "providerUnauthorized")
    /// The model is unknown, or our key may not use it.
    public static let modelUnavailable = Code(description: "modelUnavailable")
    /// A budget of the key, team or end user, or the quota at the provider, is used up.
    public static let budgetExceeded = Code(description: "budgetExceeded")
    /// Too many requests; `retryAfter` says how long to wait, where known.
    public static let rateLimited = Code(description: "rateLimited")
    /// The conversation is longer than the model's context window.
    public static let contextTooLong = Code(description: "contextTooLong")
    /// A content policy or a guardrail refused.
    public static let contentRefused = Code(description: "contentRefused")
    /// The request as such is not accepted.
    public static let badRequest = Code(description: "badRequest")
    /// Nobody answered in time.
    public static let timeout = Code(description: "timeout")
    /// The proxy or the provider behind it failed.
    public static let upstreamFailed = Code(description: "upstreamFailed")
    /// The answer stopped in the middle.
    public static let cutOff = Code(description: "cutOff")
    /// No proxy at the address.
    public static let unreachable = Code(description: "unreachable")
    /// What came back is not a completion.
    public static let undecodable = Code(description: "undecodable")
    public static let other = Code(description: "other")
  }

  public var code: Code
  /// For logs: at most 300 characters, without keys, hashes of keys or LiteLLM's trailing
  /// internals. Not for users: it can name hosts and models.
  public var message: String
  /// The HTTP status, or the `code` of an error frame within a stream.
  public var status: Int?
  /// How long the other side asked us to wait.
  public var retryAfter: Duration?
  /// The id under which the proxy logged the call.
  public var callID: String?
  /// Whether any of the answer came before the failure: then keep the text and say it was cut.
  public var receivedContent: Bool
  /// Whether the same request may well succeed a little later (LiteLLM's retry rules); never true
  /// once content was received.
  public var isWorthRetrying: Bool
  /// What failed underneath, where it was the transport.
  public var underlying: (any Error)?

  public init(
    code: Code, message: String, status: Int? = nil, retryAfter: Duration? = nil,
    callID: String? = nil, receivedContent: Bool = false, isWorthRetrying: Bool = false,
    underlying: (any Error)? = nil
  ) {
    self.code = code
    self.message = message
    self.status = status
    self.retryAfter = retryAfter
    self.callID = callID
    self.receivedContent = receivedContent
    self.isWorthRetrying = isWorthRetrying && !receivedContent
    self.underlying = underlying
  }

  public var description: String {
    var text = "LLMError.\(code)"
    if let status { text += " (\(status))" }
    return message.isEmpty ? text : text + ": " + message
  }
}

extension LLMError: Equatable {
  /// Equality ignores the underlying error, which need not be comparable.
  public static func == (a: LLMError, b: LLMError) -> Bool {
    a.code == b.code && a.message == b.message && a.status == b.status
      && a.retryAfter == b.retryAfter && a.callID == b.callID
      && a.receivedContent == b.receivedContent && a.isWorthRetrying == b.isWorthRetrying
  }
}
