// Which tags are no tags: `cp <source> <dest>`, `Option<i>`. Part of HTMLTag.

extension HTMLTag {
  /// These need no closing tag, or have it on a line of their own.
  private static let lonely: Set<String> = [
    "br", "hr", "wbr", "li", "p", "div", "tr", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6",
    "blockquote", "details", "summary", "ul", "ol", "dl", "dt", "dd", "thead", "tbody", "tfoot",
  ]
  /// These do so where they begin a line and nothing but tags follows; elsewhere they are words.
  private static let structural: Set<String> = [
    "table", "pre", "code", "span", "font", "section", "article", "header", "footer", "main", "nav",
    "aside", "center", "address", "figure", "figcaption", "fieldset", "hgroup", "picture", "video",
    "audio", "svg", "form", "html", "body", "head", "style", "script", "colgroup", "caption",
    "menu",
  ]

  /// Whether it stands for something to fill in, or for a type, and is to be read; nil while that
  /// depends on what follows. A tag that closes nothing in its line is text as its opening one was.
  func isPlaceholder(in bytes: [UInt8], by rewriter: InlineRewriter, isEnd: Bool) -> Bool? {
    if isClosing { return isMark && rewriter.openMarks == 0 }
    guard attributes.isBlank, bytes[end - 2] != "/" else { return false }
    let isAfterWord = start > 0 && (bytes[start - 1].isLetter || bytes[start - 1].isDigit)
    if Self.lonely.contains(name), !isAfterWord || ["br", "hr", "wbr"].contains(name) {
      return false
    }
    if Self.structural.contains(name), rewriter.isBare || bytes[..<start].isBlank {
      let next = bytes.skippingBlanks(from: end)
      guard next < bytes.count || isEnd else { return nil }
      if next == bytes.count || bytes[next] == "<" { return false }
    }
    return isClosed(in: bytes, isEnd: isEnd).map { !$0 }
  }

  /// Whether its closing tag stands on the line; nil while it may be to come.
  private func isClosed(in bytes: [UInt8], isEnd: Bool) -> Bool? {
    let closing = Array("</\(name)>".utf8)
    let own = bytes[(start + 1)..<end]
    let limit = end + InlineRewriter.longestSpan
    var index = end
    while index + closing.count <= bytes.count, index < limit {
      if bytes[index] == "<", bytes[index + 1] == "/",
        bytes[index..<(index + closing.count)].lazy.map(\.lowercased).elementsEqual(closing)
      {
        return true
      }
      // `Option<i> is <i>so</i>`: the partner is the next one's.
      if bytes[index] == "<", bytes[(index + 1)..<end + index - start].elementsEqual(own) {
        return false
      }
      index += 1
    }
    return index < limit && !isEnd ? nil : false
  }
}
