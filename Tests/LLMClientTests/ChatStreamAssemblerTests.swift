// The assembler as a table: a body in, the events out.

import CurlHTTP
import Testing

@testable import LLMClient

struct StreamCase: Sendable, CustomTestStringConvertible {
  var name: String
  var body: String
  /// Signs of life left out.
  var events: [ChatEvent]
  var testDescription: String { name }

  init(_ name: String, _ body: String, _ events: [ChatEvent]) {
    self.name = name
    self.body = body
    self.events = events
  }

  static let complete: [StreamCase] = [
    .init(
      "the ordinary stream", plainStream,
      [
        .role("assistant"), .content("the "), .content("answer"), finished(), .usage(someUsage),
        outcome(),
      ]),
    .init(
      "CRLF, comments and a byte order mark from a proxy in between",
      "\u{FEFF}: ping\r\n\r\n"
        + (content("a") + chunk("{}", finish: "stop") + done).replacing("\n", with: "\r\n"),
      [.content("a"), finished(), outcome()]),
    .init(
      "no [DONE], but a finish reason and a clean end",
      content("a") + chunk("{}", finish: "stop"),
      [.content("a"), finished(), outcome(sawDone: false)]),
    .init(
      "[DONE] without its blank line", content("a") + chunk("{}", finish: "stop") + "data: [DONE]",
      [.content("a"), finished(), outcome()]),
    .init(
      "[DONE] without any finish reason is an end, but not complete", content("a") + done,
      [.content("a"), outcome(nil, isComplete: false)]),
    .init(
      "nothing after [DONE] counts",
      content("a") + chunk("{}", finish: "stop") + done + content("b") + data(#"{"error":"x"}"#),
      [.content("a"), finished(), outcome()]),
    .init(
      "the finish chunk may carry content",
      chunk(#"{"content":"held back"}"#, finish: "stop") + done,
      [.content("held back"), finished(), outcome()]),
    .init(
      "the last finish reason of a completion counts",
      content("a") + chunk("{}", finish: "stop") + chunk("{}", finish: "length") + done,
      [.content("a"), finished(.length), outcome(.length)]),
    .init(
      "an unknown finish reason is kept", content("a") + chunk("{}", finish: "tired") + done,
      [.content("a"), finished(.other("tired")), outcome(.other("tired"))]),
    .init(
      "content_filter", content("a") + chunk("{}", finish: "content_filter") + done,
      [.content("a"), finished(.contentFilter), outcome(.contentFilter)]),
    .init(
      "usage with no choices",
      content("a") + chunk("{}", finish: "stop")
        + data(#"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#) + done,
      [
        .content("a"), finished(),
        .usage(Usage(promptTokens: 1, completionTokens: 2, totalTokens: 3)), outcome(),
      ]),
    .init(
      "usage with null choices, and without any",
      content("a") + chunk("{}", finish: "stop")
        + data(#"{"choices":null,"usage":{"prompt_tokens":1,"completion_tokens":1}}"#)
        + data(#"{"usage":{"prompt_tokens":3.0,"completion_tokens":4,"cost":1}}"#)
        + data(#"{"choices":[],"usage":null}"#) + done,
      [
        .content("a"), finished(),
        .usage(Usage(promptTokens: 3, completionTokens: 4, totalTokens: 7, cost: 1)), outcome(),
      ]),
    .init(
      "usage on the finish chunk and on every chunk before: the last counts",
      chunk(
        #"{"content":"a"}"#, extra: #","usage":{"prompt_tokens":1,"completion_tokens":1}"#)
        + chunk(
          "{}", finish: "stop", extra: #","usage":{"prompt_tokens":1,"completion_tokens":2}"#)
        + done,
      [
        .content("a"), finished(),
        .usage(Usage(promptTokens: 1, completionTokens: 2, totalTokens: 3)), outcome(),
      ]),
    .init(
      "fields of the wrong type are left out",
      data(
        #"{"id":7,"model":null,"choices":[{"index":"0","delta":{"content":"a","role":3,"#
          + #""tool_calls":"x","reasoning_content":{}},"finish_reason":1}],"usage":"none"}"#)
        + chunk("{}", finish: "stop") + done,
      [.content("a"), finished(), outcome()]),
    .init(
      "only choice 0",
      data(
        #"{"choices":[{"index":1,"delta":{"content":"b"},"finish_reason":"length"},"#
          + #"{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}"#)
        + data(#"{"choices":[{"index":1,"delta":{"content":"b"}}]}"#) + done,
      [.content("a"), finished(id: nil), outcome(model: nil)]),
    .init(
      "reasoning_content",
      chunk(#"{"reasoning_content":"hm"}"#)
        + chunk(#"{"content":"a"}"#, finish: "stop") + done,
      [.reasoning("hm"), .content("a"), finished(), outcome()]),
    .init(
      "reasoning",
      chunk(#"{"reasoning":"hm"}"#) + chunk(#"{"content":"a"}"#, finish: "stop") + done,
      [.reasoning("hm"), .content("a"), finished(), outcome()]),
    .init(
      "both names of the same reasoning",
      chunk(#"{"reasoning":"hm","reasoning_content":"hm"}"#)
        + chunk(#"{"content":"a"}"#, finish: "stop") + done,
      [.reasoning("hm"), .content("a"), finished(), outcome()]),
    .init(
      "thinking_blocks do not double the reasoning, and are kept signed",
      chunk(
        #"{"reasoning_content":"h","thinking_blocks":[{"type":"thinking","thinking":"h"}]}"#)
        + chunk(
          #"{"reasoning_content":"m","thinking_blocks":[{"type":"thinking","thinking":"m"}]}"#)
        + chunk(
          #"{"thinking_blocks":[{"type":"thinking","thinking":"","signature":"sig"}]}"#)
        + chunk(#"{"thinking_blocks":[{"type":"redacted_thinking","data":"xx"}]}"#)
        + chunk(#"{"content":"a"}"#, finish: "stop") + done,
      [
        .reasoning("h"), .reasoning("m"), .content("a"), finished(),
        outcome(thinkingBlocks: [
          ["type": "thinking", "thinking": "hm", "signature": "sig"],
          ["type": "redacted_thinking", "data": "xx"],
        ]),
      ]),
    .init(
      "thinking_blocks alone are read",
      chunk(#"{"thinking_blocks":[{"type":"thinking","thinking":"hm"}]}"#)
        + chunk(#"{"content":"a"}"#, finish: "stop") + done,
      [.reasoning("hm"), .content("a"), finished(), outcome()]),
    .init(
      "content in parts",
      chunk(
        #"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},"#
          + #"{"type":"text","text":"a"}]}"#, finish: "stop") + done,
      [.reasoning("hm"), .content("a"), finished(), outcome()]),
    .init(
      "a refusal is shown and marked",
      chunk(#"{"refusal":"I cannot "}"#) + chunk(#"{"refusal":"do that."}"#, finish: "stop") + done,
      [.content("I cannot "), .content("do that."), finished(), outcome(isRefusal: true)]),
    .init(
      "all tokens went into thinking",
      chunk(#"{"reasoning_content":"hm"}"#) + chunk("{}", finish: "length") + done,
      [.reasoning("hm"), finished(.length), outcome(.length, isEmpty: true)]),
    .init(
      "an empty answer is complete and empty",
      chunk(#"{"role":"assistant"}"#, finish: "stop") + done,
      [.role("assistant"), finished(), outcome(isEmpty: true)]),
    .init(
      "a second completion in the same stream",
      chunk(
        #"{"tool_calls":[{"index":0,"id":"c1","function":{"name":"add","arguments":"{}"}}]}"#,
        id: "one")
        + chunk(
          #"{"provider_specific_fields":{"mcp_call_results":"#
            + #"[{"tool_call_id":"c1","result":"5","name":"add"}]}}"#, finish: "tool_calls",
          id: "one")
        + content("five", id: "two") + chunk("{}", finish: "stop", id: "two") + done,
      [
        .toolCallFragment(ToolCallFragment(position: 0, id: "c1", name: "add", arguments: "{}")),
        .toolCalls([ToolCall(id: "c1", name: "add", arguments: "{}", serverResult: "5")]),
        finished(.toolCalls, id: "one"), .content("five"), finished(id: "two"), outcome(),
      ]),
    .init(
      "an id that changes with every chunk is one completion",
      content("a", id: "1") + content("b", id: "2") + chunk("{}", finish: "stop", id: "3")
        + data(#"{"id":"4","choices":[{"index":0,"delta":{}}]}"#) + done,
      [.content("a"), .content("b"), finished(id: "3"), outcome()]),
    .init(
      "keep-alives of other people",
      "data: null\n\ndata: 1\n\ndata: {}\n\n" + content("a") + chunk("{}", finish: "stop") + done,
      [.content("a"), finished(), outcome()]),
    .init(
      "a null error is none",
      chunk(#"{"content":"a"}"#, finish: "stop", extra: #","error":null"#) + done,
      [.content("a"), finished(), outcome()]),
    .init(
      "event names are ignored",
      "event: completion\nid: 1\n" + content("a") + chunk("{}", finish: "stop") + done,
      [.content("a"), finished(), outcome()]),
    .init(
      "one chunk in several data lines",
      "data: {\"choices\":[{\"index\":0,\ndata: \"delta\":{\"content\":\"a\"},\n"
        + "data: \"finish_reason\":\"stop\"}]}\n\n" + done,
      [.content("a"), finished(id: nil), outcome(model: nil)]),
    .init(
      "a whole completion instead of a stream",
      #" {"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"#
        + #""finish_reason":"stop","message":{"role":"assistant","content":"all of it","#
        + #""reasoning_content":"hm"}}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#,
      [
        .role("assistant"), .reasoning("hm"), .content("all of it"), finished(id: "c"),
        .usage(Usage(promptTokens: 1, completionTokens: 2, totalTokens: 3)), outcome(model: "m"),
      ]),
    .init(
      "a whole completion that refuses",
      #"{"choices":[{"finish_reason":"stop","message":{"content":null,"#
        + #""provider_specific_fields":{"refusal":"No."}}}]}"#,
      [.content("No."), finished(id: nil), outcome(isRefusal: true, model: nil)]),
    .init(
      "a whole completion with a tool call",
      #"{"choices":[{"finish_reason":"tool_calls","message":{"content":null,"tool_calls":"#
        + #"[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]}}]}"#,
      [
        .toolCallFragment(
          ToolCallFragment(position: 0, id: "c1", name: "f", arguments: #"{"a":1}"#)),
        .toolCalls([ToolCall(id: "c1", name: "f", arguments: #"{"a":1}"#)]),
        finished(.toolCalls, id: nil), outcome(.toolCalls, model: nil),
      ]),
  ]
}

@Suite("Chat stream assembler")
struct ChatStreamAssemblerTests {
  @Test("what a stream means", arguments: StreamCase.complete)
  func complete(_ stream: StreamCase) {
    let (events, failure) = assemble(stream.body)
    #expect(failure == nil)
    #expect(events.telling == stream.events)
  }

  @Test("one cut at any position changes nothing", arguments: StreamCase.complete)
  func everyCut(_ stream: StreamCase) {
    let bytes = Array(stream.body.utf8)
    let whole = assemble(stream.body).events
    for cut in 0...bytes.count {
      let (events, failure) = assemble([
        .bytes(Array(bytes[..<cut])), .bytes(Array(bytes[cut...])), .endOfBody,
      ])
      #expect(failure == nil)
      #expect(events == whole, "cut at \(cut)")
    }
    #expect(assemble(bytes.map { .bytes([$0]) } + [.endOfBody]).events == whole)
  }

  @Test("comments and empty events are signs of life")
  func alive() {
    let (events, _) = assemble(": ping\n\n" + chunk(#"{"content":""}"#) + "data: {}\n\n")
    #expect(events == [.alive, .alive, .alive])
  }

  @Test("bytes that are not UTF-8 do not lose the event")
  func invalidUTF8() {
    var bytes = Array(content("aXb").utf8)
    bytes[bytes.firstIndex(of: UInt8(ascii: "X"))!] = 0xFF
    let (events, failure) = assemble([.bytes(bytes)])
    #expect(failure == nil)
    #expect(events == [.content("a\u{FFFD}b")])
  }

  @Test("an event of 2 MB in one line, in socket-sized pieces")
  func largeEvent() {
    let text = String(repeating: "0123456789abcdef", count: 131_072)
    let bytes = Array((content(text) + chunk("{}", finish: "stop") + done).utf8)
    let inputs = stride(from: 0, to: bytes.count, by: 16_384).map {
      ChatStreamAssembler.Input.bytes(Array(bytes[$0..<min($0 + 16_384, bytes.count)]))
    }
    let (events, failure) = assemble(inputs)
    #expect(failure == nil)
    #expect(events.text == text)
  }

  @Test("the cost of a whole completion comes from its head, unless the body says")
  func documentCost() {
    let body =
      #"{"choices":[{"finish_reason":"stop","message":{"content":"a"}}],"#
      + #""usage":{"prompt_tokens":1,"completion_tokens":1}}"#
    let (events, _) = assemble(
      [.bytes(Array(body.utf8)), .endOfBody], using: ChatStreamAssembler(documentCost: 0.5))
    let usage = Usage(promptTokens: 1, completionTokens: 1, totalTokens: 2, cost: 0.5)
    #expect(events.contains(.usage(usage)))
  }

  @Test("an id that changes with every chunk is no other completion")
  func changingID() {
    func piece(_ arguments: String, id: String) -> String {
      chunk(
        #"{"tool_calls":[{"index":0,"function":{"name":"f","arguments":"\#(arguments)"}}]}"#, id: id
      )
    }
    let body =
      piece("[1,", id: "1") + piece("2]", id: "2") + chunk("{}", finish: "tool_calls", id: "3")
      + done
    let calls = assemble(body).events.compactMap { event -> [ToolCall]? in
      if case .toolCalls(let calls) = event { calls } else { nil }
    }
    #expect(calls.map { $0.map(\.arguments) } == [["[1,2]"]])
  }

  @Test("thinking blocks behind a reasoning field repeat it, and are not shown again")
  func thinkingBlocksRepeat() {
    let body =
      chunk(#"{"reasoning_content":"hm"}"#)
      + chunk(#"{"thinking_blocks":[{"thinking":"hm","signature":"s"}]}"#) + content("a")
      + chunk("{}", finish: "stop") + done
    #expect(assemble(body).events.telling.prefix(2) == [.reasoning("hm"), .content("a")])
  }

  @Test("a document's own cost beats that of the response head")
  func documentsOwnCost() {
    func cost(_ usage: String) -> Double? {
      let json =
        #"{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}],"usage":\#(usage)}"#
      let inputs = [ChatStreamAssembler.Input.bytes(Array(json.utf8)), .endOfBody]
      let events = assemble(inputs, using: ChatStreamAssembler(documentCost: 0.25)).events
      for case .usage(let usage) in events { return usage.cost }
      return nil
    }
    #expect(cost(#"{"prompt_tokens":1}"#) == 0.25)
    #expect(cost(#"{"prompt_tokens":1,"cost":0.5}"#) == 0.5)
  }
}
