// Puts the fragments of a completion's tool calls together. Part of ChatStreamAssembler.

/// The tool calls of one completion, growing.
struct ToolCallAssembly: Sendable {
  private struct Call: Sendable {
    var id: String?
    var name: String?
    var arguments = ""
  }

  private var calls: [Call] = []
  /// Which call a wire index means at the moment.
  private var positions: [Int: Int] = [:]
  /// What MCP tools returned, where LiteLLM ran the calls itself, by call id.
  private var results: [String: String] = [:]
  /// Bytes kept so far.
  private(set) var size = 0

  var isEmpty: Bool { calls.isEmpty }

  /// Takes one fragment. `offset` is its place in its delta, for backends that leave out `index`.
  mutating func take(_ fragment: WireToolCall, offset: Int) -> ToolCallFragment {
    let key = fragment.index ?? offset
    let name = fragment.function?.name
    let arguments = fragment.function?.arguments ?? ""
    var position: Int
    if let used = positions[key], !startsAnotherCall(fragment.id, name, after: calls[used]) {
      position = used
    } else {
      position = calls.count
      calls.append(Call())
      positions[key] = position
    }
    var shown = ToolCallFragment(position: position, arguments: arguments)
    if calls[position].id == nil, let id = fragment.id {
      calls[position].id = id
      shown.id = id
    }
    if calls[position].name == nil, let name {
      calls[position].name = name
      shown.name = name
    }
    calls[position].arguments += arguments
    size += arguments.utf8.count + 64
    return shown
  }

  /// Ollama and some bridges send every call as index 0: another id, or without ids another name,
  /// under a used index is another call.
  private func startsAnotherCall(_ id: String?, _ name: String?, after call: Call) -> Bool {
    if let id, let known = call.id { return id != known }
    if let name, let known = call.name { return name != known }
    return false
  }

  /// `mcp_call_results` of LiteLLM's MCP gateway: `[{tool_call_id, result, name}]`.
  mutating func takeResults(of fields: JSONValue) {
    for entry in fields["mcp_call_results"]?.array ?? [] {
      guard let id = entry["tool_call_id"]?.string else { continue }
      let result = entry["result"]?.string ?? ""
      results[id] = result
      size += result.utf8.count + 64
    }
  }

  /// The calls as they stand. No arguments mean `{}`.
  func finished() -> [ToolCall] {
    calls.enumerated().map { position, call in
      let isBlank = call.arguments.utf8.allSatisfy { $0 == 0x20 || (0x09...0x0D).contains($0) }
      return ToolCall(
        id: call.id ?? "call_\(position)", name: call.name ?? "",
        arguments: isBlank ? "{}" : call.arguments, serverResult: call.id.flatMap { results[$0] })
    }
  }
}

/// Anthropic's signed thinking, put together from its deltas: text grows until a signature closes
/// the block; a block without text (`redacted_thinking`) stands for itself.
struct ThinkingAssembly: Sendable {
  private(set) var blocks: [JSONValue] = []
  private(set) var size = 0
  private var text = ""

  /// Returns the readable text of the delta.
  mutating func take(_ delta: [JSONValue]) -> String {
    var readable = ""
    for block in delta {
      guard case .object(var members) = block else { continue }
      guard let piece = members["thinking"]?.string else {
        blocks.append(block)
        size += 1024
        continue
      }
      readable += piece
      text += piece
      size += piece.utf8.count
      if let signature = members["signature"]?.string, !signature.isEmpty {
        members["thinking"] = .string(text)
        blocks.append(.object(members))
        text = ""
      }
    }
    return readable
  }
}
