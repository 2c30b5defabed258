// The undocumented `html` field of `POST /v1/messages`: a short list of tags passes, all else
// becomes text. Safe to put into a page.

enum HTMLSubset {
  private static let allowed: Set<String> = [
    "h1", "h2", "h3", "ul", "ol", "li", "u", "i", "b", "em", "strong", "p", "br", "code", "pre",
    "blockquote", "a",
  ]

  static func clean(_ html: String) -> String {
    var out = ""
    var open: [String] = []
    var rest = html[...]
    while let start = rest.firstIndex(of: "<") {
      out += entities(rest[..<start])
      guard let end = rest[start...].firstIndex(of: ">") else {
        out += MarkdownHTML.escape(rest[start...])
        rest = ""
        break
      }
      let inside = rest[rest.index(after: start)..<end]
      rest = rest[rest.index(after: end)...]
      let isClosing = inside.hasPrefix("/")
      let name = inside.drop { $0 == "/" }.prefix { $0.isLetter || $0.isNumber }.lowercased()
      guard allowed.contains(name) else {
        out += MarkdownHTML.escape("<\(inside)>")
        continue
      }
      if name == "br" {
        out += "<br/>"
      } else if isClosing {
        guard open.last == name else { continue }
        open.removeLast()
        out += "</\(name)>"
      } else {
        open.append(name)
        out += name == "a" ? "<a\(link(inside))>" : "<\(name)>"
      }
    }
    out += entities(rest)
    return out + open.reversed().map { "</\($0)>" }.joined()
  }

  private static func link(_ tag: Substring) -> String {
    guard let range = tag.firstRange(of: "href=\"") else { return "" }
    let target = String(tag[range.upperBound...].prefix { $0 != "\"" })
    let isSafe = ["http://", "https://", "mailto:"].contains { target.lowercased().hasPrefix($0) }
    return isSafe ? " href=\"\(entities(target[...]))\"" : ""
  }

  /// Escapes, but leaves entities that are there already.
  private static func entities(_ text: Substring) -> String {
    MarkdownHTML.escape(MarkdownHTML.plainEntities(String(text)))
  }
}
