// How the scripted model behaves: a value read from `POST /sim/model`, from the model's name, and
// from `[[…]]` directives in the last user message. Unknown keys are errors in the control API.

struct ModelScript: Sendable {
  enum Mode: String, Sendable { case answer, echo, long }

  struct ToolCall: Sendable {
    var name: String
    var arguments: String
  }

  var mode = Mode.answer
  /// The whole answer, instead of the mode's.
  var text: String?
  /// Characters of a `long` answer.
  var length = 20_000
  /// Tokens per second; 0 is as fast as the socket takes them.
  var speed = 40.0
  var firstTokenDelay = Duration.milliseconds(300)
  /// A failure before the stream, by status or by name (`ModelFailure`).
  var error: String?
  /// How many requests fail; later ones are answered.
  var errorTimes: Int?
  var errorBody: JSON?
  var retryAfter: String?
  var errorFrameAfter: Int?
  var disconnectAfter: Int?
  var resets = false
  var stallAfter: Int?
  var stall = Duration.seconds(3600)
  var noDone = false
  var noFinish = false
  /// Comments at this interval while nothing else comes; the head then goes out at once.
  var keepAlive: Duration?
  var isCRLF = false
  var hasBOM = false
  var wholeJSON = false
  var hasOddFrames = false
  var isEmptyStream = false
  var hugeLine: Int?
  var reasoning: String?
  /// Spreads the reasoning over this time; nil for the answer's own speed.
  var reasoningTime: Duration?
  /// The reasoning comes as `<think>…</think>` in the content.
  var thinks = false
  var finishReason = "stop"
  var usage: Bool?
  var cost: Double?
  var hasSecondCompletion = false
  /// A temperature is a 400, whatever the catalog tells.
  var refusesTemperature = false
  /// Cuts the body into HTTP chunks of this many bytes, wherever that falls.
  var chunkBytes: Int?
  var toolCall: ToolCall?

  private(set) var json: JSON = [:]

  private static let defaultReasoning = "The question is short, so is the thought."

  static let names: Set<String> = [
    "mode", "text", "length", "speed", "firstTokenDelayMs", "delay", "error", "errorTimes",
    "errorBody", "retryAfter", "errorFrameAfter", "disconnectAfter", "reset", "stallAfter",
    "stallMs", "noDone", "noFinish", "keepAliveMs", "crlf", "bom", "wholeJson", "oddFrames",
    "emptyStream", "hugeLine", "reasoning", "reasoningMs", "think",
    "finishReason", "usage", "cost", "secondCompletion",
    "chunkBytes", "tool", "toolArguments", "refuseTemperature",
  ]

  mutating func apply(_ json: JSON) throws(SimulatorError) {
    guard let members = json.members else {
      throw SimulatorError(.badConfiguration, "'script' must be an object.")
    }
    for member in members { try apply(member.key, member.value) }
  }

  private mutating func apply(_ key: String, _ value: JSON) throws(SimulatorError) {
    func time() -> Duration? { value.int.map { .milliseconds(max(0, $0)) } }
    switch key {
    case "mode":
      guard let mode = Mode(rawValue: value.string ?? "") else {
        throw SimulatorError(.badConfiguration, "'mode' is answer, echo or long.")
      }
      self.mode = mode
    case "text": text = value.string
    case "length":
      length = max(1, min(value.int ?? length, 10_000_000))
      mode = .long
    case "speed": speed = max(0, value.double ?? speed)
    case "firstTokenDelayMs", "delay": firstTokenDelay = time() ?? firstTokenDelay
    case "error": error = value.string ?? value.int.map(String.init)
    case "errorTimes": errorTimes = value.int
    case "errorBody": errorBody = value
    case "retryAfter": retryAfter = value.string ?? value.int.map(String.init)
    case "errorFrameAfter": errorFrameAfter = value.int
    case "disconnectAfter": disconnectAfter = value.int
    case "reset": resets = value.bool ?? false
    case "stallAfter": stallAfter = value.int
    case "stallMs": stall = time() ?? stall
    case "noDone": noDone = value.bool ?? false
    case "noFinish": noFinish = value.bool ?? false
    case "keepAliveMs": keepAlive = time().map { max($0, .milliseconds(1)) }
    case "crlf": isCRLF = value.bool ?? false
    case "bom": hasBOM = value.bool ?? false
    case "wholeJson": wholeJSON = value.bool ?? false
    case "oddFrames": hasOddFrames = value.bool ?? false
    case "emptyStream": isEmptyStream = value.bool ?? false
    case "hugeLine": hugeLine = value.int.map { min(max(0, $0), 64 << 20) }
    case "reasoning":
      reasoning = value.string ?? (value.bool == true ? Self.defaultReasoning : nil)
    case "reasoningMs":
      reasoningTime = time()
      reasoning = reasoning ?? Self.defaultReasoning
    case "think":
      thinks = value.bool ?? false
      if thinks { reasoning = reasoning ?? Self.defaultReasoning }
    case "finishReason": finishReason = value.string ?? finishReason
    case "usage": usage = value.bool
    case "cost": cost = value.double
    case "secondCompletion": hasSecondCompletion = value.bool ?? false
    case "chunkBytes": chunkBytes = value.int.map { max(1, $0) }
    case "refuseTemperature": refusesTemperature = value.bool ?? false
    case "tool": toolCall = value.string.map { ToolCall(name: $0, arguments: "{}") }
    case "toolArguments":
      toolCall?.arguments = value.string ?? value.serialized
    default:
      throw SimulatorError(.badConfiguration, "Unknown key '\(key.prefix(40))' in 'script'.")
    }
    json[key] = value
  }

