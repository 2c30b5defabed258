// UTF-8 bytes that compare with characters: everything that Markdown gives a meaning to is ASCII, and
// bytes are cheap where Characters are not. For the files of this folder.

func == (byte: UInt8, scalar: Unicode.Scalar) -> Bool { UInt32(byte) == scalar.value }
func != (byte: UInt8, scalar: Unicode.Scalar) -> Bool { UInt32(byte) != scalar.value }
func ~= (scalar: Unicode.Scalar, byte: UInt8) -> Bool { UInt32(byte) == scalar.value }

extension UInt8 {
  var isBlank: Bool { self == 0x20 || self == 0x09 }
  var isDigit: Bool { self >= 0x30 && self <= 0x39 }
  var isUppercase: Bool { self >= 0x41 && self <= 0x5A }
  var isLetter: Bool { isUppercase || self >= 0x61 && self <= 0x7A }
  /// Not a letter, digit, blank or part of a longer character.
  var isPunctuation: Bool { self > 0x20 && self < 0x7F && !isLetter && !isDigit }
  var isContinuation: Bool { self & 0xC0 == 0x80 }
  var lowercased: UInt8 { isUppercase ? self + 0x20 : self }
}

extension RangeReplaceableCollection<UInt8> {
  mutating func append(_ text: String) { append(contentsOf: text.utf8) }
}

extension Collection<UInt8> {
  var string: String { String(decoding: self, as: UTF8.self) }
  var isBlank: Bool { allSatisfy(\.isBlank) }
}

extension Array<UInt8> {
  /// The first index at or after `start` where something other than a blank stands.
  func skippingBlanks(from start: Int) -> Int {
    var index = start
    while index < count, self[index].isBlank { index += 1 }
    return index
  }

  /// How often the byte at `start` stands there in a row, at most `bound` times.
  func run(at start: Int, bound: Int = .max) -> Int {
    guard start < count else { return 0 }
    var index = start + 1
    while index < count, self[index] == self[start], index - start < bound { index += 1 }
    return index - start
  }

  /// The largest index up to `index` that stands between two scalars.
  func scalarBorder(at index: Int) -> Int {
    var index = Swift.min(index, count)
    while index > 0, index < count, self[index].isContinuation { index -= 1 }
    return index
  }

  func hasPrefix(_ text: StaticString, at start: Int) -> Bool {
    let length = text.utf8CodeUnitCount
    guard start >= 0, start + length <= count else { return false }
    for offset in 0..<length where self[start + offset].lowercased != text.utf8Start[offset] {
      return false
    }
    return true
  }
}
