import CurlHTTP
import Foundation
import MercuryClient
import Testing

/// Servers that others wrote, over libcurl's connection: plain, through TLS with a private authority,
/// and through a CONNECT proxy.
@Suite("WebSocket against strangers", .serialized, .timeLimit(.minutes(3)))
struct WebSocketStrangerTests {
  enum Stranger: String, CaseIterable, Sendable { case python, node }

  @Test(
    "Python's websockets, over TCP", .enabled { Tools.require(Tools.hasWebsockets, "websockets") })
  func python() async throws {
    let server = try Self.pythonServer()
    try await Self.everything(HTTPClientConfiguration(), "ws://127.0.0.1:\(server.port)")
  }

  @Test("Node, over TCP", .enabled { Tools.require(Tools.hasNode, "node") })
  func node() async throws {
    let script = Fixture.supportDirectory.appendingPathComponent("websocket_server.mjs").path
    let server = try HelperProgram(["node", script])
    try await Self.everything(HTTPClientConfiguration(), "ws://127.0.0.1:\(server.port)")
  }

  @Test(
    "Python's websockets, over TLS with a private authority",
    .enabled { Tools.require(Tools.hasWebsockets && Tools.hasOpenSSL, "websockets or openssl") })
  func tls() async throws {
    let files = try Tools.makeCertificates()
    let server = try Self.pythonServer([files.certificate, files.key])
    var configuration = HTTPClientConfiguration()
    configuration.caFile = files.authority
    try await Self.everything(configuration, "wss://127.0.0.1:\(server.port)")

    // Without the authority there is no connection.
    let strict = try HTTPClient(configuration: HTTPClientConfiguration())
    await #expect(throws: HTTPError.self) {
      try await strict.connect("wss://127.0.0.1:\(server.port)/echo")
    }
    await strict.shutdown()
  }

  @Test(
    "Python's websockets, through tinyproxy's CONNECT, plain and TLS",
    .enabled {
      Tools.require(
        Tools.hasWebsockets && Tools.hasOpenSSL && Tools.hasProxy,
        "websockets, openssl or tinyproxy")
    })
  func proxy() async throws {
    let files = try Tools.makeCertificates()
    let plain = try Self.pythonServer()
    let secure = try Self.pythonServer([files.certificate, files.key])
    let script = Fixture.supportDirectory.appendingPathComponent("proxy.py").path
    let proxy = try HelperProgram([
      Tools.python, script, String(plain.port), String(secure.port),
    ])
    let address = "http://127.0.0.1:\(proxy.port)"
    var configuration = HTTPClientConfiguration()
    configuration.caFile = files.authority
    configuration.proxy = .explicit(http: address, https: address, noProxy: nil)
    try await Self.everything(configuration, "ws://127.0.0.1:\(plain.port)")
    try await Self.everything(configuration, "wss://127.0.0.1:\(secure.port)")
  }

  private static func pythonServer(_ arguments: [String] = []) throws -> HelperProgram {
    let script = Fixture.supportDirectory.appendingPathComponent("websocket_server.py").path
    return try HelperProgram([Tools.python, script] + arguments)
  }

  /// The whole repertoire against one server.
  private static func everything(
    _ configuration: HTTPClientConfiguration, _ base: String
  ) async throws {
    let http = try HTTPClient(configuration: configuration)
    func open(_ path: String) async throws -> WebSocketConnection {
      let stream = try await http.connect(base + path)
      return try await WebSocketConnection.open(
        base + path, headerFields: [("Authorization", "Bearer x")], over: stream)
    }
    let echo = try await open("/echo")
    for count in [0, 1, 125, 126, 65535, 65536, 3 << 20] {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
      try await echo.send(binary: bytes)
      #expect(try await echo.receive() == .binary(bytes))
    }
    try await echo.send(text: "ä€😀")
    #expect(try await echo.receive() == .text(Array("ä€😀".utf8)))
    try await echo.ping([1, 2, 3])
    #expect(try await echo.receive() == .pong([1, 2, 3]))
    await echo.close(code: 1000, reason: "done")
    guard case .close(1000, _) = try await echo.receive() else {
      Issue.record("the server answers the close")
      return
    }
    #expect(try await echo.receive() == nil)

    #expect(try await open("/greeting").receive() == .text(Array("hello".utf8)))
    #expect(try await open("/fragments").receive() == .text(Array("fragmented ä€😀".utf8)))
    #expect(try await open("/ping").receive() == .text(Array("ponged".utf8)))
    #expect(
      try await open("/big").receive()
        == .binary(Array(repeating: UInt8(ascii: "x"), count: 5 << 20)))
    for code in [1000, 1001, 4000] {
      #expect(try await open("/close/\(code)").receive() == .close(code: code, reason: "because ä"))
    }
    let dropped = try? await open("/drop").receive()
    #expect(dropped == .none || dropped == .some(nil), "a dropped connection is no message")
    await #expect {
      _ = try await open("/refuse")
    } throws: { error in
      let error = error as? WebSocketUpgradeError
      return error?.status == 429 && error?.retryAfter == "7"
    }
    await http.shutdown()
  }
}
