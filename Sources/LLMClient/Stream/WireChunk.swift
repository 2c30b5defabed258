// A chat-completion chunk, or a whole completion, as it stands in the JSON. Decoded by
// ChatStreamAssembler. Everything is optional and nothing of the wrong type is fatal: LiteLLM
// leaves fields out, and the backends behind it disagree about the rest.

import FoundationEssentials

struct WireChunk: Decodable {
  var id: String?
  var object: String?
  var model: String?
  var choices: [WireChoice]
  var usage: WireUsage?
  var hasError: Bool

  private enum CodingKeys: String, CodingKey { case id, object, model, choices, usage, error }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    id = container.lenient(String.self, .id)
    object = container.lenient(String.self, .object)
    model = container.lenient(String.self, .model)
    choices = container.lenient([WireChoice].self, .choices) ?? []
    usage = container.lenient(WireUsage.self, .usage)
    hasError =
      object == "error"
      || (container.contains(.error) && (try? container.decodeNil(forKey: .error)) == false)
  }
}

struct WireChoice: Decodable {
  var index: Int
  /// `delta` of a stream, or `message` of a whole completion.
  var message: WireMessage?
  var finishReason: String?

  private enum CodingKeys: String, CodingKey {
    case index, delta, message
    case finishReason = "finish_reason"
    case providerFields = "provider_specific_fields"
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    index = container.lenient(Int.self, .index) ?? 0
    message =
      container.lenient(WireMessage.self, .delta) ?? container.lenient(WireMessage.self, .message)
    finishReason = container.lenient(String.self, .finishReason).flatMap { $0.isEmpty ? nil : $0 }
    if message?.providerFields == nil,
      let fields = container.lenient(JSONValue.self, .providerFields)
    {
      message?.providerFields = fields
    }
  }
}

struct WireMessage: Decodable {
  var role: String?
  var content: String?
  var reasoning: String?
  var thinkingBlocks: [JSONValue]
  var refusal: String?
  var toolCalls: [WireToolCall]
  var providerFields: JSONValue?

  private enum CodingKeys: String, CodingKey {
    case role, content, reasoning, refusal
    case reasoningContent = "reasoning_content"
    case thinkingBlocks = "thinking_blocks"
    case toolCalls = "tool_calls"
    case functionCall = "function_call"
    case providerFields = "provider_specific_fields"
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    role = container.lenientText(.role)
    content = container.lenientText(.content)
    reasoning = container.lenientText(.reasoningContent) ?? container.lenientText(.reasoning)
    refusal = container.lenientText(.refusal)
    thinkingBlocks = container.lenient([JSONValue].self, .thinkingBlocks) ?? []
    toolCalls = container.lenient([WireToolCall].self, .toolCalls) ?? []
    if toolCalls.isEmpty, let legacy = container.lenient(WireFunction.self, .functionCall) {
      toolCalls = [WireToolCall(index: 0, function: legacy)]
    }
    providerFields = container.lenient(JSONValue.self, .providerFields)
    if content == nil, let parts = container.lenient([JSONValue].self, .content) {
      takeParts(parts)
    }
    if refusal == nil, case .string(let text)? = providerFields?["refusal"], !text.isEmpty {
      refusal = text
    }
  }

  /// Content as an array of parts (Mistral's thinking models): text is text, thinking is reasoning.
  private mutating func takeParts(_ parts: [JSONValue]) {
    for part in parts {
      if case .string(let text)? = part["text"] {
        content = (content ?? "") + text
      } else if let thinking = part["thinking"] {
        let pieces = thinking.array?.compactMap { $0["text"]?.string } ?? []
        let text = thinking.string ?? pieces.joined()
        if !text.isEmpty { reasoning = (reasoning ?? "") + text }
      }
    }
  }

  /// Whether the delta says anything at all; keep-alive chunks and usage chunks do not.
  var isSubstantial: Bool {
    role != nil || content != nil || reasoning != nil || refusal != nil || !toolCalls.isEmpty
      || !thinkingBlocks.isEmpty
  }
}

struct WireToolCall: Decodable {
  var index: Int?
  var id: String?
  var function: WireFunction?

  private enum CodingKeys: String, CodingKey { case index, id, function }

  init(index: Int?, function: WireFunction) {
    self.index = index
    self.function = function
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    index = container.lenient(Int.self, .index)
    id = container.lenientText(.id)
    function = container.lenient(WireFunction.self, .function)
  }
}

struct WireFunction: Decodable {
  var name: String?
  var arguments: String

  private enum CodingKeys: String, CodingKey { case name, arguments }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = container.lenientText(.name)
    if let text = container.lenient(String.self, .arguments) {
      arguments = text
    } else if case .object(let members)? = container.lenient(JSONValue.self, .arguments) {
      // An object where the protocol wants JSON text: some local servers send it so.
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      arguments = (try? encoder.encode(members)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    } else {
      arguments = ""
    }
  }
}

struct WireUsage: Decodable {
  var usage: Usage

  private struct Details: Decodable {
    var reasoning: Int?
    var cached: Int?
    private enum CodingKeys: String, CodingKey {
      case reasoning = "reasoning_tokens"
      case cached = "cached_tokens"
    }
    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      reasoning = container.lenientCount(.reasoning)
      cached = container.lenientCount(.cached)
    }
  }

  private enum CodingKeys: String, CodingKey {
    case cost
    case prompt = "prompt_tokens"
    case completion = "completion_tokens"
    case total = "total_tokens"
    case completionDetails = "completion_tokens_details"
    case promptDetails = "prompt_tokens_details"
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let prompt = container.lenientCount(.prompt) ?? 0
    let completion = container.lenientCount(.completion) ?? 0
    usage = Usage(
      promptTokens: prompt, completionTokens: completion,
      totalTokens: container.lenientCount(.total) ?? prompt.addingReportingOverflow(completion).0,
      reasoningTokens: container.lenient(Details.self, .completionDetails)?.reasoning,
      cachedTokens: container.lenient(Details.self, .promptDetails)?.cached,
      cost: container.lenient(Double.self, .cost))
  }
}

extension KeyedDecodingContainer {
  /// The value, or nil where it is absent, null or of another type.
  func lenient<T: Decodable>(_ type: T.Type, _ key: Key) -> T? {
    guard contains(key) else { return nil }
    return try? decodeIfPresent(type, forKey: key)
  }

  /// Text that says something: nil for "" as well.
  func lenientText(_ key: Key) -> String? {
    lenient(String.self, key).flatMap { $0.isEmpty ? nil : $0 }
  }

  /// A whole number, also where it was written as `8192.0`.
  func lenientCount(_ key: Key) -> Int? {
    if let whole = lenient(Int.self, key) { return whole }
    return lenient(Double.self, key).flatMap { Int(exactly: $0.rounded()) }
  }
}
