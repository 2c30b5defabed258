// HTML that models write into Markdown. Webex renders none of it: what has a meaning in Markdown
// gets it, known tags without one go away, and what only looks like a tag stays as text.

struct HTMLTag {
  enum Parsed {
    case needsMore, none
    /// `<https://…>`, `<a@b.example>`: ends before this index.
    case autolink(Int)
    case tag(HTMLTag)
  }

  var name: String
  var isClosing: Bool
  var attributes: ArraySlice<UInt8>
  var start: Int
  /// Behind the `>`.
  var end: Int

  static func parse(_ bytes: [UInt8], at start: Int, isEnd: Bool) -> Parsed {
    let limit = start + InlineRewriter.longestTarget
    var index = start + 1
    var quote: UInt8?
    while index < bytes.count, index < limit {
      let byte = bytes[index]
      if let open = quote {
        if byte == open { quote = nil }
      } else if byte == ">" {
        return parsed(bytes, start, index)
      } else if byte == "<" {
        return .none
      } else if byte == "\"" || byte == "'", bytes[index - 1] == "=" {
        quote = byte
      }
      index += 1
    }
    return index >= limit || isEnd ? .none : .needsMore
  }

  private static func parsed(_ bytes: [UInt8], _ start: Int, _ close: Int) -> Parsed {
    var inside = bytes[(start + 1)..<close]
    let text = inside.string
    if !text.contains(where: \.isWhitespace), !text.hasPrefix("/") {
      if text.contains(":"), LinkTarget.host(of: text) != nil, LinkTarget.isSafe(text) {
        return .autolink(close + 1)
      }
      if text.wholeMatch(of: /[\w.!#$%&'*+\/=?^`{|}~-]+@[\w-]+(\.[\w-]+)+/) != nil {
        return .autolink(close + 1)
      }
    }
    let isClosing = inside.first.map { $0 == "/" } ?? false
    if isClosing { inside = inside.dropFirst() }
    let name = inside.prefix { $0.isLetter || $0.isDigit }.string.lowercased()
    var attributes = inside.dropFirst(name.utf8.count)
    if let last = attributes.last, last == "/" { attributes = attributes.dropLast() }
    // `a<b and c>d` is no tag: attributes have values.
    let isTag = attributes.isBlank || attributes.first?.isBlank == true && attributes.contains(0x3D)
    let isBoolean = ["details", "video", "audio", "input"].contains(name)
    guard !name.isEmpty, isTag || isBoolean && attributes.first?.isBlank == true else {
      return .none
    }
    return .tag(
      HTMLTag(
        name: name, isClosing: isClosing, attributes: attributes, start: start, end: close + 1))
  }

  func attribute(_ key: String) -> String? {
    let text = attributes.string
    let pattern = text.lowercased().firstRange(of: key + "=")
    guard let pattern else { return nil }
    // Lowercasing may change lengths outside ASCII: then there is no index to trust.
    guard text.utf8.count == text.lowercased().utf8.count else { return nil }
    let offset = text.lowercased().utf8.distance(from: text.startIndex, to: pattern.upperBound)
    let value = text.utf8.dropFirst(offset)
    guard let first = value.first else { return "" }
    if first == "\"" || first == "'" {
      return String(Substring(value.dropFirst().prefix { $0 != first }))
    }
    return String(Substring(value.prefix { !$0.isBlank }))
  }

  // MARK: Meaning

  private static let marks: [String: String] = [
    "b": "**", "strong": "**", "i": "*", "em": "*", "cite": "*", "dfn": "*", "var": "*",
    "del": "~~", "s": "~~", "strike": "~~", "q": "\"",
  ]
  private static let dropped: Set<String> = [
    "u", "ins", "mark", "small", "big", "span", "font", "abbr", "label", "time", "bdi", "bdo",
    "wbr", "ul", "ol", "dl", "menu", "table", "thead", "tbody", "tfoot", "colgroup", "col",
    "caption", "html", "body", "head", "figure", "picture", "source", "video", "audio", "iframe",
    "svg", "path", "button", "input", "form", "pre", "nobr", "tt", "canvas", "style", "script",
    "a", "sub", "sup", "code", "kbd", "samp", "title", "meta", "link",
  ]
  private static let blocks: Set<String> = [
    "p", "div", "section", "article", "header", "footer", "main", "nav", "aside", "center",
    "details", "address", "figcaption", "fieldset", "dt", "dd", "hgroup",
  ]

  /// Becomes a mark of emphasis, which needs a partner.
  var isMark: Bool { Self.marks[name] != nil }

  /// What takes the tag's place, with its element's content where both are one construct; nil if
  /// it is not a tag that is known.
  func rewritten(in bytes: [UInt8], by rewriter: InlineRewriter, isEnd: Bool) -> InlineStep? {
    if let mark = Self.marks[name] { return .replace(end: end, Array(mark.utf8)) }
    if !isClosing, let step = element(in: bytes, by: rewriter, isEnd: isEnd) { return step }
    if Self.dropped.contains(name) { return .replace(end: end, []) }
    if name == "img" {
      let alt = Array((attribute("alt") ?? "").utf8)
      return .replace(end: end, rewriter.image(alt[...], target: attribute("src") ?? ""))
    }
    if rewriter.isInCell, isBlockLike { return .replace(end: end, [0x20]) }
    if name == "td" || name == "th" {
      return .replace(end: end, isClosing ? Array(" | ".utf8) : [])
    }
    guard isBlockLike else { return nil }
    let isAtStart = rewriter.isBare || bytes[..<start].isBlank
    let rest = bytes.skippingBlanks(from: end)
    guard rest < bytes.count || isEnd else { return .needsMore }
    // `</li></ul>`: the last one breaks the line.
    let isBeforeTag = rest < bytes.count && bytes[rest] == "<"
    guard !isBeforeTag || rest + 1 < bytes.count || isEnd else { return .needsMore }
    let isAtEnd = rest == bytes.count || isBeforeTag && bytes.hasPrefix("</", at: rest)
    if name == "br" {
      let indentation = String(repeating: " ", count: rewriter.continuation)
      return .replace(end: rest, Array((isAtEnd ? "  " : "  \n" + indentation).utf8))
    }
    if name == "summary" {
      let closing = isAtEnd ? "**" : "**\n\n"
      return .replace(end: end, Array((isClosing ? closing : "**").utf8))
    }
    if name == "li" {
      return .replace(end: rest, Array((isClosing ? "" : isAtStart ? "- " : "\n- ").utf8))
    }
    if isClosing || Self.blocks.contains(name) || name == "tr" || name == "hr" {
      if name == "hr", isAtStart, isAtEnd { return .replace(end: end, Array("***".utf8)) }
      let breaks = isClosing || name == "hr" ? !isAtEnd : !isAtStart && !isAtEnd
      return .replace(end: breaks ? rest : end, Array((breaks ? "\n\n" : "").utf8))
    }
    let mark =
      name == "blockquote"
      ? "> " : String(repeating: "#", count: name.utf8.last.map { Int($0) - 0x30 } ?? 1) + " "
    return .replace(end: rest, Array((isAtStart ? mark : "\n\n" + mark).utf8))
  }

  private var isBlockLike: Bool {
    let isHeading =
      name.utf8.count == 2 && name.hasPrefix("h") && "123456".contains(name.last ?? "-")
    return isHeading || Self.blocks.contains(name)
      || ["br", "summary", "tr", "hr", "li", "blockquote", "td", "th"].contains(name)
  }
}
