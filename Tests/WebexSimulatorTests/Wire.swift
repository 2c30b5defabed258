// The tests' own wire: a blocking TCP socket off the cooperative pool, a one-request HTTP client and
// a small WebSocket client. None of it is shared with the simulator.

import Dispatch
import Glibc

@testable import WebexSimulator

struct WireError: Error, CustomStringConvertible {
  let description: String
}

/// A blocking socket whose calls run on a Dispatch queue. Reads give up after ten seconds.
final class Wire: Sendable {
  private let descriptor: Int32
  private let queue = DispatchQueue(label: "wire")

  init(port: UInt16) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw WireError(description: "connect: \(errno)") }
    var limit = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { Glibc.close(descriptor) }

  /// Nil at the end; throws `ECONNRESET` and timeouts.
  func read() async throws -> [UInt8]? {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { [descriptor] in
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count > 0 {
          continuation.resume(returning: Array(buffer.prefix(count)))
        } else if count == 0 {
          continuation.resume(returning: nil)
        } else {
          continuation.resume(
            throwing: WireError(description: errno == ECONNRESET ? "reset" : "recv: \(errno)"))
        }
      }
    }
  }

  func write(_ bytes: [UInt8]) async throws {
    try await withCheckedThrowingContinuation {
      (continuation: CheckedContinuation<Void, any Error>) in
      queue.async { [descriptor] in
        var sent = 0
        while sent < bytes.count {
          let count = bytes[sent...].withUnsafeBytes {
            send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
          }
          guard count > 0 else {
            return continuation.resume(throwing: WireError(description: "send: \(errno)"))
          }
          sent += count
        }
        continuation.resume()
      }
    }
  }

  /// Ends our direction, which for the simulator is a hang-up.
  func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}

struct Answer: Sendable {
  var status: Int
  var headers: [String: String]
  var body: [UInt8]
  /// False if a chunked body ended before its last chunk.
  var isWhole = true

  var json: JSON { JSON(parsing: body) ?? .null }
  var text: String { String(decoding: body, as: UTF8.self) }
  var message: String? { json["message"]?.string }
}

/// A running simulator and requests to it.
struct TestCloud: Sendable {
  static let alice = "sim-alice-token"
  static let bob = "sim-bob-token"
  static let carol = "sim-carol-token"
  static let bot = "sim-bot-token"

  let simulator: Simulator
  let addresses: SimulatorAddresses

  /// Runs `body` with a fresh cloud, and stops it.
  static func run(
    _ configuration: SimulatorConfiguration = .init(),
    _ body: (TestCloud) async throws -> Void
  ) async throws {
    let simulator = Simulator(configuration: configuration)
    let cloud = TestCloud(simulator: simulator, addresses: try await simulator.start())
    do {
      try await body(cloud)
    } catch {
      await simulator.stop()
      throw error
    }
    await simulator.stop()
  }

  func request(
    _ method: String, _ path: String, token: String? = nil, body: [UInt8]? = nil,
    headers: [String: String] = [:]
  ) async throws -> Answer {
    let wire = try Wire(port: addresses.port)
    var head = "\(method) \(path) HTTP/1.1\r\nHost: \(headers["Host"] ?? "127.0.0.1")\r\n"
    head += "Connection: close\r\n"
    if let token { head += "Authorization: Bearer \(token)\r\n" }
    for (name, value) in headers where name != "Host" { head += "\(name): \(value)\r\n" }
    if let body { head += "Content-Length: \(body.count)\r\n" }
    try await wire.write(Array((head + "\r\n").utf8) + (body ?? []))
    var bytes: [UInt8] = []
    while let more = try await wire.read() { bytes += more }
    return try Self.parse(bytes)
  }

  func get(_ path: String, token: String? = nil) async throws -> Answer {
    try await request("GET", path, token: token)
  }

  func send(_ method: String, _ path: String, token: String? = nil, _ json: JSON) async throws
    -> Answer
  {
    try await request(
      method, path, token: token, body: json.bytes, headers: ["Content-Type": "application/json"])
  }

  func post(_ json: JSON, token: String = alice) async throws -> Answer {
    try await send("POST", "/v1/messages", token: token, json)
  }

  /// The id of the space with this title; for a direct one, the person's name.
  func room(_ title: String) async throws -> String {
    let rooms = try await get("/sim/state").json["rooms"]?.array ?? []
    let room = rooms.first { room in
      let name = room["title"]?.string ?? ""
      return name == title || name.split(separator: ", ").contains { $0 == title }
    }
    guard let id = room?["id"]?.string else { throw WireError(description: "no room \(title)") }
    return id
  }

  static func parse(_ bytes: [UInt8]) throws -> Answer {
    guard let cut = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else {
      throw WireError(description: "no answer")
    }
    let lines = String(decoding: bytes[..<cut.lowerBound], as: UTF8.self).split(separator: "\r\n")
    let status = Int(lines[0].split(separator: " ")[1]) ?? 0
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].dropFirst()) : ""
    }
    var answer = Answer(status: status, headers: headers, body: Array(bytes[cut.upperBound...]))
    if headers["transfer-encoding"] == "chunked" {
      var rest = answer.body[...]
      answer.body = []
      answer.isWhole = false
      while let end = rest.firstRange(of: Array("\r\n".utf8)) {
        let size = Int(String(decoding: rest[..<end.lowerBound], as: UTF8.self), radix: 16) ?? 0
        if size == 0 {
          answer.isWhole = true
          break
        }
        answer.body += rest[end.upperBound...].prefix(size)
        rest = rest[end.upperBound...].dropFirst(size + 2)
      }
    }
    return answer
  }
}

