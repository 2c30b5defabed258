// What a caller sees of a streamed answer, in order.

/// One step of a streamed answer.
///
/// Order: any number of `role`, `content`, `reasoning`, `toolCallFragment`, `alive`; at the end of
/// each completion `toolCalls` (if there are any) and `finish`; at the end of the stream `usage`
/// (if known) and `ended`, exactly once and last. A stream that fails throws `LLMError` instead of
/// `ended`.
public enum ChatEvent: Hashable, Sendable {
  /// `assistant`, normally; often missing, never needed.
  case role(String)
  /// A piece of the answer, never empty. May split inside a grapheme cluster, not inside a scalar.
  case content(String)
  /// A piece of the model's thinking, never empty.
  case reasoning(String)
  case toolCallFragment(ToolCallFragment)
  /// The calls of one completion, put together.
  case toolCalls([ToolCall])
  case usage(Usage)
  /// A completion is over. A stream can hold several (LiteLLM running MCP tools): each has another
  /// id, and the last reason counts.
  case finish(FinishReason, completionID: String?)
  /// A comment, or an event without anything to show: the other side is at work.
  case alive
  case ended(ChatOutcome)
}

/// Why a completion ended. LiteLLM writes `stop` when the upstream gave no reason, so `stop` is no
/// proof that the text is whole.
public enum FinishReason: Hashable, Sendable {
  case stop, length, toolCalls, contentFilter
  /// Any other word, kept as it came.
  case other(String)

  public init(_ word: String) {
    self =
      switch word {
      case "stop": .stop
      case "length": .length
      case "tool_calls", "function_call": .toolCalls
      case "content_filter": .contentFilter
      default: .other(word)
      }
  }
}

/// Tokens and cost of an answer, as the proxy reports them; sometimes its own estimate.
public struct Usage: Hashable, Sendable {
  public var promptTokens: Int
  public var completionTokens: Int
  public var totalTokens: Int
  /// Part of `completionTokens` that went into thinking.
  public var reasoningTokens: Int?
  /// Part of `promptTokens` that came from the provider's cache.
  public var cachedTokens: Int?
  /// US dollars, where the proxy knows a price.
  public var cost: Double?

  public init(
    promptTokens: Int, completionTokens: Int, totalTokens: Int, reasoningTokens: Int? = nil,
    cachedTokens: Int? = nil, cost: Double? = nil
  ) {
    self.promptTokens = promptTokens
    self.completionTokens = completionTokens
    self.totalTokens = totalTokens
    self.reasoningTokens = reasoningTokens
    self.cachedTokens = cachedTokens
    self.cost = cost
  }
}

/// How a stream ended.
public struct ChatOutcome: Hashable, Sendable {
  /// The last one; nil when the stream said `[DONE]` without giving any.
  public var finishReason: FinishReason?
  /// Whether the stream said `[DONE]`.
  public var sawDone: Bool
  /// A finish reason, and `[DONE]` or a clean end. False: show the text, and say that it may have
  /// been cut.
  public var isComplete: Bool
  /// The model as the answer names it: what was asked for, or the fallback that answered.
  public var model: String?
  /// The model declined; its words came as `content`.
  public var isRefusal: Bool
  /// Nothing to show: no content and no tool call. With `.length`, thinking used up all tokens.
  public var isEmpty: Bool
  /// Signed thinking of Anthropic models, for `ChatMessage.thinkingBlocks` of a tool turn.
  public var thinkingBlocks: [JSONValue]

  public init(
    finishReason: FinishReason?, sawDone: Bool, isComplete: Bool, model: String? = nil,
    isRefusal: Bool = false, isEmpty: Bool = false, thinkingBlocks: [JSONValue] = []
  ) {
    self.finishReason = finishReason
    self.sawDone = sawDone
    self.isComplete = isComplete
    self.model = model
    self.isRefusal = isRefusal
    self.isEmpty = isEmpty
    self.thinkingBlocks = thinkingBlocks
  }
}
