// Reads single values: nil means "not acceptable", the sentence about it is `SettingKey.accepts`.
import Assistant
import FoundationEssentials
import WebexAPI

enum SettingValue {
  static func line(_ text: String) -> String? {
    text.unicodeScalars.contains { $0.properties.generalCategory == .control } ? nil : text
  }

  static func deviceName(_ text: String) -> String? {
    let isPrintable = text.utf8.allSatisfy { (0x20...0x7e).contains($0) }
    return isPrintable && (1...64).contains(text.utf8.count) ? text : nil
  }

  static func boolean(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "true", "yes", "on", "1": true
    case "false", "no", "off", "0": false
    default: nil
    }
  }

  /// How many at once.
  static func count(_ text: String) -> Int? {
    Int(text).flatMap { (1...1000).contains($0) ? $0 : nil }
  }

  /// `on`, `off`, or names with commas between them.
  static func footer(_ text: String) -> ReplyFooter? {
    if let all = boolean(text) { return all ? .all : [] }
    let names: [String: ReplyFooter] = [
      "model": .model, "tokens": .tokens, "cost": .cost, "seconds": .seconds,
    ]
    guard let parts = list(text, { names[$0.lowercased()] }), !parts.isEmpty else { return nil }
    return ReplyFooter(parts)
  }

  /// An http or https base URL without trailing slashes.
  static func url(_ text: String) -> String? {
    guard let parts = parsed(text, schemes: ["http", "https"]),
      parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil
    else { return nil }
    var text = text
    while text.hasSuffix("/") { text.removeLast() }
    return text
  }

  /// The token goes there, so plain http is for loopback alone.
  static func webexURL(_ text: String) -> String? {
    guard let url = url(text), let parts = parsed(url, schemes: ["http", "https"]) else {
      return nil
    }
    return parts.scheme?.lowercased() == "https" || Loopback.contains(parts.host ?? "") ? url : nil
  }

  /// curl takes a proxy without a scheme as http; user and password may be in it.
  static func proxy(_ text: String) -> String? {
    let schemes = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"]
    let url = text.contains("://") ? text : "http://\(text)"
    return parsed(url, schemes: schemes) == nil ? nil : text
  }

  private static func parsed(_ text: String, schemes: [String]) -> URLComponents? {
    guard let url = URL(string: text, encodingInvalidCharacters: false),
      let parts = URLComponents(url: url, resolvingAgainstBaseURL: false),
      let scheme = parts.scheme?.lowercased(), schemes.contains(scheme),
      let host = parts.host, !host.isEmpty,
      parts.port.map({ (1...65535).contains($0) }) ?? true
    else { return nil }
    return parts
  }

  /// nil when one item is not acceptable or no item is left.
  static func list<Item>(_ text: String, _ item: (String) -> Item?) -> [Item]? {
    let texts = text.split(separator: ",").map(\.trimmed).filter { !$0.isEmpty }
    let items = texts.compactMap(item)
    return items.isEmpty || items.count < texts.count ? nil : items
  }

  /// `*` stands for any characters, as `AccessPolicy` reads it.
  static func emailAddress(_ text: String) -> String? {
    let parts = text.lowercased().split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, isHostName(parts[1], also: "*"),
      !text.contains(where: \.isWhitespace)
    else { return nil }
    return text.lowercased()
  }

  /// "@example.com" is taken for "example.com"; ".example.com" stays, it admits subdomains.
  static func domain(_ text: String) -> String? {
    let text = text.lowercased()
    let name = text.hasPrefix("@") ? String(text.dropFirst()) : text
    return isHostName(name.hasPrefix(".") ? name.dropFirst() : name[...], also: nil) ? name : nil
  }

  private static func isHostName(_ name: Substring, also extra: Character?) -> Bool {
    name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
      !label.isEmpty
        && label.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == extra }
    }
  }

  /// The id of REST, a uuid or a link; but for the id of something else, any text is taken: Webex
  /// alone can tell which ids the spaces of a title have, so a title is refused after the start.
  static func roomID(_ text: String) -> String? {
    if AccessPolicy.roomUUID(text) != nil { return text }
    let isAddress = text.contains("://") || WebexID(text) != nil
    return isAddress ? nil : line(text)
  }

  /// A sentence, or nil for `off`.
  static func deniedReply(_ text: String) -> String?? {
    if text.lowercased() == "off" { return .some(nil) }
    return text.utf8.count <= 1_000 ? .some(text) : nil
  }

  /// A refused value as it may be printed: short, on one line, without a URL's user, password and
  /// query. `isURL`: it was meant for one, even if its scheme is missing.
  static func shown(_ text: String, isURL: Bool) -> String {
    var text = text
    let scheme = text.firstRange(of: "://")
    if isURL || scheme != nil {
      // First the user: a password may have a "?" in it.
      let start = scheme?.upperBound ?? text.startIndex
      if let at = text[start...].lastIndex(of: "@") {
        text.replaceSubrange(start..<at, with: "<redacted>")
      }
      if let query = text.firstIndex(of: "?") {
        text.replaceSubrange(query..., with: "?<redacted>")
      }
    }
    return "\"\(onOneLine(text))\""
  }

  /// At most 80 characters, none of them a control character.
  static func onOneLine(_ text: String) -> String {
    let line = text.unicodeScalars.map {
      $0.properties.generalCategory == .control ? "?" : String($0)
    }.joined()
    return line.count > 80 ? "\(line.prefix(80))…" : line
  }
}

/// The addresses of this machine alone.
enum Loopback {
  static func contains(_ host: String) -> Bool {
    let host = host.lowercased().trimmingBrackets
    if host == "localhost" || host == "::1" { return true }
    let octets = host.split(separator: ".", omittingEmptySubsequences: false)
    return octets.count == 4 && octets[0] == "127" && octets.allSatisfy { UInt8($0) != nil }
  }
}

extension String {
  /// "[::1]" → "::1".
  var trimmingBrackets: String {
    hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : self
  }
}
