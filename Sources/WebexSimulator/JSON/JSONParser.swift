// Reads JSON text (RFC 8259) into `JSON`: request bodies and Mercury frames come through here.
// Depth is bounded, so hostile nesting cannot overflow the stack.

extension JSON {
  /// Nil if `bytes` is not exactly one JSON value, is not UTF-8, or nests deeper than 128.
  public init?(parsing bytes: some Sequence<UInt8>) {
    var parser = JSONParser(bytes: Array(bytes))
    guard let value = parser.document() else { return nil }
    self = value
  }

  public init?(parsing text: String) { self.init(parsing: text.utf8) }
}

private struct JSONParser {
  let bytes: [UInt8]
  var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() -> JSON? {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    guard let value = value(depth: 0) else { return nil }
    skipSpace()
    return position == bytes.count ? value : nil
  }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard current == byte else { return false }
    position += 1
    return true
  }

  private mutating func take(_ word: StaticString, as value: JSON) -> JSON? {
    let expected = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
    guard bytes[position...].starts(with: expected) else { return nil }
    position += expected.count
    return value
  }

  private mutating func value(depth: Int) -> JSON? {
    guard depth < 128 else { return nil }
    skipSpace()
    switch current {
    case UInt8(ascii: "{"): return object(depth: depth)
    case UInt8(ascii: "["): return array(depth: depth)
    case UInt8(ascii: "\""): return string().map(JSON.string)
    case UInt8(ascii: "t"): return take("true", as: .bool(true))
    case UInt8(ascii: "f"): return take("false", as: .bool(false))
    case UInt8(ascii: "n"): return take("null", as: .null)
    default: return number()
    }
  }

  private mutating func object(depth: Int) -> JSON? {
    position += 1
    var members: [JSON.Member] = []
    skipSpace()
    if take(UInt8(ascii: "}")) { return .object(members) }
    while true {
      skipSpace()
      guard current == UInt8(ascii: "\""), let key = string() else { return nil }
      skipSpace()
      guard take(UInt8(ascii: ":")), let value = value(depth: depth + 1) else { return nil }
      members.append(.init(key, value))
      skipSpace()
      if take(UInt8(ascii: "}")) { return .object(members) }
      guard take(UInt8(ascii: ",")) else { return nil }
    }
  }

  private mutating func array(depth: Int) -> JSON? {
    position += 1
    var items: [JSON] = []
    skipSpace()
    if take(UInt8(ascii: "]")) { return .array(items) }
    while true {
      guard let value = value(depth: depth + 1) else { return nil }
      items.append(value)
      skipSpace()
      if take(UInt8(ascii: "]")) { return .array(items) }
      guard take(UInt8(ascii: ",")) else { return nil }
    }
  }

  private mutating func number() -> JSON? {
    let start = position
    while let byte = current,
      (0x30...0x39).contains(byte) || "+-.eE".utf8.contains(byte)
    {
      position += 1
    }
    guard position > start, let digit = bytes[start..<position].first(where: { $0 != 0x2D }),
      (0x30...0x39).contains(digit), (0x30...0x39).contains(bytes[position - 1])
    else { return nil }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if let value = Int(text) { return .int(value) }
    return Double(text).map(JSON.double)
  }

  private mutating func string() -> String? {
    position += 1
    var out: [UInt8] = []
    while let byte = current {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(validating: out, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard let escaped = current else { return nil }
        position += 1
        switch escaped {
        case UInt8(ascii: "n"): out.append(0x0A)
        case UInt8(ascii: "r"): out.append(0x0D)
        case UInt8(ascii: "t"): out.append(0x09)
        case UInt8(ascii: "b"): out.append(0x08)
        case UInt8(ascii: "f"): out.append(0x0C)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(escaped)
        case UInt8(ascii: "u"):
          guard let scalar = unicodeEscape() else { return nil }
          out += String(scalar).utf8
        default: return nil
        }
      case 0x00..<0x20: return nil
      default: out.append(byte)
      }
    }
    return nil
  }

  /// After `\u`. A lone surrogate becomes U+FFFD, as browsers do.
  private mutating func unicodeEscape() -> Unicode.Scalar? {
    guard let first = hex4() else { return nil }
    guard (0xD800...0xDFFF).contains(first) else { return Unicode.Scalar(first) }
    guard first < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
      bytes[position + 1] == UInt8(ascii: "u")
    else { return "\u{FFFD}" }
    let mark = position
    position += 2
    guard let second = hex4() else { return nil }
    guard (0xDC00...0xDFFF).contains(second) else {
      position = mark
      return "\u{FFFD}"
    }
    return Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
  }

  private mutating func hex4() -> UInt32? {
    guard position + 4 <= bytes.count else { return nil }
    let text = String(decoding: bytes[position..<position + 4], as: UTF8.self)
    position += 4
    return UInt32(text, radix: 16)
  }
}
