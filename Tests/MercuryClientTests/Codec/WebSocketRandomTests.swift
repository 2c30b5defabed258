import MercuryClient
import Testing

/// Thousands of streams, valid and damaged. Whatever they hold, cutting them differently must not
/// change what comes out.
@Suite("WebSocket decoder, random streams")
struct WebSocketRandomTests {
  @Test("chunking never changes the result", arguments: 0..<40)
  func chunking(_ block: UInt64) {
    for seed in block * 100..<(block + 1) * 100 {
      var random = Seeded(seed)
      let role: WebSocketRole = Bool.random(using: &random) ? .client : .server
      var stream = Self.stream(role, &random)
      if Bool.random(using: &random) { Self.damage(&stream, &random) }
      let whole = Decoded(stream, role: role, frameLimit: 4096, messageLimit: 6000)
      for _ in 0..<4 {
        let longest = Int.random(in: 1...40, using: &random)
        let cut = Decoded(stream, role: role, frameLimit: 4096, messageLimit: 6000) { _ in
          Int.random(in: 1...longest, using: &random)
        }
        #expect(cut == whole, "seed \(seed)")
      }
    }
  }

  @Test("what was encoded comes back", arguments: 0..<20)
  func roundTrip(_ block: UInt64) {
    for seed in block * 50..<(block + 1) * 50 {
      var random = Seeded(seed &+ 1_000_000)
      var stream: [UInt8] = []
      var expected: [WebSocketMessage] = []
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        let payload = Self.text(&random)
        if Bool.random(using: &random) {
          expected.append(.ping([1, 2]))
          expected.append(.text(payload))
          let cut = Int.random(in: 0...payload.count, using: &random)
          stream += Self.frame(.text, Array(payload[..<cut]), isFinal: false, .server, &random)
          stream += Self.frame(.ping, [1, 2], .server, &random)
          stream += Self.frame(.continuation, Array(payload[cut...]), .server, &random)
        } else {
          expected.append(.binary(payload))
          stream += Self.frame(.binary, payload, .server, &random)
        }
      }
      let decoded = Decoded(stream, role: .server) { _ in Int.random(in: 1...100, using: &random) }
      #expect(decoded.messages == expected && decoded.closeCode == nil, "seed \(seed)")
    }
  }

  private static func frame(
    _ opcode: WebSocketOpcode, _ payload: [UInt8], isFinal: Bool = true, _ receiver: WebSocketRole,
    _ random: inout Seeded
  ) -> [UInt8] {
    let key: UInt32? = receiver == .server ? random.next() : nil
    return WebSocketEncoder.frame(opcode, payload, isFinal: isFinal, maskingKey: key)
  }

  private static func text(_ random: inout Seeded) -> [UInt8] {
    let alphabet = ["a", "ä", "€", "😀", "{\"id\":1}", "\u{0}"]
    let count = Int.random(in: 0...200, using: &random)
    return (0..<count).flatMap { _ in Array(alphabet.randomElement(using: &random)!.utf8) }
  }

  private static func stream(_ receiver: WebSocketRole, _ random: inout Seeded) -> [UInt8] {
    var stream: [UInt8] = []
    let opcodes: [WebSocketOpcode] = [.text, .binary, .ping, .pong, .continuation, .close]
    for _ in 0..<Int.random(in: 0...12, using: &random) {
      let opcode = opcodes.randomElement(using: &random)!
      switch opcode {
      case .close:
        guard Int.random(in: 0..<10, using: &random) == 0 else { continue }
        stream += frame(
          .close, WebSocketEncoder.closePayload(code: 1000, reason: "x"), receiver, &random)
      case .ping, .pong: stream += frame(opcode, [1, 2, 3], receiver, &random)
      default:
        stream += frame(
          opcode, text(&random), isFinal: Bool.random(using: &random), receiver, &random)
      }
    }
    return stream
  }

  private static func damage(_ stream: inout [UInt8], _ random: inout Seeded) {
    guard !stream.isEmpty else { return }
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      let at = stream.indices.randomElement(using: &random)!
      switch Int.random(in: 0..<3, using: &random) {
      case 0: stream[at] = UInt8.random(in: 0...255, using: &random)
      case 1: stream.insert(UInt8.random(in: 0...255, using: &random), at: at)
      default: stream[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      }
    }
  }
}
