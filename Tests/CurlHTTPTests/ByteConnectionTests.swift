// Raw connections: plain, through TLS and through a proxy, against an echo.

import CurlHTTP
import Foundation
import HTTPTypes
import Testing

@Suite("Raw connections")
struct ByteConnectionTests {
  private func echoServer() throws -> TestServer {
    try TestServer { connection in
      while let some = connection.receiveSome() { try connection.send(some) }
    }
  }

  /// Writes and reads `bytes` at the same time, and compares.
  private func expectEcho(_ connection: ByteConnection, _ bytes: [UInt8]) async throws {
    async let writing: Void = {
      for start in stride(from: 0, to: bytes.count, by: 100_000) {
        try await connection.write(Array(bytes[start..<min(start + 100_000, bytes.count)]))
      }
    }()
    var received: [UInt8] = []
    while received.count < bytes.count, let chunk = try await connection.read() {
      #expect(!chunk.isEmpty)
      received += chunk
    }
    try await writing
    #expect(received == bytes)
  }

  private static let megabytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 17) }

  @Test("bytes go out and come back, by http and ws URLs alike", arguments: ["http", "ws"])
  func plain(scheme: String) async throws {
    let server = try echoServer()
    let client = try HTTPClient()
    let connection = try await client.connect("\(scheme)://127.0.0.1:\(server.port)/any/path")
    #expect(client.openTransfers == 1)
    try await connection.write(Array("hello".utf8))
    #expect(try await connection.read() == Array("hello".utf8))
    try await expectEcho(connection, Self.megabytes)
    connection.close()
    #expect(try await connection.read() == nil)
    await #expect(throws: HTTPError.self) { try await connection.write([1]) }
    #expect(try await eventually { clientSockets(to: server.port) == 0 })
    #expect(try await eventually { client.openTransfers == 0 })
  }

  @Test("the same through TLS with a private CA, and not with another")
  func tls() async throws {
    let certificates = try await Certificates.shared()
    let server = try await PythonTLSServer("echo")
    let client = try HTTPClient(configuration: .init(caFile: certificates.ca))
    let connection = try await client.connect("wss://127.0.0.1:\(server.port)/")
    try await expectEcho(connection, Self.megabytes)
    let stranger = try HTTPClient(configuration: .init(caFile: certificates.otherCA))
    let error = await #expect(throws: HTTPError.self) {
      _ = try await stranger.connect("wss://127.0.0.1:\(server.port)/")
    }
    #expect(error?.code == .certificate)
    #expect(error?.requestWasSent == false)
    #expect(try await eventually { stranger.openTransfers == 0 })
  }

  @Test("what a TLS server says first arrives whole, then its end")
  func serverTalksFirst() async throws {
    let certificates = try await Certificates.shared()
    let server = try await PythonTLSServer("talk")
    let client = try HTTPClient(configuration: .init(caFile: certificates.ca))
    let connection = try await client.connect("https://127.0.0.1:\(server.port)/")
    var received = 0
    while let chunk = try await connection.read() { received += chunk.count }
    #expect(received == 100_000)
    #expect(try await connection.read() == nil)
  }

  @Test(
    "through a proxy, plain targets too, with its password",
    arguments: [("http", false), ("wss", true), ("wss", false)])
  func proxy(scheme: String, hasPassword: Bool) async throws {
    let certificates = try await Certificates.shared()
    let proxy = try await TinyProxy(
      user: hasPassword ? "me" : nil, password: hasPassword ? "p-w" : nil)
    let url = "http://\(hasPassword ? "me:p%2Dw@" : "")127.0.0.1:\(proxy.port)"
    let client = try HTTPClient(
      configuration: .init(
        proxy: .explicit(http: url, https: url, noProxy: nil), caFile: certificates.ca))
    let plain = try echoServer()
    let secure = try await PythonTLSServer("echo")
    let port = scheme == "http" ? Int(plain.port) : secure.port
    let connection = try await client.connect("\(scheme)://127.0.0.1:\(port)/")
    try await expectEcho(connection, Array(Self.megabytes.prefix(500_000)))
    #expect(proxy.journal.contains("CONNECT 127.0.0.1:\(port)"))
    if hasPassword {
      let without = try HTTPClient(
        configuration: .init(proxy: .explicit(http: proxy.url, https: proxy.url, noProxy: nil)))
      let error = await #expect(throws: HTTPError.self) {
        _ = try await without.connect("\(scheme)://127.0.0.1:\(port)/")
      }
      #expect(error?.code == .proxy)
    }
  }

  @Test("the peer's end is nil, its reset an error", arguments: [true, false])
  func peerEnds(reset: Bool) async throws {
    let server = try TestServer { connection in
      _ = connection.receiveSome()
      if reset { connection.reset() }
    }
    let client = try HTTPClient()
    let connection = try await client.connect(server.url)
    try await connection.write([1])
    if reset {
      let error = await #expect(throws: HTTPError.self) { _ = try await connection.read() }
      #expect(error?.code == .connectionLost)
    } else {
      #expect(try await connection.read() == nil)
    }
    await #expect(throws: HTTPError.self) {
      while true { try await connection.write([UInt8](repeating: 0, count: 100_000)) }
    }
    #expect(try await eventually { client.openTransfers == 0 })
    #expect(try await eventually { clientSockets(to: server.port) == 0 })
  }

  @Test("a cancelled read loses no byte, and the connection goes on")
  func cancelRead() async throws {
    let server = try echoServer()
    let client = try HTTPClient()
    let connection = try await client.connect(server.url)
    for round in 0..<20 {
      let reading = Task { try await connection.read() }
      if round.isMultiple(of: 2) { try await Task.sleep(for: .milliseconds(5)) }
      reading.cancel()
      await #expect(throws: CancellationError.self) { _ = try await reading.value }
      try await connection.write([UInt8(round)])
      #expect(try await connection.read() == [UInt8(round)])
    }
  }

  @Test("a peer that reads nothing stops the writer; closing releases it")
  func writeBackPressure() async throws {
    let isTestOver = Locked(false)
    let server = try TestServer { _ in
      while !isTestOver.current { usleep(10_000) }
    }
    let client = try HTTPClient()
    let connection = try await client.connect(server.url)
    let written = Locked(0)
    let writing = Task {
      for _ in 0..<1_000 {
        try await connection.write([UInt8](repeating: 1, count: 1 << 20))
        written.withLock { $0 += 1 }
      }
    }
    var last = -1
    while written.current != last {
      last = written.current
      try await Task.sleep(for: .milliseconds(300))
    }
    #expect(written.current < 64)
    connection.close()
    let error = await #expect(throws: HTTPError.self) { try await writing.value }
    #expect(error?.code == .connectionLost)
    #expect(try await eventually { client.openTransfers == 0 })
    isTestOver.withLock { $0 = true }
  }

  @Test("dropping a connection, or cancelling its making, closes the socket")
  func dropped() async throws {
    let server = try echoServer()
    let client = try HTTPClient()
    do {
      let connection = try await client.connect(server.url)
      try await connection.write([1])
    }
    #expect(try await eventually { clientSockets(to: server.port) == 0 })

    // TLS towards a server that never says a word.
    let silent = try TestServer { $0.waitForClose() }
    let task = Task {
      try await client.connect(
        "https://127.0.0.1:\(silent.port)/", connectTimeout: .seconds(600))
    }
    #expect(try await eventually { silent.accepted == 1 })
    task.cancel()
    await #expect(throws: CancellationError.self) { _ = try await task.value }
    #expect(try await eventually { clientSockets(to: silent.port) == 0 })
    let error = await #expect(throws: HTTPError.self) {
      _ = try await client.connect(
        "https://127.0.0.1:\(silent.port)/", connectTimeout: .milliseconds(300))
    }
    #expect(error?.code == .connectTimeout)
    #expect(try await eventually { client.openTransfers == 0 })
  }

  @Test("a raw connection outlives the pruning of the client's idle pool")
  func survivesPruning() async throws {
    let server = try echoServer()
    let pages = try TestServer { connection in
      while connection.request() != nil { try connection.respond() }
    }
    let client = try HTTPClient(configuration: .init(maximumIdleAge: .seconds(1)))
    let connection = try await client.connect(server.url)
    for round in 0..<3 {
      try await Task.sleep(for: .milliseconds(1_100))
      _ = try await client.data(HTTPRequest(method: .get, url: pages.url))
      try await connection.write([UInt8(round)])
      #expect(try await connection.read() == [UInt8(round)])
    }
  }
}
