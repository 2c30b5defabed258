// How many columns a text takes in a monospaced block, for aligned tables.

enum DisplayWidth {
  static func columns(of text: some StringProtocol) -> Int {
    text.reduce(0) { $0 + columns(of: $1) }
  }

  /// A cluster is as wide as its base: marks and joiners add nothing.
  static func columns(of character: Character) -> Int {
    let scalars = character.unicodeScalars
    guard let base = scalars.first(where: { !isZeroWidth($0) }) else { return 0 }
    if base.properties.isEmojiPresentation || isWide(base.value) { return 2 }
    // A text symbol asked to be an emoji, a flag, a joined sequence.
    let isEmoji = scalars.dropFirst().contains { $0.value == 0xFE0F || $0.value == 0x200D }
    return isEmoji && base.properties.isEmoji ? 2 : 1
  }

  private static func isZeroWidth(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .control, .format: true
    default: scalar.properties.isDefaultIgnorableCodePoint
    }
  }

  /// East Asian Width W and F (Unicode TR 11), in ranges.
  private static func isWide(_ value: UInt32) -> Bool {
    switch value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
      0xA000...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19,
      0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F1E6...0x1F1FF, 0x1F300...0x1F64F,
      0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      true
    default: false
    }
  }
}
