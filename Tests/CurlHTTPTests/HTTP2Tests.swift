// HTTP/2, the operator's choice per upstream: many streams on few connections, against nghttpx and
// Node.

import CurlHTTP
import Foundation
import Glibc
import HTTPTypes
import Testing

@Suite("HTTP/2 through nghttpx", .enabled(if: Program.nghttpx))
struct HTTP2Tests {
  private func client(connections: Int) async throws -> HTTPClient {
    // Waiting for a place on a connection counts as connecting, and this machine may be slow.
    try await HTTPClient(
      configuration: .init(
        timeouts: .init(connect: .seconds(600), firstByte: .seconds(600), idle: .seconds(600)),
        maximumIdleAge: .seconds(600), version: .http2(maximumConnectionsPerHost: connections),
        caFile: Certificates.shared().ca))
  }

  private func polite() throws -> TestServer {
    try TestServer { connection in
      while connection.request() != nil { try connection.respond() }
    }
  }

  /// Answers `/held…` only when the gate is open (or the other side has gone), the rest at once.
  private func gated(_ gate: Locked<Bool>) throws -> TestServer {
    try TestServer { connection in
      while let request = connection.request() {
        while request.target.hasPrefix("/held"), !gate.current {
          guard connection.isOpen else { return }
          usleep(2_000)
        }
        try connection.respond(body: request.target)
      }
    }
  }

  @Test("is spoken where it was asked for and the server agrees, over TLS only")
  func negotiated() async throws {
    let backend = try polite()
    let modern = try await NGHTTPX(backend: backend.port)
    let old = try await NGHTTPX(backend: backend.port, ["--npn-list=http/1.1"])
    let client = try await client(connections: 2)
    let plain = try await HTTPClient(configuration: .init(caFile: Certificates.shared().ca))
    for (client, url, via) in [
      (client, modern.url, "2 nghttpx"), (plain, modern.url, "1.1 nghttpx"),
      (client, old.url, "1.1 nghttpx"), (client, backend.url, nil),
    ] as [(HTTPClient, String, String?)] {
      let (head, body) = try await client.data(
        HTTPRequest(method: .post, url: url + "/a?b=c", headerFields: [.accept: "x/y"]),
        body: .bytes(Array("payload".utf8)))
      #expect(head.status == 200)
      #expect(head.headerFields[.contentLength] == "2")
      #expect(body == Array("ok".utf8))
      let request = try #require(backend.requests.last)
      #expect(request["Via"] == via)
      #expect(request.target == "/a?b=c")
      #expect(request["Accept"] == "x/y")
      #expect(request["Upgrade"] == nil)
      #expect(request.body == Array("payload".utf8))
    }
  }

  @Test("150 streams at once share two connections")
  func capped() async throws {
    let gate = Locked(false)
    let backend = try gated(gate)
    let front = try await NGHTTPX(backend: backend.port)
    let client = try await client(connections: 2)
    try await withThrowingTaskGroup { group in
      for index in 0..<150 {
        let request = try HTTPRequest(method: .get, url: front.url + "/held/\(index)")
        group.addTask {
          let (head, body) = try await client.data(request)
          #expect(head.status == 200)
          #expect(body == Array("/held/\(index)".utf8))
        }
      }
      #expect(try await eventually(within: 60) { backend.requests.count == 150 })
      #expect((1...2).contains(clientSockets(to: front.port)))
      #expect(client.openTransfers == 150)
      gate.withLock { $0 = true }
      try await group.waitForAll()
    }
    #expect(Set(backend.requests.map(\.target)).count == 150)
    #expect(try await eventually { front.finished.count == 150 })
    #expect(front.finished.allSatisfy { $0.alpn == "h2" })
    #expect((1...2).contains(Set(front.finished.map(\.connection)).count))
    #expect(client.openTransfers == 0)
  }

