// One open WebSocket: the codec on a byte stream, with pings answered and the closing handshake done.
// Used by `MercurySocket`; the tests' servers use it with role `.server`.

package final class WebSocketConnection: Sendable {
  private struct State {
    var decoder: WebSocketDecoder
    var inbox: [WebSocketMessage] = []
    var violation: WebSocketViolation?
    var sentClose = false
    var isOver = false
    var closeTimer: Task<Void, Never>?
  }

  private let stream: any ByteStream
  private let role: WebSocketRole
  private let closeTimeout: Duration
  private let clock: any Clock<Duration>
  private let state: Lock<State>

  /// A connection whose opening handshake is done.
  /// - Parameter rest: bytes that came together with the end of the handshake.
  package init(
    over stream: any ByteStream, role: WebSocketRole, rest: [UInt8] = [],
    maximumFrameBytes: Int = 16 << 20, maximumMessageBytes: Int = 16 << 20,
    closeTimeout: Duration = .seconds(2), clock: any Clock<Duration> = ContinuousClock()
  ) {
    self.stream = stream
    self.role = role
    self.closeTimeout = closeTimeout
    self.clock = clock
    let decoder = WebSocketDecoder(
      role: role, maximumFrameBytes: maximumFrameBytes, maximumMessageBytes: maximumMessageBytes)
    state = Lock(State(decoder: decoder))
    decode(rest)
  }

  deinit { stream.close() }

  /// The client's opening handshake. Has no limit in time of its own: cancel it.
  /// - Throws: `WebSocketUpgradeError`, or what the stream throws.
  package static func open(
    _ url: String, headerFields: [(name: String, value: String)], over stream: any ByteStream,
    maximumFrameBytes: Int = 16 << 20, maximumMessageBytes: Int = 16 << 20,
    closeTimeout: Duration = .seconds(2), clock: any Clock<Duration> = ContinuousClock()
  ) async throws -> WebSocketConnection {
    do {
      guard let target = WebSocketHandshake.Target(url) else {
        throw WebSocketUpgradeError(status: nil, retryAfter: nil, reason: "not a WebSocket URL")
      }
      var random = SystemRandomNumberGenerator()
      let handshake = WebSocketHandshake(target: target, nonce: (random.next(), random.next()))
      try await stream.write(try handshake.request(headerFields: headerFields))
      var parser = HTTPResponseHeadParser()
      while let bytes = try await stream.read() {
        guard let (head, rest) = try parser.receive(bytes) else { continue }
        try handshake.check(head)
        return WebSocketConnection(
          over: stream, role: .client, rest: rest, maximumFrameBytes: maximumFrameBytes,
          maximumMessageBytes: maximumMessageBytes, closeTimeout: closeTimeout, clock: clock)
      }
      throw WebSocketUpgradeError(
        status: nil, retryAfter: nil, reason: "the connection ended within the handshake")
    } catch {
      stream.close()
      throw error
    }
  }

  /// The next text, binary, pong or close message; nil at the end. Pings are answered on the way. For
  /// one task at a time; while nobody calls it nothing is read, which is the back-pressure.
  /// - Throws: `WebSocketViolation` after having closed, or what the stream throws.
  package func receive() async throws -> WebSocketMessage? {
    while true {
      while let message = nextInInbox() {
        switch message {
        case .ping(let payload):
          if !isClosing { try await write(.pong, payload) }
        case .close(let code, _):
          await answerClose(code)
          return message
        case .text, .binary, .pong:
          return message
        }
      }
      if let violation = state.withLock({ $0.violation }) {
        await sendClose(code: violation.closeCode, reason: violation.reason)
        finish()
        throw violation
      }
      guard !state.withLock({ $0.isOver }) else { return nil }
      do {
        guard let bytes = try await stream.read() else {
          finish()
          return nil
        }
        decode(bytes)
      } catch {
        finish()
        throw error
      }
    }
  }

  package func send(text: String) async throws { try await write(.text, Array(text.utf8)) }
  package func send(text bytes: [UInt8]) async throws { try await write(.text, bytes) }
  package func send(binary bytes: [UInt8]) async throws { try await write(.binary, bytes) }
  /// - Parameter payload: at most 125 bytes.
  package func ping(_ payload: [UInt8] = []) async throws { try await write(.ping, payload) }
  package func pong(_ payload: [UInt8] = []) async throws { try await write(.pong, payload) }

  /// Starts the closing handshake; whoever is in `receive` finishes it. After the time-out the stream
  /// is cut in any case.
  package func close(code: Int = 1000, reason: String = "") async {
    state.withLock { state in
      guard state.closeTimer == nil, !state.isOver else { return }
      state.closeTimer = Task { [stream, clock, closeTimeout] in
        guard (try? await clock.sleep(for: closeTimeout)) != nil else { return }
        stream.close()
      }
    }
    await sendClose(code: code, reason: reason)
  }

  /// Cuts the stream without a word.
  package func abort() { finish() }

  private var isClosing: Bool { state.withLock { $0.sentClose } }

  private func nextInInbox() -> WebSocketMessage? {
    state.withLock { $0.inbox.isEmpty ? nil : $0.inbox.removeFirst() }
  }

  private func decode(_ bytes: [UInt8]) {
    state.withLock { state in
      do throws(WebSocketViolation) {
        try state.decoder.receive(bytes, into: &state.inbox)
      } catch {
        state.violation = error
      }
    }
  }

  private func write(_ opcode: WebSocketOpcode, _ payload: [UInt8]) async throws {
    let key: UInt32? = role == .client ? .random(in: .min ... .max) : nil
    try await stream.write(WebSocketEncoder.frame(opcode, payload, maskingKey: key))
  }

  private func sendClose(code: Int?, reason: String) async {
    let isFirst = state.withLock { state in
      defer { state.sentClose = true }
      return !state.sentClose
    }
    guard isFirst else { return }
    let payload = code.map { WebSocketEncoder.closePayload(code: $0, reason: reason) } ?? []
    try? await write(.close, payload)
  }

  private func answerClose(_ code: Int?) async {
    await sendClose(code: code, reason: "")
    finish()
  }

  private func finish() {
    let timer = state.withLock { state in
      state.isOver = true
      defer { state.closeTimer = nil }
      return state.closeTimer
    }
    timer?.cancel()
    stream.close()
  }
}
