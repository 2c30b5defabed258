// Bytes of an HTTP 200 in, chat events or an error out: a pure state machine, no network, no clock.
// Owned by ChatStream's iterator. Everything known about what LiteLLM and the backends behind it
// do to a stream is decided here.

public import CurlHTTP
import FoundationEssentials

/// Assembles the body of a successful response into `ChatEvent`s.
///
/// The output ends with `.event(.ended)` or with `.failure`, once; later input is ignored.
public struct ChatStreamAssembler: Sendable {
  public enum Input: Sendable {
    case bytes([UInt8])
    /// The body ended as HTTP says it should.
    case endOfBody
    /// The transport failed in the middle of the body.
    case lost(HTTPError)
  }

  public enum Output: Sendable, Equatable {
    case event(ChatEvent)
    case failure(LLMError)
  }

  /// What the body turned out to be.
  private enum Format {
    /// Nothing but blanks so far.
    case undecided
    case eventStream
    /// One JSON document (or an HTML page) where a stream was asked for.
    case document([UInt8])
  }

  private let maximumCompletionBytes: Int
  private let callID: String?
  /// US dollars, from the response head; only a document's is final.
  private let documentCost: Double?
  private let decoder = JSONDecoder()
  private var parser: ServerSentEventParser
  private var format = Format.undecided
  private var outputs: [Output] = []

  private var completionID: String?
  private var finish: FinishReason?
  private var tools = ToolCallAssembly()
  private var leadingThinking = LeadingThinking()

  private var lastFinish: FinishReason?
  private var usage: Usage?
  private var model: String?
  private var thinking = ThinkingAssembly()
  private var sawReasoningField = false
  private var sawText = false
  private var sawToolCall = false
  private var isRefusal = false

  /// Whether anything of the answer (text, reasoning, tool calls) has come out.
  public private(set) var receivedContent = false
  /// Whether the last output has been given.
  public private(set) var isFinished = false

  public init(
    maximumEventBytes: Int = 16 << 20, maximumCompletionBytes: Int = 16 << 20,
    callID: String? = nil, documentCost: Double? = nil
  ) {
    parser = ServerSentEventParser(maximumEventBytes: maximumEventBytes)
    self.maximumCompletionBytes = maximumCompletionBytes
    self.callID = callID
    self.documentCost = documentCost
  }

  public mutating func handle(_ input: Input) -> [Output] {
    guard !isFinished else { return [] }
    switch input {
    case .bytes(let bytes): take(bytes)
    case .endOfBody: takeEnd()
    case .lost(let error):
      fail(LLMErrorClassifier.transport(error, receivedContent: receivedContent))
    }
    defer { outputs.removeAll(keepingCapacity: true) }
    return outputs
  }

  // MARK: Bytes

  private mutating func take(_ bytes: [UInt8]) {
    switch format {
    case .eventStream:
      takeStream(bytes)
    case .document(var buffer):
      format = .undecided
      buffer += bytes
      takeDocument(buffer)
    case .undecided:
      // No line of an event stream starts with { or <, whatever the content type says. Blanks mean
      // nothing in front of a document, and the parser must know them.
      let start = bytes.firstIndex { !Self.isBlankOrMark($0) }
      if let start, bytes[start] == UInt8(ascii: "{") || bytes[start] == UInt8(ascii: "<") {
        takeDocument(Array(bytes[start...]))
      } else {
        if start != nil { format = .eventStream }
        takeStream(bytes)
      }
    }
  }

