// Tools: what the model may call, and the calls it asked for.

import FoundationEssentials

/// A function that the model may call.
public struct ToolDefinition: Hashable, Sendable {
  public var name: String
  public var description: String
  /// A JSON schema object.
  public var parameters: JSONValue
  public var isStrict: Bool?

  public init(
    name: String, description: String, parameters: JSONValue, isStrict: Bool? = nil
  ) {
    self.name = name
    self.description = description
    self.parameters = parameters
    self.isStrict = isStrict
  }
}

/// Whether the model may, must or must not call tools.
public enum ToolChoice: Hashable, Sendable {
  case auto, none, required
  case function(String)
}

/// One call that the model asked for, put together from its fragments.
public struct ToolCall: Hashable, Sendable {
  /// The model's id of the call; `call_<position>` where it sent none.
  public var id: String
  public var name: String
  /// JSON text; `{}` where the model sent nothing.
  public var arguments: String
  /// What the call returned, where LiteLLM's MCP gateway already ran it: do not run it again.
  public var serverResult: String?

  public init(id: String, name: String, arguments: String, serverResult: String? = nil) {
    self.id = id
    self.name = name
    self.arguments = arguments
    self.serverResult = serverResult
  }

  /// Whether `arguments` is a JSON object. Models do send broken JSON: check before use.
  public var hasValidArguments: Bool {
    (try? JSONDecoder().decode([String: JSONValue].self, from: Data(arguments.utf8))) != nil
  }
}

/// A piece of a tool call as it streams in. Pieces of one call share the `position`.
public struct ToolCallFragment: Hashable, Sendable {
  /// The call's place among the calls of its completion, from 0.
  public var position: Int
  /// Only on the first fragment of a call.
  public var id: String?
  /// Only on the first fragment of a call.
  public var name: String?
  /// A piece of the arguments' JSON text.
  public var arguments: String

  public init(position: Int, id: String? = nil, name: String? = nil, arguments: String) {
    self.position = position
    self.id = id
    self.name = name
    self.arguments = arguments
  }
}

private struct NamedFunction: Encodable { var name: String }

extension ToolDefinition: Encodable {
  private struct Function: Encodable {
    var name: String
    var description: String
    var parameters: JSONValue
    var strict: Bool?
  }
  private enum CodingKeys: String, CodingKey { case type, function }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode("function", forKey: .type)
    try container.encode(
      Function(
        name: name, description: description, parameters: parameters, strict: isStrict),
      forKey: .function)
  }
}

extension ToolChoice: Encodable {
  private enum CodingKeys: String, CodingKey { case type, function }

  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .auto: try encodeWord("auto", to: encoder)
    case .none: try encodeWord("none", to: encoder)
    case .required: try encodeWord("required", to: encoder)
    case .function(let name):
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode("function", forKey: .type)
      try container.encode(NamedFunction(name: name), forKey: .function)
    }
  }

  private func encodeWord(_ word: String, to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(word)
  }
}

extension ToolCall: Encodable {
  private struct Function: Encodable { var name: String; var arguments: String }
  private enum CodingKeys: String, CodingKey { case id, type, function }

  /// Broken arguments are sent back as `{}`: a provider answers invalid JSON in the history
  /// with an error, and the whole conversation would be stuck.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(id, forKey: .id)
    try container.encode("function", forKey: .type)
    try container.encode(
      Function(name: name, arguments: hasValidArguments ? arguments : "{}"), forKey: .function)
  }
}
