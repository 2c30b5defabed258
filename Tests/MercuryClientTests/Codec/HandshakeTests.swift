import MercuryClient
import Testing

@Suite("WebSocket handshake")
struct HandshakeTests {
  @Test("computes the accept value of RFC 6455 §1.3")
  func accept() {
    #expect(
      WebSocketHandshake.accept(for: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
  }

  @Test(
    "hashes over every border of the padding as openssl does",
    arguments: [
      (19, "yzaGyu0mcUukN7CdsSwa30tnCpc="), (20, "dUYRM7bOMwDmbriNIPr11x+r3E0="),
      (27, "NCEiOv6lMC9mC8oEZnneqRdJ4DU="), (28, "xMWmCBqYJY4uXzUs8PNU1t+Pzro="),
      (91, "sb26ARy9y9Mjs7qWrVan4FrLgc8="),
    ])
  func sha1Padding(_ length: Int, _ expected: String) {
    // The GUID adds 36 bytes: 55, 56, 63, 64 and 127 in all.
    #expect(WebSocketHandshake.accept(for: String(repeating: "a", count: length)) == expected)
  }

  @Test("reads ws and wss addresses, and refuses what is odd")
  func targets() throws {
    let target = try #require(
      WebSocketHandshake.Target("wss://mercury.wbx2.com:8443/v1/apps?x=1&y=2#part"))
    #expect(target.isSecure && target.authority == "mercury.wbx2.com:8443")
    #expect(target.resource == "/v1/apps?x=1&y=2")
    #expect(WebSocketHandshake.Target("ws://h")?.resource == "/")
    #expect(WebSocketHandshake.Target("ws://h?q")?.resource == "/?q")
    for odd in [
      "", "h/p", "ftp://h/", "ws://", "ws://u:p@h/", "ws://h/a b", "ws://h/\r\nX: y", "ws://h/ä",
    ] {
      #expect(WebSocketHandshake.Target(odd) == nil, "\(odd)")
    }
  }

  @Test("writes a request that RFC 6455 §4.1 asks for, and no smuggled field")
  func request() throws {
    let handshake = try handshake()
    let text = String(
      decoding: try handshake.request(headerFields: [("Authorization", "Bearer x")]), as: UTF8.self)
    #expect(
      text == """
        GET /p?q=1 HTTP/1.1\r
        Host: example.com\r
        Upgrade: websocket\r
        Connection: Upgrade\r
        Sec-WebSocket-Key: \(handshake.key)\r
        Sec-WebSocket-Version: 13\r
        Authorization: Bearer x\r
        \r\n
        """)
    #expect(throws: WebSocketUpgradeError.self) {
      try handshake.request(headerFields: [("X", "a\r\nY: b")])
    }
  }

  @Test("hands back the bytes that came with the 101, however they were cut")
  func bytesAfterTheHead() throws {
    let handshake = try handshake()
    let frame: [UInt8] = [0x81, 1, 0x61]
    let bytes = Array(response(handshake).utf8) + frame
    for size in [1, 2, 7, 50, bytes.count] {
      var parser = HTTPResponseHeadParser()
      var result: (head: HTTPResponseHead, rest: [UInt8])?
      var offset = 0
      while result == nil {
        let end = min(offset + size, bytes.count)
        result = try parser.receive(Array(bytes[offset..<end]))
        offset = end
      }
      let (head, rest) = try #require(result)
      try handshake.check(head)
      #expect(rest + bytes[offset...] == frame)
    }
  }

  @Test(
    "refuses a 101 that does not prove itself",
    arguments: [
      ("Upgrade: websocket", "Upgrade: h2c"), ("Connection: Upgrade", "Connection: close"),
      ("Sec-WebSocket-Accept: ", "Sec-WebSocket-Accept: x"),
      ("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"),
      ("\r\n\r\n", "\r\nSec-WebSocket-Protocol: chat\r\n\r\n"),
    ])
  func wrongAnswers(_ good: String, _ bad: String) throws {
    let handshake = try handshake()
    let text = response(handshake)
    #expect(text.contains(good))
    var parser = HTTPResponseHeadParser()
    let head = try #require(try parser.receive(Array(Self.replace(good, bad, in: text).utf8))).head
    #expect(throws: WebSocketUpgradeError.self) { try handshake.check(head) }
  }

  @Test("accepts several connection tokens in any case")
  func connectionTokens() throws {
    let handshake = try handshake()
    let text = Self.replace(
      "Connection: Upgrade", "connection: keep-alive, UPGRADE", in: response(handshake))
    var parser = HTTPResponseHeadParser()
    try handshake.check(try #require(try parser.receive(Array(text.utf8))).head)
  }

  @Test("tells the status and Retry-After of a refusal, after interim answers")
  func refusal() throws {
    let handshake = try handshake()
    var parser = HTTPResponseHeadParser()
    let text =
      "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 429 Too Many\r\nRetry-After: 7\r\n\r\nbody"
    let head = try #require(try parser.receive(Array(text.utf8))).head
    #expect {
      try handshake.check(head)
    } throws: { error in
      let error = error as? WebSocketUpgradeError
      return error?.status == 429 && error?.retryAfter == "7"
    }
  }

  @Test(
    "refuses a head that is not HTTP, or has no end",
    arguments: [
      "SSH-2.0-x\r\n\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 xyz\r\n\r\n",
      "HTTP/1.1 101 x\r\nno colon\r\n\r\n",
      "HTTP/1.1 101 x\r\nbad name: y\r\n\r\n", String(repeating: "x", count: 40_000),
    ])
  func malformed(_ text: String) {
    var parser = HTTPResponseHeadParser()
    #expect(throws: WebSocketUpgradeError.self) { try parser.receive(Array(text.utf8)) }
  }

  private func handshake() throws -> WebSocketHandshake {
    WebSocketHandshake(
      target: try #require(WebSocketHandshake.Target("wss://example.com/p?q=1")), nonce: (1, 2))
  }

  private func response(_ handshake: WebSocketHandshake) -> String {
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      + "Sec-WebSocket-Accept: \(WebSocketHandshake.accept(for: handshake.key))\r\n\r\n"
  }

  /// The first occurrence only.
  private static func replace(_ old: String, _ new: String, in text: String) -> String {
    var bytes = Array(text.utf8)
    let pattern = Array(old.utf8)
    for at in 0...(bytes.count - pattern.count)
    where Array(bytes[at..<at + pattern.count]) == pattern {
      bytes.replaceSubrange(at..<at + pattern.count, with: Array(new.utf8))
      break
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
