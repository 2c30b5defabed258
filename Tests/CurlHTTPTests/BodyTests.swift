// Response bodies: limits, files, and every way of not wanting the rest.

import CurlHTTP
import Foundation
import HTTPTypes
import Testing

@Suite("Bodies")
struct BodyTests {
  /// Sends the head and `size` bytes (or for ever), and waits for the client to go.
  private func sender(_ size: Int) throws -> TestServer {
    try TestServer { connection in
      while connection.request() != nil {
        try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
        try connection.send((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 13) })
      }
    }
  }

  /// Sends a head and an event, then keeps the connection open.
  private func holder() throws -> TestServer {
    try TestServer { connection in
      _ = connection.request()
      try connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
      connection.waitForClose()
    }
  }

  @Test("a body within its limit is complete; one byte more is .bodyTooLarge")
  func limits() async throws {
    let server = try sender(100_000)
    let client = try HTTPClient()
    let request = try HTTPRequest(method: .get, url: server.url)
    #expect(try await client.data(request, upTo: 100_000).1.count == 100_000)
    #expect(
      try await client.data(request, options: .init(maximumBodyBytes: 100_000)).1.count == 100_000)
    var error = await #expect(throws: HTTPError.self) {
      _ = try await client.data(request, upTo: 99_999)
    }
    #expect(error?.code == .bodyTooLarge)
    error = await #expect(throws: HTTPError.self) {
      _ = try await client.data(request, options: .init(maximumBodyBytes: 99_999))
    }
    #expect(error?.code == .bodyTooLarge)
    #expect(try await eventually { client.openTransfers == 0 })
  }

  @Test("a download lands in its file, byte for byte, readable by its owner only")
  func download() async throws {
    let server = try sender(3_000_000)
    let client = try HTTPClient()
    let path = TemporaryFolder.shared.path + "/download"
    let request = try HTTPRequest(method: .get, url: server.url)
    let count = try await client.send(request).1.write(toFile: path, upTo: 3_000_000)
    #expect(count == 3_000_000)
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect(data.elementsEqual((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 13) }))
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test("a download over its limit, or into nowhere, leaves no file and no transfer")
  func failedDownload() async throws {
    let server = try sender(1_000_000)
    let client = try HTTPClient()
    let path = TemporaryFolder.shared.path + "/too-large"
    let request = try HTTPRequest(method: .get, url: server.url)
    var error = await #expect(throws: HTTPError.self) {
      _ = try await client.send(request).1.write(toFile: path, upTo: 999_999)
    }
    #expect(error?.code == .bodyTooLarge)
    #expect(!FileManager.default.fileExists(atPath: path))
    error = await #expect(throws: HTTPError.self) {
      _ = try await client.send(request).1.write(toFile: "/nonexistent/file", upTo: 10)
    }
    #expect(error?.code == .fileError)
    #expect(try await eventually { client.openTransfers == 0 })
  }

  @Test("dropping a response closes its connection")
  func drop() async throws {
    let server = try holder()
    let client = try HTTPClient()
    do {
      let (head, body) = try await client.send(HTTPRequest(method: .get, url: server.url))
      #expect(head.status == 200)
      #expect(client.openTransfers == 1)
      withExtendedLifetime(body) {}
    }
    #expect(try await eventually { client.openTransfers == 0 })
    #expect(try await eventually { clientSockets(to: server.port) == 0 })
  }

  @Test("leaving the loop early closes the connection too")
  func breakOut() async throws {
    let server = try holder()
    let client = try HTTPClient()
    for try await _ in try await client.send(HTTPRequest(method: .get, url: server.url)).1 { break }
    #expect(try await eventually { clientSockets(to: server.port) == 0 })
  }

  @Test("a body outlives its client")
  func bodyOutlivesClient() async throws {
    let server = try sender(2_000_000)
    let body = try await HTTPClient().send(HTTPRequest(method: .get, url: server.url)).1
    #expect(try await body.collect(upTo: 2_000_000).count == 2_000_000)
  }

  @Test("cancelling a task that waits for the head ends it at once")
  func cancelHead() async throws {
    let server = try TestServer { connection in
      _ = connection.request()
      connection.waitForClose()
    }
    let client = try HTTPClient()
    let request = try HTTPRequest(method: .get, url: server.url)
    let task = Task { try await client.send(request) }
    #expect(try await eventually { server.requests.count == 1 })
    task.cancel()
    await #expect(throws: CancellationError.self) { _ = try await task.value }
    #expect(try await eventually { clientSockets(to: server.port) == 0 })
    #expect(try await eventually { client.openTransfers == 0 })
  }

  @Test("cancelling a task that reads a body ends it at once")
  func cancelBody() async throws {
    let server = try holder()
    let client = try HTTPClient()
    let body = try await client.send(HTTPRequest(method: .get, url: server.url)).1
    let chunks = Locked(0)
    let task = Task {
      for try await _ in body { chunks.withLock { $0 += 1 } }
    }
    #expect(try await eventually { chunks.current == 1 })
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(try await eventually { clientSockets(to: server.port) == 0 })
    // `body` is still held here; only the cancellation can have closed the socket.
    withExtendedLifetime(body) {}
  }

  @Test("a task that is cancelled already sends nothing")
  func cancelledBefore() async throws {
    let server = try holder()
    let client = try HTTPClient()
    let request = try HTTPRequest(method: .get, url: server.url)
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      return try await client.send(request)
    }
    task.cancel()
    await #expect(throws: CancellationError.self) { _ = try await task.value }
    #expect(server.accepted == 0)
  }

  @Test("cancelling by hand gives the reader a CancellationError")
  func cancelByHand() async throws {
    let server = try holder()
    let client = try HTTPClient()
    let body = try await client.send(HTTPRequest(method: .get, url: server.url)).1
    body.cancel()
    await #expect(throws: CancellationError.self) { _ = try await body.collect(upTo: 100) }
    #expect(try await eventually { clientSockets(to: server.port) == 0 })
  }

  @Test("a made-up body reads like a real one")
  func madeUp() async throws {
    let body = HTTPBody([[1, 2], [], [3]])
    #expect(try await body.collect(upTo: 3) == [1, 2, 3])
    await #expect(throws: HTTPError.self) {
      _ = try await HTTPBody([[1, 2]]).collect(upTo: 1)
    }
  }
}
