// Decides which addresses may ever see the bot's token. BearerTransport asks before every request.

/// Where the token may go: Webex's own hosts over TLS, and what the operator configured.
///
/// - `https`/`wss` on port 443 to a host below `webex.com`, `wbx2.com` or `ciscospark.com`, to
///   `webexapis.com`, or to a host below it;
/// - `https`/`wss` to the host and port of a base URL that the operator set;
/// - plain `http`/`ws`, and any loopback port, only where such a base URL is itself on loopback.
///
/// Addresses come from servers (catalog, device, `Link`, `files`), so anything that two URL parsers
/// might read differently (user information, backslashes, escapes, odd numbers) is refused.
public struct TokenHostPolicy: Sendable {
  private let operatorHosts: Set<HostAndPort>
  private let operatorIsOnLoopback: Bool

  /// `operatorURLs` are configured base URLs; one that is no plain URL allows nothing.
  public init(operatorURLs: [String] = []) {
    let addresses = operatorURLs.compactMap(PlainAddress.init)
    operatorHosts = Set(addresses.map(\.hostAndPort))
    operatorIsOnLoopback = addresses.contains { $0.isLoopback }
  }

  /// Throws `.hostNotAllowed` unless the token may be sent to this absolute URL.
  public func check(_ url: String) throws(WebexError) {
    guard let address = PlainAddress(url) else {
      throw WebexError(.hostNotAllowed, message: "the token goes to plain absolute URLs only")
    }
    guard allows(address) else {
      throw WebexError(
        .hostNotAllowed,
        message: "the token must not go to \(address.scheme)://\(address.host):\(address.port)")
    }
  }

  private func allows(_ address: PlainAddress) -> Bool {
    if address.isLoopback && operatorIsOnLoopback { return true }
    guard address.isSecure else { return false }
    if operatorHosts.contains(address.hostAndPort) { return true }
    return address.port == 443 && Self.isWebex(address.host)
  }

  private static func isWebex(_ host: String) -> Bool {
    host == "webexapis.com"
      || [".webex.com", ".wbx2.com", ".ciscospark.com", ".webexapis.com"].contains {
        host.hasSuffix($0) && host.utf8.count > $0.utf8.count
      }
  }
}

struct HostAndPort: Hashable, Sendable {
  let host: String
  let port: Int
}

/// The scheme, host and port of a URL that every parser reads alike; nil for any other.
struct PlainAddress: Sendable {
  let scheme: String
  /// Lower case; an IPv6 address keeps its brackets.
  let host: String
  let port: Int

  var hostAndPort: HostAndPort { HostAndPort(host: host, port: port) }
  var isSecure: Bool { scheme == "https" || scheme == "wss" }

  /// Canonical spellings only: `127.1`, `0x7f000001` and the like are somebody's trick.
  var isLoopback: Bool {
    if host == "localhost" || host == "[::1]" { return true }
    let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
    guard numbers.count == 4, numbers[0] == "127" else { return false }
    return numbers.allSatisfy { number in UInt8(number).map { "\($0)" == number } ?? false }
  }

  init?(_ url: String) {
    let bytes = Array(url.utf8)
    guard bytes.count <= 8_192, bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x5C }),
      let separator = url.range(ofASCII: "://")
    else { return nil }
    let scheme = url[..<separator.lowerBound].lowercased()
    let defaultPort: Int
    switch scheme {
    case "https", "wss": defaultPort = 443
    case "http", "ws": defaultPort = 80
    default: return nil
    }
    let authority = url[separator.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
      .lowercased()
    let host: Substring
    let portText: Substring
    if authority.hasPrefix("[") {
      guard let bracket = authority.firstIndex(of: "]") else { return nil }
      host = authority[...bracket]
      portText = authority[authority.index(after: bracket)...]
      guard host.dropFirst().dropLast().allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." })
      else { return nil }
    } else {
      host = authority.prefix { $0 != ":" }
      portText = authority.dropFirst(host.count)
      guard Self.isHostName(host) else { return nil }
    }
    if portText.isEmpty {
      port = defaultPort
    } else {
      let digits = portText.dropFirst()
      guard portText.first == ":", digits.utf8.count <= 5, digits.allSatisfy({ $0.isNumber }),
        let number = UInt16(digits), number > 0
      else { return nil }
      port = Int(number)
    }
    self.scheme = scheme
    self.host = String(host)
  }

  /// Non-empty labels of letters, digits, hyphens and underscores; so no trailing dot.
  private static func isHostName(_ host: Substring) -> Bool {
    guard (1...253).contains(host.utf8.count) else { return false }
    return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
      (1...63).contains(label.utf8.count)
        && label.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
    }
  }
}

extension String {
  /// The first place of a short text; FoundationEssentials has no `range(of:)` for strings.
  func range(ofASCII needle: String) -> Range<String.Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(needle) {
        return start..<index(start, offsetBy: needle.count)
      }
      start = index(after: start)
    }
    return nil
  }
}
