// Between `HTTPRequest`'s pseudo headers and the URL strings that configuration and links hold.

public import HTTPTypes

extension HTTPRequest {
  /// A request for an absolute `http` or `https` URL (`ws` and `wss` mean the same here). The
  /// fragment is dropped.
  ///
  /// - Throws: `.badURL` for another scheme, no host, user info, blanks or control characters.
  public init(method: Method, url: String, headerFields: HTTPFields = [:]) throws(HTTPError) {
    let parts = try URLParts(url)
    self.init(
      method: method, scheme: parts.scheme, authority: parts.authority, path: parts.path,
      headerFields: headerFields)
  }

  /// The absolute URL, or `nil` where scheme or authority is missing.
  public var urlString: String? {
    guard let scheme, let authority else { return nil }
    return "\(scheme)://\(authority)\(path ?? "/")"
  }
}

/// The pieces of an absolute URL as RFC 3986 §3 cuts them, without normalisation.
struct URLParts: Equatable {
  var scheme: String
  /// `host[:port]`, host in lower case.
  var authority: String
  /// Path and query, at least "/".
  var path: String

  init(_ url: String) throws(HTTPError) {
    func bad(_ why: String) -> HTTPError { HTTPError(code: .badURL, message: why) }
    guard url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }) else {
      throw bad("a URL with blanks, backslashes or control characters")
    }
    guard let colon = url.utf8.firstIndex(of: UInt8(ascii: ":")) else {
      throw bad("a URL without a scheme")
    }
    switch url[..<colon].lowercased() {
    case "http", "ws": scheme = "http"
    case "https", "wss": scheme = "https"
    default: throw bad("a URL whose scheme is neither http nor https")
    }
    var rest = url[url.utf8.index(after: colon)...]
    guard rest.utf8.starts(with: "//".utf8) else { throw bad("a URL without a host") }
    rest = rest.dropFirst(2)
    if let hash = rest.utf8.firstIndex(of: UInt8(ascii: "#")) { rest = rest[..<hash] }
    let end = rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }
    authority = rest[..<(end ?? rest.endIndex)].lowercased()
    guard !authority.utf8.contains(UInt8(ascii: "@")) else {
      throw bad("a URL with user info; send an Authorization header instead")
    }
    guard !authority.isEmpty, !authority.hasPrefix(":") else { throw bad("a URL without a host") }
    let tail = end.map { String(rest[$0...]) } ?? ""
    path = tail.utf8.first == UInt8(ascii: "/") ? tail : "/" + tail
  }

  var urlString: String { "\(scheme)://\(authority)\(path)" }

  /// The host without port and brackets.
  var host: String {
    if authority.hasPrefix("["), let close = authority.firstIndex(of: "]") {
      return String(authority[authority.index(after: authority.startIndex)..<close])
    }
    return authority.lastIndex(of: ":").map { String(authority[..<$0]) } ?? authority
  }

  /// Never leaves this machine: RFC 6761 §6.3 `localhost`, RFC 1122 127/8, `::1`.
  var isLoopback: Bool {
    if host == "localhost" || host.hasSuffix(".localhost") || host == "::1" { return true }
    let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    return numbers.count == 4 && numbers.allSatisfy { $0 != nil } && numbers[0] == 127
  }
}