  @Test("more streams than the server allows wait for a place instead of opening connections")
  func queued() async throws {
    let gate = Locked(false)
    let backend = try gated(gate)
    let front = try await NGHTTPX(
      backend: backend.port, ["--frontend-http2-max-concurrent-streams=20"])
    let client = try await client(connections: 1)
    // The connection is there first, with what the server allows.
    _ = try await client.data(HTTPRequest(method: .get, url: front.url + "/first"))
    try await withThrowingTaskGroup { group in
      for index in 0..<50 {
        let request = try HTTPRequest(method: .get, url: front.url + "/held/\(index)")
        group.addTask { try await client.data(request).0.status }
      }
      #expect(try await eventually(within: 60) { backend.requests.count == 21 })
      try await Task.sleep(for: .milliseconds(200))
      #expect(backend.requests.count == 21)
      #expect(client.openTransfers == 50)
      gate.withLock { $0 = true }
      for try await status in group { #expect(status == 200) }
    }
    #expect(Set(front.finished.map(\.connection)).count == 1)
    #expect(backend.requests.count == 51)
  }

  @Test("a server without HTTP/2 gets no more connections than the cap")
  func fallback() async throws {
    let backend = try polite()
    let front = try await NGHTTPX(backend: backend.port, ["--npn-list=http/1.1"])
    let client = try await client(connections: 3)
    let request = try HTTPRequest(method: .get, url: front.url)
    try await withThrowingTaskGroup { group in
      for _ in 0..<40 { group.addTask { try await client.data(request).0.status } }
      for try await status in group { #expect(status == 200) }
    }
    #expect(try await eventually { front.finished.count == 40 })
    #expect(front.finished.allSatisfy { $0.alpn == "http/1.1" })
    #expect(Set(front.finished.map(\.connection)).count <= 3)
  }

  @Test("a cancelled or dropped stream ends alone; its neighbours on the connection go on")
  func cancelled() async throws {
    let gate = Locked(false)
    let backend = try TestServer { connection in
      _ = connection.request()
      try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\none")
      while !gate.current {
        guard connection.isOpen else { return }
        usleep(2_000)
      }
      try connection.send("two")
    }
    let front = try await NGHTTPX(backend: backend.port)
    let client = try await client(connections: 1)
    var kept: [HTTPBody] = []
    var readers: [Task<[UInt8], any Error>] = []
    for index in 0..<30 {
      let request = try HTTPRequest(method: .get, url: front.url + "/\(index)")
      let body = try await client.send(request).1
      switch index % 3 {
      case 0: kept.append(body)
      case 1: readers.append(Task { try await body.collect(upTo: 100) })
      default: break  // dropped at once
      }
    }
    #expect(try await eventually { client.openTransfers == 20 })
    for reader in readers {
      reader.cancel()
      await #expect(throws: CancellationError.self) { _ = try await reader.value }
    }
    #expect(try await eventually { client.openTransfers == 10 })
    // The server hears of it: nghttpx closes the twenty backend connections.
    #expect(try await eventually { backend.open == 10 })
    #expect(clientSockets(to: front.port) == 1)
    #expect(backend.requests.count == 30)
    gate.withLock { $0 = true }
    for body in kept { #expect(try await body.collect(upTo: 6) == Array("onetwo".utf8)) }
  }

  @Test("a stream that is given up alone on its connection ends at the server too")
  func cancelledAlone() async throws {
    let backend = try TestServer { connection in
      _ = connection.request()
      try connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
      connection.waitForClose()
    }
    let front = try await NGHTTPX(backend: backend.port)
    let client = try await client(connections: 1)
    let request = try HTTPRequest(method: .post, url: front.url)
    for reason in ["cancelled", "too slow", "too large"] {
      let timeouts = HTTPTimeouts(idle: reason == "too slow" ? .milliseconds(300) : nil)
      let limit = reason == "too large" ? 3 : nil
      let body = try await client.send(
        request, options: .init(timeouts: timeouts, maximumBodyBytes: limit)
      ).1
      // Here its first bytes may just be arriving: libcurl is told in one of its own callbacks.
      if reason == "cancelled" { body.cancel() }
      let error = await #expect(throws: (any Error).self) { _ = try await body.collect(upTo: 99) }
      switch reason {
      case "cancelled": #expect(error is CancellationError)
      case "too slow": #expect((error as? HTTPError)?.code == .idleTimeout)
      default: #expect((error as? HTTPError)?.code == .bodyTooLarge)
      }
      #expect(try await eventually { backend.open == 0 }, "\(reason)")
    }
    #expect(backend.requests.count == 3)
  }

  @Test("a slow reader stops the sender, and when it reads on nobody has lost a byte")
  func backPressure() async throws {
    let size = 256 << 20
    let sent = Locked(0)
    let backend = try TestServer { connection in
      while let request = connection.request() {
        guard request.target == "/flood" else {
          try connection.respond(body: String(repeating: "n", count: 20_000))
          continue
        }
        try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
        let piece = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 13) }
        for _ in 0..<(size >> 20) {
          try connection.send(piece)
          sent.withLock { $0 += piece.count }
        }
      }
    }
    let front = try await NGHTTPX(backend: backend.port)
    let client = try await client(connections: 1)
    let body = try await client.send(HTTPRequest(method: .get, url: front.url + "/flood")).1
    var last = 0
    while sent.current != last || last == 0 {
      last = sent.current
      try await Task.sleep(for: .milliseconds(300))
    }
    #expect(last < 64 << 20)
    try await withThrowingTaskGroup { group in
      let request = try HTTPRequest(method: .get, url: front.url + "/neighbour")
      for _ in 0..<20 { group.addTask { try await client.data(request).1.count } }
      // libcurl may hold these up until the flood is read: its frames lie in front of theirs.
      try await Task.sleep(for: .milliseconds(300))
      #expect(sent.current < 64 << 20)
      var received = 0
      var isIntact = true
      for try await chunk in body {
        if let byte = chunk.first, byte != UInt8(truncatingIfNeeded: received &* 13) {
          isIntact = false
        }
        received += chunk.count
      }
      #expect(isIntact)
      #expect(received == size)
      for try await count in group { #expect(count == 20_000) }
    }
    #expect(try await eventually { front.finished.count == 21 })
    #expect(Set(front.finished.map(\.connection)).count == 1)
  }

  @Test("a connection lost before any answer: what may be repeated is, and nothing else")
  func lostBeforeAnswer() async throws {
    let gate = Locked(false)
    let backend = try gated(gate)
    let front = try await NGHTTPX(backend: backend.port)
    let relay = try Relay(to: front.port)
    let client = try await client(connections: 2)
    _ = try await client.data(HTTPRequest(method: .get, url: relay.url + "/first"))
    try await withThrowingTaskGroup { group in
      for index in 0..<60 {
        let isPost = index.isMultiple(of: 2)
        let request = try HTTPRequest(
          method: isPost ? .post : .get, url: relay.url + "/held/\(index)")
        group.addTask {
          do {
            let (head, body) = try await client.data(request, body: isPost ? .bytes([1]) : .none)
            #expect(!isPost)
            #expect(head.status == 200)
            #expect(body == Array("/held/\(index)".utf8))
          } catch let error as HTTPError {
            #expect(isPost, "\(error)")
            #expect(error.code == .connectionLost)
            #expect(error.requestWasSent)
            #expect(!error.receivedResponseBytes)
          }
        }
      }
      #expect(try await eventually(within: 60) { backend.requests.count == 61 })
      relay.cut()
      // All thirty again at the same time: each on a connection of its own would not fit the cap.
      #expect(try await eventually(within: 60) { backend.requests.count == 91 })
      #expect(client.openTransfers == 30)
      gate.withLock { $0 = true }
      try await group.waitForAll()
    }
    for index in 0..<60 {
      let attempts = backend.requests.filter { $0.target == "/held/\(index)" }
      #expect(attempts.count == (index.isMultiple(of: 2) ? 1 : 2))
    }
  }

  @Test("a connection lost within the answers is an error on every stream, and nothing is repeated")
  func lostWithinAnswer() async throws {
    let backend = try TestServer { connection in
      while let request = connection.request() {
        if request.target == "/first" {
          try connection.respond()
        } else {
          try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome")
          connection.waitForClose()
        }
      }
    }
    let front = try await NGHTTPX(backend: backend.port)
    let relay = try Relay(to: front.port)
    let client = try await client(connections: 1)
    _ = try await client.data(HTTPRequest(method: .get, url: relay.url + "/first"))
    var bodies: [HTTPBody] = []
    for index in 0..<20 {
      bodies.append(
        try await client.send(HTTPRequest(method: .get, url: relay.url + "/\(index)")).1)
    }
    relay.cut()
    for body in bodies {
      let error = await #expect(throws: HTTPError.self) { _ = try await body.collect(upTo: 100) }
      #expect(error?.code == .connectionLost)
      #expect(error?.receivedResponseBytes == true)
    }
    #expect(backend.requests.count == 21)
    // And the next request finds a connection that works.
    #expect(
      try await client.data(HTTPRequest(method: .get, url: relay.url + "/first")).0.status == 200)
    #expect(relay.accepted == 2)
  }
}

@Suite("HTTP/2 streams that die", .enabled(if: Program.node))
struct HTTP2StreamTests {
  struct Death: CustomTestStringConvertible {
    var path: String
    var method: HTTPRequest.Method
    /// The attempt that was answered; `nil`: an error.
    var answered: Int?
    var attempts: Int
    var testDescription: String { "\(method) \(path)" }
  }

