// The error table: what LiteLLM 1.106 and others answer, and what it means for a caller.

import CurlHTTP
import FoundationEssentials
import HTTPTypes
import Testing

@testable import LLMClient

struct ErrorCase: Sendable, CustomTestStringConvertible {
  var name: String
  var status: Int
  var body: String
  var headers: [String: String]
  var code: LLMError.Code
  var isWorthRetrying: Bool
  var retryAfter: Duration?
  var message: String?
  var testDescription: String { name }

  init(
    _ name: String, _ status: Int, _ body: String, _ code: LLMError.Code, retry: Bool = false,
    headers: [String: String] = [:], after: Duration? = nil, message: String? = nil
  ) {
    self.name = name
    self.status = status
    self.body = body
    self.headers = headers
    self.code = code
    isWorthRetrying = retry
    retryAfter = after
    self.message = message
  }

  static func litellm(_ message: String, type: String?, code: String) -> String {
    let type = type.map { "\"\($0)\"" } ?? "null"
    return #"{"error":{"message":"\#(message)","type":\#(type),"param":null,"code":"\#(code)"}}"#
  }

  private static let hash = "88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b"
  private static let tail =
    #"\n\nLiteLLM: model group 'x' failed with the error above and no fallback model group was found"#

  static let own: [ErrorCase] = [
    .init(
      "no key", 401,
      litellm("Authentication Error, No api key passed in.", type: "auth_error", code: "401"),
      .unauthorized),
    .init(
      "unknown key, with database", 401,
      litellm(
        "Authentication Error, Invalid proxy server token passed. Received API Key = sk-...1234, Key Hash (Token) =\(hash). Unable to find token",
        type: "token_not_found_in_db", code: "401"), .unauthorized,
      message:
        "Authentication Error, Invalid proxy server token passed. Received API Key = <key> Key Hash (Token) <hash> Unable to find token"
    ),
    .init(
      "wrong key, no database", 400,
      litellm("No connected db.", type: "no_db_connection", code: "400"),
      .unauthorized),
    .init(
      "expired key", 401,
      litellm(
        "Authentication Error - Expired Key. Key Expiry time 2026", type: "expired_key", code: "401"
      ),
      .unauthorized),
    .init(
      "expired key, older", 400,
      litellm("Authentication Error - Expired Key.", type: "expired_key", code: "400"),
      .unauthorized),
    .init(
      "key without the model", 403,
      litellm(
        "The requested model 'x' is not available for this API key, or it does not exist",
        type: "key_model_access_denied", code: "403"), .modelUnavailable),
    .init(
      "team without the model", 403, litellm("x", type: "team_model_access_denied", code: "403"),
      .modelUnavailable),
    .init(
      "key without the model, older", 401,
      litellm(
        "API Key not allowed to access model. This token can only access models=['a']",
        type: "auth_error", code: "401"),
      .modelUnavailable),
    .init(
      "unknown model", 400,
      litellm(
        "litellm.BadRequestError: You passed in model=nope. There are no healthy deployments for this model. Received Model Group=nope\\nAvailable Model Group Fallbacks=None",
        type: "invalid_request_error", code: "400"), .modelUnavailable,
      message:
        "litellm.BadRequestError: You passed in model=nope. There are no healthy deployments for this model."
    ),
    .init(
      "invalid model name", 400,
      litellm(
        "/chat/completions: Invalid model name passed in model=nope. Call `/v1/models` to view available models for your key.",
        type: "invalid_request_error", code: "400"),
      .modelUnavailable),
    .init(
      "model id route", 404, #"{"detail":"The model `x` does not exist or is not accessible"}"#,
      .modelUnavailable),
    .init("no such route", 404, #"{"detail":"Not Found"}"#, .unreachable, message: "Not Found"),
    .init("method not allowed", 405, #"{"detail":"Method Not Allowed"}"#, .unreachable),
    .init(
      "budget, 422", 422,
      litellm(
        "Budget has been exceeded! Current cost: 2, Max budget: 1", type: "budget_exceeded",
        code: "422"), .budgetExceeded),
    .init(
      "budget, 400", 400,
      litellm("ExceededBudget: End User=u over budget", type: "budget_exceeded", code: "400"),
      .budgetExceeded),
    .init(
      "budget, 429", 429,
      litellm("Budget has been exceeded! Team=t", type: "budget_exceeded", code: "429"),
      .budgetExceeded),
    .init(
      "budget by its sentence alone", 400,
      litellm("ExceededTokenBudget: x ExceededBudget", type: nil, code: "400"), .budgetExceeded),
    .init(
      "key rate limit", 429,
      litellm(
        "Rate limit exceeded for api_key: \(hash). Limit type: requests. Current limit: 1",
        type: "throttling_error", code: "429"),
      .rateLimited, retry: true, headers: ["retry-after": "60", "rate_limit_type": "requests"],
      after: .seconds(60),
      message: "Rate limit exceeded for api_key: <hash> Limit type: requests. Current limit: 1"),
    .init(
      "deployment limit", 429,
      litellm(
        "litellm.RateLimitError: Model rate limit exceeded. RPM limit=1", type: "throttling_error",
        code: "429"),
      .rateLimited, retry: true, headers: ["llm_provider-retry-after": "60"], after: .seconds(60)),
    .init(
      "cooldown", 429,
      litellm("No deployments available for selected model", type: "None", code: "429"),
      .rateLimited, retry: true, headers: ["retry-after": "5", "llm_provider-retry-after": "9"],
      after: .seconds(5)),
    .init(
      "missing messages", 400,
      litellm(
        "/chat/completions: Missing required parameter: 'messages'.", type: "invalid_request_error",
        code: "400"),
      .badRequest),
    .init(
      "overloaded worker", 503,
      litellm("Worker at capacity: 1", type: "overloaded_error", code: "503"), .upstreamFailed,
      retry: true, headers: ["retry-after": "1"], after: .seconds(1)),
    .init(
      "needs database", 500,
      litellm("DB not connected. See docs", type: "internal_server_error", code: "500"),
      .upstreamFailed),
    .init(
      "FastAPI validation", 422, #"{"detail":[{"loc":["body"],"msg":"field required"}]}"#,
      .badRequest, message: "field required"),
    .init(
      "guardrail", 400,
      #"{"error":{"message":"Content blocked: keyword 'secret' detected","type":"invalid_request_error","code":"400","provider_specific_fields":{"error":"Content blocked","keyword":"secret","guardrail_name":"words","guardrail_mode":"pre_call"}}}"#,
      .contentRefused, headers: ["x-litellm-applied-guardrails": "words"],
      message: "content blocked by guardrail words"),
  ]

  static let provider: [ErrorCase] = [
    .init(
      "400", 400,
      litellm(
        "litellm.BadRequestError: OpenAIException - bad", type: "invalid_request_error", code: "400"
      ), .badRequest),
    .init(
      "context window", 400,
      litellm(
        #"litellm.ContextWindowExceededError: litellm.BadRequestError: this is a mock context window exceeded error\nmodel=mock-context. context_window_fallbacks=None. fallbacks=[]"#,
        type: "invalid_request_error", code: "400"),
      .contextTooLong,
      message:
        "litellm.ContextWindowExceededError: litellm.BadRequestError: this is a mock context window exceeded error"
    ),
    .init(
      "context, OpenAI", 400,
      #"{"error":{"message":"This model's maximum context length is 8192 tokens.","type":"invalid_request_error","code":"context_length_exceeded"}}"#,
      .contextTooLong),
    .init(
      "context, llama.cpp", 400,
      #"{"error":{"code":400,"message":"the request exceeds the available context size (4096)","type":"exceed_context_size_error"}}"#,
      .contextTooLong),
    .init(
      "the tail's fallbacks are no context error", 400,
      litellm(
        #"litellm.BadRequestError: bad\nmodel=x. context_window_fallbacks=None"#,
        type: "invalid_request_error", code: "400"), .badRequest,
      message: "litellm.BadRequestError: bad"),
    .init(
      "content policy", 400,
      litellm(
        "litellm.BadRequestError: litellm.ContentPolicyViolationError: AzureException - The response was filtered",
        type: "invalid_request_error", code: "400"), .contentRefused),
    .init(
      "content policy, mock", 400,
      litellm(
        "litellm.BadRequestError: OpenAIException - litellm.MockException: Exception: content_filter_policy"
          + tail, type: "invalid_request_error", code: "400"), .contentRefused),
    .init(
      "unsupported parameter", 400,
      litellm(
        "litellm.UnsupportedParamsError: o1 does not support temperature=0.2",
        type: "invalid_request_error", code: "400"), .badRequest),
    .init(
      "401", 401,
      litellm(
        "litellm.AuthenticationError: AuthenticationError: OpenAIException - Incorrect API key provided: sk-abc***xyz.",
        type: "authentication_error", code: "401"), .providerUnauthorized,
      message:
        "litellm.AuthenticationError: AuthenticationError: OpenAIException - Incorrect API key provided: <key>"
    ),
    .init(
      "403", 403,
      litellm(
        "litellm.APIError: APIError: OpenAIException - forbidden", type: "permission_error",
        code: "403"), .providerUnauthorized),
    .init(
      "404", 404,
      litellm(
        "litellm.NotFoundError: NotFoundError: OpenAIException - no such model",
        type: "invalid_request_error", code: "404"), .modelUnavailable),
    .init(
      "timeout", 408,
      litellm(
        "litellm.Timeout: APITimeoutError - Request timed out.", type: "invalid_request_error",
        code: "408"), .timeout, retry: true),
    .init("504", 504, litellm("litellm.Timeout: x", type: nil, code: "504"), .timeout, retry: true),
    .init(
      "429", 429,
      litellm(
        "litellm.RateLimitError: RateLimitError: OpenAIException - slow down",
        type: "throttling_error", code: "429"), .rateLimited, retry: true,
      headers: ["llm_provider-retry-after": "2"], after: .seconds(2)),
    .init(
      "quota used up", 429,
      litellm(
        "litellm.RateLimitError: RateLimitError: OpenAIException - insufficient_quota",
        type: "throttling_error", code: "429"), .budgetExceeded),
    .init(
      "500", 500,
      litellm(
        "litellm.InternalServerError: this is a mock internal server error" + tail,
        type: "internal_server_error", code: "500"), .upstreamFailed,
      message: "litellm.InternalServerError: this is a mock internal server error"),
    .init(
      "dead upstream", 500,
      litellm(
        "litellm.InternalServerError: InternalServerError: OpenAIException - Connection error."
          + tail, type: "internal_server_error", code: "500"), .upstreamFailed, retry: true),
    .init(
      "502 with a page", 502,
      litellm(
        "litellm.BadGatewayError: BadGatewayError: OpenAIException - <html>", type: nil, code: "502"
      ), .upstreamFailed, retry: true),
    .init(
      "503", 503, litellm("litellm.ServiceUnavailableError: x", type: nil, code: "503"),
      .upstreamFailed, retry: true),
    .init(
      "529", 529,
      litellm(
        "litellm.APIError: APIError: OpenAIException - litellm.MockException: This is a mock error raised mid-stream",
        type: nil, code: "529"), .upstreamFailed, retry: true),
  ]

  static let other: [ErrorCase] = [
    .init(
      "plain text", 500, "Internal Server Error", .upstreamFailed, message: "Internal Server Error"),
    .init("nothing", 500, "", .upstreamFailed, retry: true, message: ""),
    .init(
      "a page", 502, "\n<!DOCTYPE html><html><head><TITLE>502 Bad Gateway</TITLE></head></html>",
      .upstreamFailed, retry: true, message: "an HTML page: 502 bad gateway"),
    .init(
      "a page without a title", 503, "<h1>Sorry</h1>", .upstreamFailed, retry: true,
      message: "an HTML page: Sorry"),
    .init(
      "OpenAI itself, wrong key", 401,
      #"{"error":{"message":"Incorrect API key provided: sk-abc.","type":"invalid_request_error","code":"invalid_api_key"}}"#,
      .unauthorized),
    .init(
      "OpenAI itself, unknown model", 404,
      #"{"error":{"message":"The model `x` does not exist","type":"invalid_request_error","code":"model_not_found"}}"#,
      .modelUnavailable),
    .init("an error that is a string", 500, #"{"error":"boom"}"#, .upstreamFailed, message: "boom"),
    .init(
      "a message at the top", 400, #"{"message":"bad thing","code":400}"#, .badRequest,
      message: "bad thing"),
    .init(
      "an error object in detail", 400, #"{"detail":{"error":{"message":"inner"}}}"#, .badRequest,
      message: "inner"),
    .init("a proxy's authentication page", 407, "<html><title>Auth</title></html>", .unreachable),
    .init("payment required", 402, "{}", .budgetExceeded),
    .init("too large", 413, #"{"detail":"Request Entity Too Large"}"#, .badRequest),
    .init("a redirect", 302, "", .undecodable),
    .init("no content", 204, "", .undecodable),
    .init(
      "retry-after as a date", 503, "", .upstreamFailed, retry: true,
      headers: ["retry-after": "Fri, 13 Feb 2009 23:31:40 GMT"], after: .seconds(10)),
    .init(
      "retry-after that says nothing", 503, "", .upstreamFailed, retry: true,
      headers: ["retry-after": "soon"]),
  ]
}

@Suite("Error table")
struct LLMErrorClassifierTests {
  @Test("an error response", arguments: ErrorCase.own + ErrorCase.provider + ErrorCase.other)
  func response(_ expected: ErrorCase) {
    var headers: HTTPFields = [:]
    headers[HTTPField.Name("x-litellm-call-id")!] = "call-1"
    for (name, value) in expected.headers { headers[HTTPField.Name(name)!] = value }
    let error = LLMErrorClassifier.response(
      status: expected.status, headers: headers, body: Array(expected.body.utf8),
      now: Date(timeIntervalSince1970: 1_234_567_890))
    #expect(error.code == expected.code)
    #expect(error.status == expected.status)
    #expect(error.isWorthRetrying == expected.isWorthRetrying)
    #expect(error.retryAfter == expected.retryAfter)
    #expect(error.callID == "call-1")
    if let message = expected.message { #expect(error.message == message) }
    #expect(!error.message.contains("sk-"))
  }

  @Test("messages are bounded, on one line, and without keys")
  func messages() {
    let long = String(repeating: "é\n", count: 5000)
    let bounded = LLMErrorClassifier.bounded(long)
    #expect(bounded.unicodeScalars.count == 300)
    #expect(!bounded.contains("\n"))
    #expect(
      LLMErrorClassifier.redacted("key (sk-1234) Authorization: Bearer abc, 0123")
        == "key <key> Authorization: <key> abc, 0123")
  }

  @Test("the guardrail's word, which the person wrote, stays out of the message")
  func guardrail() {
    let error = LLMErrorClassifier.frame(
      Array(
        #"{"error":{"message":"Content blocked: keyword 'x'","provider_specific_fields":{"guardrail_mode":"post_call"}}}"#
          .utf8), receivedContent: true)
    #expect(error.code == .contentRefused)
    #expect(error.receivedContent)
    #expect(!error.message.contains("keyword"))
  }

  @Test(
    "a transport error",
    arguments: [
      (HTTPError.Code.refused, LLMError.Code.unreachable, true), (.resolve, .unreachable, true),
      (.connectTimeout, .unreachable, true), (.certificate, .unreachable, false),
      (.tls, .unreachable, false), (.proxy, .unreachable, false), (.badURL, .unreachable, false),
      (.firstByteTimeout, .timeout, true), (.connectionLost, .upstreamFailed, true),
      (.bodyTooLarge, .undecodable, false), (.shutdown, .other, false),
    ])
  func transport(_ cause: HTTPError.Code, code: LLMError.Code, retry: Bool) {
    let error = LLMErrorClassifier.transport(HTTPError(code: cause, message: "x"))
    #expect(error.code == code)
    #expect(error.isWorthRetrying == retry)
    #expect((error.underlying as? HTTPError)?.code == cause)
  }
}
