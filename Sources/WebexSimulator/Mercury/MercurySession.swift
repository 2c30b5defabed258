// One Mercury socket: authorization, state frame, pings, deliveries with the switches' mischief,
// acks, and its close. Reading, writing and pacing are three tasks; the hub only fills queues.

import Synchronization

final class MercurySession: Sendable {
  private enum Output: Sendable {
    case frame(WebSocketFrame)
    case raw([UInt8])
    /// Writes the frame and ends.
    case last(WebSocketFrame)
    /// Ends without a close frame.
    case drop(reset: Bool)
  }

  private enum Feed: Sendable {
    case begin
    case delivery(Delivery)
    case event(JSON)
  }

  private struct State {
    var isAuthorized = false
    var wasShutDown = false
    var closing: (code: Int, by: String)?
    var sequence = Int.random(in: 1...1000)
    var held: Delivery?
    var backlog = 0
  }

  let id: Int
  let device: Device
  let allowsOthers: Bool
  private let wantsText: Bool
  private let wantsBufferState: Bool
  private let wantsRegistrationStatus: Bool
  private let aliasesStatus: Bool
  private let tokenIsValid: @Sendable (String) -> Bool
  private let hub: MercuryHub
  private let faults: Faults
  private let state = Mutex(State())
  private let output = AsyncStream.makeStream(of: Output.self)
  private let feed = AsyncStream.makeStream(of: Feed.self)

  init(
    id: Int, device: Device, request: Request, hub: MercuryHub, faults: Faults,
    tokenIsValid: @escaping @Sendable (String) -> Bool
  ) {
    self.id = id
    self.device = device
    self.hub = hub
    self.faults = faults
    self.tokenIsValid = tokenIsValid
    wantsText = request.query("outboundWireFormat") == "text"
    wantsBufferState = request.query("bufferStates") == "true"
    wantsRegistrationStatus = request.query("mercuryRegistrationStatus") == "true"
    aliasesStatus = request.query("aliasHttpStatus") == "true"
    allowsOthers = request.query("multipleConnections") == "true"
  }

  var wasShutDown: Bool { state.withLock { $0.wasShutDown } }

  // MARK: - What the hub calls (never blocks)

  /// A ping, for which clients that ask for no state frame wait, then the state frame, both before
  /// anything else.
  func begin() {
    output.continuation.yield(.frame(.ping()))
    let faults = faults.mercury
    if faults.stateFrameDelay > .zero {
      feed.continuation.yield(.begin)
    } else {
      announce(faults)
    }
  }

  private func announce(_ faults: MercuryFaults) {
    if faults.eventBeforeState { emit(event: ["eventType": "featureToggle_update"]) }
    if !faults.noStateFrame { sendStateFrame() }
  }

  func deliver(_ delivery: Delivery) {
    let isTooFarBehind = state.withLock { state in
      state.backlog += 1
      return state.backlog > MercuryHub.maximumPending
    }
    if isTooFarBehind { close(code: 1011, reason: "too slow") }
    feed.continuation.yield(.delivery(delivery))
  }

  func send(event data: JSON) { feed.continuation.yield(.event(data)) }

  func send(frame: WebSocketFrame) { output.continuation.yield(.frame(frame)) }

  func send(raw text: String, isBinary: Bool) {
    let bytes = Array(text.utf8)
    output.continuation.yield(.frame(isBinary ? .binary(bytes) : .text(bytes)))
  }

  func shutDown() {
    state.withLock { $0.wasShutDown = true }
    send(control: ["id": .string(RawID.random()), "type": "shutdown"])
  }

  /// 1006 ends the TCP connection without a close frame.
  func close(code: Int, reason: String) {
    state.withLock { $0.closing = $0.closing ?? (code, "server") }
    output.continuation.yield(
      code == 1006 ? .drop(reset: false) : .last(.close(code: code, reason: reason)))
  }

  func reset() {
    state.withLock { $0.closing = $0.closing ?? (1006, "server reset") }
    output.continuation.yield(.drop(reset: true))
  }

  // MARK: - The socket's life

  private enum Ending { case reader, writer, abort, other }

