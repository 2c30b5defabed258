// Where the health end points listen: `ADMIN_ADDRESS`.

/// A loopback socket or nothing. Other interfaces wait until the end points have a password.
enum AdminAddress: Hashable, Sendable, CustomStringConvertible {
  case off
  /// `host` is a literal loopback address, without brackets; port 0 takes any free one.
  case socket(host: String, port: UInt16)

  init?(_ text: String) {
    if text.lowercased() == "off" {
      self = .off
      return
    }
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...])
    else { return nil }
    let name = String(text[..<colon])
    let host = name.trimmingBrackets
    // "::1:8080" is ambiguous: an IPv6 address needs its brackets.
    guard Loopback.contains(host), !host.contains(":") || host != name else { return nil }
    self = .socket(host: host.lowercased() == "localhost" ? "127.0.0.1" : host, port: port)
  }

  var description: String {
    switch self {
    case .off: "off"
    case .socket(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
  }
}
