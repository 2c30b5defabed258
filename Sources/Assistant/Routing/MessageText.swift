// Turns a received message into the text that the router and the model see. Webex sends HTML where
// a message has formatting or mentions; the bot's own mention is taken out by its element.

import WebexAPI

enum MessageText {
  /// - Parameter botID: the bot's person id (REST form); its mentions vanish, others keep the name.
  static func text(of message: Message, botID: String) -> String {
    guard let html = message.html, !html.isEmpty else {
      return (message.text ?? message.markdown ?? "").trimmingWhitespace()
    }
    return markdown(html: html, botUUID: WebexID(botID)?.uuid ?? botID)
  }

  static func markdown(html: String, botUUID: String) -> String {
    var renderer = HTMLRenderer(botUUID: botUUID)
    var rest = Substring(html)
    while !rest.isEmpty {
      if rest.first == "<", let tag = MessageTag(&rest) {
        renderer.handle(tag)
      } else {
        let end = rest.dropFirst().firstIndex(of: "<") ?? rest.endIndex
        renderer.append(HTMLEntities.decoded(rest[..<end]))
        rest = rest[end...]
      }
    }
    return renderer.finished()
  }
}

/// One start or end tag.
struct MessageTag {
  var name: String
  var isEnd: Bool
  var attributes: [String: String] = [:]

  /// Reads a tag from the front; leaves `text` alone if there is none.
  init?(_ text: inout Substring) {
    var rest = text.dropFirst()
    isEnd = rest.first == "/"
    if isEnd { rest = rest.dropFirst() }
    let letters = rest.prefix(while: { $0.isLetter || $0.isNumber || $0 == "-" })
    guard let first = letters.first, first.isLetter else { return nil }
    name = letters.lowercased()
    rest = rest.dropFirst(letters.count)
    while let next = rest.first, next != ">" {
      if next.isWhitespace || next == "/" {
        rest = rest.dropFirst()
        continue
      }
      let key = rest.prefix(while: { !$0.isWhitespace && $0 != "=" && $0 != ">" && $0 != "/" })
      guard !key.isEmpty else {
        rest = rest.dropFirst()
        continue
      }
      rest = rest.dropFirst(key.count).drop(while: \.isWhitespace)
      var value: Substring = ""
      if rest.first == "=" {
        rest = rest.dropFirst().drop(while: \.isWhitespace)
        if let quote = rest.first, quote == "\"" || quote == "'" {
          rest = rest.dropFirst()
          value = rest.prefix(while: { $0 != quote })
          rest = rest.dropFirst(value.count).dropFirst()
        } else {
          value = rest.prefix(while: { !$0.isWhitespace && $0 != ">" })
          rest = rest.dropFirst(value.count)
        }
      }
      attributes[key.lowercased()] = HTMLEntities.decoded(value)
    }
    text = rest.dropFirst()
  }
}

/// Rebuilds the Markdown that a person would have typed.
private struct HTMLRenderer {
  let botUUID: String
  private var output = ""
  private var skipsMention = false
  private var isPreformatted = false
  private var lists: [Int?] = []
  private var links: [(address: String, start: Int)] = []
  private var emphasisStarts: [Int] = []
  /// After `<pre>`, until the language of its code is known.
  private var opensFence = false

  init(botUUID: String) { self.botUUID = botUUID }

  mutating func append(_ text: String) {
    guard !skipsMention else { return }
    closeFenceLine()
    output += text
  }

