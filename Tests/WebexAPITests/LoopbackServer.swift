// A tiny HTTP server on plain sockets, so that the client is tested against bytes of our own.

import FoundationEssentials
import Glibc
import Synchronization

/// Answers each request with what the script says, on a free port of 127.0.0.1.
final class LoopbackServer: Sendable {
  struct Request: Sendable {
    var method: String
    /// Path and query.
    var target: String
    /// By lower-case name.
    var headers: [String: String]
    var body: [UInt8]

    var line: String { "\(method) \(target)" }
    var text: String { String(decoding: body, as: UTF8.self) }
  }

  enum Reply: Sendable {
    case respond(Int, headers: [String: String] = [:], body: [UInt8] = [])
    /// Closes the connection without a word.
    case drop
    /// Never answers.
    case hang

    static func json(_ body: String, headers: [String: String] = [:]) -> Reply {
      json(200, body, headers: headers)
    }

    static func json(_ status: Int, _ body: String, headers: [String: String] = [:]) -> Reply {
      .respond(
        status, headers: headers.merging(["Content-Type": "application/json"]) { $1 },
        body: Array(body.utf8))
    }

    static func fixture(_ fixture: HTTPFixture) -> Reply {
      .json(fixture.status, fixture.body, headers: fixture.headers)
    }
  }

  /// Open sockets. Closed under the lock, so that a number is never shut down after its reuse.
  private final class Connections: Sendable {
    private let open = Mutex<Set<Int32>>([])

    func insert(_ socket: Int32) { open.withLock { _ = $0.insert(socket) } }

    func remove(_ socket: Int32) {
      open.withLock { open in
        open.remove(socket)
        _ = close(socket)
      }
    }

    func shutDown() {
      open.withLock { for socket in $0 { _ = shutdown(socket, Int32(SHUT_RDWR)) } }
    }
  }

  let port: Int
  private let listener: Int32
  private let script: @Sendable (Request, Int) -> Reply
  private let connections = Connections()
  private let received = Mutex<[Request]>([])

  var baseURL: String { "http://127.0.0.1:\(port)/v1" }
  var requests: [Request] { received.withLock { $0 } }
  var lines: [String] { requests.map(\.line) }

  /// `script` gets the request and its number, from 1; it runs on the connection's thread.
  init(_ script: @escaping @Sendable (Request, Int) -> Reply) {
    self.script = script
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    port = withUnsafeMutablePointer(to: &address) { [listener] pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        precondition(bind(listener, generic, length) == 0, "no free loopback port")
        precondition(getsockname(listener, generic, &length) == 0)
      }
      return Int(UInt16(bigEndian: pointer.pointee.sin_port))
    }
    listen(listener, 256)
    Self.detach { [listener, connections, weak self] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { break }
        connections.insert(connection)
        guard let server = self else {
          connections.remove(connection)
          break
        }
        Self.detach { [weak server] in
          server?.serve(connection)
          connections.remove(connection)
        }
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
    connections.shutDown()
  }

  private static func detach(_ body: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
      let body: @Sendable () -> Void
      init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let box = Unmanaged.passRetained(Box(body)).toOpaque()
    let failure = pthread_create(
      &thread, nil,
      { argument in
        Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue().body()
        return nil
      }, box)
    precondition(failure == 0)
    pthread_detach(thread)
  }

  private func serve(_ connection: Int32) {
    var buffer: [UInt8] = []
    while let request = Self.read(connection, &buffer) {
      let number = received.withLock { received in
        received.append(request)
        return received.count
      }
      switch script(request, number) {
      case .drop: return
      case .hang:
        var byte: UInt8 = 0
        while recv(connection, &byte, 1, 0) > 0 {}
        return
      case .respond(let status, let headers, let body):
        var head = "HTTP/1.1 \(status) Whatever\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if headers["Content-Length"] == nil { head += "Content-Length: \(body.count)\r\n" }
        head += "\r\n"
        guard Self.write(connection, Array(head.utf8)) else { return }
        if request.method != "HEAD" { guard Self.write(connection, body) else { return } }
      }
    }
  }

  private static func write(_ connection: Int32, _ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// Nil at the end of the connection.
  private static func read(_ connection: Int32, _ buffer: inout [UInt8]) -> Request? {
    func fill() -> Bool {
      var chunk = [UInt8](repeating: 0, count: 1 << 16)
      let count = recv(connection, &chunk, chunk.count, 0)
      guard count > 0 else { return false }
      buffer += chunk[..<count]
      return true
    }
    let blank = Array("\r\n\r\n".utf8)
    var end: Int?
    while true {
      end = buffer.indices.dropLast(3).first { Array(buffer[$0..<$0 + 4]) == blank }
      if end != nil { break }
      guard fill() else { return nil }
    }
    let head = String(decoding: buffer[..<end!], as: UTF8.self)
      .split(separator: "\r\n", omittingEmptySubsequences: true)
    let words = head[0].split(separator: " ")
    var headers: [String: String] = [:]
    for line in head.dropFirst() {
      let name = line.prefix { $0 != ":" }
      headers[name.lowercased()] = String(line.dropFirst(name.count + 1).drop { $0 == " " })
    }
    buffer.removeFirst(end! + 4)
    let length = Int(headers["content-length"] ?? "0") ?? 0
    if headers["expect"] != nil {
      _ = write(connection, Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
    }
    while buffer.count < length { guard fill() else { return nil } }
    let body = Array(buffer[..<length])
    buffer.removeFirst(length)
    return Request(
      method: String(words[0]), target: String(words[1]), headers: headers, body: body)
  }
}