  @Test(
    "only a repeatable request without a byte of an answer is sent a second time, and no third",
    arguments: [
      Death(path: "/goaway", method: .get, answered: 2, attempts: 2),
      Death(path: "/goaway", method: .post, answered: nil, attempts: 1),
      Death(path: "/refuse", method: .get, answered: 2, attempts: 2),
      Death(path: "/refuse", method: .post, answered: nil, attempts: 1),
      Death(path: "/reset-once", method: .get, answered: 2, attempts: 2),
      Death(path: "/reset-once", method: .post, answered: nil, attempts: 1),
      Death(path: "/reset", method: .get, answered: nil, attempts: 2),
      Death(path: "/cut", method: .get, answered: nil, attempts: 1),
    ])
  func deaths(death: Death) async throws {
    let server = try await NodeHTTP2()
    let client = try await HTTPClient(
      configuration: .init(
        maximumIdleAge: .seconds(600), version: .http2(maximumConnectionsPerHost: 2),
        caFile: Certificates.shared().ca))
    // The request under test is to find a pooled connection.
    _ = try await client.data(HTTPRequest(method: .get, url: server.url + "/fine"))
    do {
      let (_, body) = try await client.data(
        HTTPRequest(method: death.method, url: server.url + death.path))
      #expect(String(decoding: body, as: UTF8.self) == death.answered.map(String.init))
    } catch let error as HTTPError {
      #expect(death.answered == nil, "\(error)")
      #expect(error.code == .connectionLost, "\(error)")
      #expect(error.requestWasSent)
      #expect(error.receivedResponseBytes == (death.path == "/cut"))
    }
    let (_, count) = try await client.data(
      HTTPRequest(method: .get, url: server.url + "/count?" + death.path))
    #expect(String(decoding: count, as: UTF8.self) == "\(death.attempts)")
    #expect(client.openTransfers == 0)
  }

  @Test("a GOAWAY lets the running answer finish, and the next request goes elsewhere")
  func farewell() async throws {
    let server = try await NodeHTTP2()
    let client = try await HTTPClient(
      configuration: .init(
        maximumIdleAge: .seconds(600), version: .http2(maximumConnectionsPerHost: 2),
        caFile: Certificates.shared().ca))
    for index in 0..<20 {
      let (_, body) = try await client.data(
        HTTPRequest(method: .get, url: server.url + "/farewell/\(index)"))
      #expect(body == Array("first,second".utf8))
      let (_, answer) = try await client.data(
        HTTPRequest(method: .get, url: server.url + "/fine/\(index)"))
      #expect(["1", "2"].contains(String(decoding: answer, as: UTF8.self)))
    }
  }
}
