// A loopback HTTP/1.1 server on plain sockets, one thread a connection, whose answers are written
// byte by byte by the test: what no well-behaved server library would send is the point.

import Foundation
import Glibc
import Synchronization

/// Serves 127.0.0.1 on a port of its own until it is dropped or stopped.
final class ScriptedServer: Sendable {
  /// One request and the connection to answer it on.
  final class Exchange: Sendable {
    let method: String
    let path: String
    let headers: [String: String]
    let body: [UInt8]
    /// From 1, over all connections.
    let number: Int
    fileprivate let socket: Int32

    fileprivate init(
      method: String, path: String, headers: [String: String], body: [UInt8], number: Int,
      socket: Int32
    ) {
      self.method = method
      self.path = path
      self.headers = headers
      self.body = body
      self.number = number
      self.socket = socket
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) {
      var sent = 0
      bytes.withUnsafeBytes { buffer in
        while sent < buffer.count {
          let count = Glibc.send(
            socket, buffer.baseAddress! + sent, buffer.count - sent, Int32(MSG_NOSIGNAL))
          guard count > 0 else { return }
          sent += count
        }
      }
    }

    /// A whole response with a length.
    func respond(
      _ status: Int, type: String = "application/json", headers: [String: String] = [:],
      _ body: String
    ) {
      var head = "HTTP/1.1 \(status) X\r\ncontent-type: \(type)\r\n"
      for (name, value) in headers { head += "\(name): \(value)\r\n" }
      send(head + "content-length: \(body.utf8.count)\r\n\r\n" + body)
    }

    func respond(_ body: String, headers: [String: String] = [:]) {
      respond(200, headers: headers, body)
    }

    func pause(milliseconds: UInt32) { usleep(milliseconds * 1000) }

    /// The head of a chunked event stream.
    func startStream(headers: [String: String] = [:]) {
      var head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
      for (name, value) in headers { head += "\(name): \(value)\r\n" }
      send(head + "transfer-encoding: chunked\r\n\r\n")
    }

    func sendChunk(_ text: String) {
      send(String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n")
    }

    func endStream() { send("0\r\n\r\n") }

    func stream(headers: [String: String] = [:], _ body: String) {
      startStream(headers: headers)
      if !body.isEmpty { sendChunk(body) }
      endStream()
    }

    /// Blocks until the client has closed its side; false after the limit.
    func waitForClose(seconds: Int32 = 20) -> Bool {
      var poll = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
      var byte: UInt8 = 0
      while Glibc.poll(&poll, 1, seconds * 1000) > 0 {
        if recv(socket, &byte, 1, 0) <= 0 { return true }
      }
      return false
    }

    /// The close that follows will be a TCP reset: a close with a linger time of zero sends one.
    func reset() {
      var option = linger(l_onoff: 1, l_linger: 0)
      let size = socklen_t(MemoryLayout<linger>.size)
      precondition(setsockopt(socket, SOL_SOCKET, SO_LINGER, &option, size) == 0)
    }

    var json: [String: Any] {
      (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:]
    }
  }

  let port: UInt16
  private let listener: Int32
  private let exchanges = Mutex<[Exchange]>([])
  private let connections = Mutex<Int>(0)

  var baseURL: String { "http://127.0.0.1:\(port)" }
  /// The requests so far, in order.
  var requests: [Exchange] { exchanges.withLock { $0 } }
  var connectionCount: Int { connections.withLock { $0 } }

  /// `handler` answers a request; the connection closes when it returns false.
  init(_ handler: @escaping @Sendable (Exchange) -> Bool) throws {
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let fd = listener
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(fd, $0, length) == 0 && listen(fd, 64) == 0 && getsockname(fd, $0, &length) == 0
      }
    }
    guard isBound else { throw POSIXError(.EADDRNOTAVAIL) }
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread { [weak self] in
      while true {
        let connection = accept(fd, nil, nil)
        guard connection >= 0 else { return }
        var one: Int32 = 1
        setsockopt(
          connection, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        self?.connections.withLock { $0 += 1 }
        Thread.detachNewThread { [weak self] in
          while let exchange = Self.read(connection, { self?.register($0) }) {
            guard handler(exchange) else { break }
          }
          close(connection)
        }
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  private func register(_ make: (Int) -> Exchange) -> Exchange {
    exchanges.withLock { list in
      let exchange = make(list.count + 1)
      list.append(exchange)
      return exchange
    }
  }

  private static func read(
    _ socket: Int32, _ register: ((Int) -> Exchange) -> Exchange?
  ) -> Exchange? {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while !bytes.suffix(4).elementsEqual("\r\n\r\n".utf8) {
      guard bytes.count < 65_536, recv(socket, &byte, 1, 0) == 1 else { return nil }
      bytes.append(byte)
    }
    let lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ").map(String.init)
    guard words.count == 3 else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] =
        line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    var body = [UInt8](repeating: 0, count: headers["content-length"].flatMap { Int($0) } ?? 0)
    if !body.isEmpty {
      guard recv(socket, &body, body.count, Int32(MSG_WAITALL)) == body.count else {
        return nil
      }
    }
    return register {
      Exchange(
        method: words[0], path: words[1], headers: headers, body: body, number: $0, socket: socket)
    }
  }
}