/// A WebSocket client of a few lines: masks its frames, joins nothing.
actor TestSocket {
  struct Frame: Sendable {
    var opcode: UInt8
    var isFinal: Bool
    var payload: [UInt8]
    var json: JSON { JSON(parsing: payload) ?? .null }
    var closeCode: Int? {
      opcode == 8 && payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : nil
    }
    var closeReason: String { String(decoding: payload.dropFirst(2), as: UTF8.self) }
  }

  private let wire: Wire
  private var buffer: [UInt8] = []

  /// `url` is a device's `webSocketUrl`. Throws the status if the handshake fails.
  init(_ url: String, query: String = "", token: String? = nil) async throws {
    let rest = url.dropFirst("ws://127.0.0.1:".count)
    guard let port = UInt16(rest.prefix { $0 != "/" }) else { throw WireError(description: url) }
    wire = try Wire(port: port)
    var head = "GET \(rest.drop { $0 != "/" })\(query.isEmpty ? "" : "?" + query) HTTP/1.1\r\n"
    head += "Host: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    head += "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    if let token { head += "Authorization: Bearer \(token)\r\n" }
    try await wire.write(Array((head + "\r\n").utf8))
    var bytes: [UInt8] = []
    while bytes.firstRange(of: Array("\r\n\r\n".utf8)) == nil {
      guard let more = try await wire.read() else { throw WireError(description: "closed") }
      bytes += more
    }
    let answer = try TestCloud.parse(bytes)
    guard answer.status == 101 else { throw WireError(description: "\(answer.status)") }
    // RFC 6455 §1.3 names this pair.
    guard answer.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" else {
      throw WireError(description: "accept")
    }
    buffer = answer.body
  }

  func send(_ json: JSON) async throws { try await send(opcode: 1, json.bytes) }

  func send(opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true) async throws {
    let mask: [UInt8] = [1, 2, 3, 4]
    var bytes: [UInt8] = [opcode | (isFinal ? 0x80 : 0)]
    if payload.count < 126 {
      bytes.append(0x80 | UInt8(payload.count))
    } else {
      bytes += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
    }
    bytes += mask + payload.enumerated().map { $1 ^ mask[$0 & 3] }
    try await wire.write(bytes)
  }

  /// Any frame; throws at the end of the stream.
  func frame() async throws -> Frame {
    func need(_ count: Int) async throws {
      while buffer.count < count {
        guard let more = try await wire.read() else { throw WireError(description: "closed") }
        buffer += more
      }
    }
    try await need(2)
    var size = Int(buffer[1] & 127)
    var start = 2
    if size == 126 {
      try await need(4)
      size = Int(buffer[2]) << 8 | Int(buffer[3])
      start = 4
    } else if size == 127 {
      try await need(10)
      size = buffer[2..<10].reduce(0) { $0 << 8 | Int($1) }
      start = 10
    }
    try await need(start + size)
    let frame = Frame(
      opcode: buffer[0] & 15, isFinal: buffer[0] & 0x80 != 0,
      payload: Array(buffer[start..<start + size]))
    buffer.removeFirst(start + size)
    return frame
  }

  /// The next frame that is no ping or pong.
  func next() async throws -> Frame {
    while true {
      let frame = try await frame()
      if frame.opcode != 9, frame.opcode != 10 { return frame }
    }
  }

  /// The next conversation activity's envelope.
  func activity() async throws -> JSON {
    while true {
      let frame = try await next()
      if frame.opcode == 8 { throw WireError(description: "close \(frame.closeCode ?? 1005)") }
      if frame.json["data"]?["eventType"]?.string == "conversation.activity" { return frame.json }
    }
  }

  func authorize(_ token: String = TestCloud.bot) async throws {
    try await send([
      "id": "a", "type": "authorization", "data": ["token": .string("Bearer \(token)")],
    ])
  }

  func ack(_ envelope: JSON) async throws {
    try await send(["type": "ack", "messageId": envelope["id"] ?? .null])
  }

  /// A pong proves that everything before it has been handled.
  func sync() async throws {
    try await send(["id": "sync", "type": "ping"])
    while try await next().json["id"]?.string != "sync" {}
  }
}

extension TestCloud {
  static let deviceBody: JSON = [
    "deviceName": "test", "deviceType": "DESKTOP", "localizedModel": "swift", "model": "swift",
    "name": "test", "systemName": "test", "systemVersion": "1.0",
  ]

  func device(_ token: String = bot) async throws -> JSON {
    try await send("POST", "/wdm/api/v1/devices", token: token, Self.deviceBody).json
  }

  /// An authorized socket, past its state frame.
  func mercury(_ device: JSON, query: String = "outboundWireFormat=text&bufferStates=true")
    async throws -> TestSocket
  {
    let socket = try await TestSocket(device["webSocketUrl"]?.string ?? "", query: query)
    try await socket.authorize()
    try await socket.sync()
    return socket
  }
}
