// A loopback Webex for these tests: U2C, WDM, the conversation service, REST messages and Mercury on
// one port. Scripted by its switches; everything that reaches it is recorded.

import Foundation
import MercuryClient
import Synchronization

final class FakeCloud: Sendable {
  struct Request: Sendable {
    let method: String
    let path: String
    let query: String
    let fields: [String: String]
    let body: [UInt8]

    var line: String { "\(method) \(path)" }
  }

  struct Device: Sendable, Equatable {
    var id: String
    var registration: String
    var name: String
    var modified = "2026-11-03T09:14:58.120Z"
    var type = "DESKTOP"
    /// Instead of its address in this cloud.
    var url: String?
  }

  struct Answer: Sendable {
    var status: Int
    var body = "{}"
    var fields: [String] = []
  }

  struct Switches: Sendable {
    var devices: [Device] = []
    var cap = 100
    /// Taken one by one by upgrades; a nil or an empty list lets them through.
    var upgrades: [Answer?] = []
    /// Taken one by one by the requests of that line.
    var answers: [String: [Answer]] = [:]
    var wdmURL: String?
    var lastNumber = 0
  }

  static let token = "cloud-token"

  let switches = Mutex(Switches())
  let requests = Awaited<Request>()
  let sockets = Awaited<FakeSocket>()
  private let listener: Listener
  private let base: Mutex<String>

  init() {
    let accepted = Handoff()
    listener = Listener { accepted.take($0) }
    base = Mutex("http://127.0.0.1:\(listener.port)")
    accepted.start { [weak self] stream in Task { await self?.serve(stream) } }
  }

  var url: String { base.withLock { $0 } }
  var port: Int { listener.port }
  var lines: [String] { requests.values.map(\.line) }

  func stop() { listener.stop() }

  func webSocketURL(_ registration: String) -> String {
    "ws://127.0.0.1:\(port)/v1/apps/wx2/registrations/\(registration)/messages"
  }

  func deviceURL(_ id: String) -> String { "\(url)/wdm/api/v1/devices/\(id)" }

  private func serve(_ stream: SocketStream) async {
    guard let (request, rest) = try? await Self.readRequest(stream) else { return stream.close() }
    requests.add(request)
    if request.fields["upgrade"] != nil {
      await upgrade(request, stream, rest)
    } else {
      let answer = answer(request)
      try? await Self.write(answer, stream)
      stream.close()
    }
  }

  private func upgrade(_ request: Request, _ stream: SocketStream, _ rest: [UInt8]) async {
    let refusal = switches.withLock { $0.upgrades.isEmpty ? nil : $0.upgrades.removeFirst() }
    if let refusal {
      try? await Self.write(refusal, stream)
      return stream.close()
    }
    let accept = WebSocketHandshake.accept(for: request.fields["sec-websocket-key"] ?? "")
    let head =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      + "Sec-WebSocket-Accept: \(accept)\r\n\r\n"
    try? await stream.write(Array(head.utf8))
    sockets.add(FakeSocket(request: request, stream: stream, rest: rest))
  }

