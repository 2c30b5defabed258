// The tests that weigh something, one after the other.

import CurlHTTP
import Foundation
import Glibc
import HTTPTypes
import Testing

@Suite("Load", .serialized)
struct LoadTests {
  // Memory, processor time, threads and descriptors are a whole process's: what counts them runs in
  // a process of its own, where no other suite is.

  @Test("a slow reader of 1 GB stops the sender, and memory stays where it was")
  func backPressure() async {
    await #expect(processExitsWith: .success) {
      let size = 1 << 30
      let sent = Locked(0)
      let server = try TestServer { connection in
        while connection.request() != nil {
          try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
          let piece = [UInt8](repeating: 42, count: 1 << 20)
          for _ in 0..<(size >> 20) {
            try connection.send(piece)
            sent.withLock { $0 += piece.count }
          }
        }
      }
      let client = try HTTPClient()
      let before = try residentBytes()
      var peak = 0
      let request = try HTTPRequest(method: .get, url: server.url)
      var iterator = try await client.send(request).1.makeAsyncIterator()
      var received = 0
      for _ in 0..<30 {
        received += try await iterator.next()?.count ?? 0
        try await Task.sleep(for: .milliseconds(20))
        peak = max(peak, try residentBytes() - before)
      }
      // Beyond our 256 KB there are only the kernel's socket buffers, a few MB on loopback.
      #expect(sent.current - received < 16 << 20)
      var chunks = 0
      while let chunk = try await iterator.next() {
        received += chunk.count
        chunks += 1
        if chunks.isMultiple(of: 2_000) { peak = max(peak, try residentBytes() - before) }
      }
      #expect(received == size)
      #expect(peak < 32 << 20)
      print("1 GB: RSS growth at most \(peak >> 10) KB in \(chunks) chunks")
    }
  }

  @Test("the idle time does not run while the reader is the slow one")
  func idleWhilePaused() async throws {
    let size = 16 << 20
    let server = try TestServer { connection in
      _ = connection.request()
      try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
      try connection.send([UInt8](repeating: 7, count: size))
    }
    let client = try HTTPClient()
    let (_, body) = try await client.send(
      HTTPRequest(method: .get, url: server.url),
      options: .init(timeouts: .init(idle: .milliseconds(1_500))))
    var iterator = body.makeAsyncIterator()
    var count = try await iterator.next()?.count ?? 0
    try await Task.sleep(for: .seconds(4))
    while let chunk = try await iterator.next() { count += chunk.count }
    #expect(count == size)
  }

  @Test("an upload that moves is neither idle nor late")
  func slowUpload() async throws {
    let size = 24 << 20
    let server = try TestServer { connection in
      // By hand: `request()` would take the body flat out.
      var seen = 0
      while seen < size {
        guard let some = connection.receiveSome() else { return }
        seen += some.count
        if seen < size / 2 { usleep(24_000) }
      }
      try connection.respond()
    }
    let client = try HTTPClient()
    let (head, _) = try await client.data(
      HTTPRequest(method: .post, url: server.url), body: .bytes([UInt8](repeating: 1, count: size)),
      // Far less than the upload takes, far more than any pause in it.
      options: .init(timeouts: .init(firstByte: .seconds(2), idle: .seconds(2))))
    #expect(head.status == 200)
  }

  @Test("a connection that is reset while nobody reads costs no processor time")
  func resetWhilePaused() async {
    await #expect(processExitsWith: .success) {
      let isReset = Locked(false)
      let server = try TestServer { connection in
        _ = connection.request()
        try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        try connection.send([UInt8](repeating: 1, count: 1 << 20))
        usleep(200_000)
        connection.reset()
        isReset.withLock { $0 = true }
      }
      let client = try HTTPClient()
      let body = try await client.send(HTTPRequest(method: .get, url: server.url)).1
      #expect(try await eventually { isReset.current })
      // A hang-up that epoll reports again and again would take a core for these two seconds.
      let before = processorSeconds()
      try await Task.sleep(for: .seconds(2))
      #expect(processorSeconds() - before < 0.3)
      let error = await #expect(throws: HTTPError.self) {
        for try await _ in body {}
      }
      #expect(error?.code == .connectionLost)
    }
  }

  @Test("1,000 streams at once, and after cancelling no socket and no handle is left")
  func thousandStreams() async throws {
    let count = 1_000
    let server = try TestServer { connection in
      _ = connection.request()
      try connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
      try connection.send("data: hello\n\n")
      connection.waitForClose()
    }
    let client = try HTTPClient(
      configuration: .init(timeouts: .init(connect: .seconds(60), idle: .seconds(600))))
    let request = try HTTPRequest(method: .get, url: server.url)
    let started = Locked(0)
    let tasks = (0..<count).map { _ in
      Task {
        for try await chunk in try await client.send(request).1 where !chunk.isEmpty {
          started.withLock { $0 += 1 }
        }
      }
    }
    #expect(try await eventually(within: 60) { started.current == count })
    #expect(client.openTransfers == count)
    #expect(clientSockets(to: server.port) == count)
    for task in tasks { task.cancel() }
    for task in tasks {
      await #expect(throws: CancellationError.self) { try await task.value }
    }
    #expect(try await eventually { client.openTransfers == 0 })
    #expect(try await eventually { clientSockets(to: server.port) == 0 })
    await client.shutdown()
  }

  @Test("clients that come and go leave no descriptor and no thread behind")
  func noLeaks() async {
    await #expect(processExitsWith: .success) {
      let server = try TestServer { connection in
        while connection.request() != nil { try connection.respond() }
      }
      let request = try HTTPRequest(method: .get, url: server.url)
      @Sendable func comeAndGo(_ count: Int) async throws {
        for round in 0..<count {
          let client = try HTTPClient()
          _ = try await client.data(request)
          if round.isMultiple(of: 2) { await client.shutdown() }
        }
      }
      // What the runtime makes once, it has made then.
      try await comeAndGo(10)
      #expect(try await eventually { server.open == 0 })
      try await Task.sleep(for: .milliseconds(200))
      let (descriptors, threads) = try (count(in: "/proc/self/fd"), count(in: "/proc/self/task"))
      try await comeAndGo(40)
      #expect(try await eventually { (try? count(in: "/proc/self/fd")) == descriptors })
      // The runtime may add one of its own; forty of ours would show.
      #expect(
        try await eventually { (try? count(in: "/proc/self/task")) ?? .max < threads + 8 })
    }
  }
}

/// Resident memory of this process, in bytes.
private func residentBytes() throws -> Int {
  let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
  let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
  return try #require(Int(line.split(separator: " ")[1])) * 1_024
}

/// What this process has computed so far, on all its threads.
private func processorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

private func count(in directory: String) throws -> Int {
  try FileManager.default.contentsOfDirectory(atPath: directory).count
}
