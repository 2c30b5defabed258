// What a caller asks of the model, and how it is written on the wire.
// Called by the assistant's turns; sent by LLMClient.

import FoundationEssentials

/// One request for an answer. Only what is set is sent: many models refuse parameters they do not
/// know, so leave `temperature` and friends unset unless a person chose them.
public struct ChatRequest: Sendable {
  /// A `model_name` of the proxy's configuration.
  public var model: String
  public var messages: [ChatMessage]
  /// 0…2.
  public var temperature: Double?
  /// The longest answer in tokens, sent as `max_tokens`: old, but what every backend understands;
  /// LiteLLM renames it for models that want `max_completion_tokens`.
  public var maxTokens: Int?
  public var tools: [ToolDefinition]
  public var toolChoice: ToolChoice?
  /// `none`, `minimal`, `low`, `medium`, `high`, … as the catalog's `reasoningEfforts` lists.
  public var reasoningEffort: String?
  /// `{"type":"json_object"}` or `{"type":"json_schema",…}`.
  public var responseFormat: JSONValue?
  public var stop: [String]
  /// Who asks, for the proxy's spend and budgets per end user. Sent as the header
  /// `x-litellm-end-user-id`, which wins over every other way, and not as `user` in the body,
  /// which would hand the person's id on to the model's provider.
  public var endUserID: String?
  /// Groups the calls of one conversation in the proxy's logs (`x-litellm-session-id`).
  public var sessionID: String?
  /// The id under which the proxy logs this call (`x-litellm-call-id`, echoed back): pass the
  /// reference id that the user sees. Nil lets the proxy choose one.
  public var callID: String?
  /// Spend tags and the like for the proxy; not sent to the provider.
  public var metadata: [String: JSONValue]
  /// Fields of the provider's own, written into the body as they are. They win over ours.
  public var extraFields: [String: JSONValue]

  public init(
    model: String, messages: [ChatMessage], temperature: Double? = nil, maxTokens: Int? = nil,
    tools: [ToolDefinition] = [], toolChoice: ToolChoice? = nil, reasoningEffort: String? = nil,
    responseFormat: JSONValue? = nil, stop: [String] = [], endUserID: String? = nil,
    sessionID: String? = nil, callID: String? = nil, metadata: [String: JSONValue] = [:],
    extraFields: [String: JSONValue] = [:]
  ) {
    self.model = model
    self.messages = messages
    self.temperature = temperature
    self.maxTokens = maxTokens
    self.tools = tools
    self.toolChoice = toolChoice
    self.reasoningEffort = reasoningEffort
    self.responseFormat = responseFormat
    self.stop = stop
    self.endUserID = endUserID
    self.sessionID = sessionID
    self.callID = callID
    self.metadata = metadata
    self.extraFields = extraFields
  }
}

extension ChatRequest {
  /// The JSON body of a streamed request.
  func encodedBody() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(WireRequest(request: self)))
  }
}

/// The body of `POST /v1/chat/completions`.
private struct WireRequest: Encodable {
  var request: ChatRequest

  struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init(_ name: String) { stringValue = name }
    init?(intValue: Int) { nil }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(request.model, forKey: Key("model"))
    try container.encode(request.messages, forKey: Key("messages"))
    try container.encode(true, forKey: Key("stream"))
    try container.encode(["include_usage": true], forKey: Key("stream_options"))
    try container.encodeIfPresent(request.temperature, forKey: Key("temperature"))
    try container.encodeIfPresent(request.maxTokens, forKey: Key("max_tokens"))
    if !request.tools.isEmpty { try container.encode(request.tools, forKey: Key("tools")) }
    try container.encodeIfPresent(request.toolChoice, forKey: Key("tool_choice"))
    try container.encodeIfPresent(request.reasoningEffort, forKey: Key("reasoning_effort"))
    try container.encodeIfPresent(request.responseFormat, forKey: Key("response_format"))
    if !request.stop.isEmpty { try container.encode(request.stop, forKey: Key("stop")) }
    if !request.metadata.isEmpty { try container.encode(request.metadata, forKey: Key("metadata")) }
    // A person's temperature must not turn into a 400 on a model that only knows 1.
    if request.temperature != nil || request.reasoningEffort != nil {
      try container.encode(true, forKey: Key("drop_params"))
    }
    for (name, value) in request.extraFields { try container.encode(value, forKey: Key(name)) }
  }
}