  private func answer(_ request: Request) -> Answer {
    switches.withLock { switches in
      if switches.answers[request.line]?.isEmpty == false {
        return switches.answers[request.line]!.removeFirst()
      }
      guard request.fields["authorization"] == "Bearer \(Self.token)" else {
        return Answer(status: 401, body: #"{"message":"not authorized"}"#)
      }
      let devices = "/wdm/api/v1/devices"
      switch (request.method, request.path) {
      case ("GET", "/u2c/api/v1/catalog"):
        let wdm = switches.wdmURL ?? "\(url)/wdm/api/v1"
        return Answer(status: 200, body: #"{"serviceLinks":{"wdm":"\#(wdm)"},"hostCatalog":{}}"#)
      case ("GET", devices):
        guard !switches.devices.isEmpty else {
          return Answer(status: 404, body: #"{"message":"No devices found."}"#)
        }
        let list = switches.devices.map(json).joined(separator: ",")
        return Answer(status: 200, body: #"{"devices":[\#(list)]}"#)
      case ("POST", devices):
        guard switches.devices.count < switches.cap else {
          return Answer(
            status: 403, body: #"{"message":"User has excessive device registrations"}"#)
        }
        switches.lastNumber += 1
        let fields = try? JSONDecoder().decode([String: String].self, from: Data(request.body))
        let number = switches.lastNumber
        let device = Device(
          id: "new\(number)", registration: "reg\(number)", name: fields?["name"] ?? "")
        switches.devices.append(device)
        return Answer(status: 200, body: json(device))
      case (_, _) where request.path.hasPrefix(devices + "/"):
        let id = String(request.path.dropFirst(devices.count + 1))
        guard let index = switches.devices.firstIndex(where: { $0.id == id }) else {
          return Answer(status: 404, body: #"{"message":"Device not found."}"#)
        }
        if request.method == "PUT" {
          return Answer(status: 200, body: json(switches.devices[index]))
        }
        switches.devices.remove(at: index)
        return Answer(status: 204, body: "")
      default: return Answer(status: 404, body: #"{"message":"no such path"}"#)
      }
    }
  }

  private func json(_ device: Device) -> String {
    """
    {"url":"\(device.url ?? deviceURL(device.id))","webSocketUrl":"\(webSocketURL(device.registration))",\
    "name":"\(device.name)","deviceType":"\(device.type)","modificationTime":"\(device.modified)"}
    """
  }

  // MARK: HTTP

  private static func readRequest(_ stream: SocketStream) async throws -> (Request, [UInt8])? {
    var bytes: [UInt8] = []
    var end: Int?
    while end == nil {
      guard let more = try await stream.read() else { return nil }
      bytes += more
      end = bytes.indices.first { bytes[$0...].starts(with: [13, 10, 13, 10]) }
    }
    let lines = String(decoding: bytes[..<end!], as: UTF8.self).split(separator: "\r\n")
    let words = lines[0].split(separator: " ")
    var fields: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      fields[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
    }
    var body = Array(bytes[(end! + 4)...])
    let length = Int(fields["content-length"] ?? "0") ?? 0
    while body.count < length, let more = try await stream.read() { body += more }
    let target = words[1].split(separator: "?", maxSplits: 1)
    let request = Request(
      method: String(words[0]), path: String(target[0]),
      query: target.count > 1 ? String(target[1]) : "", fields: fields,
      body: Array(body.prefix(length)))
    return (request, Array(body.dropFirst(length)))
  }

  private static func write(_ answer: Answer, _ stream: SocketStream) async throws {
    let fields = answer.fields.map { "\($0)\r\n" }.joined()
    let length = answer.status == 204 ? "" : "Content-Length: \(answer.body.utf8.count)\r\n"
    let head = "HTTP/1.1 \(answer.status) X\r\nContent-Type: application/json\r\n\(length)\(fields)"
    try await stream.write(Array("\(head)Connection: close\r\n\r\n\(answer.body)".utf8))
  }
}

/// Connections that come in before the cloud is complete.
private final class Handoff: Sendable {
  private struct State {
    var early: [SocketStream] = []
    var serve: (@Sendable (SocketStream) -> Void)?
  }
  private let state = Mutex(State())

  func take(_ stream: SocketStream) {
    let serve = state.withLock { state in
      if state.serve == nil { state.early.append(stream) }
      return state.serve
    }
    serve?(stream)
  }

  func start(_ serve: @escaping @Sendable (SocketStream) -> Void) {
    let early = state.withLock { state in
      state.serve = serve
      defer { state.early = [] }
      return state.early
    }
    for stream in early { serve(stream) }
  }
}

/// The server's end of one Mercury socket.
final class FakeSocket: Sendable {
  /// A JSON frame of the client.
  struct Frame: Sendable, Decodable {
    struct Payload: Sendable, Decodable { var token: String? }
    var id: String?
    var type: String
    var messageId: String?
    var data: Payload?
  }

  let request: FakeCloud.Request
  let frames = Awaited<Frame>()
  /// The payloads of the client's WebSocket pongs.
  let pongs = Awaited<[UInt8]>()
  /// How it ended: the client's close code, 1005 or 1006.
  let ends = Awaited<Int>()
  let answersPings = Mutex(true)
  private let connection: WebSocketConnection
  private let stream: SocketStream

  init(request: FakeCloud.Request, stream: SocketStream, rest: [UInt8]) {
    self.request = request
    self.stream = stream
    connection = WebSocketConnection(over: stream, role: .server, rest: rest)
    Task { await listen() }
  }

  var acks: [String] { frames.values.filter { $0.type == "ack" }.compactMap(\.messageId) }

  private func listen() async {
    var end = 1006
    while let message = try? await connection.receive() {
      switch message {
      case .text(let bytes):
        guard let frame = try? JSONDecoder().decode(Frame.self, from: Data(bytes)) else { continue }
        frames.add(frame)
        if frame.type == "ping", answersPings.withLock({ $0 }) {
          try? await send(#"{"id":"\#(frame.id ?? "")","type":"pong"}"#)
        }
      case .close(let code, _): end = code ?? 1005
      case .pong(let payload): pongs.add(payload)
      default: break
      }
    }
    ends.add(end)
  }

  func send(_ json: String) async throws { try await connection.send(text: json) }
  func send(binary json: String) async throws {
    try await connection.send(binary: Array(json.utf8))
  }
  func ping() async throws { try await connection.ping([1]) }

  func becomeReady(_ envelope: String = "state") async throws {
    try await send(#"{"id":"\#(envelope)","data":{"eventType":"mercury.buffer_state"}}"#)
  }

  func close(_ code: Int, _ reason: String = "") async {
    await connection.close(code: code, reason: reason)
  }
  func reset() { stream.reset() }

  func waitForAck(_ envelope: String) async throws {
    try await frames.wait("ack \(envelope)") { frames in
      frames.contains { $0.type == "ack" && $0.messageId == envelope }
    }
  }

  static func post(envelope: String, activity: String, sequence: Int = 1) -> String {
    """
    {"id":"\(envelope)","sequenceNumber":\(sequence),"headers":{},"data":{"eventType":\
    "conversation.activity","activity":{"id":"\(activity)","verb":"post","target":{"id":"t"}}}}
    """
  }
}
