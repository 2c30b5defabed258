// One socket from connect to close: opens, reads, sorts the frames, and tells the session. It decides
// nothing about reconnecting.

import CurlHTTP
import FoundationEssentials
import Logging
import WebexAPI

/// An event on its way to the handler, with the socket that wants the ack.
struct Delivery: Sendable {
  let event: MercuryEvent
  let socket: MercurySocket
  /// False when it was acked on arrival.
  let isAckedAfterHandling: Bool
}

final class MercurySocket: Sendable {
  let id: ConnectionMachine.SocketID
  private let transport: BearerTransport
  private let configuration: MercuryConfiguration
  private let clock: any Clock<Duration>
  private let queue: EventQueue<Delivery>
  private let gap: @Sendable () -> Void
  private let tell: @Sendable (ConnectionMachine.Input) -> Void
  private let logger: Logger
  private let connection = Lock<WebSocketConnection?>(nil)

  init(
    id: ConnectionMachine.SocketID, transport: BearerTransport,
    configuration: MercuryConfiguration, clock: any Clock<Duration>, queue: EventQueue<Delivery>,
    logger: Logger, gap: @escaping @Sendable () -> Void = {},
    tell: @escaping @Sendable (ConnectionMachine.Input) -> Void
  ) {
    self.id = id
    self.transport = transport
    self.configuration = configuration
    self.clock = clock
    self.queue = queue
    self.gap = gap
    self.tell = tell
    var logger = logger
    logger[metadataKey: "socket"] = "\(id)"
    self.logger = logger
  }

  /// Returns when the socket is over; cancelling cuts it.
  func run(_ url: String) async {
    let connection: WebSocketConnection
    do {
      connection = try await withTimeout(
        configuration.connectTimeout, clock: clock, "opening the socket"
      ) { try await self.open(url) }
    } catch {
      let wrapped = MercuryError.wrapping(error, "opening the socket")
      let failure = wrapped as? MercuryError ?? MercuryError(.connection, "cancelled")
      return tell(.openFailed(id, failure))
    }
    self.connection.withLock { $0 = connection }
    tell(.opened(id))
    do {
      try await read(connection)
    } catch {
      let reason = MercuryError.wrapping(error, "reading the socket")
      logger.info("socket failed", metadata: ["error": "\(reason)"])
      tell(.closed(id, code: 1006, reason: ""))
    }
    connection.abort()
  }

  /// Mercury takes the token in the upgrade's header or in this frame; sending both works with every
  /// deployment. Without `Bearer ` in the frame it closes the socket.
  func authorize(_ url: String) async {
    struct Frame: Encodable {
      struct Payload: Encodable { var token: String }
      var id: String
      var type = "authorization"
      var data: Payload
      var trackingId: String
    }
    do {
      let token = try transport.bearerValue(for: url)
      try await send(
        Frame(
          id: Self.newID(), data: .init(token: token),
          trackingId: BearerTransport.newTrackingID()))
    } catch {
      logger.info("authorization not sent", metadata: ["error": "\(type(of: error))"])
    }
  }

  func ping(_ ping: String) async {
    struct Frame: Encodable {
      var id: String
      var type = "ping"
    }
    try? await send(Frame(id: ping))
  }

  /// By the envelope's id, as Webex's own SDKs do. A lost ack means a redelivery, nothing worse.
  func ack(_ envelope: String) async {
    struct Frame: Encodable {
      var type = "ack"
      var messageId: String
    }
    guard !envelope.isEmpty else { return }
    do {
      try await send(Frame(messageId: envelope))
    } catch {
      logger.debug("ack not sent", metadata: ["envelope": "\(envelope.prefix(64))"])
    }
  }

  func close(code: Int, reason: String) async {
    await connection.withLock { $0 }?.close(code: code, reason: reason)
  }

  var isOpen: Bool { connection.withLock { $0 } != nil }

