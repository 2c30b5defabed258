// The last step of every text of a model: nothing in it may ping people. Webex makes `<@all>`,
// `<@personEmail:…>` and the like into mentions, and a model must not be able to call a space.

/// Breaks mentions by a word joiner behind the `<`, which no client shows. What may become a mention
/// is held until it is decided, and a word until it has ended.
struct MentionGuard: Sendable {
  /// From a `<` on that may begin a mention.
  private var held: [UInt8] = []
  /// Harmless, but its last word has not ended.
  private var ready: [UInt8] = []

  /// A longer word is given out in parts. In UTF-8 bytes.
  private static let longestWord = 256
  /// So many bytes that a reader does not see may stand between the parts of a mention.
  private static let patience = 48
  private static let joiner: [UInt8] = [0xE2, 0x81, 0xA0]

  mutating func push(_ bytes: [UInt8], into text: inout String) {
    guard !bytes.isEmpty else { return }
    held += bytes
    decide(isEnd: false)
    var end = ready.count
    while end > 0, !ready[end - 1].isBlank, ready[end - 1] != "\n" { end -= 1 }
    if end == 0, ready.count > Self.longestWord { end = ready.count }
    guard end > 0 else { return }
    text += ready[..<end].string
    ready.removeFirst(end)
  }

  mutating func finish(into text: inout String) {
    decide(isEnd: true)
    text += ready.string
    ready = []
  }

  /// What a reader may see of what is held here and of `bytes` behind it;
  /// what may become a mention is not seen.
  func preview(of bytes: [UInt8]) -> String {
    var copy = self
    copy.held += bytes
    copy.decide(isEnd: false)
    return copy.ready.string
  }

  private mutating func decide(isEnd: Bool) {
    var index = 0
    var copied = 0
    scan: while index < held.count {
      guard held[index] == "<" || held[index] == "&" else {
        index += 1
        continue
      }
      switch mention(at: index, isEnd: isEnd) {
      case .undecided: break scan
      case .no: index += 1
      case .yes(let end):
        ready += held[copied..<end]
        ready += Self.joiner
        copied = end
        index = end
      }
    }
    ready += held[copied..<index]
    held.removeFirst(index)
  }

  private enum Verdict {
    case undecided, no
    /// A mention, to be broken here.
    case yes(Int)
  }

  /// Looks through what hides a mention from a search: entities, escapes, case, blanks, and
  /// characters of no width.
  private func mention(at start: Int, isEnd: Bool) -> Verdict {
    var reader = Reader(bytes: held, index: start, isEnd: isEnd)
    guard let open = reader.next() else { return reader.isCut ? .undecided : .no }
    guard open == "<" else { return .no }
    let inside = reader.index
    // Broken already.
    if held[inside...].starts(with: Self.joiner) { return .no }
    var letters = ""
    while letters.unicodeScalars.count < 13 {
      guard let scalar = reader.next(), reader.index - inside <= Self.patience else { break }
      if Reader.isHidden(scalar) || scalar == "\\" { continue }
      if scalar == " " || scalar == "\t", letters.isEmpty || letters == "@" { continue }
      if letters == "@all" || letters == "@here" {
        let isWord = scalar.properties.isAlphabetic || scalar == "_"
        return isWord ? .no : .yes(inside)
      }
      letters.unicodeScalars.append(Reader.folded(scalar))
      if Self.dangers.contains(letters) { return .yes(inside) }
      guard Self.beginsDanger(letters) else { return .no }
    }
    if reader.isCut { return .undecided }
    // So much hidden text between a `<` and an `@` has no honest purpose.
    let isHiding = letters == "@all" || letters == "@here" || reader.hidden > 4
    return isHiding ? .yes(inside) : .no
  }

  private static let dangers: Set<String> = [
    "@personemail", "@personid", "spark-mention", "webex-mention",
  ]

  private static func beginsDanger(_ letters: String) -> Bool {
    "@all".hasPrefix(letters) || "@here".hasPrefix(letters)
      || dangers.contains { $0.hasPrefix(letters) }
  }
}

/// Reads scalars with entities decoded.
private struct Reader {
  let bytes: [UInt8]
  var index: Int
  let isEnd: Bool
  /// The bytes ended where more may come.
  var isCut = false
  /// Characters of no width that were read.
  var hidden = 0

  mutating func next() -> Unicode.Scalar? {
    guard index < bytes.count else {
      isCut = !isEnd
      return nil
    }
    if bytes[index] == "&" { return entity() }
    guard bytes[index] >= 0x80 else {
      index += 1
      return Unicode.Scalar(bytes[index - 1])
    }
    var end = index + 1
    while end < bytes.count, bytes[end].isContinuation { end += 1 }
    let scalar = bytes[index..<end].string.unicodeScalars.first
    index = end
    if let scalar, Self.isHidden(scalar) { hidden += 1 }
    return scalar
  }

  /// A numeric entity, or one of the named ones that a mention can be written with.
  private mutating func entity() -> Unicode.Scalar? {
    var end = index + 1
    while end < bytes.count, end - index <= 12, bytes[end] != ";" {
      guard bytes[end] == "#" || bytes[end].isDigit || bytes[end].isLetter else { break }
      end += 1
    }
    if end == bytes.count, !isEnd, end - index <= 12 {
      isCut = true
      return nil
    }
    let name = bytes[(index + 1)..<end].string
    let decoded: Unicode.Scalar?
    if name.hasPrefix("#x") || name.hasPrefix("#X") {
      decoded = UInt32(name.dropFirst(2), radix: 16).flatMap(Unicode.Scalar.init)
    } else if name.hasPrefix("#") {
      decoded = UInt32(name.dropFirst()).flatMap(Unicode.Scalar.init)
    } else {
      decoded = Self.named[name]
    }
    guard let decoded else {
      index += 1
      return "&"
    }
    index = end < bytes.count && bytes[end] == ";" ? end + 1 : end
    if Self.isHidden(decoded) { hidden += 1 }
    return decoded
  }

  private static let named: [String: Unicode.Scalar] = [
    "lt": "<", "LT": "<", "commat": "@", "nbsp": " ", "shy": "\u{AD}", "zwj": "\u{200D}",
    "zwnj": "\u{200C}", "Tab": "\t", "hyphen": "-", "dash": "-",
  ]

  static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isDefaultIgnorableCodePoint
      || scalar != "\n" && scalar != "\t" && scalar.properties.generalCategory == .control
  }

  /// Lower case, with the two letters that only fold to ASCII.
  static func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar {
    case "A"..."Z": Unicode.Scalar(scalar.value + 0x20) ?? scalar
    case "\u{212A}": "k"
    case "\u{17F}": "s"
    default: scalar
    }
  }
}
