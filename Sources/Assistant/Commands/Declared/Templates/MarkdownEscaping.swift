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
    var scalars = safe.unicodeScalars
    if let open = scalars.lastIndex(of: "<"), !scalars[open...].contains(">") {
      scalars.insert(contentsOf: joiner.unicodeScalars, at: scalars.index(after: open))
    }
    // What no reader sees may stand before the sign.
    let first = scalars.first { !$0.properties.isDefaultIgnorableCodePoint }
    return first == "@" ? joiner + String(scalars) : String(scalars)
  }

  /// As plain words on one line. Scalar by scalar: a mark with something combined to it is another
  /// Character, but the same mark to a client.
  static func escaped(_ text: String) -> String {
    var out = String.UnicodeScalarView()
    var atStart = true
    var isNumber = false
    var pendingBlank = false
    for scalar in text.unicodeScalars {
      if scalar.properties.isWhitespace {
        pendingBlank = !out.isEmpty
        continue
      }
      if scalar.properties.generalCategory == .control { continue }
      if pendingBlank { out.append(" ") }
      pendingBlank = false
      switch scalar {
      case "\\", "`", "*", "_", "[", "]", "<", ">", "&", "~", "|": out.append("\\")
      // A list, heading or rule, if the value stands at a line's front.
      case "-", "+", "=", "#": if atStart { out.append("\\") }
      case ".", ")": if isNumber { out.append("\\") }
      default: break
      }
      out.append(scalar)
      isNumber = (atStart || isNumber) && ("0"..."9").contains(scalar)
      atStart = false
    }
    if pendingBlank { out.append(" ") }
    return String(out)
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
    var out = String.UnicodeScalarView()
    var run = 0
    var last: Unicode.Scalar?
    for scalar in text.unicodeScalars {
      defer { last = scalar }
      if scalar == "\n", last == "\r" { continue }
      if scalar == "`" || scalar == "~" {
        run = out.last == scalar ? run + 1 : 1
        // A third one in a row would be a fence.
        if run == 3 {
          out.append(contentsOf: joiner.unicodeScalars)
          run = 1
        }
      }
      out.append(scalar == "\r" ? "\n" : scalar)
    }
    return withoutMentions(String(out))
  }
}