  private func open(_ url: String) async throws -> WebSocketConnection {
    let url = Self.socketURL(url, configuration: configuration, now: Date())
    let token = try transport.bearerValue(for: url)
    let stream = try await transport.http.connect(
      url, connectTimeout: configuration.connectTimeout)
    let fields = [
      ("Authorization", token), ("User-Agent", transport.http.configuration.userAgent),
      ("trackingid", BearerTransport.newTrackingID()),
    ].filter { !$0.1.isEmpty }
    return try await WebSocketConnection.open(
      url, headerFields: fields, over: stream,
      maximumFrameBytes: configuration.maximumFrameBytes,
      maximumMessageBytes: configuration.maximumMessageBytes,
      closeTimeout: configuration.closeTimeout, clock: clock)
  }

  /// Text frames, the state frame, and the time, by which Mercury drops the sockets of a herd.
  static func socketURL(
    _ url: String, configuration: MercuryConfiguration, now: Date
  ) -> String {
    var parameters = ["outboundWireFormat=text", "bufferStates=true"]
    if configuration.aliasHTTPStatus { parameters.append("aliasHttpStatus=true") }
    parameters.append("clientTimestamp=\(Int64(now.timeIntervalSince1970 * 1000))")
    let bare = url.prefix { $0 != "#" }
    let separator = !bare.contains("?") ? "?" : bare.hasSuffix("?") ? "" : "&"
    return bare + separator + parameters.joined(separator: "&")
  }

  private struct Progress {
    var lastSequence: Int?
    var isAuthorized = false
  }

  private func read(_ connection: WebSocketConnection) async throws {
    var progress = Progress()
    while let message = try await connection.receive() {
      switch message {
      case .text(let bytes), .binary(let bytes): await take(bytes, &progress)
      case .close(let code, let reason):
        logger.info("socket closed by the server", metadata: ["code": "\(code ?? 1005)"])
        return tell(.closed(id, code: code ?? 1005, reason: reason))
      case .ping, .pong: break
      }
    }
    tell(.closed(id, code: 1006, reason: ""))
  }

  private func take(_ bytes: [UInt8], _ progress: inout Progress) async {
    switch InboundFrame.decode(bytes) {
    case .pong(let pong): tell(.pong(id, id: pong))
    case .shutdown: tell(.shutdown(id))
    case .state(let envelope, let eventType):
      logger.debug("state frame", metadata: ["type": "\(eventType)"])
      authorized(&progress)
      await ack(envelope)
    case .event(let event):
      note(event, &progress)
      authorized(&progress)
      if event.eventType == "u2c.cache-invalidation" { tell(.catalogChanged) }
      await deliver(event)
    case .other(let type):
      logger.debug(
        "frame of another kind",
        metadata: ["type": "\((type ?? "none").prefix(60))", "bytes": "\(bytes.count)"])
    case .undecodable:
      logger.warning("frame that is not JSON", metadata: ["bytes": "\(bytes.count)"])
    }
  }

  /// A conversation's events are acked when the handler has stored them, the rest at once. A full
  /// queue stops this reader, and with it the pongs: the watchdog must know.
  private func deliver(_ event: MercuryEvent) async {
    let isConversation = event.eventType.hasPrefix("conversation.")
    if !isConversation { await ack(event.id) }
    let delivery = Delivery(event: event, socket: self, isAckedAfterHandling: isConversation)
    guard !queue.offer(delivery) else { return }
    logger.notice("the handler is behind; reading stops until it has caught up")
    tell(.readerPaused(id))
    await queue.send(delivery)
    tell(.readerResumed(id))
  }

  private func authorized(_ progress: inout Progress) {
    if !progress.isAuthorized { tell(.authorized(id)) }
    progress.isAuthorized = true
  }

  /// A gap cannot be asked for again on the socket; REST may have what it was.
  private func note(_ event: MercuryEvent, _ progress: inout Progress) {
    if let last = progress.lastSequence, let number = event.sequenceNumber, number != last + 1 {
      logger.info("sequence gap", metadata: ["expected": "\(last + 1)", "got": "\(number)"])
      gap()
    }
    progress.lastSequence = event.sequenceNumber ?? progress.lastSequence
  }

  private func send(_ frame: some Encodable) async throws {
    guard let connection = connection.withLock({ $0 }) else {
      throw MercuryError(.connection, "the socket is not open")
    }
    try await connection.send(text: Array(try JSONEncoder().encode(frame)))
  }

  private static func newID() -> String { UUID().uuidString.lowercased() }
}
