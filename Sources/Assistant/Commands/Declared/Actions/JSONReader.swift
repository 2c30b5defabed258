// A service's answer as JSON. `JSONDecoder` takes a second and more for a megabyte of `JSONValue`s,
// as it tries each type in turn; an answer may have ten.

import WebexAPI

/// A strict parser of RFC 8259.
struct JSONReader {
  struct Malformed: Error {}

  static let maximumDepth = 200

  private let bytes: [UInt8]
  private var index = 0

  static func read(_ bytes: [UInt8]) -> JSONValue? {
    var reader = JSONReader(
      bytes: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes[3...]) : bytes)
    guard let value = try? reader.value(depth: 0) else { return nil }
    reader.skipBlanks()
    guard reader.index == reader.bytes.count else { return nil }
    return value
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

  private mutating func skipBlanks() {
    while index < bytes.count {
      switch bytes[index] {
      case 0x20, 0x09, 0x0A, 0x0D: index += 1
      default: return
      }
    }
  }

  private mutating func value(depth: Int) throws(Malformed) -> JSONValue {
    guard depth < Self.maximumDepth else { throw Malformed() }
    skipBlanks()
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    default: return try number()
    }
  }

  private mutating func literal(
    _ word: StaticString, _ value: JSONValue
  ) throws(Malformed) -> JSONValue {
    let end = index + word.utf8CodeUnitCount
    guard end <= bytes.count else { throw Malformed() }
    for offset in 0..<word.utf8CodeUnitCount where bytes[index + offset] != word.utf8Start[offset] {
      throw Malformed()
    }
    index = end
    return value
  }

  private mutating func object(depth: Int) throws(Malformed) -> JSONValue {
    var members: [String: JSONValue] = [:]
    index += 1
    skipBlanks()
    if take("}") { return .object(members) }
    repeat {
      skipBlanks()
      guard next == UInt8(ascii: "\"") else { throw Malformed() }
      let key = try string()
      skipBlanks()
      guard take(":") else { throw Malformed() }
      members[key] = try value(depth: depth + 1)
      skipBlanks()
    } while take(",")
    guard take("}") else { throw Malformed() }
    return .object(members)
  }

  private mutating func array(depth: Int) throws(Malformed) -> JSONValue {
    var elements: [JSONValue] = []
    index += 1
    skipBlanks()
    if take("]") { return .array(elements) }
    repeat {
      elements.append(try value(depth: depth + 1))
      skipBlanks()
    } while take(",")
    guard take("]") else { throw Malformed() }
    return .array(elements)
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    index += 1
    return true
  }

  // MARK: Texts

  private mutating func string() throws(Malformed) -> String {
    index += 1
    let start = index
    while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      index += 1
    }
    if take("\"") {
      guard let text = String(validating: bytes[start..<(index - 1)], as: UTF8.self) else {
        throw Malformed()
      }
      return text
    }
    var decoded = Array(bytes[start..<index])
    while let byte = next {
      index += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: decoded, as: UTF8.self) else { throw Malformed() }
        return text
      case UInt8(ascii: "\\"): decoded += try escape()
      case 0..<0x20: throw Malformed()
      default: decoded.append(byte)
      }
    }
    throw Malformed()
  }

  private mutating func escape() throws(Malformed) -> [UInt8] {
    guard let byte = next else { throw Malformed() }
    index += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [8]
    case UInt8(ascii: "f"): return [12]
    case UInt8(ascii: "n"): return [10]
    case UInt8(ascii: "r"): return [13]
    case UInt8(ascii: "t"): return [9]
    case UInt8(ascii: "u"): return Array(String(Character(try scalar())).utf8)
    default: throw Malformed()
    }
  }

  /// A surrogate without its partner becomes a replacement character, as elsewhere in this program.
  private mutating func scalar() throws(Malformed) -> Unicode.Scalar {
    let first = try unit()
    if let scalar = Unicode.Scalar(first) { return scalar }
    let replacement: Unicode.Scalar = "\u{FFFD}"
    guard first < 0xDC00, index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
      bytes[index + 1] == UInt8(ascii: "u")
    else { return replacement }
    let before = index
    index += 2
    let second = try unit()
    guard (0xDC00..<0xE000).contains(second) else {
      index = before
      return replacement
    }
    return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? replacement
  }

  private mutating func unit() throws(Malformed) -> UInt32 {
    guard index + 4 <= bytes.count else { throw Malformed() }
    var unit: UInt32 = 0
    for byte in bytes[index..<(index + 4)] {
      guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else { throw Malformed() }
      unit = unit << 4 | UInt32(digit)
    }
    index += 4
    return unit
  }

  // MARK: Numbers

  private mutating func number() throws(Malformed) -> JSONValue {
    let start = index
    if next == UInt8(ascii: "-") { index += 1 }
    let hasZero = next == UInt8(ascii: "0")
    guard let whole = digits(), !hasZero || whole == 1 else { throw Malformed() }
    var isWhole = true
    if take(".") {
      isWhole = false
      guard digits() != nil else { throw Malformed() }
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      isWhole = false
      index += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { index += 1 }
      guard digits() != nil else { throw Malformed() }
    }
    let text = String(decoding: bytes[start..<index], as: UTF8.self)
    if isWhole, let value = Int64(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else { throw Malformed() }
    return .number(value)
  }

  private mutating func digits() -> Int? {
    let start = index
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { index += 1 }
    return index == start ? nil : index - start
  }
}
