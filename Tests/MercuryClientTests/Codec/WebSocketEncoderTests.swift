import MercuryClient
import Testing

@Suite("WebSocket encoder")
struct WebSocketEncoderTests {
  @Test(
    "uses the shortest length", arguments: [0, 1, 7, 8, 9, 125, 126, 127, 65535, 65536, 70001])
  func lengths(_ count: Int) {
    var random = Seeded(UInt64(count))
    let payload = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    let header = count < 126 ? 2 : count < 65536 ? 4 : 10
    let plain = WebSocketEncoder.frame(.binary, payload, maskingKey: nil)
    #expect(plain.count == header + count)
    #expect(Decoded(plain, role: .client).messages == [.binary(payload)])
    for key: UInt32 in [0, .max, random.next()] {
      let masked = WebSocketEncoder.frame(.binary, payload, maskingKey: key)
      #expect(masked.count == header + 4 + count)
      #expect(Decoded(masked, role: .server).messages == [.binary(payload)])
      // Chunks of 1, 3 and 13 exercise every phase of the key.
      for size in [1, 3, 13] where count < 1000 {
        #expect(Decoded(masked, role: .server) { _ in size }.messages == [.binary(payload)])
      }
    }
  }

  @Test("masks as RFC 6455 §5.7 shows")
  func rfcExample() {
    let key = [UInt8]([0x37, 0xFA, 0x21, 0x3D]).withUnsafeBytes {
      $0.loadUnaligned(as: UInt32.self)
    }
    #expect(
      WebSocketEncoder.frame(.text, Array("Hello".utf8), maskingKey: key)
        == [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58])
  }

  @Test("cuts a close reason at a character, within 123 bytes")
  func closeReason() {
    #expect(
      WebSocketEncoder.closePayload(code: 1000, reason: "bye") == [3, 0xE8, 0x62, 0x79, 0x65])
    let long = WebSocketEncoder.closePayload(code: 4000, reason: String(repeating: "€", count: 100))
    #expect(long.count == 2 + 123)
    #expect(
      String(validating: long.dropFirst(2), as: UTF8.self) == String(repeating: "€", count: 41))
  }
}