  /// The behaviour that a model's name stands for.
  mutating func apply(model: String) {
    switch model {
    case "scripted-long":
      mode = .long
      speed = 2000
    case "scripted-echo":
      mode = .echo
      speed = 0
      firstTokenDelay = .zero
    case "scripted-slow":
      speed = 5
      firstTokenDelay = .seconds(4)
    case "scripted-fast":
      speed = 0
      firstTokenDelay = .zero
    case "scripted-reasoning":
      reasoning = reasoning ?? "First I look at the question. Then I answer."
    default: break
    }
  }

  /// Takes `[[key=value flag …]]` out of `message`. Unknown words are ignored: a person typed them.
  mutating func takeDirectives(from message: String) -> String {
    guard let open = message.firstRange(of: "[["),
      let close = message[open.upperBound...].firstRange(of: "]]")
    else { return message }
    for word in message[open.upperBound..<close.lowerBound].split(separator: " ") {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      guard let key = parts.first, Self.names.contains(key) else { continue }
      let value: JSON = parts.count == 1 ? true : JSON(parsing: parts[1]) ?? .string(parts[1])
      try? apply(key, value)
    }
    let rest = message[..<open.lowerBound] + message[close.upperBound...]
    return String(rest).trimming(" \n")
  }
}

/// An answer before the stream, in the shapes that LiteLLM and what stands before it are known for.
struct ModelFailure: Sendable {
  var status: Int
  var type: String?
  var message: String
  var param: JSON = .null
  var headers: Headers = [:]

  /// `name` is a status, or one of `key`, `budget`, `context`, `content`, `model`, `notAllowed`,
  /// `detail`, `html`, `text`, `empty`.
  static func response(_ name: String, script: ModelScript) -> Response {
    var response: Response
    switch name {
    case "html":
      response = .text(
        "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>", status: 502,
        type: "text/html")
    case "text": response = .text("Internal Server Error", status: 500)
    case "detail": response = .json(["detail": "Not Found"], status: 404)
    case "empty": response = Response(status: 500)
    default:
      let failure = named(name)
      response = .json(
        script.errorBody
          ?? [
            "error": [
              "message": .string(failure.message),
              "type": failure.type.map(JSON.string) ?? .null, "param": failure.param,
              "code": .string(String(failure.status)),
            ]
          ], status: failure.status, headers: failure.headers)
      // LiteLLM passes statuses without a phrase on.
      if failure.status == 529 { response.reason = "" }
    }
    if let retryAfter = script.retryAfter { response.headers["retry-after"] = retryAfter }
    return response
  }

  private static func named(_ name: String) -> ModelFailure {
    let tail = "\n\nLiteLLM: model group 'scripted' Available Model Group Fallbacks=None"
    switch name {
    case "key":
      return .init(
        status: 401, type: "auth_error",
        message: "Authentication Error, Invalid proxy server token passed. Unable to find token.",
        param: "None")
    case "budget":
      return .init(
        status: 422, type: "budget_exceeded",
        message: "Budget has been exceeded! Current cost: 10.2, Max budget: 10.0")
    case "context":
      return .init(
        status: 400, type: "invalid_request_error",
        message: "litellm.ContextWindowExceededError: the maximum context length is 8192." + tail)
    case "content":
      return .init(
        status: 400, type: "invalid_request_error",
        message: "litellm.BadRequestError: litellm.ContentPolicyViolationError: refused." + tail)
    case "model":
      return .init(
        status: 400, type: "invalid_request_error",
        message: "litellm.BadRequestError: You passed in model=nope. There are no healthy "
          + "deployments for this model" + tail)
    case "notAllowed":
      return .init(
        status: 403, type: "key_model_access_denied",
        message: "The requested model 'scripted' is not available for this API key.")
    default: break
    }
    let status = Int(name) ?? 500
    switch status {
    case 400:
      return .init(
        status: 400, type: "invalid_request_error",
        message: "litellm.BadRequestError: OpenAIException - bad" + tail)
    case 401:
      return .init(
        status: 401, type: "authentication_error",
        message: "litellm.AuthenticationError: OpenAIException - key" + tail)
    case 408:
      return .init(
        status: 408, type: "invalid_request_error", message: "litellm.Timeout: timed out" + tail)
    case 429:
      return .init(
        status: 429, type: "throttling_error",
        message: "litellm.RateLimitError: RateLimitError: OpenAIException - slow down" + tail,
        headers: ["llm_provider-retry-after": "1"])
    case 503:
      return .init(
        status: 503, type: "overloaded_error", message: "Worker at capacity: try again",
        headers: ["retry-after": "1"])
    default:
      return .init(
        status: status, type: "internal_server_error",
        message: "litellm.InternalServerError: OpenAIException - simulated" + tail)
    }
  }
}
