// Foreign text inside Markdown: a service's answer, an argument, a display name.

enum MarkdownEscaping {
  private static let joiner = "\u{2060}"

  /// The text with its Markdown, but without mentions, also such as begin here and end in the
  /// template or in the next value.
  static func withoutMentions(_ text: String) -> String {
    var safe = ""
    var mentions = MentionGuard()
    mentions.push(Array(text.utf8), into: &safe)
    mentions.finish(into: &safe)
    if let open = safe.lastIndex(of: "<"), !safe[open...].contains(">") {
      safe.insert(contentsOf: joiner, at: safe.index(after: open))
    }
    return safe.hasPrefix("@") ? joiner + safe : safe
  }

  /// As plain words on one line.
  static func escaped(_ text: String) -> String {
    var out = ""
    var atStart = true
    var isNumber = false
    var pendingBlank = false
    for character in text {
      if character.isWhitespace || character.isNewline {
        pendingBlank = !out.isEmpty
        continue
      }
      if character.unicodeScalars.allSatisfy({ $0.properties.generalCategory == .control }) {
        continue
      }
      if pendingBlank { out.append(" ") }
      pendingBlank = false
      switch character {
      case "\\", "`", "*", "_", "[", "]", "<", ">", "&", "~", "|":
        out += "\\\(character)"
      // A list, heading or rule, if the value stands at a line's front.
      case "-", "+", "=", "#":
        out += atStart ? "\\\(character)" : "\(character)"
      case ".", ")":
        out += isNumber ? "\\\(character)" : "\(character)"
      default:
        out.append(character)
      }
      isNumber = (atStart || isNumber) && character.isASCII && character.isNumber
      atStart = false
    }
    if pendingBlank { out.append(" ") }
    return out
  }

  /// For the brackets of a link; empty for what is no web address.
  static func linkTarget(_ text: String) -> String {
    guard ["https://", "http://"].contains(where: { text.lowercased().hasPrefix($0) }) else {
      return ""
    }
    let unsafe: Set<UInt8> = Set("()<>[]\"\\^`{|}*_~!".utf8)
    return text.utf8.reduce(into: "") { out, byte in
      let isPlain = byte > 0x20 && byte < 0x7F && !unsafe.contains(byte)
      out +=
        isPlain || byte == UInt8(ascii: "_")
        ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
  }

  /// For the inside of a code block: nothing in it ends the block.
  static func insideFence(_ text: String) -> String {
    let shown = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
    var out = ""
    var run = 0
    for character in shown {
      if character == "`" || character == "~" {
        run = out.last == character ? run + 1 : 1
        // A third one in a row would be a fence.
        if run == 3 {
          out += joiner
          run = 1
        }
      }
      out.append(character)
    }
    return withoutMentions(out)
  }
}
