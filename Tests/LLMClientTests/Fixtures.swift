// Streams of the shapes that LiteLLM 1.106 and the backends behind it really send.

@testable import LLMClient

/// One SSE event with LiteLLM's framing.
func data(_ json: String) -> String { "data: \(json)\n\n" }

/// A chunk with one choice.
func chunk(
  _ delta: String, finish: String? = nil, id: String = "chatcmpl-1", extra: String = ""
) -> String {
  let finish = finish.map { #""finish_reason":"\#($0)","# } ?? ""
  return data(
    #"{"id":"\#(id)","created":1795241776,"model":"assistant","object":"chat.completion.chunk","#
      + #""choices":[{\#(finish)"index":0,"delta":\#(delta)}]\#(extra)}"#)
}

func content(_ text: String, id: String = "chatcmpl-1") -> String {
  chunk(#"{"content":"\#(text)"}"#, id: id)
}

let done = "data: [DONE]\n\n"
let usageChunk = chunk(
  "{}",
  extra: #","usage":{"completion_tokens":2,"prompt_tokens":12,"total_tokens":14,"#
    + #""completion_tokens_details":{"reasoning_tokens":1},"#
    + #""prompt_tokens_details":{"cached_tokens":4},"cost":0.000016}"#)
let someUsage = Usage(
  promptTokens: 12, completionTokens: 2, totalTokens: 14, reasoningTokens: 1, cachedTokens: 4,
  cost: 0.000016)

/// The ordinary stream of LiteLLM.
let plainStream =
  chunk(#"{"content":"","role":"assistant"}"#) + content("the ") + content("answer")
  + chunk("{}", finish: "stop") + usageChunk + done

func outcome(
  _ reason: FinishReason? = .stop, sawDone: Bool = true, isComplete: Bool = true,
  isRefusal: Bool = false, isEmpty: Bool = false, thinkingBlocks: [JSONValue] = [],
  model: String? = "assistant"
) -> ChatEvent {
  .ended(
    ChatOutcome(
      finishReason: reason, sawDone: sawDone, isComplete: isComplete, model: model,
      isRefusal: isRefusal, isEmpty: isEmpty, thinkingBlocks: thinkingBlocks))
}

func finished(_ reason: FinishReason = .stop, id: String? = "chatcmpl-1") -> ChatEvent {
  .finish(reason, completionID: id)
}

/// What comes out of an assembler that gets these inputs.
func assemble(
  _ inputs: [ChatStreamAssembler.Input], using start: ChatStreamAssembler = .init()
) -> (events: [ChatEvent], failure: LLMError?) {
  var assembler = start
  var events: [ChatEvent] = []
  var failure: LLMError?
  for input in inputs {
    for output in assembler.handle(input) {
      switch output {
      case .event(let event): events.append(event)
      case .failure(let error): failure = error
      }
    }
  }
  return (events, failure)
}

func assemble(_ body: String) -> (events: [ChatEvent], failure: LLMError?) {
  assemble([.bytes(Array(body.utf8)), .endOfBody])
}

extension [ChatEvent] {
  /// Without the signs of life, which say nothing about the answer.
  var telling: [ChatEvent] { filter { $0 != .alive } }

  var text: String {
    compactMap { if case .content(let text) = $0 { text } else { nil } }.joined()
  }
}
