// Markdown → the `html` field, as Webex documents it: bold, italic, links, ordered and unordered
// lists, block quotes, inline code, fenced code, headings, and mentions. Everything else is text.
// Pure; called when a message is posted or edited. Its output is safe to put into a page.

/// What a message's Markdown becomes.
struct RenderedMarkdown: Sendable, Equatable {
  var html: String
  /// `html` with its tags stripped, the way in which Webex fills `text`.
  var text: String
  /// Raw uuids, in order of appearance, each once.
  var mentionedPeople: [String] = []
  /// `all`, `here`.
  var mentionedGroups: [String] = []
}

/// A person that a mention can name.
struct Mentionable: Sendable, Equatable {
  var uuid: String
  var restID: String
  var displayName: String
}

struct MarkdownHTML {
  enum MentionKey: Sendable, Equatable {
    case email(String)
    case id(String)
  }

  /// Finds a member of the room; nil leaves the mention as its own text.
  let resolve: (MentionKey) -> Mentionable?
  private(set) var mentionedPeople: [String] = []
  private(set) var mentionedGroups: [String] = []

  static func render(_ markdown: String, resolve: @escaping (MentionKey) -> Mentionable?)
    -> RenderedMarkdown
  {
    var renderer = MarkdownHTML(resolve: resolve)
    let lines = markdown.replacing("\r\n", with: "\n").split(
      separator: "\n", omittingEmptySubsequences: false
    ).map(String.init)
    let html = renderer.blocks(lines, depth: 0)
    return RenderedMarkdown(
      html: html, text: plainText(html), mentionedPeople: renderer.mentionedPeople,
      mentionedGroups: renderer.mentionedGroups)
  }

  private init(resolve: @escaping (MentionKey) -> Mentionable?) { self.resolve = resolve }

