// Bytes in, messages out (RFC 6455 §5). Takes chunks of any size and keeps only what is unfinished;
// how the bytes were cut never changes the result. Used by `WebSocketConnection`, by the tests'
// servers (role `.server`) and by the fuzzer.

package struct WebSocketDecoder: Sendable {
  private let role: WebSocketRole
  private let maximumFrameBytes: Int
  private let maximumMessageBytes: Int

  private var header: [UInt8] = []
  private var headerLength = 2
  private var frame: Frame?
  private var control: [UInt8] = []
  private var message: [UInt8] = []
  /// The opcode of the message whose fragments are coming in.
  private var messageOpcode: WebSocketOpcode?
  private var text = UTF8Validator()
  private var violation: WebSocketViolation?
  private var isClosed = false

  private struct Frame {
    var isFinal: Bool
    var opcode: WebSocketOpcode
    var key: UInt32?
    var length: Int
    var received = 0
  }

  package init(
    role: WebSocketRole, maximumFrameBytes: Int = 16 << 20, maximumMessageBytes: Int = 16 << 20
  ) {
    self.role = role
    self.maximumFrameBytes = maximumFrameBytes
    self.maximumMessageBytes = maximumMessageBytes
    header.reserveCapacity(14)
  }

  /// Decodes one chunk; whatever was completed is appended, also when the chunk ends in a violation.
  /// After a violation or a close frame further bytes are ignored, as §5.5.1 wants.
  package mutating func receive(
    _ bytes: [UInt8], into messages: inout [WebSocketMessage]
  ) throws(WebSocketViolation) {
    if let violation { throw violation }
    do throws(WebSocketViolation) {
      var offset = 0
      while !isClosed {
        if frame == nil {
          guard offset < bytes.count else { return }
          while header.count < headerLength, offset < bytes.count {
            header.append(bytes[offset])
            offset += 1
            if header.count == 2 { try readFirstTwo() }
          }
          guard header.count == headerLength else { return }
          try readHeader()
        }
        let wanted = frame!.length - frame!.received
        let taken = min(wanted, bytes.count - offset)
        if taken > 0 {
          let isAccepted = bytes.withUnsafeBytes {
            take(UnsafeRawBufferPointer(rebasing: $0[offset..<offset + taken]))
          }
          guard isAccepted else { throw .notUTF8("a text message is not UTF-8") }
          offset += taken
        }
        guard taken == wanted else { return }
        if let complete = try finishFrame() { messages.append(complete) }
      }
    } catch {
      violation = error
      throw error
    }
  }

  private mutating func readFirstTwo() throws(WebSocketViolation) {
    guard header[0] & 0x70 == 0 else { throw .framing("a reserved bit is set") }
    guard let opcode = WebSocketOpcode(rawValue: header[0] & 0x0F) else {
      throw .framing("unknown opcode")
    }
    let isFinal = header[0] & 0x80 != 0
    let isMasked = header[1] & 0x80 != 0
    let length = header[1] & 0x7F
    guard isMasked == (role == .server) else {
      throw .framing(isMasked ? "a server's frame is masked" : "a client's frame is not masked")
    }
    if opcode.isControl {
      guard isFinal else { throw .framing("a control frame is fragmented") }
      guard length <= 125 else { throw .framing("a control frame is longer than 125 bytes") }
    } else if opcode == .continuation {
      guard messageOpcode != nil else { throw .framing("a continuation of nothing") }
    } else {
      guard messageOpcode == nil else { throw .framing("a new message within a message") }
    }
    headerLength = 2 + (length == 126 ? 2 : length == 127 ? 8 : 0) + (isMasked ? 4 : 0)
  }

  private mutating func readHeader() throws(WebSocketViolation) {
    let opcode = WebSocketOpcode(rawValue: header[0] & 0x0F)!
    let short = header[1] & 0x7F
    let extra = short == 126 ? 2 : short == 127 ? 8 : 0
    var length = UInt64(short)
    if extra > 0 {
      length = header[2..<2 + extra].reduce(0) { $0 << 8 | UInt64($1) }
      guard length >= (extra == 2 ? 126 : 65536) else {
        throw .framing("a length is not in its shortest form")
      }
      guard length <= UInt64(Int64.max) else { throw .framing("a length has its highest bit set") }
    }
    guard length <= UInt64(maximumFrameBytes) else { throw .tooBig("a frame is too long") }
    if !opcode.isControl {
      guard length <= UInt64(max(0, maximumMessageBytes - message.count)) else {
        throw .tooBig("a message is too long")
      }
    }
    let key =
      header.count == 2 + extra
      ? nil
      : header.withUnsafeBytes {
        $0.loadUnaligned(fromByteOffset: 2 + extra, as: UInt32.self)
      }
    frame = Frame(isFinal: header[0] & 0x80 != 0, opcode: opcode, key: key, length: Int(length))
    if opcode == .text || opcode == .binary { messageOpcode = opcode }
    header.removeAll(keepingCapacity: true)
    headerLength = 2
  }

  /// False if the bytes cannot be part of a text.
  private mutating func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let frame = self.frame!
    defer { self.frame!.received += bytes.count }
    if frame.opcode.isControl {
      Self.append(bytes, frame, to: &control)
    } else {
      let start = message.count
      Self.append(bytes, frame, to: &message)
      guard messageOpcode == .text else { return true }
      return message.withUnsafeBytes {
        text.consume(UnsafeRawBufferPointer(rebasing: $0[start...]))
      }
    }
    return true
  }

  private static func append(
    _ bytes: UnsafeRawBufferPointer, _ frame: Frame, to buffer: inout [UInt8]
  ) {
    let start = buffer.count
    buffer.append(contentsOf: bytes)
    guard let key = frame.key else { return }
    buffer.withUnsafeMutableBytes {
      WebSocketMask.apply(
        key: key, phase: frame.received, to: UnsafeMutableRawBufferPointer(rebasing: $0[start...]))
    }
  }

  private mutating func finishFrame() throws(WebSocketViolation) -> WebSocketMessage? {
    let frame = self.frame!
    self.frame = nil
    if frame.opcode.isControl {
      let payload = control
      control = []
      switch frame.opcode {
      case .ping: return .ping(payload)
      case .pong: return .pong(payload)
      default: return try readClose(payload)
      }
    }
    guard frame.isFinal else { return nil }
    let opcode = messageOpcode!
    let payload = message
    message = []
    messageOpcode = nil
    guard opcode == .text else { return .binary(payload) }
    guard text.isComplete else { throw .notUTF8("a text message ends within a character") }
    text = UTF8Validator()
    return .text(payload)
  }

  private mutating func readClose(_ payload: [UInt8]) throws(WebSocketViolation) -> WebSocketMessage
  {
    guard !payload.isEmpty else {
      isClosed = true
      return .close(code: nil, reason: "")
    }
    guard payload.count >= 2 else { throw .framing("a close code of one byte") }
    let code = Int(payload[0]) << 8 | Int(payload[1])
    guard WebSocketCloseCode.isSendable(code) else {
      throw .framing("a close code that is not one")
    }
    guard let reason = String(validating: payload[2...], as: UTF8.self) else {
      throw .notUTF8("a close reason is not UTF-8")
    }
    isClosed = true
    return .close(code: code, reason: reason)
  }
}
