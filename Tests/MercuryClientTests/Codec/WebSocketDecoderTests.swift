import MercuryClient
import Testing

/// What came out: the messages, and the close code of a violation.
struct Decoded: Equatable {
  var messages: [WebSocketMessage] = []
  var closeCode: Int?

  init(
    _ bytes: [UInt8], role: WebSocketRole = .client, frameLimit: Int = 1 << 20,
    messageLimit: Int = 1 << 20, chunks: (Int) -> Int = { $0 }
  ) {
    var decoder = WebSocketDecoder(
      role: role, maximumFrameBytes: frameLimit, maximumMessageBytes: messageLimit)
    var offset = 0
    do throws(WebSocketViolation) {
      repeat {
        let end = offset + min(bytes.count - offset, max(1, chunks(bytes.count - offset)))
        try decoder.receive(Array(bytes[offset..<end]), into: &messages)
        offset = end
      } while offset < bytes.count
    } catch {
      closeCode = error.closeCode
    }
  }
}

struct FrameCase: Sendable, CustomTestStringConvertible {
  let name: String
  let bytes: [UInt8]
  var messages: [WebSocketMessage] = []
  var closeCode: Int?
  var role: WebSocketRole = .client

  var testDescription: String { name }
}

private func utf8(_ text: String) -> [UInt8] { Array(text.utf8) }

@Suite("WebSocket decoder")
struct WebSocketDecoderTests {
  static let cases: [FrameCase] = [
    // RFC 6455 §5.7.
    FrameCase(
      name: "the RFC's unmasked text", bytes: [0x81, 5, 0x48, 0x65, 0x6C, 0x6C, 0x6F],
      messages: [.text(utf8("Hello"))]),
    FrameCase(
      name: "the RFC's masked text",
      bytes: [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58],
      messages: [.text(utf8("Hello"))], role: .server),
    FrameCase(
      name: "the RFC's fragmented text",
      bytes: [0x01, 3, 0x48, 0x65, 0x6C, 0x80, 2, 0x6C, 0x6F], messages: [.text(utf8("Hello"))]),
    FrameCase(
      name: "the RFC's ping", bytes: [0x89, 5, 0x48, 0x65, 0x6C, 0x6C, 0x6F],
      messages: [.ping(utf8("Hello"))]),
    FrameCase(
      name: "a ping and a pong between fragments",
      bytes: [0x01, 1, 0x61, 0x89, 1, 0x70, 0x00, 0, 0x8A, 0, 0x80, 1, 0x62],
      messages: [.ping(utf8("p")), .pong([]), .text(utf8("ab"))]),
    FrameCase(
      name: "a character split between fragments", bytes: [0x01, 1, 0xC3, 0x80, 1, 0xA4],
      messages: [.text(utf8("ä"))]),
    FrameCase(
      name: "empty messages", bytes: [0x81, 0, 0x82, 0], messages: [.text([]), .binary([])]),
    FrameCase(
      name: "bytes after a close are ignored", bytes: [0x88, 2, 0x03, 0xE8, 0xFF, 0xFF],
      messages: [.close(code: 1000, reason: "")]),
    FrameCase(
      name: "a close without a code", bytes: [0x88, 0], messages: [.close(code: nil, reason: "")]),
    FrameCase(
      name: "a close with a reason", bytes: [0x88, 10, 0x0F, 0xA0] + utf8("replaced"),
      messages: [.close(code: 4000, reason: "replaced")]),
    FrameCase(name: "a reserved bit", bytes: [0xC1, 0], closeCode: 1002),
    FrameCase(name: "an unknown data opcode", bytes: [0x83, 0], closeCode: 1002),
    FrameCase(name: "an unknown control opcode", bytes: [0x8B, 0], closeCode: 1002),
    FrameCase(name: "a masked frame of a server", bytes: [0x81, 0x80], closeCode: 1002),
    FrameCase(
      name: "an unmasked frame of a client", bytes: [0x81, 0], closeCode: 1002, role: .server),
    FrameCase(name: "a fragmented ping", bytes: [0x09, 0], closeCode: 1002),
    FrameCase(name: "a ping of 126 bytes", bytes: [0x89, 126, 0, 126], closeCode: 1002),
    FrameCase(name: "a continuation of nothing", bytes: [0x80, 0], closeCode: 1002),
    FrameCase(name: "a message within a message", bytes: [0x01, 0, 0x81, 0], closeCode: 1002),
    FrameCase(name: "125 in two bytes", bytes: [0x82, 126, 0, 125], closeCode: 1002),
    FrameCase(
      name: "65535 in eight bytes", bytes: [0x82, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF],
      closeCode: 1002),
    FrameCase(
      name: "a length with its highest bit", bytes: [0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0],
      closeCode: 1002),
    FrameCase(name: "a close code of one byte", bytes: [0x88, 1, 3], closeCode: 1002),
    FrameCase(
      name: "a close reason that is not UTF-8", bytes: [0x88, 3, 3, 0xE8, 0xFF], closeCode: 1007),
    FrameCase(name: "text that is not UTF-8", bytes: [0x81, 2, 0x61, 0xFF], closeCode: 1007),
    FrameCase(name: "text that ends in a character", bytes: [0x81, 1, 0xC3], closeCode: 1007),
    FrameCase(
      name: "bad text fails before its frame is complete", bytes: [0x81, 100, 0xFF],
      closeCode: 1007),
    FrameCase(
      name: "what came before a violation counts", bytes: [0x81, 1, 0x61, 0xFF, 0xFF],
      messages: [.text(utf8("a"))], closeCode: 1002),
  ]

