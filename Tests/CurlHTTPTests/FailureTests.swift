// Everything that can go wrong on the way has its own code.

import CurlHTTP
import Foundation
import Glibc
import HTTPTypes
import Testing

@Suite("Failures")
struct FailureTests {
  private func failure(
    _ url: String, method: HTTPRequest.Method = .get, timeouts: HTTPTimeouts? = nil,
    body: HTTPRequestBody = .none, client: HTTPClient? = nil
  ) async throws -> HTTPError? {
    let client = try client ?? HTTPClient(configuration: .init(proxy: .none))
    let request = try HTTPRequest(method: method, url: url)
    let error = await #expect(throws: HTTPError.self) {
      _ = try await client.data(request, body: body, options: .init(timeouts: timeouts))
    }
    #expect(client.openTransfers == 0)
    return error
  }

  @Test("nothing listening is .refused, and nothing was sent")
  func refused() async throws {
    let (fd, port) = try TestServer.listen(backlog: nil)
    defer { close(fd) }
    let error = try await failure("http://127.0.0.1:\(port)/")
    #expect(error?.code == .refused)
    #expect(error?.requestWasSent == false)
    #expect(error?.receivedResponseBytes == false)
  }

  @Test("a name without an address is .resolve")
  func unresolvable() async throws {
    // `.invalid` never resolves (RFC 6761); a machine without a resolver may only time out.
    let error = try await failure(
      "http://no-such-host.invalid/", timeouts: .init(connect: .seconds(30)))
    #expect(error?.code == .resolve)
    #expect(error?.requestWasSent == false)
  }

  @Test("a host that does not take the connection is .connectTimeout")
  func connectTimeout() async throws {
    let (listener, port) = try TestServer.listen(backlog: 0)
    defer { close(listener) }
    // Fill the accept queue, so that further SYNs are dropped.
    var fillers: [Int32] = []
    for _ in 0..<4 {
      let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
      _ = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          Glibc.connect(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      fillers.append(fd)
    }
    defer { for fd in fillers { close(fd) } }
    try await Task.sleep(for: .milliseconds(50))
    let error = try await failure(
      "http://127.0.0.1:\(port)/", timeouts: .init(connect: .milliseconds(400)))
    #expect(error?.code == .connectTimeout)
    #expect(error?.requestWasSent == false)
  }

  @Test("a server that never answers is .firstByteTimeout")
  func firstByteTimeout() async throws {
    let server = try TestServer { connection in
      _ = connection.request()
      connection.waitForClose()
    }
    let error = try await failure(
      server.url, timeouts: .init(firstByte: .milliseconds(300), idle: .milliseconds(50)))
    #expect(error?.code == .firstByteTimeout)
    #expect(error?.requestWasSent == true)
    #expect(error?.receivedResponseBytes == false)
  }

  @Test("a stream that stops is .idleTimeout, and what came before it is still read")
  func idleTimeout() async throws {
    let server = try TestServer { connection in
      _ = connection.request()
      try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
      connection.waitForClose()
    }
    let client = try HTTPClient()
    let (_, body) = try await client.send(
      HTTPRequest(method: .get, url: server.url),
      options: .init(timeouts: .init(idle: .milliseconds(300))))
    var received: [UInt8] = []
    let error = await #expect(throws: HTTPError.self) {
      for try await chunk in body { received += chunk }
    }
    #expect(error?.code == .idleTimeout)
    #expect(error?.receivedResponseBytes == true)
    #expect(received == Array("abc".utf8))
  }

  @Test("any byte resets the idle time")
  func idleReset() async throws {
    let server = try TestServer { connection in
      _ = connection.request()
      try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
      for _ in 0..<10 {
        usleep(400_000)
        try connection.send(":")
      }
    }
    let client = try HTTPClient()
    let (_, body) = try await client.data(
      HTTPRequest(method: .get, url: server.url), options: .init(timeouts: .init(idle: .seconds(3)))
    )
    #expect(body.count == 10)
  }

  @Test("a transfer over its total is .deadlineExceeded, however lively")
  func deadline() async throws {
    let server = try TestServer { connection in
      _ = connection.request()
      try connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
      while true {
        try connection.send("tick\n")
        usleep(10_000)
      }
    }
    let error = try await failure(server.url, timeouts: .init(total: .milliseconds(500)))
    #expect(error?.code == .deadlineExceeded)
    #expect(error?.receivedResponseBytes == true)
  }

  @Test(
    "a connection closed or reset before an answer is .connectionLost", arguments: [true, false])
  func lostBeforeAnswer(reset: Bool) async throws {
    let server = try TestServer { connection in
      _ = connection.request()
      if reset { connection.reset() }
    }
    for method in [HTTPRequest.Method.get, .post] {
      let error = try await failure(server.url, method: method)
      #expect(error?.code == .connectionLost)
      #expect(error?.requestWasSent == true)
      #expect(error?.receivedResponseBytes == false)
    }
    // Both connections were new: nothing stale, so nothing was repeated.
    #expect(server.requests.count == 2)
  }

  @Test(
    "a body that ends too early is .connectionLost",
    arguments: [
      "Content-Length: 10\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n5\r\nab",
    ])
  func truncated(rest: String) async throws {
    let server = try TestServer { connection in
      _ = connection.request()
      try connection.send("HTTP/1.1 200 OK\r\n" + rest)
    }
    let error = try await failure(server.url)
    #expect(error?.code == .connectionLost)
    #expect(error?.receivedResponseBytes == true)
  }

  @Test(
    "what is not HTTP is .protocolError",
    arguments: ["220 mail.example ESMTP\r\n", "{\"a\":1}\r\n"])
  func notHTTP(answer: String) async throws {
    let server = try TestServer { connection in
      _ = connection.request()
      try connection.send(answer)
    }
    #expect(try await failure(server.url)?.code == .protocolError)
  }

  @Test("endless headers are .protocolError")
  func endlessHeaders() async throws {
    let server = try TestServer { connection in
      _ = connection.request()
      try connection.send("HTTP/1.1 200 OK\r\n")
      while true { try connection.send("X-More: \(String(repeating: "x", count: 1_000))\r\n") }
    }
    #expect(try await failure(server.url)?.code == .protocolError)
  }

  @Test("after shutdown everything fails with .shutdown, at once and for good")
  func shutdown() async throws {
    let server = try TestServer { connection in
      _ = connection.request()
      try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
      connection.waitForClose()
    }
    let client = try HTTPClient()
    let (_, body) = try await client.send(HTTPRequest(method: .get, url: server.url))
    async let waiting = client.send(HTTPRequest(method: .get, url: server.url + "/never"))
    _ = try await waiting
    await client.shutdown()
    await client.shutdown()
    var iterator = body.makeAsyncIterator()
    _ = try await iterator.next()
    var error = await #expect(throws: HTTPError.self) { _ = try await iterator.next() }
    #expect(error?.code == .shutdown)
    error = await #expect(throws: HTTPError.self) {
      _ = try await client.send(HTTPRequest(method: .get, url: server.url))
    }
    #expect(error?.code == .shutdown)
    error = await #expect(throws: HTTPError.self) { _ = try await client.connect(server.url) }
    #expect(error?.code == .shutdown)
    #expect(clientSockets(to: server.port) == 0)
    #expect(client.openTransfers == 0)
  }

  @Test("a CA file that is not there stops the client's making")
  func missingCA() {
    let error = #expect(throws: HTTPError.self) {
      _ = try HTTPClient(configuration: .init(caFile: "/nonexistent/ca.pem"))
    }
    #expect(error?.code == .fileError)
  }
}
