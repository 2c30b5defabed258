// The connection pool: connections are kept, and a dead one is nobody's failure.

import CurlHTTP
import Foundation
import HTTPTypes
import Testing

@Suite("Connection reuse")
struct ReuseTests {
  @Test("fifty requests in a row use one connection")
  func keepAlive() async throws {
    let server = try TestServer { connection in
      while connection.request() != nil { try connection.respond() }
    }
    let client = try HTTPClient(configuration: patientPool)
    for _ in 0..<50 {
      let (head, _) = try await client.data(HTTPRequest(method: .get, url: server.url))
      #expect(head.status == 200)
    }
    #expect(server.accepted == 1)
    #expect(server.requests.count == 50)
  }

  @Test("a connection that the server closed while idle is not used", arguments: [true, false])
  func closedWhileIdle(reset: Bool) async throws {
    let closed = Locked(0)
    let server = try TestServer { connection in
      _ = connection.request()
      try connection.respond()
      if reset { connection.reset() } else { connection.finish() }
      closed.withLock { $0 += 1 }
    }
    let client = try HTTPClient()
    for (index, method) in [HTTPRequest.Method.get, .post, .get, .post].enumerated() {
      let (head, _) = try await client.data(HTTPRequest(method: method, url: server.url))
      #expect(head.status == 200)
      #expect(try await eventually { closed.current == index + 1 })
    }
    #expect(server.requests.count == 4)
  }

  /// Answers the first request, and drops the connection on reading the second: the race of an
  /// idle connection that dies just as it is used.
  private func treacherousServer(reset: Bool) throws -> TestServer {
    try TestServer { connection in
      _ = connection.request()
      try connection.respond()
      if connection.index == 0 {
        _ = connection.request()
        if reset { connection.reset() }
      } else {
        while connection.request() != nil { try connection.respond() }
      }
    }
  }

  @Test(
    "a pooled connection that dies under a repeatable request costs nothing",
    arguments: [true, false])
  func diesUnderRepeatable(reset: Bool) async throws {
    for (method, isRepeatable) in [
      (HTTPRequest.Method.get, Bool?.none), (.put, nil), (.post, true),
    ] {
      let server = try treacherousServer(reset: reset)
      let client = try HTTPClient(configuration: patientPool)
      let request = try HTTPRequest(method: method, url: server.url)
      let body = HTTPRequestBody.bytes(Array("payload".utf8))
      for _ in 0..<2 {
        let (head, _) = try await client.data(
          request, body: body, options: .init(isRepeatable: isRepeatable))
        #expect(head.status == 200)
      }
      #expect(server.accepted == 2)
      #expect(server.requests.count == 3)
      #expect(server.requests.allSatisfy { $0.body == Array("payload".utf8) })
    }
  }

  @Test("a POST is never sent twice, not even by libcurl itself", arguments: [true, false])
  func diesUnderPost(reset: Bool) async throws {
    var failures = 0
    for _ in 0..<20 where failures == 0 {
      let server = try treacherousServer(reset: reset)
      let client = try HTTPClient()
      let request = try HTTPRequest(method: .post, url: server.url)
      _ = try await client.data(request, body: .bytes([1]))
      do {
        // On a machine that takes a second between the two, the old connection is left alone.
        _ = try await client.data(request, body: .bytes([2]))
      } catch let error as HTTPError {
        failures += 1
        #expect(error.code == .connectionLost)
        #expect(error.requestWasSent)
        #expect(!error.receivedResponseBytes)
      }
      #expect(server.requests.map(\.body) == [[1], [2]])
    }
    #expect(failures == 1)
  }

  @Test("a large upload on a pooled connection that dies is sent again from its start")
  func largeUploadRewinds() async throws {
    let server = try treacherousServer(reset: true)
    let client = try HTTPClient(configuration: patientPool)
    let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let path = try TemporaryFolder.shared.file("rewind", bytes: bytes)
    let request = try HTTPRequest(method: .put, url: server.url)
    _ = try await client.data(HTTPRequest(method: .get, url: server.url))
    let (head, _) = try await client.data(request, body: .file(path: path))
    #expect(head.status == 200)
    #expect(server.requests.last?.body == bytes)
  }

  @Test("a connection older than the idle age is left alone; a POST is choosier")
  func idleAge() async throws {
    let server = try TestServer { connection in
      while connection.request() != nil { try connection.respond() }
    }
    let client = try HTTPClient(configuration: .init(maximumIdleAge: .seconds(60)))
    let get = try HTTPRequest(method: .get, url: server.url)
    _ = try await client.data(get)
    try await Task.sleep(for: .milliseconds(1_300))
    _ = try await client.data(get)
    #expect(server.accepted == 1)
    try await Task.sleep(for: .milliseconds(1_300))
    _ = try await client.data(HTTPRequest(method: .post, url: server.url))
    #expect(server.accepted == 2)

    let impatient = try HTTPClient(configuration: .init(maximumIdleAge: .seconds(1)))
    _ = try await impatient.data(get)
    try await Task.sleep(for: .milliseconds(1_300))
    _ = try await impatient.data(get)
    #expect(server.accepted == 4)
  }

  @Test("no more connections to a host than allowed")
  func connectionCap() async throws {
    let server = try TestServer { connection in
      while connection.request() != nil { try connection.respond() }
    }
    let client = try HTTPClient(configuration: .init(maximumConnectionsPerHost: 2))
    let request = try HTTPRequest(method: .get, url: server.url)
    try await withThrowingTaskGroup { group in
      for _ in 0..<40 {
        group.addTask {
          let (head, _) = try await client.data(request)
          #expect(head.status == 200)
        }
      }
      try await group.waitForAll()
    }
    #expect(server.accepted <= 2)
    #expect(server.requests.count == 40)
  }
}
