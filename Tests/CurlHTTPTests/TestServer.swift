// A loopback TCP server whose every byte the test decides: one thread per connection, blocking
// calls, no HTTP library that would be polite on its own.

import CurlHTTP
import Foundation
import Glibc

/// A server on 127.0.0.1 that hands each connection to `serve`, on a thread of its own.
final class TestServer: Sendable {
  let port: UInt16
  private let shared = Locked(State())

  private struct State {
    var accepted = 0
    var open = 0
    var requests: [ServedRequest] = []
  }

  /// - Parameter serve: gets the connection and its number, from 0; it is closed afterwards.
  init(_ serve: @escaping @Sendable (ServedConnection) throws -> Void) throws {
    let (fd, port) = try Self.listen(backlog: 1_024)
    self.port = port
    // It serves for as long as the process lives: a test that holds only its URL is not cut off.
    detachThread { [self] in
      while true {
        let client = accept(fd, nil, nil)
        guard client >= 0 else { return }
        let connection = ServedConnection(fd: client, index: adopt(), server: self)
        detachThread {
          try? serve(connection)
          connection.finish()
          self.shared.withLock { $0.open -= 1 }
        }
      }
    }
  }

  var url: String { "http://127.0.0.1:\(port)" }
  var accepted: Int { shared.withLock { $0.accepted } }
  /// Connections that are being served now.
  var open: Int { shared.withLock { $0.open } }
  var requests: [ServedRequest] { shared.withLock { $0.requests } }

  private func adopt() -> Int {
    shared.withLock { state in
      state.accepted += 1
      state.open += 1
      return state.accepted - 1
    }
  }

  fileprivate func record(_ request: ServedRequest) {
    shared.withLock { $0.requests.append(request) }
  }

  /// A socket on a free port; without a backlog it is bound only, and refuses.
  static func listen(backlog: Int32?) throws -> (Int32, UInt16) {
    let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(fd, address, size) == 0
          && (backlog.map { Glibc.listen(fd, $0) == 0 } ?? true)
          && getsockname(fd, address, &size) == 0
      }
    }
    guard status else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    return (fd, UInt16(bigEndian: address.sin_port))
  }
}

/// A port for a program that cannot choose one, never the same twice: nghttpx would share it.
func freePort() throws -> UInt16 {
  while true {
    let (fd, port) = try TestServer.listen(backlog: nil)
    close(fd)
    if givenPorts.withLock({ $0.insert(port).inserted }) { return port }
  }
}

private let givenPorts = Locked<Set<UInt16>>([])

struct ServedRequest: Sendable {
  var method = ""
  var target = ""
  var fields: [(name: String, value: String)] = []
  var body: [UInt8] = []
  var connection = 0

  subscript(name: String) -> String? {
    fields.first { $0.name.lowercased() == name.lowercased() }?.value
  }
}

/// One accepted connection, used by one thread.
final class ServedConnection: @unchecked Sendable {  // used by its own thread only
  let fd: Int32
  let index: Int
  private let server: TestServer
  private var unread: [UInt8] = []
  private var isFinished = false

  init(fd: Int32, index: Int, server: TestServer) {
    (self.fd, self.index, self.server) = (fd, index, server)
    var one: Int32 = 1
    setsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
  }

  struct Closed: Error {}