  static func escape(_ text: some StringProtocol) -> String {
    var out = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "'": out += "&#39;"
      default: out.unicodeScalars.append(character)
      }
    }
    return out
  }

  /// Tags stripped, entities undone; the end of a block is the end of a line.
  static func plainText(_ html: String) -> String {
    let breaking: Set<String> = [
      "/p", "/li", "/pre", "/blockquote", "/h1", "/h2", "/h3", "/h4", "/h5", "/h6", "br", "br/",
      "ul", "ol",
    ]
    var out = ""
    var rest = html[...]
    while let open = rest.firstIndex(of: "<") {
      out += rest[..<open]
      guard let close = rest[open...].firstIndex(of: ">") else { break }
      let tag = rest[rest.index(after: open)..<close].prefix { $0 != " " }.lowercased()
      if breaking.contains(tag), !out.isEmpty, out.last != "\n" { out += "\n" }
      rest = rest[rest.index(after: close)...]
    }
    return plainEntities(out + rest).trimming(" \n")
  }

  static func plainEntities(_ text: String) -> String {
    var out = text
    for (entity, character) in [
      ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&"),
    ] {
      out = out.replacing(entity, with: character)
    }
    return out
  }

  // MARK: - Blocks

  private mutating func blocks(_ lines: [String], depth: Int) -> String {
    var out: [String] = []
    var paragraph: [String] = []
    var index = 0

    func flush(_ renderer: inout MarkdownHTML) {
      guard !paragraph.isEmpty else { return }
      out.append("<p>\(renderer.paragraph(paragraph))</p>")
      paragraph = []
    }

    while index < lines.count {
      let line = lines[index]
      if let fence = Fence(line) {
        flush(&self)
        index += 1
        var code: [String] = []
        while index < lines.count, !fence.isClosed(by: lines[index]) {
          code.append(fence.unindented(lines[index]))
          index += 1
        }
        index += 1
        let language =
          fence.language.isEmpty ? "" : " class=\"language-\(Self.escape(fence.language))\""
        let body = code.map { $0 + "\n" }.joined()
        out.append("<pre><code\(language)>\(Self.escape(body))</code></pre>")
        continue
      }
      if line.allSatisfy(\.isWhitespace) {
        flush(&self)
        index += 1
        continue
      }
      if let (level, title) = Self.heading(line) {
        flush(&self)
        out.append("<h\(level)>\(inline(title))</h\(level)>")
        index += 1
        continue
      }
      if depth < 8, line.drop(while: { $0 == " " }).hasPrefix(">") {
        flush(&self)
        var quoted: [String] = []
        while index < lines.count {
          let rest = lines[index].drop { $0 == " " }
          guard rest.hasPrefix(">") else { break }
          quoted.append(
            String(rest.dropFirst().hasPrefix(" ") ? rest.dropFirst(2) : rest.dropFirst()))
          index += 1
        }
        out.append("<blockquote>\(blocks(quoted, depth: depth + 1))</blockquote>")
        continue
      }
      if depth < 8, let marker = ListMarker(line), paragraph.isEmpty || marker.mayInterruptParagraph
      {
        flush(&self)
        out.append(list(lines, from: &index, first: marker, depth: depth))
        continue
      }
      paragraph.append(line)
      index += 1
    }
    flush(&self)
    return out.joined(separator: depth == 0 ? "\n" : "")
  }

  private mutating func list(
    _ lines: [String], from index: inout Int, first: ListMarker, depth: Int
  ) -> String {
    var items: [[String]] = []
    var isLoose = false
    while index < lines.count {
      let line = lines[index]
      if let marker = ListMarker(line), marker.indent < first.indent + 2,
        marker.isOrdered == first.isOrdered
      {
        items.append([marker.rest])
        index += 1
        // Lines that belong to the item: indented ones, and lazy ones of its paragraph.
        var sawBlank = false
        while index < lines.count {
          let next = lines[index]
          if next.allSatisfy(\.isWhitespace) {
            sawBlank = true
            index += 1
            continue
          }
          let indent = next.prefix { $0 == " " }.count
          if indent >= first.indent + 2 {
            if sawBlank { items[items.count - 1].append("") }
            items[items.count - 1].append(
              String(next.dropFirst(min(indent, marker.contentIndent))))
          } else if !sawBlank, ListMarker(next) == nil, Fence(next) == nil,
            Self.heading(next) == nil, !next.hasPrefix(">")
          {
            items[items.count - 1].append(next)
          } else {
            break
          }
          sawBlank = false
          index += 1
        }
        if sawBlank, index < lines.count, let next = ListMarker(lines[index]),
          next.isOrdered == first.isOrdered
        {
          isLoose = true
        }
      } else {
        break
      }
    }
    let body = items.map { item -> String in
      var html = blocks(item, depth: depth + 1)
      // A tight item shows its first paragraph without the <p>.
      if !isLoose, html.hasPrefix("<p>"), let end = html.firstRange(of: "</p>") {
        html = String(html.dropFirst(3).prefix(upTo: end.lowerBound) + html[end.upperBound...])
      }
      return "<li>\(html)</li>"
    }
    let tag = first.isOrdered ? "ol" : "ul"
    let start = first.isOrdered && first.number != 1 ? " start=\"\(first.number)\"" : ""
    return "<\(tag)\(start)>\(body.joined())</\(tag)>"
  }

  private mutating func paragraph(_ lines: [String]) -> String {
    var text = ""
    for (index, line) in lines.enumerated() {
      let stripped = line.drop { $0 == " " || $0 == "\t" }
      if index == lines.count - 1 {
        text += stripped.trimming(" \t")
      } else if line.hasSuffix("  ") {
        text += stripped.trimming(" \t") + "\\\n"
      } else {
        text += stripped.trimming(" \t") + "\n"
      }
    }
    return inline(text)
  }

  private static func heading(_ line: String) -> (Int, String)? {
    let trimmed = line.drop { $0 == " " }
    let level = trimmed.prefix { $0 == "#" }.count
    let rest = trimmed.dropFirst(level)
    guard (1...6).contains(level), line.count - trimmed.count < 4, rest.first == " " else {
      return nil
    }
    return (level, rest.trimming(" #"))
  }

  // MARK: - Inline

  private mutating func inline(_ text: String, depth: Int = 0) -> String {
    let characters = Array(text)
    var out = ""
    var index = 0
    while index < characters.count {
      let character = characters[index]
      switch character {
      case "\\":
        if index + 1 < characters.count, characters[index + 1] == "\n" {
          out += "<br/>"
          index += 2
        } else if index + 1 < characters.count,
          "\\`*_{}[]()#+-.!<>|~".contains(characters[index + 1])
        {
          out += Self.escape(String(characters[index + 1]))
          index += 2
        } else {
          out += "\\"
          index += 1
        }
      case "`":
        let run = characters[index...].prefix { $0 == "`" }.count
        if let end = Self.closingBackticks(characters, from: index + run, count: run) {
          let code = String(characters[index + run..<end]).replacing("\n", with: " ")
          out += "<code>\(Self.escape(run > 1 ? code.trimming(" ") : code))</code>"
          index = end + run
        } else {
          out += String(repeating: "`", count: run)
          index += run
        }
      case "<":
        if let (html, end) = mention(characters, from: index) {
          out += html
          index = end
        } else {
          out += "&lt;"
          index += 1
        }
      case "[":
        if depth < 8, let link = Self.link(characters, from: index) {
          let label = inline(link.label, depth: depth + 1)
          out += link.url.map { "<a href=\"\(Self.escape($0))\">\(label)</a>" } ?? label
          index = link.end
        } else {
          out += "["
          index += 1
        }
      case "*", "_":
        let run = characters[index...].prefix { $0 == character }.count
        if depth < 8, let (count, end) = Self.emphasis(characters, from: index, run: run) {
          let inner = inline(String(characters[index + count..<end]), depth: depth + 1)
          let tags = [["em"], ["strong"], ["strong", "em"]][count - 1]
          out += tags.map { "<\($0)>" }.joined() + inner
          out += tags.reversed().map { "</\($0)>" }.joined()
          index = end + count
        } else {
          out += String(repeating: character, count: run)
          index += run
        }
      default:
        out += Self.escape(String(character))
        index += 1
      }
    }
    return out
  }

  private static func closingBackticks(_ text: [Character], from start: Int, count: Int) -> Int? {
    var index = start
    while index < text.count {
      guard text[index] == "`" else {
        index += 1
        continue
      }
      let run = text[index...].prefix { $0 == "`" }.count
      if run == count { return index }
      index += run
    }
    return nil
  }

  /// The delimiter count and where its closing delimiter starts.
  private static func emphasis(_ text: [Character], from start: Int, run: Int) -> (Int, Int)? {
    let mark = text[start]
    let isWord = { (index: Int) in
      text.indices.contains(index) && (text[index].isLetter || text[index].isNumber)
    }
    guard start + run < text.count, !text[start + run].isWhitespace else { return nil }
    if mark == "_", isWord(start - 1) { return nil }
    for count in [3, 2, 1] where run >= count {
      guard run == count || run > 3 else { continue }
      var index = start + count
      while index < text.count {
        if text[index] == "\\" {
          index += 2
          continue
        }
        if text[index] == "`" {
          let ticks = text[index...].prefix { $0 == "`" }.count
          index =
            closingBackticks(text, from: index + ticks, count: ticks).map { $0 + ticks }
            ?? index + ticks
          continue
        }
        guard text[index] == mark else {
          index += 1
          continue
        }
        let closing = text[index...].prefix { $0 == mark }.count
        let fits = closing == count || closing == 3 && count < 3 && run == count
        if fits, index > start + count, !text[index - 1].isWhitespace,
          mark == "*" || !isWord(index + closing)
        {
          // `*a **b***`: the inner run takes its two first.
          return (count, index + closing - count)
        }
        index += closing
      }
    }
    return nil
  }

  private static func link(_ text: [Character], from start: Int)
    -> (label: String, url: String?, end: Int)?
  {
    var nesting = 0
    var index = start
    while index < text.count {
      if text[index] == "\\" {
        index += 1
      } else if text[index] == "[" {
        nesting += 1
      } else if text[
        index] == "]"
      {
        nesting -= 1
        if nesting == 0 { break }
      }
      index += 1
    }
    guard index + 1 < text.count, text[index + 1] == "(" else { return nil }
    var close = index + 2
    var parentheses = 1
    while close < text.count {
      if text[close] == "(" { parentheses += 1 }
      if text[close] == ")" { parentheses -= 1 }
      if parentheses == 0 { break }
      if text[close] == "\n" { return nil }
      close += 1
    }
    guard close < text.count else { return nil }
    var target = String(text[index + 2..<close]).trimming(" ")
    if let space = target.firstIndex(of: " ") { target = String(target[..<space]) }  // a title
    let isSafe = ["http://", "https://", "mailto:"].contains { target.lowercased().hasPrefix($0) }
    return (String(text[start + 1..<index]), isSafe ? target : nil, close + 1)
  }

  /// `<@personEmail:a@b.c|Name>`, `<@personId:…>`, `<@all>`, `<@here>`, case-insensitive.
  private mutating func mention(_ text: [Character], from start: Int) -> (String, Int)? {
    guard start + 1 < text.count, text[start + 1] == "@",
      let close = text[start...].prefix(400).firstIndex(of: ">")
    else { return nil }
    let inside = String(text[start + 2..<close])
    let lower = inside.lowercased()
    if lower == "all" || lower == "here" {
      if !mentionedGroups.contains(lower) { mentionedGroups.append(lower) }
      let name = lower == "all" ? "All" : "Here"
      return (
        "<spark-mention data-object-type=\"groupMention\" data-group-type=\"\(lower)\">\(name)</spark-mention>",
        close + 1
      )
    }
    let key: MentionKey
    let value: Substring
    if lower.hasPrefix("personemail:") {
      value = inside.dropFirst("personemail:".count)
      key = .email(value.prefix { $0 != "|" }.trimming(" ").lowercased())
    } else if lower.hasPrefix("personid:") {
      value = inside.dropFirst("personid:".count)
      key = .id(value.prefix { $0 != "|" }.trimming(" "))
    } else {
      return nil
    }
    guard let person = resolve(key) else { return nil }
    if !mentionedPeople.contains(person.uuid) { mentionedPeople.append(person.uuid) }
    let label = value.firstIndex(of: "|").map { String(value[value.index(after: $0)...]) }
    return (
      "<spark-mention data-object-type=\"person\" data-object-id=\"\(person.restID)\">"
        + Self.escape(label ?? person.displayName) + "</spark-mention>", close + 1
    )
  }
}