  mutating func handle(_ tag: MessageTag) {
    switch (tag.name, tag.isEnd) {
    case ("spark-mention", false), ("webex-mention", false):
      let id = tag.attributes["data-object-id"] ?? ""
      skipsMention = id == botUUID || WebexID(id)?.uuid == botUUID
      if !skipsMention { output += "@" }
    case ("spark-mention", true), ("webex-mention", true): skipsMention = false
    case ("br", _): output += "\n"
    case ("p", false), ("div", false), ("blockquote", false): startBlock()
    case ("p", true), ("div", true): output += "\n"
    case ("blockquote", true): output += "\n"
    case ("ul", false), ("ol", false):
      if lists.isEmpty { startBlock() }
      lists.append(tag.name == "ol" ? Int(tag.attributes["start"] ?? "") ?? 1 : nil)
    case ("ul", true), ("ol", true):
      _ = lists.popLast()
      output += "\n"
    case ("li", false):
      if !output.hasSuffix("\n") { output += "\n" }
      output += String(repeating: "  ", count: max(0, lists.count - 1))
      if let last = lists.last, let number = last {
        output += "\(number). "
        lists[lists.count - 1] = number + 1
      } else {
        output += "- "
      }
    case ("pre", false):
      startBlock()
      output += "```"
      (isPreformatted, opensFence) = (true, true)
    case ("code", false) where opensFence:
      let language = tag.attributes["class"]?.split(separator: " ").first {
        $0.hasPrefix("language-")
      }
      output += language?.dropFirst("language-".count) ?? ""
      closeFenceLine()
    case ("pre", true):
      closeFenceLine()
      output += output.hasSuffix("\n") ? "```\n" : "\n```\n"
      isPreformatted = false
    case ("code", _): if !isPreformatted { output += "`" }
    case ("strong", _), ("b", _): emphasize("**", isEnd: tag.isEnd)
    case ("em", _), ("i", _): emphasize("*", isEnd: tag.isEnd)
    case ("h1", false), ("h2", false), ("h3", false), ("h4", false):
      startBlock()
      output += String(repeating: "#", count: Int(tag.name.suffix(1)) ?? 1) + " "
    case ("h1", true), ("h2", true), ("h3", true), ("h4", true): output += "\n"
    case ("a", false): links.append((tag.attributes["href"] ?? "", output.utf8.count))
    case ("a", true):
      guard let link = links.popLast() else { return }
      let label = output.utf8.dropFirst(link.start)
      // A link whose text is its address reads better bare.
      let address = link.address.hasSuffix("/") ? link.address.dropLast() : link.address[...]
      guard !label.elementsEqual(link.address.utf8), !label.elementsEqual(address.utf8) else {
        return
      }
      let text = String(decoding: label, as: UTF8.self)
      output = String(decoding: output.utf8.prefix(link.start), as: UTF8.self)
      output += "[\(text)](\(link.address))"
    default: break
    }
  }

  /// Around nothing, as around the bot's own mention, there are no marks.
  private mutating func emphasize(_ mark: String, isEnd: Bool) {
    if isEnd, let start = emphasisStarts.popLast(), output.utf8.count == start + mark.utf8.count {
      output = String(decoding: output.utf8.prefix(start), as: UTF8.self)
    } else {
      if !isEnd { emphasisStarts.append(output.utf8.count) }
      output += mark
    }
  }

  private mutating func closeFenceLine() {
    if opensFence { output += "\n" }
    opensFence = false
  }

  private mutating func startBlock() {
    guard !output.isEmpty else { return }
    while !output.hasSuffix("\n\n") { output += "\n" }
  }

  func finished() -> String { output.trimmingWhitespace() }
}

enum HTMLEntities {
  private static let named = [
    "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " ", "hellip": "…",
    "ndash": "–", "mdash": "—", "lsquo": "‘", "rsquo": "’", "ldquo": "“", "rdquo": "”",
    "copy": "©", "reg": "®", "trade": "™", "euro": "€",
  ]

  static func decoded(_ text: Substring) -> String {
    guard text.contains("&") else { return String(text) }
    return String(text).replacing(/&(#[xX]?[0-9a-fA-F]{1,7}|[a-zA-Z]{2,8});/) { match -> String in
      let body = match.output.1
      guard body.first == "#" else { return named[String(body)] ?? String(match.output.0) }
      let digits = body.dropFirst()
      let value =
        digits.first?.lowercased() == "x"
        ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits, radix: 10)
      return value.flatMap(Unicode.Scalar.init).map { String(Character($0)) } ?? "\u{FFFD}"
    }
  }
}
