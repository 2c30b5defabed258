// One completion of the scripted model, written to the socket as the script says: delays, pieces,
// errors before and within the stream, disconnects, odd frames. Notices when the client hangs up.

struct ScriptedCompletion: Sendable {
  let script: ModelScript
  let model: String
  let callID: String
  let question: String
  let promptTokens: Int
  let isStream: Bool
  let wantsUsage: Bool
  let maxTokens: Int?

  func response(_ recorder: ScriptedModel, id: Int) -> Response {
    let completionID = "chatcmpl-\(RawID.random())"
    var headers: Headers = [
      "Content-Type": isStream && !script.wholeJSON
        ? "text/event-stream; charset=utf-8" : "application/json"
    ]
    // With keep-alives on, LiteLLM answers before it knows anything: no headers of its own.
    if script.keepAlive == nil {
      headers["x-litellm-call-id"] = callID
      headers["x-litellm-model-group"] = model
      headers["x-litellm-version"] = "scripted"
    }
    if isStream {
      headers["Cache-Control"] = "no-cache"
      headers["x-accel-buffering"] = "no"
    }
    return Response(
      status: 200, headers: headers,
      body: .stream { writer in
        do {
          if isStream, !script.wholeJSON {
            try await stream(to: writer, completionID: completionID, recorder: recorder, id: id)
          } else {
            try await whole(to: writer, completionID: completionID, recorder: recorder, id: id)
          }
        } catch let hangUp as HangUp {
          recorder.end(id, "disconnected")
          throw hangUp
        } catch {
          recorder.end(id, "cancelled")
          throw error
        }
      })
  }

  private var tokens: [String] {
    var tokens = ScriptedText.tokens(ScriptedText.answer(question, script: script))
    if let maxTokens, tokens.count > maxTokens { tokens = Array(tokens.prefix(maxTokens)) }
    return tokens
  }

  private func finishReason(_ count: Int) -> String {
    if script.toolCall != nil { return "tool_calls" }
    if let maxTokens, count >= maxTokens { return "length" }
    return script.finishReason
  }

  /// Sends the scripted failure, if any. True if there was one.
  private func fail(_ writer: BodyWriter, _ recorder: ScriptedModel, _ id: Int) async throws -> Bool
  {
    guard let error = script.error, recorder.takeFailure(limit: script.errorTimes) else {
      return false
    }
    if writer.isStarted {
      // Too late for a status: LiteLLM then loses the detail, and here [DONE] does follow.
      try await writer.write(
        "data: {\"error\": {\"message\": \"Error processing stream start\", \"type\": "
          + "\"invalid_request_error\", \"param\": null, \"code\": \"400\"}}\n\ndata: [DONE]\n\n")
    } else {
      let failure = ModelFailure.response(error, script: script)
      var headers = failure.headers
      headers["Transfer-Encoding"] = "chunked"
      writer.response = failure
      writer.response.headers = headers
      if case .bytes(let bytes) = failure.body { try await writer.write(bytes) }
    }
    recorder.end(id, "error")
    return true
  }

  // MARK: - Not streamed

  private func whole(
    to writer: BodyWriter, completionID: String, recorder: ScriptedModel, id: Int
  ) async throws {
    let tokens = tokens
    try await Task.sleep(for: script.firstTokenDelay)
    if try await fail(writer, recorder, id) { return }
    if script.speed > 0 { try await Task.sleep(for: .seconds(Double(tokens.count) / script.speed)) }
    var message: JSON = ["role": "assistant", "content": .string(tokens.joined())]
    if let reasoning = script.reasoning, script.thinks {
      message["content"] = .string("<think>\n\(reasoning)\n</think>\n\n\(tokens.joined())")
    } else if let reasoning = script.reasoning {
      message["reasoning_content"] = .string(reasoning)
    }
    if let tool = script.toolCall {
      message["content"] = .null
      message["tool_calls"] = [toolJSON(tool, arguments: tool.arguments, isFirst: true)]
    }
    let body: JSON = [
      "id": .string(completionID), "object": "chat.completion", "created": created,
      "model": .string(model),
      "choices": [
        [
          "index": 0, "finish_reason": .string(finishReason(tokens.count)), "message": message,
        ]
      ],
      "usage": usage(tokens.count),
    ]
    try await writer.write(body.bytes)
    recorder.sent(id, tokens: tokens.count)
    recorder.end(id, "complete")
  }

  // MARK: - Streamed

  private func stream(
    to writer: BodyWriter, completionID: String, recorder: ScriptedModel, id: Int
  ) async throws {
    var out = StreamWriter(writer: writer, script: script)
    if script.keepAlive != nil { try await out.comment("ping") }
    try await out.pause(script.firstTokenDelay)
    if try await fail(writer, recorder, id) { return }
    if script.hasBOM { try await out.raw([0xEF, 0xBB, 0xBF]) }
    if script.isEmptyStream {
      try await out.raw([])
      recorder.end(id, "complete")
      return
    }
    try await out.data(chunk(completionID, delta: ["content": "", "role": "assistant"]))
    if script.hasOddFrames { try await sendOddFrames(&out, completionID) }
    try await sendReasoning(&out, completionID)
    if let size = script.hugeLine {
      try await out.data(
        chunk(completionID, delta: ["content": .string(String(repeating: "x", count: size))]))
    }
    var sent = 0
    if let tool = script.toolCall {
      try await send(tool, completionID, &out)
    } else {
      sent = try await sendTokens(&out, completionID, recorder, id)
      if sent < 0 { return }
    }
    if !script.noFinish {
      try await out.data(chunk(completionID, delta: [:], finish: finishReason(sent)))
    }
    if script.hasSecondCompletion {
      let second = "chatcmpl-\(RawID.random())"
      try await out.data(chunk(second, delta: ["content": " Second.", "role": "assistant"]))
      try await out.data(chunk(second, delta: [:], finish: "stop"))
    }
    if script.usage ?? wantsUsage {
      var last = chunk(completionID, delta: [:])
      last["usage"] = usage(sent)
      try await out.data(last)
    }
    if !script.noDone { try await out.line("data: [DONE]") }
    recorder.end(id, "complete")
  }

