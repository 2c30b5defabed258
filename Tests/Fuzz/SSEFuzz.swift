// A libFuzzer harness for the event-stream parser and the chat assembler: whatever arrives, nothing
// crashes, and how it is cut into chunks does not change what comes out. scripts/fuzz runs it.
//
// fuzz-module: LLMClient
// fuzz-link: -lcurl

import CurlHTTP
import LLMClient

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let start, count > 1 else { return 0 }
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  // The first byte chooses the chunk size and how the body ends.
  let size = Int(bytes[0] & 0x3F) + 1
  let end: ChatStreamAssembler.Input =
    bytes[0] & 0x80 == 0 ? .endOfBody : .lost(HTTPError(code: .connectionLost, message: "gone"))
  let body = Array(bytes.dropFirst())
  let chunks = stride(from: 0, to: body.count, by: size).map {
    Array(body[$0..<min($0 + size, body.count)])
  }

  precondition(parse([body]) == parse(chunks), "chunking changed the events")
  let whole = assemble([.bytes(body), end])
  precondition(whole == assemble(chunks.map { .bytes($0) } + [end]), "chunking changed the answer")
  let lastWords = whole.filter {
    switch $0 {
    case .failure, .event(.ended): true
    default: false
    }
  }
  precondition(lastWords.count == 1, "a stream ends once")
  return 0
}

private func parse(_ chunks: [[UInt8]]) -> [ServerSentEventParser.Output]? {
  var parser = ServerSentEventParser(maximumEventBytes: 256)
  var outputs: [ServerSentEventParser.Output] = []
  do {
    for chunk in chunks { try parser.parse(chunk) { outputs.append($0) } }
  } catch {
    return nil
  }
  return outputs
}

private func assemble(
  _ inputs: [ChatStreamAssembler.Input]
) -> [ChatStreamAssembler.Output] {
  var assembler = ChatStreamAssembler()
  return inputs.flatMap { assembler.handle($0) }
}
