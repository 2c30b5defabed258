// Makes one line of a model's Markdown into what Webex renders: links that show where they lead, no
// images, no HTML. Streaming: it stops where a construct may still be completed.

/// One decision about the bytes at a position. It depends on bytes that are there and never changes
/// when more come; without that the result would depend on how a stream is cut.
enum InlineStep {
  case needsMore
  /// As the model wrote it, up to this index.
  case copy(Int)
  case replace(end: Int, [UInt8])
}

struct InlineRewriter: Sendable {
  /// Targets by folded label, of the definitions so far.
  var references: [String: String] = [:]
  /// In a table's cell there are no lines to break.
  var isInCell = false
  /// How far the text of a list item stands in, for lines that a `<br>` begins.
  var continuation = 0
  /// Inside the text of a link, or of an HTML element.
  var depth = 0
  /// Constructs of this line that may still turn out not to be one. Each costs looking ahead; a
  /// million brackets must not take the square.
  var patience = 32
  /// `<b>` and the like of this line whose closing tag is to come.
  private(set) var openMarks = 0
  /// Only blanks stand on the output's line so far.
  private var isFresh = true
  /// Something was taken away or put in on this line.
  private var hasChanged = false
  /// The input does not begin a line here, the output does: what follows must not become a fence.
  var isBare: Bool { isFresh && hasChanged }

  /// A construct that is longer is text. In UTF-8 bytes.
  static let longestSpan = 512
  static let longestTarget = 1_536

  /// Indented code: nothing is rewritten.
  var isVerbatim = false

  init() {}

  /// A new line.
  mutating func begin() {
    patience = 32
    openMarks = 0
    isFresh = true
    hasChanged = false
    isVerbatim = false
  }

  /// Rewrites from `position` on, as far as it is decided.
  ///
  /// - Parameter isEnd: the line ends with `bytes`.
  mutating func rewrite(
    _ bytes: [UInt8], from position: inout Int, isEnd: Bool, into out: inout [UInt8]
  ) {
    if isVerbatim {
      out += bytes[position...]
      position = bytes.count
    }
    while position < bytes.count {
      let byte = bytes[position]
      if isBare, byte == "`" || byte == "~" {
        out.append("\\")
        out.append(byte)
        position += 1
        isFresh = false
        continue
      }
      switch step(bytes, at: position, isEnd: isEnd) {
      case .needsMore: return
      case .copy(let end):
        if isFresh { isFresh = bytes[position..<end].isBlank }
        out += bytes[position..<end]
        position = end
      case .replace(let end, let new):
        out += new
        position = end
        hasChanged = true
        let line = new.lastIndex(of: 0x0A).map { new[($0 + 1)...] } ?? new[...]
        isFresh = line.isBlank && (isFresh || line.count < new.count)
      }
    }
  }

  /// The whole of a line, or of a part of one.
  mutating func rewrite(_ bytes: some Collection<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    var position = 0
    rewrite(Array(bytes), from: &position, isEnd: true, into: &out)
    return out
  }

  /// Inside a construct, deeper by one.
  func inner(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    guard depth < 3 else { return bytes.filter { $0 != "[" && $0 != "]" && $0 != "<" } }
    var inner = self
    inner.depth += 1
    inner.isInCell = true
    inner.hasChanged = false
    inner.isFresh = false
    return inner.rewrite(bytes)
  }

  private mutating func step(_ bytes: [UInt8], at start: Int, isEnd: Bool) -> InlineStep {
    let next = start + 1 < bytes.count ? bytes[start + 1] : nil
    switch bytes[start] {
    case "\\":
      guard let next else { return isEnd ? .copy(start + 1) : .needsMore }
      return .copy(next.isPunctuation ? start + 2 : start + 1)
    case "`": return code(bytes, at: start, isEnd: isEnd)
    case "!":
      guard let next else { return isEnd ? .copy(start + 1) : .needsMore }
      return next == "[" ? bracket(bytes, at: start + 1, isEnd: isEnd) : .copy(start + 1)
    case "[": return bracket(bytes, at: start, isEnd: isEnd)
    case "]": return strayTarget(bytes, at: start, isEnd: isEnd)
    case "<": return angle(bytes, at: start, isEnd: isEnd)
    default:
      var end = start + 1
      while end < bytes.count, !Self.isSpecial(bytes[end]) { end += 1 }
      return .copy(end)
    }
  }

  private static func isSpecial(_ byte: UInt8) -> Bool {
    switch byte {
    case "\\", "`", "!", "[", "]", "<", "~": true
    default: false
    }
  }

  // MARK: Code and brackets

  private mutating func code(_ bytes: [UInt8], at start: Int, isEnd: Bool) -> InlineStep {
    let run = bytes.run(at: start, bound: 64)
    if run == 64 { return .copy(start + run) }
    if start + run == bytes.count { return isEnd ? .copy(bytes.count) : .needsMore }
    guard patience > 0 else { return .copy(start + run) }
    let limit = start + run + Self.longestSpan
    var index = start + run
    while index < bytes.count, index < limit {
      guard bytes[index] == "`" else {
        index += 1
        continue
      }
      let closing = bytes.run(at: index, bound: 65)
      if index + closing == bytes.count, closing < 65, !isEnd { return .needsMore }
      if closing == run { return .copy(index + run) }
      index += closing
    }
    if index < limit, !isEnd { return .needsMore }
    patience -= 1
    return .copy(start + run)
  }

