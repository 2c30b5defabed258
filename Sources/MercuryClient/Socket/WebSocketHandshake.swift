// The opening handshake (RFC 6455 §4), client side, as bytes: the request, and the check of the
// response's head. Nothing here knows a socket.

/// An upgrade that did not happen.
package struct WebSocketUpgradeError: Error, Sendable, Equatable {
  /// The HTTP status; nil when the answer was not HTTP, or a 101 that does not prove itself.
  package let status: Int?
  /// The raw header field.
  package let retryAfter: String?
  package let reason: String
}

package struct WebSocketHandshake: Sendable {
  /// Base64 of 16 random bytes.
  package let key: String
  package let target: Target

  /// Where a ws or wss URL points.
  package struct Target: Sendable, Equatable {
    package let isSecure: Bool
    /// Host and port as in the URL.
    package let authority: String
    /// Path and query.
    package let resource: String

    /// nil unless it is an absolute ws, wss, http or https URL without user info or odd characters.
    package init?(_ url: String) {
      guard let separator = url.utf8Range(of: "://") else { return nil }
      switch url[..<separator.lowerBound].lowercased() {
      case "ws", "http": isSecure = false
      case "wss", "https": isSecure = true
      default: return nil
      }
      var rest = url[separator.upperBound...]
      if let fragment = rest.firstIndex(of: "#") { rest = rest[..<fragment] }
      guard rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
      let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
      authority = String(rest[..<end])
      guard !authority.isEmpty, !authority.contains("@") else { return nil }
      let tail = rest[end...]
      resource = tail.hasPrefix("/") ? String(tail) : "/" + tail
    }
  }

  package init(target: Target, nonce: (UInt64, UInt64)) {
    self.target = target
    key = withUnsafeBytes(of: nonce) { Base64.encode(Array($0)) }
  }

  /// - Parameter headerFields: further fields; one with a control character is refused.
  package func request(
    headerFields: [(name: String, value: String)]
  ) throws(WebSocketUpgradeError) -> [UInt8] {
    var lines = [
      "GET \(target.resource) HTTP/1.1", "Host: \(target.authority)", "Upgrade: websocket",
      "Connection: Upgrade", "Sec-WebSocket-Key: \(key)", "Sec-WebSocket-Version: 13",
    ]
    for field in headerFields {
      guard field.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
        throw WebSocketUpgradeError(
          status: nil, retryAfter: nil, reason: "a control character in the field \(field.name)")
      }
      lines.append("\(field.name): \(field.value)")
    }
    return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
  }

  /// What `Sec-WebSocket-Accept` must be (§4.2.2).
  package static func accept(for key: String) -> String {
    Base64.encode(SHA1.hash(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
  }

  /// §4.1, the client's checks of the response. No extension and no subprotocol was offered, so none
  /// may come back.
  package func check(_ head: HTTPResponseHead) throws(WebSocketUpgradeError) {
    guard head.status == 101 else {
      throw WebSocketUpgradeError(
        status: head.status, retryAfter: head["retry-after"],
        reason: "the server answered \(head.status) to the upgrade")
    }
    let problem: String? =
      if head["upgrade"]?.lowercased() != "websocket" {
        "no Upgrade: websocket"
      } else if !head.tokens("connection").contains("upgrade") {
        "no Connection: Upgrade"
      } else if head["sec-websocket-accept"] != Self.accept(for: key) {
        "a wrong Sec-WebSocket-Accept"
      } else if head["sec-websocket-extensions"].map({ !$0.isEmpty }) ?? false {
        "an extension that was not asked for"
      } else if head["sec-websocket-protocol"] != nil {
        "a subprotocol that was not asked for"
      } else {
        nil
      }
    if let problem {
      throw WebSocketUpgradeError(status: nil, retryAfter: nil, reason: "the 101 has \(problem)")
    }
  }
}

extension String {
  fileprivate func utf8Range(of part: String) -> Range<Index>? {
    let pattern = Array(part.utf8)
    var start = utf8.startIndex
    while let end = utf8.index(start, offsetBy: pattern.count, limitedBy: utf8.endIndex) {
      if utf8[start..<end].elementsEqual(pattern) { return start..<end }
      start = utf8.index(after: start)
    }
    return nil
  }
}
