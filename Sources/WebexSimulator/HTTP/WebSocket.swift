// The server's half of RFC 6455: handshake key, frame codec, and a message reader that joins
// fragments. Written for the simulator alone; the client has its own codec.

import Synchronization

enum WebSocketHandshake {
  /// RFC 6455 §4.2.2.
  static func accept(for key: String) -> String {
    Base64.encode(SHA1.hash(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
  }
}

struct WebSocketFrame: Sendable, Equatable {
  enum Opcode: UInt8, Sendable {
    case continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10
  }

  var opcode: Opcode
  var payload: [UInt8]
  var isFinal = true

  static func text(_ payload: [UInt8]) -> Self { .init(opcode: .text, payload: payload) }
  static func binary(_ payload: [UInt8]) -> Self { .init(opcode: .binary, payload: payload) }
  static func ping(_ payload: [UInt8] = []) -> Self { .init(opcode: .ping, payload: payload) }
  static func pong(_ payload: [UInt8]) -> Self { .init(opcode: .pong, payload: payload) }

  /// RFC 6455 §5.5: the reason is cut to fit a control frame. 1005 and 1006 are never on the wire:
  /// the former is an empty close frame.
  static func close(code: Int, reason: String) -> Self {
    guard code != 1005 else { return .init(opcode: .close, payload: []) }
    let code = UInt16(clamping: code)
    var text = Array(reason.utf8)
    while text.count > 123 || String(validating: text, as: UTF8.self) == nil { text.removeLast() }
    return .init(opcode: .close, payload: [UInt8(code >> 8), UInt8(code & 255)] + text)
  }

  /// Unmasked, as a server sends it.
  var bytes: [UInt8] {
    var out: [UInt8] = [opcode.rawValue | (isFinal ? 0x80 : 0)]
    switch payload.count {
    case 0..<126: out.append(UInt8(payload.count))
    case 126..<65_536: out += [126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
    default:
      out.append(127)
      for shift in stride(from: 56, through: 0, by: -8) {
        out.append(UInt8((payload.count >> shift) & 255))
      }
    }
    return out + payload
  }
}

struct WebSocketError: Error, Equatable {
  /// The close code to answer with.
  var code: Int
}

/// One upgraded connection. `receive` belongs to one task; `send` may be called by one other.
final class WebSocket: Sendable {
  static let maximumMessageBytes = 1 << 20

  private let socket: ServerSocket

  init(socket: ServerSocket) { self.socket = socket }

  func send(_ frame: WebSocketFrame) async throws { try await socket.write(frame.bytes) }

  func send(raw bytes: [UInt8]) async throws { try await socket.write(bytes) }

  func resetOnClose() { socket.resetOnClose() }

  /// The next control frame or whole message; nil when the peer is gone without a close frame.
  func receive() async throws -> WebSocketFrame? {
    var message: WebSocketFrame?
    while let frame = try await readFrame() {
      switch frame.opcode {
      case .close, .ping, .pong:
        pending.withLock { $0 = message }
        return frame
      case .text, .binary:
        guard message == nil, pending.withLock({ $0 == nil }) else {
          throw WebSocketError(code: 1002)
        }
        message = frame
      case .continuation:
        guard var whole = message ?? pending.withLock({ $0 }) else {
          throw WebSocketError(code: 1002)
        }
        whole.payload += frame.payload
        whole.isFinal = frame.isFinal
        guard whole.payload.count <= Self.maximumMessageBytes else {
          throw WebSocketError(code: 1009)
        }
        message = whole
      }
      if let message, message.isFinal {
        pending.withLock { $0 = nil }
        if message.opcode == .text, String(validating: message.payload, as: UTF8.self) == nil {
          throw WebSocketError(code: 1007)
        }
        return message
      }
    }
    return nil
  }

  /// A message whose remaining fragments are still to come, kept across control frames.
  private let pending = Mutex<WebSocketFrame?>(nil)

  private func readFrame() async throws -> WebSocketFrame? {
    guard let head = try await socket.read(exactly: 2) else { return nil }
    guard head[0] & 0x70 == 0, let opcode = WebSocketFrame.Opcode(rawValue: head[0] & 15) else {
      throw WebSocketError(code: 1002)
    }
    // RFC 6455 §5.1: a client must mask.
    guard head[1] & 0x80 != 0 else { throw WebSocketError(code: 1002) }
    var count = Int(head[1] & 127)
    if count >= 126 {
      guard let extended = try await socket.read(exactly: count == 126 ? 2 : 8) else { return nil }
      guard extended[0] < 0x80 || extended.count == 2 else { throw WebSocketError(code: 1002) }
      count = extended.reduce(0) { $0 << 8 | Int($1) }
    }
    let isFinal = head[0] & 0x80 != 0
    if opcode.rawValue >= 8, !isFinal || count > 125 { throw WebSocketError(code: 1002) }
    guard count <= Self.maximumMessageBytes else { throw WebSocketError(code: 1009) }
    guard let mask = try await socket.read(exactly: 4),
      var payload = try await socket.read(exactly: count)
    else { return nil }
    for index in payload.indices { payload[index] ^= mask[index & 3] }
    return WebSocketFrame(opcode: opcode, payload: payload, isFinal: isFinal)
  }
}
