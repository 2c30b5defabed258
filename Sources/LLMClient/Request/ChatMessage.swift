// The messages of a conversation as the chat-completions API knows them.

/// One message of the conversation that is sent to the model.
public struct ChatMessage: Hashable, Sendable {
  public enum Role: String, Hashable, Sendable, Codable {
    case system, user, assistant, tool
  }

  public var role: Role
  public var content: ChatContent
  /// Who speaks, for models that look at it; most ignore it, so put names into the text as well.
  public var name: String?
  /// The calls that an assistant message asked for.
  public var toolCalls: [ToolCall]
  /// Which call a `.tool` message answers.
  public var toolCallID: String?
  /// Anthropic's signed thinking, handed back unchanged when a tool turn goes on
  /// (`ChatOutcome.thinkingBlocks` of the answer that asked for the tools).
  public var thinkingBlocks: [JSONValue]

  public init(
    role: Role, content: ChatContent, name: String? = nil, toolCalls: [ToolCall] = [],
    toolCallID: String? = nil, thinkingBlocks: [JSONValue] = []
  ) {
    self.role = role
    self.content = content
    self.name = name
    self.toolCalls = toolCalls
    self.toolCallID = toolCallID
    self.thinkingBlocks = thinkingBlocks
  }

  public init(role: Role, text: String, name: String? = nil) {
    self.init(role: role, content: .text(text), name: name)
  }

  public static func system(_ text: String) -> ChatMessage { .init(role: .system, text: text) }
  public static func user(_ text: String, name: String? = nil) -> ChatMessage {
    .init(role: .user, text: text, name: name)
  }
  public static func assistant(_ text: String) -> ChatMessage {
    .init(role: .assistant, text: text)
  }
  public static func tool(_ text: String, callID: String) -> ChatMessage {
    .init(role: .tool, content: .text(text), toolCallID: callID)
  }
}

/// What a message says: plain text, or parts where images and files are sent along.
public enum ChatContent: Hashable, Sendable, ExpressibleByStringLiteral {
  case text(String)
  case parts([ChatContentPart])

  public init(stringLiteral value: String) { self = .text(value) }

  /// The text alone, parts joined by line feeds.
  public var text: String {
    switch self {
    case .text(let text): text
    case .parts(let parts):
      parts.compactMap { if case .text(let text) = $0 { text } else { nil } }.joined(
        separator: "\n")
    }
  }
}

/// One part of a message. LiteLLM passes parts through unchanged to OpenAI-type models; check the
/// catalog's `supportsVision` and `supportsPDFInput` first.
public enum ChatContentPart: Hashable, Sendable {
  public enum ImageDetail: String, Hashable, Sendable { case low, high, auto }

  case text(String)
  /// `url` is https or a `data:image/png;base64,…` URL.
  case image(url: String, detail: ImageDetail?)
  /// `data` is a `data:application/pdf;base64,…` URL.
  case file(filename: String, data: String)
  /// `data` is base64; `format` is `wav` or `mp3`.
  case audio(data: String, format: String)
}

extension ChatMessage: Encodable {
  private enum CodingKeys: String, CodingKey {
    case role, content, name
    case toolCalls = "tool_calls"
    case toolCallID = "tool_call_id"
    case thinkingBlocks = "thinking_blocks"
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(role, forKey: .role)
    // An assistant message which only called tools has no content; "" would be an invented answer.
    if toolCalls.isEmpty || content.text != "" {
      try container.encode(content, forKey: .content)
    } else {
      try container.encodeNil(forKey: .content)
    }
    try container.encodeIfPresent(name, forKey: .name)
    if !toolCalls.isEmpty { try container.encode(toolCalls, forKey: .toolCalls) }
    try container.encodeIfPresent(toolCallID, forKey: .toolCallID)
    if !thinkingBlocks.isEmpty { try container.encode(thinkingBlocks, forKey: .thinkingBlocks) }
  }
}

extension ChatContent: Encodable {
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .text(let text): try container.encode(text)
    case .parts(let parts): try container.encode(parts)
    }
  }
}

extension ChatContentPart: Encodable {
  private struct Image: Encodable { var url: String; var detail: String? }
  private struct File: Encodable { var filename: String; var file_data: String }
  private struct Audio: Encodable { var data: String; var format: String }
  private enum CodingKeys: String, CodingKey {
    case type, text
    case image = "image_url"
    case file
    case audio = "input_audio"
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .text(let text):
      try container.encode("text", forKey: .type)
      try container.encode(text, forKey: .text)
    case .image(let url, let detail):
      try container.encode("image_url", forKey: .type)
      try container.encode(Image(url: url, detail: detail?.rawValue), forKey: .image)
    case .file(let filename, let data):
      try container.encode("file", forKey: .type)
      try container.encode(File(filename: filename, file_data: data), forKey: .file)
    case .audio(let data, let format):
      try container.encode("input_audio", forKey: .type)
      try container.encode(Audio(data: data, format: format), forKey: .audio)
    }
  }
}