  @Test("decodes as RFC 6455 says, whole and byte by byte", arguments: cases)
  func table(_ one: FrameCase) {
    for result in [
      Decoded(one.bytes, role: one.role), Decoded(one.bytes, role: one.role) { _ in 1 },
    ] {
      #expect(result.messages == one.messages)
      #expect(result.closeCode == one.closeCode)
    }
  }

  @Test("accepts the close codes that may be sent, and no other")
  func closeCodes() {
    let accepted = (0...65535).filter { code in
      Decoded([0x88, 2, UInt8(code >> 8), UInt8(code & 0xFF)]).closeCode == nil
    }
    #expect(accepted == Array(1000...1003) + Array(1007...1014) + Array(3000...4999))
  }

  @Test("agrees with the standard library about UTF-8 at every edge of its tables")
  func utf8Validity() {
    let edges: [UInt8] = [
      0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC,
      0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
    ]
    var disagreements: [[UInt8]] = []
    for pair in edges.flatMap({ a in edges.map { [a, $0] } }) {
      for text in edges.flatMap({ c in edges.map { pair + [c, $0] } }) {
        let isValid = String(validating: text, as: UTF8.self) != nil
        let isAccepted = Decoded([0x81, 4] + text).closeCode == nil
        if isValid != isAccepted { disagreements.append(text) }
      }
    }
    #expect(disagreements.isEmpty)
  }

  @Test("a frame or a message over its limit is 1009, found at its header")
  func limits() {
    #expect(Decoded([0x82, 126, 0x01, 0x00], frameLimit: 255).closeCode == 1009)
    #expect(Decoded([0x82, 126, 0x01, 0x00], frameLimit: 256).closeCode == nil)
    let fragments: [UInt8] = [0x02, 3, 1, 2, 3, 0x00, 3, 4, 5, 6, 0x80, 1]
    #expect(Decoded(fragments, messageLimit: 6).closeCode == 1009)
    #expect(Decoded(fragments + [7], messageLimit: 7).messages == [.binary([1, 2, 3, 4, 5, 6, 7])])
    let pingWhileFull: [UInt8] = [0x02, 2, 1, 2, 0x89, 3, 7, 7, 7, 0x80, 0]
    #expect(
      Decoded(pingWhileFull, messageLimit: 2).messages == [.ping([7, 7, 7]), .binary([1, 2])])
  }

  @Test("stays failed after a violation")
  func staysFailed() {
    var decoder = WebSocketDecoder(role: .client)
    var messages: [WebSocketMessage] = []
    #expect(throws: WebSocketViolation.self) { try decoder.receive([0x83, 0], into: &messages) }
    #expect(throws: WebSocketViolation.self) { try decoder.receive([0x81, 0], into: &messages) }
    #expect(messages.isEmpty)
  }
}
