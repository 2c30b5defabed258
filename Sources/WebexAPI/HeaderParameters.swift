// The `; name=value` tail of a header (RFC 9110 §5.6.6), for Link and Content-Disposition.

/// Parameters by lower-case name; the first of a name counts (RFC 8288 §3.3 for `rel`).
struct HeaderParameters: Sendable {
  private var values: [String: String] = [:]

  subscript(name: String) -> String? { values[name] }

  /// `header` begins with the value proper, which ends at the first semicolon.
  init(_ header: String) {
    for parameter in Self.split(header, at: ";").dropFirst() {
      let name = parameter.prefix { $0 != "=" }
      var value = parameter.dropFirst(name.count + 1).trimmingCharacters(where: \.isWhitespace)
      if value.hasPrefix("\""), value.hasSuffix("\""), value.count >= 2 {
        value = Self.unescape(value.dropFirst().dropLast())
      }
      let key = name.trimmingCharacters(where: \.isWhitespace).lowercased()
      if values[key] == nil { values[key] = value }
    }
  }

  /// Splits outside quoted strings and outside `<…>`.
  static func split(_ text: String, at separator: Character) -> [String] {
    var parts = [""]
    var isQuoted = false
    var isEscaped = false
    var isInTarget = false
    for character in text {
      if character == separator, !isQuoted, !isInTarget {
        parts.append("")
        continue
      }
      if isQuoted {
        if isEscaped {
          isEscaped = false
        } else if character == "\\" {
          isEscaped = true
        } else if character == "\"" {
          isQuoted = false
        }
      } else if character == "\"", !isInTarget {
        isQuoted = true
      } else if character == "<" {
        isInTarget = true
      } else if character == ">" {
        isInTarget = false
      }
      parts[parts.count - 1].append(character)
    }
    return parts
  }

  private static func unescape(_ text: Substring) -> String {
    var plain = ""
    var isEscaped = false
    for character in text {
      if character == "\\", !isEscaped {
        isEscaped = true
      } else {
        plain.append(character)
        isEscaped = false
      }
    }
    return plain
  }
}