  /// The next request, body included; `nil` when the client has gone.
  func request() -> ServedRequest? {
    guard let end = fill(until: Array("\r\n\r\n".utf8)) else { return nil }
    let lines = String(decoding: unread[..<end], as: UTF8.self).components(separatedBy: "\r\n")
    unread.removeFirst(end + 4)
    var request = ServedRequest()
    let words = lines[0].split(separator: " ").map(String.init)
    (request.method, request.target) = (words[0], words[1])
    request.connection = index
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      request.fields.append(
        (String(parts[0]), parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""))
    }
    if let length = request["Content-Length"].flatMap({ Int($0) }) {
      while unread.count < length { if !receive() { return nil } }
      request.body = Array(unread[..<length])
      unread.removeFirst(length)
    }
    server.record(request)
    return request
  }

  /// Whatever comes next, `nil` at the end.
  func receiveSome() -> [UInt8]? {
    if unread.isEmpty, !receive() { return nil }
    defer { unread = [] }
    return unread
  }

  private func fill(until mark: [UInt8]) -> Int? {
    while true {
      if unread.count >= mark.count {
        for start in 0...(unread.count - mark.count)
        where unread[start..<(start + mark.count)].elementsEqual(mark) { return start }
      }
      if !receive() { return nil }
    }
  }

  private func receive() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(fd, &buffer, buffer.count, 0)
    guard count > 0 else { return false }
    unread += buffer[..<count]
    return true
  }

  func send(_ text: String) throws {
    try send(Array(text.utf8))
  }

  func send(_ bytes: [UInt8]) throws {
    var offset = 0
    while offset < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(fd, $0.baseAddress! + offset, bytes.count - offset, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw Closed() }
      offset += count
    }
  }

  func respond(
    _ status: String = "200 OK", _ fields: [String] = [], body: String = "ok"
  ) throws {
    let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)"] + fields
    try send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
  }

  /// Whether the client is still there, for a server that has nothing to read.
  var isOpen: Bool {
    var byte: UInt8 = 0
    let count = recv(fd, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
    return count > 0 || count < 0 && errno == EAGAIN
  }

  /// Blocks until the client has closed.
  func waitForClose() {
    while receive() { unread = [] }
  }

  /// Ends with RST instead of FIN.
  func reset() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    finish()
  }

  func finish() {
    if !isFinished { close(fd) }
    isFinished = true
  }
}

/// A value behind a lock, for what server threads and the test both see.
final class Locked<Value>: @unchecked Sendable {  // NSLock guards `value`
  private let lock = NSLock()
  private var value: Value

  init(_ value: Value) {
    self.value = value
  }

  func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
    lock.lock()
    defer { lock.unlock() }
    return try body(&value)
  }

  var current: Value { withLock { $0 } }
}

func detachThread(_ body: @escaping @Sendable () -> Void) {
  let thread = Thread(block: body)
  thread.stackSize = 256 * 1024
  thread.start()
}

/// For tests of reuse, which must not depend on how fast this machine is.
let patientPool = HTTPClientConfiguration(maximumIdleAge: .seconds(600))

/// Waits until `condition` holds, for as long as a loaded machine may need.
func eventually(
  within seconds: Double = 20, _ condition: @Sendable () async -> Bool
) async throws -> Bool {
  let end = ContinuousClock.now + .seconds(seconds)
  while ContinuousClock.now < end {
    if await condition() { return true }
    try await Task.sleep(for: .milliseconds(5))
  }
  return await condition()
}

/// A blocking connection to a port of this machine, `nil` if nobody takes it.
func connectToLoopback(_ port: UInt16) -> Int32? {
  let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
  let status = withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
  guard status == 0 else {
    close(fd)
    return nil
  }
  return fd
}

func canConnect(to port: UInt16) -> Bool {
  guard let fd = connectToLoopback(port) else { return false }
  close(fd)
  return true
}

/// Descriptors of this process that are connected to the given loopback port.
func clientSockets(to port: UInt16) -> Int {
  let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
  return names.compactMap { Int32($0) }.filter { peerPort(of: $0) == port }.count
}

private func peerPort(of fd: Int32) -> UInt16? {
  var address = sockaddr_in()
  var size = socklen_t(MemoryLayout<sockaddr_in>.size)
  let status = withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(fd, $0, &size) }
  }
  guard status == 0, address.sin_family == sa_family_t(AF_INET) else { return nil }
  return UInt16(bigEndian: address.sin_port)
}

/// Runs blocking work on a thread of its own: the few threads that tasks share must not wait.
func offPool<Result: Sendable>(
  _ body: @escaping @Sendable () throws -> Result
) async throws -> Result {
  try await withCheckedThrowingContinuation { continuation in
    detachThread { continuation.resume(with: Swift.Result { try body() }) }
  }
}