  func run(_ socket: WebSocket, query: String, owner: String, isHeaderValid: Bool) async {
    hub.record.opened(
      .init(id: id, registration: device.registration, owner: owner, opened: .now, query: query))
    if isHeaderValid, faults.mercury.headerAuthorizes { authorize() }
    await withTaskGroup(of: Ending.self) { group in
      group.addTask { await self.read(socket) }
      group.addTask { await self.write(socket) }
      group.addTask { await self.pace() }
      group.addTask { await self.watchAuthorization() }
      group.addTask { await self.ping() }
      var isGraceOver = false
      while let ending = await group.next() {
        switch ending {
        case .reader, .abort: group.cancelAll()
        case .writer:
          // Our close frame is out: the peer has two seconds for its own.
          if !isGraceOver {
            isGraceOver = true
            group.addTask {
              try? await Task.sleep(for: .seconds(2))
              return .abort
            }
          }
        case .other: break
        }
      }
    }
    hub.closed(self)
    let closing = state.withLock { $0.closing }
    hub.record.changeSocket(id) {
      $0.closed = .now
      $0.closeCode = closing?.code ?? 1006
      $0.closedBy = closing?.by ?? "connection"
    }
  }

  private func read(_ socket: WebSocket) async -> Ending {
    do {
      while let frame = try await socket.receive() {
        hub.record.framePassed()
        switch frame.opcode {
        case .ping: output.continuation.yield(.frame(.pong(frame.payload)))
        case .pong: break
        case .close:
          let code =
            frame.payload.count >= 2 ? Int(frame.payload[0]) << 8 | Int(frame.payload[1]) : 1005
          let isAnswer = state.withLock { state in
            defer { state.closing = state.closing ?? (code, "client") }
            return state.closing != nil
          }
          if !isAnswer {
            try? await socket.send(.close(code: code, reason: ""))
          }
          return .reader
        case .text, .binary: receive(frame.payload)
        case .continuation: break
        }
      }
    } catch let error as WebSocketError {
      close(code: error.code, reason: "")
      return .other
    } catch {}
    return .reader
  }

  private func write(_ socket: WebSocket) async -> Ending {
    do {
      for await item in output.stream {
        switch item {
        case .frame(let frame):
          try await send(frame, on: socket)
        case .raw(let bytes):
          try await socket.send(raw: bytes)
        case .last(let frame):
          try await socket.send(frame)
          return .writer
        case .drop(let reset):
          if reset { socket.resetOnClose() }
          return .abort
        }
      }
    } catch {}
    return .abort
  }

  private func send(_ frame: WebSocketFrame, on socket: WebSocket) async throws {
    let parts = faults.mercury.fragments
    guard parts > 1, frame.opcode == .text || frame.opcode == .binary,
      frame.payload.count >= parts
    else { return try await socket.send(frame) }
    let size = frame.payload.count / parts
    for part in 0..<parts {
      let start = part * size
      let end = part == parts - 1 ? frame.payload.count : start + size
      try await socket.send(
        WebSocketFrame(
          opcode: part == 0 ? frame.opcode : .continuation,
          payload: Array(frame.payload[start..<end]), isFinal: part == parts - 1))
      if part == 0 { try await socket.send(.ping(Array("between".utf8))) }
    }
  }

  private func watchAuthorization() async -> Ending {
    let limit = faults.mercury.authTimeout
    try? await Task.sleep(for: limit)
    if !Task.isCancelled, !state.withLock({ $0.isAuthorized }) {
      let milliseconds = Int(limit / .milliseconds(1))
      close(
        code: 1008,
        reason:
          "authentication did not happen within the timeout window of \(milliseconds) seconds.")
    }
    return .other
  }

  private func ping() async -> Ending {
    while !Task.isCancelled {
      let faults = faults.mercury
      guard (try? await Task.sleep(for: faults.pingInterval)) != nil else { break }
      if !faults.noWebSocketPings { output.continuation.yield(.frame(.ping())) }
    }
    return .other
  }

  // MARK: - Frames from the client