  /// A link, an image, a footnote, a reference; `start` is at the `[`.
  private mutating func bracket(_ bytes: [UInt8], at start: Int, isEnd: Bool) -> InlineStep {
    let isImage = start > 0 && bytes[start - 1] == "!" && !isEscaped(bytes, at: start - 1)
    // What is given up must not become an image by what comes on the next line.
    let text: InlineStep =
      isImage ? .replace(end: start + 1, Array("!\\[".utf8)) : .copy(start + 1)
    guard patience > 0 else { return text }
    let close: Int
    switch Brackets.closing(bytes, from: start, isEnd: isEnd) {
    case .needsMore: return .needsMore
    case .none:
      patience -= 1
      return text
    case .at(let index): close = index
    }
    guard close + 1 < bytes.count || isEnd else { return .needsMore }
    let label = bytes[(start + 1)..<close]
    // Alone it may be an expression: `[^1]` is any character but 1.
    let before = start > 0 ? bytes[start - 1] : 0x20
    let isBehindText =
      before.isLetter || before.isDigit || before >= 0x80 || ".,;:!?)*_".utf8.contains(before)
    let isKnown = references[label.string] != nil
    if isBehindText || isKnown, let note = footnote(label, isImage: isImage) {
      let isTarget = close + 1 < bytes.count && bytes[close + 1] == "("
      return .replace(end: close + 1, Array("[\(note)]\(isTarget ? " " : "")".utf8))
    }
    if label.count > 64 { patience -= 1 }
    switch close + 1 < bytes.count ? bytes[close + 1] : 0 {
    case "(":
      switch Brackets.target(bytes, from: close + 1, isEnd: isEnd) {
      case .needsMore: return .needsMore
      case .none:
        patience -= 1
        return text
      case .at(let end):
        let written = Array(bytes[(close + 2)..<end])
        let target = Brackets.address(in: written)
        if isImage { return .replace(end: end + 1, image(label, target: target)) }
        return link(label, target: target, written: written, end: end + 1)
      }
    case "[":
      switch Brackets.closing(bytes, from: close + 1, isEnd: isEnd, bound: 100) {
      case .needsMore: return .needsMore
      case .none: return text
      case .at(let end):
        let name = bytes[(close + 2)..<end]
        return reference(name.isEmpty ? label : name, label, isImage, end + 1) ?? text
      }
    default:
      return reference(label, label, isImage, close + 1) ?? text
    }
  }

  private func isEscaped(_ bytes: [UInt8], at index: Int) -> Bool {
    var slashes = 0
    while index - slashes > 0, bytes[index - slashes - 1] == "\\" { slashes += 1 }
    return slashes % 2 == 1
  }

  private func footnote(_ label: ArraySlice<UInt8>, isImage: Bool) -> String? {
    guard !isImage, label.first.map({ $0 == "^" }) == true else { return nil }
    let name = label.dropFirst()
    guard !name.isEmpty, name.count <= 40 else { return nil }
    // `[^a-z]` is rather a part of an expression.
    let isNote =
      name.allSatisfy(\.isDigit) || references["^" + name.string] != nil
      || ["note", "fn", "ref", "footnote"].contains { name.string.hasPrefix($0) }
    return isNote ? name.string : nil
  }

  private func reference(
    _ name: ArraySlice<UInt8>, _ label: ArraySlice<UInt8>, _ isImage: Bool, _ end: Int
  ) -> InlineStep? {
    guard !references.isEmpty, let target = references[name.string.lowercased()] else { return nil }
    if isImage { return .replace(end: end, image(label, target: target)) }
    guard case .replace(_, let new) = link(label, target: target, written: nil, end: end) else {
      return nil
    }
    return .replace(end: end, new)
  }

  // MARK: Angles

  private mutating func angle(_ bytes: [UInt8], at start: Int, isEnd: Bool) -> InlineStep {
    guard start + 1 < bytes.count else { return isEnd ? .copy(start + 1) : .needsMore }
    let next = bytes[start + 1]
    guard next.isLetter || next == "/" || next == "!" || next == "?" else {
      return .copy(start + 1)
    }
    // Shown as it is: a renderer would take it for HTML and drop it.
    let text = InlineStep.replace(end: start + 1, Array("\\<".utf8))
    guard patience > 0 else { return text }
    if next == "!" {
      guard start + 4 <= bytes.count || isEnd else { return .needsMore }
      guard bytes.hasPrefix("<!--", at: start) else { return text }
      return comment(bytes, at: start, isEnd: isEnd) ?? text
    }
    switch HTMLTag.parse(bytes, at: start, isEnd: isEnd) {
    case .needsMore: return .needsMore
    case .none:
      patience -= 1
      return text
    case .autolink(let end): return .copy(end)
    case .tag(let tag):
      // `List<String>`, `Map<A>`: capitals behind a name are a type.
      let isGeneric =
        start > 0 && bytes[start + 1].isUppercase
        && (bytes[start - 1].isLetter || bytes[start - 1].isDigit)
      if isGeneric { return text }
      switch tag.isPlaceholder(in: bytes, by: self, isEnd: isEnd) {
      case nil: return .needsMore
      case true?:
        patience -= 1
        return text
      case false?: break
      }
      guard let step = tag.rewritten(in: bytes, by: self, isEnd: isEnd) else { return text }
      if tag.isMark { openMarks += tag.isClosing ? -1 : 1 }
      return step
    }
  }

  private mutating func comment(_ bytes: [UInt8], at start: Int, isEnd: Bool) -> InlineStep? {
    let limit = start + Self.longestSpan
    var index = start + 4
    while index + 2 < bytes.count, index < limit {
      if bytes.hasPrefix("-->", at: index) { return .replace(end: index + 3, []) }
      index += 1
    }
    if index < limit, !isEnd { return .needsMore }
    patience -= 1
    return nil
  }
}
