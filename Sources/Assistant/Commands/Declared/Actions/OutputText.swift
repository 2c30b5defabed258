// The output of a program as text for a code block, piece by piece as it comes.

/// Makes bytes presentable: whole characters, no terminal control, secrets hidden, nothing that ends
/// the code block or mentions people. What may still become one of these is held back.
struct OutputText {
  private let mask: SecretMask
  private var bytes: [UInt8] = []
  private var pending = ""
  private var terminal = TerminalFilter()
  /// Fence characters in a row at the end of what was given out.
  private var fence = FenceBreaker()
  private var mentions = MentionGuard()

  init(mask: SecretMask) { self.mask = mask }

  mutating func push(_ new: some Sequence<UInt8>) -> String {
    bytes += new
    let whole = bytes.count - Self.openScalar(bytes)
    let text = String(decoding: bytes[..<whole], as: UTF8.self)
    bytes.removeFirst(whole)
    pending += terminal.filter(text)
    return give(isEnd: false)
  }

  mutating func finish() -> String {
    pending += terminal.filter(String(decoding: bytes, as: UTF8.self))
    bytes = []
    return give(isEnd: true)
  }

  private mutating func give(isEnd: Bool) -> String {
    pending = mask.hiding(pending)
    let open = isEnd ? 0 : mask.openBytes(atEndOf: pending)
    let all = Array(pending.utf8)
    pending = String(decoding: all.suffix(open), as: UTF8.self)
    var out = ""
    mentions.push(fence.breaking(Array(all.dropLast(open))), into: &out)
    if isEnd { mentions.finish(into: &out) }
    return out
  }

  /// The bytes of a character at the end that is not there yet.
  private static func openScalar(_ bytes: [UInt8]) -> Int {
    for count in 1...3 where count <= bytes.count {
      let byte = bytes[bytes.count - count]
      if byte < 0x80 { return 0 }
      if byte >= 0xC0 {
        let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
        return count < length ? count : 0
      }
    }
    return 0
  }
}

/// Takes escape sequences and control characters out.
private struct TerminalFilter {
  private enum State { case text, escape, sequence, title }
  private var state = State.text
  private var endsWithReturn = false

  mutating func filter(_ text: String) -> String {
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch state {
      case .escape:
        state = scalar == "[" ? .sequence : scalar == "]" ? .title : .text
      case .sequence:
        if (0x40...0x7E).contains(scalar.value) { state = .text }
      case .title:
        if scalar == "\u{7}" || scalar == "\\" { state = .text }
      case .text:
        plain(scalar, into: &out)
      }
    }
    return String(out)
  }

  private mutating func plain(_ scalar: Unicode.Scalar, into out: inout String.UnicodeScalarView) {
    let wasReturn = endsWithReturn
    endsWithReturn = scalar == "\r"
    switch scalar {
    case "\u{1B}": state = .escape
    // A progress bar writes its line again: each becomes a line.
    case "\r": out.append("\n")
    case "\n": if !wasReturn { out.append("\n") }
    case "\t": out.append("\t")
    default:
      if scalar.properties.generalCategory != .control { out.append(scalar) }
    }
  }
}

/// Breaks runs of three backticks or tildes, also across pieces.
private struct FenceBreaker {
  private var last: UInt8 = 0
  private var run = 0

  mutating func breaking(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    for byte in bytes {
      if byte == UInt8(ascii: "`") || byte == UInt8(ascii: "~") {
        run = byte == last ? run + 1 : 1
        if run == 3 {
          out += "\u{2060}".utf8
          run = 1
        }
      } else {
        run = 0
      }
      last = byte
      out.append(byte)
    }
    return out
  }
}
