// Checks UTF-8 as it arrives, over frame and chunk borders, so that a bad text message fails at its
// first bad byte (RFC 6455 §8.1). No overlong forms, no surrogates, nothing above U+10FFFF.

struct UTF8Validator: Sendable {
  /// Continuation bytes still missing, and the range allowed for the next one.
  private var missing = 0
  private var lowest: UInt8 = 0x80
  private var highest: UInt8 = 0xBF

  /// Whether the text may end here.
  var isComplete: Bool { missing == 0 }

  /// False at the first byte that cannot be.
  mutating func consume(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var index = 0
    while index < bytes.count {
      if missing == 0 {
        while index + 8 <= bytes.count,
          bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
        { index += 8 }
        guard index < bytes.count else { break }
        guard start(bytes[index]) else { return false }
      } else {
        guard lowest...highest ~= bytes[index] else { return false }
        missing -= 1
        (lowest, highest) = (0x80, 0xBF)
      }
      index += 1
    }
    return true
  }

  /// Unicode standard, table 3-7: which second bytes each first byte allows.
  private mutating func start(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x00...0x7F: missing = 0
    case 0xC2...0xDF: missing = 1
    case 0xE0: (missing, lowest) = (2, 0xA0)
    case 0xED: (missing, highest) = (2, 0x9F)
    case 0xE1...0xEF: missing = 2
    case 0xF0: (missing, lowest) = (3, 0x90)
    case 0xF1...0xF3: missing = 3
    case 0xF4: (missing, highest) = (3, 0x8F)
    default: return false
    }
    return true
  }
}