  /// As deltas of their own, or as models without such a field do, between tags in the content.
  private func sendReasoning(_ out: inout StreamWriter, _ completionID: String) async throws {
    guard let reasoning = script.reasoning else { return }
    let key = script.thinks ? "content" : "reasoning_content"
    func send(_ text: String) async throws {
      try await out.data(chunk(completionID, delta: .object([.init(key, .string(text))])))
    }
    let tokens = ScriptedText.tokens(reasoning)
    let pace = script.speed > 0 ? Duration.seconds(1 / script.speed) : .zero
    let interval = script.reasoningTime.map { $0 / max(1, tokens.count) } ?? pace
    if script.thinks { try await send("<think>\n") }
    for token in tokens {
      try await send(token)
      try await out.pause(interval)
    }
    if script.thinks { try await send("\n</think>\n\n") }
  }

  /// Returns how many tokens were sent, or -1 after an error frame, which ends the stream.
  private func sendTokens(
    _ out: inout StreamWriter, _ completionID: String, _ recorder: ScriptedModel, _ id: Int
  ) async throws -> Int {
    let start = ContinuousClock.now
    let tokens = tokens
    var sent = 0
    for token in tokens {
      if sent == script.errorFrameAfter {
        // As Python writes it: spaces, and no [DONE] after it.
        try await out.line(
          "data: {\"error\": {\"message\": \"litellm.InternalServerError: OpenAIException - "
            + "simulated\", \"type\": null, \"param\": null, \"code\": \"500\"}}")
        recorder.end(id, "error frame")
        return -1
      }
      if sent == script.disconnectAfter { throw HangUp(reset: script.resets) }
      if sent == script.stallAfter { try await out.pause(script.stall) }
      try await out.data(chunk(completionID, delta: ["content": .string(token)]))
      sent += 1
      recorder.sent(id, tokens: sent)
      // An absolute schedule: a late token does not delay the following ones. Nothing waits after the
      // last one: from there on a client's own time is measured.
      if script.speed > 0, sent < tokens.count {
        let ahead = start + .seconds(Double(sent) / script.speed) - .now
        if ahead > .milliseconds(2) { try await out.pause(ahead) }
      }
    }
    if let limit = script.disconnectAfter, sent <= limit { throw HangUp(reset: script.resets) }
    return sent
  }

  private func send(_ tool: ModelScript.ToolCall, _ completionID: String, _ out: inout StreamWriter)
    async throws
  {
    try await out.data(
      chunk(completionID, delta: ["tool_calls": [toolJSON(tool, arguments: "", isFirst: true)]]))
    for piece in ScriptedText.tokens(tool.arguments) {
      try await out.data(
        chunk(
          completionID, delta: ["tool_calls": [toolJSON(tool, arguments: piece, isFirst: false)]]))
    }
  }

  /// Frames that a client must pass over.
  private func sendOddFrames(_ out: inout StreamWriter, _ completionID: String) async throws {
    try await out.comment(" a comment")
    try await out.line("event: unknown\nid: 7\nretry: 10\ndata:")
    var empty = chunk(completionID, delta: [:])
    empty["choices"] = []
    try await out.data(empty)
    empty["choices"] = .null
    empty["obfuscation"] = "aaaa"
    try await out.data(empty)
    try await out.data(chunk(completionID, delta: ["content": .null, "surprise": [1, 2]]))
    // One event in two data lines, joined with LF: JSON allows it between tokens.
    let whole = chunk(completionID, delta: ["content": ""]).serialized
    let cut = whole.index(after: whole.startIndex)
    try await out.line("data: \(whole[..<cut])\ndata:\(whole[cut...])")
  }

  // MARK: - Pieces

  private var created: JSON { .int(Timestamp.now.milliseconds / 1000) }

  private func chunk(_ completionID: String, delta: JSON, finish: String? = nil) -> JSON {
    var choice: JSON = ["index": 0, "delta": delta]
    if let finish { choice["finish_reason"] = .string(finish) }
    return [
      "id": .string(completionID), "created": created, "model": .string(model),
      "object": "chat.completion.chunk", "choices": [choice],
    ]
  }

  private func toolJSON(_ tool: ModelScript.ToolCall, arguments: String, isFirst: Bool) -> JSON {
    var json: JSON = ["index": 0, "type": "function"]
    if isFirst { json["id"] = .string("call_\(callID.prefix(8))") }
    var function: JSON = ["arguments": .string(arguments)]
    if isFirst { function["name"] = .string(tool.name) }
    json["function"] = function
    return json
  }

  private func usage(_ completionTokens: Int) -> JSON {
    .compact([
      "completion_tokens": .int(completionTokens), "prompt_tokens": .int(promptTokens),
      "total_tokens": .int(completionTokens + promptTokens),
      "cost": .double(script.cost ?? Double(completionTokens) * 0.000001),
    ])
  }
}
