// A libFuzzer harness for the WebSocket codec. See README.md beside it for how to run it.
//
// The first byte picks the role and the sizes of the chunks; the rest is what a peer sends. Whatever
// that is: no crash, and the same result however it is cut.
//
// fuzz-sources: Sources/MercuryClient/Socket/WebSocketFrame.swift
// fuzz-sources: Sources/MercuryClient/Socket/UTF8Validator.swift
// fuzz-sources: Sources/MercuryClient/Socket/WebSocketDecoder.swift
// fuzz-sources: Sources/MercuryClient/Socket/WebSocketEncoder.swift
// fuzz-sources: Sources/MercuryClient/Socket/WebSocketHandshake.swift
// fuzz-sources: Sources/MercuryClient/Socket/HTTPResponseHead.swift
// fuzz-sources: Sources/MercuryClient/Socket/Digest.swift

private struct Outcome: Equatable {
  var messages: [WebSocketMessage] = []
  var violation: WebSocketViolation?
}

private func decode(_ bytes: UnsafeRawBufferPointer, _ role: WebSocketRole, chunk: Int) -> Outcome {
  var decoder = WebSocketDecoder(
    role: role, maximumFrameBytes: 1 << 16, maximumMessageBytes: 1 << 17)
  var outcome = Outcome()
  var offset = 0
  do throws(WebSocketViolation) {
    while offset < bytes.count {
      let end = min(bytes.count, offset + chunk)
      try decoder.receive(
        Array(UnsafeRawBufferPointer(rebasing: bytes[offset..<end])), into: &outcome.messages)
      offset = end
    }
  } catch {
    outcome.violation = error
  }
  return outcome
}

private func checkHead(_ bytes: UnsafeRawBufferPointer, chunk: Int) {
  func parse(_ chunk: Int) -> (HTTPResponseHead, [UInt8])? {
    var parser = HTTPResponseHeadParser()
    var offset = 0
    while offset < bytes.count {
      let end = min(bytes.count, offset + chunk)
      let piece = Array(UnsafeRawBufferPointer(rebasing: bytes[offset..<end]))
      guard let result = try? parser.receive(piece) else {
        offset = end
        continue
      }
      return (result.head, result.rest + Array(UnsafeRawBufferPointer(rebasing: bytes[end...])))
    }
    return nil
  }
  // A parser that threw may see more afterwards; only clean results are compared.
  if let whole = parse(max(1, bytes.count)), let cut = parse(chunk) {
    precondition(whole.0 == cut.0 && whole.1 == cut.1, "the cuts changed the head")
  }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  guard let data, size > 1 else { return 0 }
  let role: WebSocketRole = data[0] & 1 == 0 ? .client : .server
  let chunk = Int(data[0] >> 1) + 1
  let bytes = UnsafeRawBufferPointer(start: data + 1, count: size - 1)

  let whole = decode(bytes, role, chunk: bytes.count)
  precondition(decode(bytes, role, chunk: chunk) == whole, "the cuts changed the result")
  precondition(decode(bytes, role, chunk: 1) == whole, "the cuts changed the result")
  checkHead(bytes, chunk: chunk)

  // What was decoded can be sent again and comes back the same.
  for message in whole.messages {
    let frame: [UInt8]
    switch message {
    case .text(let payload): frame = WebSocketEncoder.frame(.text, payload, maskingKey: 0x1234_5678)
    case .binary(let payload): frame = WebSocketEncoder.frame(.binary, payload, maskingKey: 1)
    case .ping(let payload): frame = WebSocketEncoder.frame(.ping, payload, maskingKey: 2)
    case .pong(let payload): frame = WebSocketEncoder.frame(.pong, payload, maskingKey: 3)
    case .close(let code, let reason):
      let payload = code.map { WebSocketEncoder.closePayload(code: $0, reason: reason) } ?? []
      frame = WebSocketEncoder.frame(.close, payload, maskingKey: 4)
    }
    let again = frame.withUnsafeBytes { decode($0, .server, chunk: chunk) }
    precondition(again == Outcome(messages: [message]), "a message did not survive the round trip")
  }
  return 0
}
