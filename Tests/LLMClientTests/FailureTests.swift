// Streams that fail: error frames, broken ends, lost connections.

import CurlHTTP
import Testing

@testable import LLMClient

struct FailureCase: Sendable, CustomTestStringConvertible {
  var name: String
  var body: String
  var code: LLMError.Code
  var status: Int?
  var text: String
  var isWorthRetrying: Bool
  var testDescription: String { name }

  init(
    _ name: String, _ body: String, _ code: LLMError.Code, status: Int? = nil, text: String = "",
    retry: Bool = false
  ) {
    self.name = name
    self.body = body
    self.code = code
    self.status = status
    self.text = text
    isWorthRetrying = retry
  }

  static let all: [FailureCase] = [
    .init(
      "a LiteLLM frame in the middle, then a clean end",
      content("half")
        + data(
          #"{"error": {"message": "litellm.InternalServerError: boom", "type": null, "#
            + #""param": null, "code": "500"}}"#),
      .upstreamFailed, status: 500, text: "half"),
    .init(
      "a frame, then [DONE]",
      content("half") + data(#"{"error":{"message":"litellm.Timeout: x","code":"408"}}"#) + done,
      .timeout, status: 408, text: "half"),
    .init(
      "a stalled upstream",
      content("half")
        + data(
          #"{"error":{"message":"litellm.APIConnectionError: Timeout on reading data from socket","#
            + #""type":null,"code":"500"}}"#), .timeout, status: 500, text: "half"),
    .init(
      "with keep-alives: the reason is hidden behind a 400",
      ": ping\n\n"
        + data(
          #"{"error":{"message":"Error processing stream start","type":"invalid_request_error","#
            + #""param":null,"code":"400"}}"#) + done, .upstreamFailed, status: 400),
    .init(
      "a rate limit as the first event",
      data(#"{"error":{"message":"slow down","type":"rate_limit_error","code":429}}"#),
      .rateLimited, status: 429, retry: true),
    .init(
      "a frame without a status, by its type",
      data(#"{"error":{"message":"slow down","type":"rate_limit_error"}}"#), .rateLimited,
      retry: true),
    .init("an error that is a string", data(#"{"error":"model crashed"}"#), .upstreamFailed),
    .init(
      "Anthropic's shape",
      "event: error\n"
        + data(#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#),
      .upstreamFailed),
    .init(
      "the object field says error",
      data(#"{"object":"error","message":"too long: maximum context length is 9","code":400}"#),
      .contextTooLong, status: 400),
    .init("cut without a finish reason", content("half"), .cutOff, text: "half", retry: false),
    .init("cut inside an event", content("half") + #"data: {"choi"#, .cutOff, text: "half"),
    .init("cut inside thinking", chunk(#"{"reasoning_content":"hm"}"#), .cutOff),
    .init("an empty body", "", .upstreamFailed, retry: true),
    .init("only pings", ": ping\n\n: ping\n\n", .upstreamFailed, retry: true),
    .init("only [DONE]", done, .upstreamFailed, retry: true),
    .init("only blanks", "\n\n \n", .upstreamFailed, retry: true),
    .init("an event that is not JSON", content("half") + data("oops"), .undecodable, text: "half"),
    .init("an HTML page", "<html><title>Sign in</title></html>", .undecodable),
    .init("a JSON document of something else", #"{"hello":"world"}"#, .undecodable),
    .init("half a JSON document", #"{"choices":[{"message":{"content":"a"#, .undecodable),
    .init(
      "an error document with a 200", #"{"error":{"message":"Over capacity","code":503}}"#,
      .upstreamFailed, status: 503, retry: true),
  ]
}

@Suite("Streams that fail")
struct FailureTests {
  @Test("what a failure means", arguments: FailureCase.all)
  func failures(_ expected: FailureCase) throws {
    let bytes = Array(expected.body.utf8)
    for cut in Set([0, bytes.count / 3, bytes.count / 2, bytes.count]) {
      let (events, failure) = assemble([
        .bytes(Array(bytes[..<cut])), .bytes(Array(bytes[cut...])), .endOfBody,
      ])
      let error = try #require(failure)
      #expect(error.code == expected.code)
      #expect(error.status == expected.status)
      #expect(error.isWorthRetrying == expected.isWorthRetrying)
      #expect(error.message.count <= 300)
      #expect(events.text == expected.text)
      let isEnded = events.contains { if case .ended = $0 { true } else { false } }
      #expect(!isEnded)
    }
  }

  @Test("nothing comes after a failure")
  func final() {
    var assembler = ChatStreamAssembler()
    #expect(assembler.handle(.bytes(Array(data(#"{"error":"x"}"#).utf8))).count == 1)
    #expect(assembler.handle(.bytes(Array(plainStream.utf8))).isEmpty)
    #expect(assembler.handle(.endOfBody).isEmpty)
    #expect(assembler.isFinished)
  }

  @Test("usage that came before the failure is kept")
  func usage() {
    let (events, failure) = assemble(content("a") + usageChunk + data(#"{"error":"x"}"#))
    #expect(failure?.receivedContent == true)
    #expect(events == [.content("a"), .alive, .usage(someUsage)])
  }

  @Test(
    "a lost connection",
    arguments: [
      (HTTPError.Code.connectionLost, LLMError.Code.cutOff, LLMError.Code.upstreamFailed),
      (.protocolError, .cutOff, .upstreamFailed), (.idleTimeout, .cutOff, .timeout),
      (.deadlineExceeded, .cutOff, .timeout),
    ])
  func lost(_ cause: HTTPError.Code, after: LLMError.Code, before: LLMError.Code) {
    let loss = ChatStreamAssembler.Input.lost(HTTPError(code: cause, message: "gone"))
    let early = assemble([.bytes(Array(": ping\n\n".utf8)), loss]).failure
    #expect(early?.code == before)
    #expect(early?.receivedContent == false)
    #expect(early?.isWorthRetrying == true)
    let late = assemble([.bytes(Array(content("a").utf8)), loss]).failure
    #expect(late?.code == after)
    #expect(late?.receivedContent == true)
    #expect(late?.isWorthRetrying == false)
    // A guardrail drops the connection after the finish reason: not complete either.
    let withReason = content("a") + chunk("{}", finish: "stop")
    #expect(assemble([.bytes(Array(withReason.utf8)), loss]).failure?.code == after)
    // But not after [DONE].
    #expect(assemble([.bytes(Array(plainStream.utf8)), loss]).failure == nil)
  }

  @Test("an event above the limit is an error, and what came before is not lost")
  func tooLarge() {
    let bytes = Array((content("a") + content(String(repeating: "x", count: 2000))).utf8)
    let (events, failure) = assemble(
      [.bytes(bytes)], using: ChatStreamAssembler(maximumEventBytes: 1000))
    #expect(events == [.content("a")])
    #expect(failure?.code == .undecodable)
  }

  @Test("a document above the limit is an error")
  func tooLargeDocument() {
    let inputs =
      [ChatStreamAssembler.Input.bytes(Array("{ ".utf8))]
      + Array(repeating: .bytes(Array(repeating: 0x20, count: 100)), count: 20)
    let (_, failure) = assemble(
      inputs, using: ChatStreamAssembler(maximumCompletionBytes: 1000))
    #expect(failure?.code == .undecodable)
  }

  @Test("tool calls without end are an error")
  func endlessToolCalls() {
    let fragment = chunk(
      #"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"0123456789"}}]}"#)
    let (_, failure) = assemble(
      Array(repeating: .bytes(Array(fragment.utf8)), count: 100),
      using: ChatStreamAssembler(maximumCompletionBytes: 1000))
    #expect(failure?.code == .undecodable)
  }

  @Test("the call id of the head is in the error")
  func callID() {
    let (_, failure) = assemble(
      [.bytes(Array(data(#"{"error":"x"}"#).utf8))], using: ChatStreamAssembler(callID: "REF-1"))
    #expect(failure?.callID == "REF-1")
  }
}