private struct Fence {
  let mark: Character
  let count: Int
  let indent: Int
  let language: String

  init?(_ line: String) {
    let indent = line.prefix { $0 == " " }.count
    let rest = line.dropFirst(indent)
    guard indent < 4, let mark = rest.first, mark == "`" || mark == "~" else { return nil }
    let count = rest.prefix { $0 == mark }.count
    let info = rest.dropFirst(count).trimming(" ")
    guard count >= 3, mark == "~" || !info.contains("`") else { return nil }
    self.mark = mark
    self.count = count
    self.indent = indent
    language = String(info.prefix { !$0.isWhitespace })
  }

  func isClosed(by line: String) -> Bool {
    let rest = line.trimming(" ")
    return rest.count >= count && rest.allSatisfy { $0 == mark }
  }

  func unindented(_ line: String) -> String {
    String(line.dropFirst(min(indent, line.prefix { $0 == " " }.count)))
  }
}

private struct ListMarker {
  let indent: Int
  let isOrdered: Bool
  let number: Int
  let contentIndent: Int
  let rest: String

  /// Only bullets and a list that starts at 1 may follow a paragraph's line directly.
  var mayInterruptParagraph: Bool { !isOrdered || number == 1 }

  init?(_ line: String) {
    indent = line.prefix { $0 == " " }.count
    let body = line.dropFirst(indent)
    let width: Int
    if let first = body.first, "-*+".contains(first) {
      isOrdered = false
      number = 0
      width = 1
    } else {
      let digits = body.prefix { $0.isASCII && $0.isNumber }
      let mark = body.dropFirst(digits.count).first
      guard (1...9).contains(digits.count), mark == "." || mark == ")" else { return nil }
      isOrdered = true
      number = Int(digits) ?? 1
      width = digits.count + 1
    }
    let after = body.dropFirst(width)
    guard after.isEmpty || after.first == " " else { return nil }
    contentIndent = indent + width + 1
    rest = String(after.dropFirst())
  }
}