  private func receive(_ payload: [UInt8]) {
    guard let json = JSON(parsing: payload) else { return close(code: 1003, reason: "not JSON") }
    switch json["type"]?.string {
    case "authorization":
      let parts = (json["data"]?["token"]?.string ?? "").split(separator: " ")
      guard parts.count == 2, parts[0] == "Bearer", tokenIsValid(String(parts[1])) else {
        return close(code: aliasesStatus ? 4401 : 1008, reason: "authentication failed")
      }
      authorize()
    case "ping":
      let faults = faults.mercury
      guard !faults.dropPongs else { return }
      let id: JSON = faults.wrongPongID ? .string(RawID.random()) : json["id"] ?? .null
      send(control: [
        "id": id, "type": "pong", "wsWriteTimestamp": .int(Timestamp.now.milliseconds),
      ])
    case "ack":
      if let messageID = json["messageId"]?.string { hub.ack(messageID, deviceID: device.id) }
    default: break
    }
  }

  private func authorize() {
    let isFirst = state.withLock { state in
      defer { state.isAuthorized = true }
      return !state.isAuthorized
    }
    if isFirst { hub.authorized(self) } else { output.continuation.yield(.frame(.ping())) }
  }

  private func send(control json: JSON) {
    output.continuation.yield(.frame(dataFrame(json)))
  }

  private func dataFrame(_ json: JSON) -> WebSocketFrame {
    wantsText && !faults.mercury.forceBinary ? .text(json.bytes) : .binary(json.bytes)
  }

  // MARK: - Pacing deliveries

  private func pace() async -> Ending {
    for await item in feed.stream {
      let faults = faults.mercury
      switch item {
      case .begin:
        try? await Task.sleep(for: faults.stateFrameDelay)
        announce(faults)
      case .event(let data): emit(event: data)
      case .delivery(let delivery):
        state.withLock { $0.backlog -= 1 }
        if faults.delay > .zero { try? await Task.sleep(for: faults.delay) }
        guard faults.reorder else {
          emit(delivery, faults)
          break
        }
        hold(delivery, faults)
      }
    }
    return .other
  }

  /// The second of two neighbours goes first; a lone one goes after a moment.
  private func hold(_ delivery: Delivery, _ faults: MercuryFaults) {
    let earlier = state.withLock { state -> Delivery? in
      if let held = state.held {
        state.held = nil
        return held
      }
      state.held = delivery
      return nil
    }
    if let earlier {
      emit(delivery, faults)
      emit(earlier, faults)
    } else {
      Task { [weak self] in
        try? await Task.sleep(for: .milliseconds(200))
        guard let self,
          let lone = state.withLock({ state -> Delivery? in
            guard state.held?.serial == delivery.serial else { return nil }
            defer { state.held = nil }
            return state.held
          })
        else { return }
        emit(lone, faults)
      }
    }
  }

  private func emit(_ delivery: Delivery, _ faults: MercuryFaults) {
    for _ in 0...faults.duplicate {
      emit(
        id: delivery.envelopeID, data: delivery.data, alert: delivery.alertType,
        headers: delivery.headers, timestamp: delivery.timestamp, skips: faults.sequenceGap)
    }
  }

  private func emit(event data: JSON) {
    emit(id: RawID.random(), data: data, alert: "none", headers: [:], timestamp: .now, skips: false)
  }

  private func emit(
    id: String, data: JSON, alert: String, headers: JSON, timestamp: Timestamp, skips: Bool
  ) {
    let sequence = state.withLock { state in
      state.sequence += skips ? 7 : 1
      return state.sequence
    }
    hub.record.changeSocket(self.id) { $0.frames += 1 }
    output.continuation.yield(
      .frame(
        dataFrame([
          "id": .string(id),
          "data": data,
          "timestamp": .int(timestamp.milliseconds),
          "trackingId": .string("CLIENT_\(RawID.random())"),
          "alertType": .string(alert),
          "headers": headers,
          "sequenceNumber": .int(sequence),
          "filterMessage": false,
          "wsWriteTimestamp": .int(Timestamp.now.milliseconds),
        ])))
  }

  private func sendStateFrame() {
    let bufferState: JSON = ["conversation": "UNKNOWN", "locus": "UNKNOWN"]
    if wantsRegistrationStatus {
      emit(event: [
        "eventType": "mercury.registration_status", "bufferState": bufferState,
        "localClusterServiceUrls": [
          "mercuryApiServiceClusterUrl": .string("\(hub.baseURL)/v1"),
          "mercuryConnectionServiceClusterUrl": .string("\(hub.baseURL)/v1"),
        ],
      ])
    } else if wantsBufferState {
      emit(event: ["eventType": "mercury.buffer_state", "bufferState": bufferState])
    }
  }
}