  /// White space, or a byte of a byte order mark.
  private static func isBlankOrMark(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF: true
    default: false
    }
  }

  private mutating func takeDocument(_ buffer: [UInt8]) {
    guard buffer.count <= maximumCompletionBytes else {
      return fail(undecodable("an answer of more than \(maximumCompletionBytes) bytes"))
    }
    format = .document(buffer)
  }

  private mutating func takeStream(_ bytes: [UInt8]) {
    var parsed: [ServerSentEventParser.Output] = []
    var tooLarge = false
    do throws(ServerSentEventParser.TooLarge) {
      try parser.parse(bytes) { parsed.append($0) }
    } catch {
      tooLarge = true
    }
    for output in parsed where !isFinished {
      switch output {
      case .event(let event): take(event)
      case .comment: outputs.append(.event(.alive))
      case .retry: break
      }
    }
    if tooLarge, !isFinished { fail(undecodable("an event above the size limit")) }
  }

  // MARK: Events

  private mutating func take(_ event: ServerSentEvent, isCutByEnd: Bool = false) {
    if Self.isDone(event.data) { return endStream(sawDone: true) }
    guard let chunk = decode(WireChunk.self, event.data) else {
      // JSON that is no object (`null`, a number) is somebody's keep-alive; the rest is garbage.
      if decode(JSONValue.self, event.data) != nil {
        outputs.append(.event(.alive))
      } else if !isCutByEnd {
        fail(undecodable("an event that is not JSON"))
      }
      return
    }
    if chunk.hasError {
      return fail(
        LLMErrorClassifier.frame(event.data, callID: callID, receivedContent: receivedContent))
    }
    take(chunk)
  }

  private static func isDone(_ data: [UInt8]) -> Bool {
    guard data.count < 64 else { return false }
    return data.filter { $0 != 0x20 && $0 != 0x09 }.elementsEqual("[DONE]".utf8)
  }

  /// Decodes JSON. Bytes that are not UTF-8 become U+FFFD first: the decoder would only notice them
  /// deep inside, and the text of the whole event would be lost.
  private func decode<T: Decodable>(_ type: T.Type, _ bytes: [UInt8]) -> T? {
    if bytes.allSatisfy({ $0 < 0x80 }) || String(validating: bytes, as: UTF8.self) != nil {
      return try? decoder.decode(type, from: Data(bytes))
    }
    return try? decoder.decode(type, from: Data(String(decoding: bytes, as: UTF8.self).utf8))
  }

  private mutating func take(_ chunk: WireChunk) {
    let before = outputs.count
    if let name = chunk.model, !name.isEmpty { model = name }
    if let reported = chunk.usage?.usage { usage = reported }
    for choice in chunk.choices where choice.index == 0 {
      take(choice, id: chunk.id)
      if isFinished { return }
    }
    // Nothing to show still means that somebody is at work.
    if outputs.count == before { outputs.append(.event(.alive)) }
  }

  private mutating func take(_ choice: WireChoice, id: String?) {
    let isSubstantial = choice.message?.isSubstantial == true || choice.finishReason != nil
    if isSubstantial, let id, !id.isEmpty {
      // Some backends change the id with every chunk: only one after a finish is a new completion.
      if finish != nil, id != completionID { closeCompletion() }
      completionID = id
    }
    if let message = choice.message { take(message) }
    if let reason = choice.finishReason {
      finish = FinishReason(reason)
      lastFinish = finish
    }
  }

  private mutating func take(_ message: WireMessage) {
    if let role = message.role { outputs.append(.event(.role(role))) }
    takeReasoning(message)
    if let content = message.content { show(leadingThinking.take(content)) }
    if let refusal = message.refusal {
      isRefusal = true
      show(leadingThinking.end() + [.answer(refusal)])
    }
    for (offset, fragment) in message.toolCalls.enumerated() {
      receivedContent = true
      sawToolCall = true
      outputs.append(.event(.toolCallFragment(tools.take(fragment, offset: offset))))
    }
    if let fields = message.providerFields { tools.takeResults(of: fields) }
    if tools.size + thinking.size > maximumCompletionBytes {
      fail(undecodable("tool calls of more than \(maximumCompletionBytes) bytes"))
    }
  }

  private mutating func show(_ pieces: [LeadingThinking.Piece]) {
    for piece in pieces {
      receivedContent = true
      switch piece {
      case .answer(let text):
        sawText = true
        outputs.append(.event(.content(text)))
      case .thinking(let text):
        outputs.append(.event(.reasoning(text)))
      }
    }
  }

  /// `thinking_blocks` repeat what `reasoning_content` says; they are read only where it is absent.
  private mutating func takeReasoning(_ message: WireMessage) {
    var text = message.reasoning
    if !message.thinkingBlocks.isEmpty {
      let readable = thinking.take(message.thinkingBlocks)
      if text == nil, !sawReasoningField, !readable.isEmpty { text = readable }
    }
    if message.reasoning != nil { sawReasoningField = true }
    guard let text else { return }
    receivedContent = true
    outputs.append(.event(.reasoning(text)))
  }

  // MARK: Ends

  private mutating func takeEnd() {
    switch format {
    case .document(let buffer):
      endDocument(buffer)
    case .undecided, .eventStream:
      if !isFinished, let last = parser.unfinishedEvent() { take(last, isCutByEnd: true) }
      if !isFinished { endStream(sawDone: false) }
    }
  }

  /// One completion is over: what is left of its text, its calls and its reason, in this order.
  private mutating func closeCompletion() {
    show(leadingThinking.end())
    leadingThinking = LeadingThinking()
    if !tools.isEmpty { outputs.append(.event(.toolCalls(tools.finished()))) }
    if let finish { outputs.append(.event(.finish(finish, completionID: completionID))) }
    tools = ToolCallAssembly()
    finish = nil
  }

  private mutating func endStream(sawDone: Bool) {
    // Where the stream merely breaks off, what is held back is nothing yet: it may be retried.
    if sawDone { show(leadingThinking.end()) }
    if lastFinish == nil, !(sawDone && receivedContent) {
      return fail(
        LLMError(
          code: receivedContent ? .cutOff : .upstreamFailed,
          message: receivedContent
            ? "the stream ended without a finish reason" : "the stream ended without an answer",
          callID: callID, receivedContent: receivedContent, isWorthRetrying: true))
    }
    closeCompletion()
    if let usage { outputs.append(.event(.usage(usage))) }
    outputs.append(
      .event(
        .ended(
          ChatOutcome(
            finishReason: lastFinish, sawDone: sawDone, isComplete: lastFinish != nil, model: model,
            isRefusal: isRefusal, isEmpty: !sawText && !sawToolCall,
            thinkingBlocks: thinking.blocks))))
    isFinished = true
  }

  private mutating func endDocument(_ buffer: [UInt8]) {
    guard let completion = decode(WireChunk.self, buffer) else {
      return fail(undecodable(LLMErrorBody(buffer).message))
    }
    let isCompletion = !completion.choices.isEmpty
    if completion.hasError || !isCompletion {
      let error = LLMErrorClassifier.frame(
        buffer, callID: callID, receivedContent: receivedContent)
      return fail(completion.hasError || error.status != nil ? error : undecodable(error.message))
    }
    take(completion)
    if let cost = documentCost, usage?.cost == nil { usage?.cost = cost }
    // A whole document is its own `[DONE]`.
    if !isFinished { endStream(sawDone: true) }
  }

  /// What was used up to here is worth knowing even where the answer failed.
  private mutating func fail(_ error: LLMError) {
    if let usage { outputs.append(.event(.usage(usage))) }
    var error = error
    error.callID = error.callID ?? callID
    outputs.append(.failure(error))
    isFinished = true
  }

  private func undecodable(_ message: String) -> LLMError {
    LLMError(
      code: .undecodable, message: message, callID: callID, receivedContent: receivedContent)
  }
}
