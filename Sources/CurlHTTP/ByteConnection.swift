// A connected byte stream for protocols that libcurl does not speak itself (the Mercury
// WebSocket): its DNS, proxy, TLS and CA settings without its HTTP.

import DequeModule

/// A raw connection. One task may read while others write; dropping the last reference closes it.
public final class ByteConnection: Sendable {
  private let stream: ByteStream

  init(stream: ByteStream) {
    self.stream = stream
  }

  deinit {
    stream.close()
  }

  /// The next bytes as they come, at most 64 KB; `nil` at the end of the stream or after `close()`.
  /// A cancelled read loses nothing: the bytes are there for the next one.
  ///
  /// - Throws: `HTTPError` (`.connectionLost`, `.shutdown`) or `CancellationError`.
  public func read() async throws -> [UInt8]? {
    try await stream.read()
  }

  /// Returns when the kernel has all of the bytes, so a slow peer slows the writer down. Concurrent
  /// writes go out whole, in the order of their calls. Cancelling the wait does not take the bytes
  /// back: half a frame would ruin the stream.
  ///
  /// - Throws: `HTTPError` (`.connectionLost`, `.shutdown`) or `CancellationError`.
  public func write(_ bytes: [UInt8]) async throws {
    try await stream.write(bytes)
  }

  /// Closes at once; bytes still waiting to be written are lost.
  public func close() {
    stream.close()
  }
}

/// The state of a raw connection that caller and loop share.
final class ByteStream: Sendable {
  static let highWater = 256 * 1024
  static let lowWater = 64 * 1024

  struct Write {
    var id: UInt64
    var bytes: [UInt8]
  }

  private enum End {
    case eof
    case closed
    case failed(any Error)
  }

  private struct State {
    var isConnected = false
    var connectWaiter: CheckedContinuation<Void, any Error>?
    var inbox = Deque<[UInt8]>()
    var buffered = 0
    var isReadPaused = false
    var readWaiter: CheckedContinuation<[UInt8]?, any Error>?
    var outbox = Deque<Write>()
    var writeWaiters: [UInt64: CheckedContinuation<Void, any Error>] = [:]
    var lastWriteID: UInt64 = 0
    var end: End?
  }

  let url: URLParts
  let connectTimeout: Duration
  private let loop: CurlLoop
  private let state = Lock(State())

  init(url: URLParts, connectTimeout: Duration, loop: CurlLoop) {
    self.url = url
    self.connectTimeout = connectTimeout
    self.loop = loop
  }

  // MARK: the caller's side

  func connect() async throws {
    try await withTaskCancellationHandler {
      if !loop.mailbox.post(.connect(self)) { finish(throwing: .shutdown) }
      try await withCheckedThrowingContinuation { continuation in
        let result: Result<Void, any Error>? = state.withLock { state in
          if case .failed(let error) = state.end { return .failure(error) }
          if state.isConnected { return .success(()) }
          state.connectWaiter = continuation
          return nil
        }
        if let result { continuation.resume(with: result) }
      }
    } onCancel: {
      if end(.failed(CancellationError())) { loop.mailbox.post(.close(self)) }
    }
  }

  func read() async throws -> [UInt8]? {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let (result, mustResume) = take(orWait: continuation)
        if mustResume { loop.mailbox.post(.service(self)) }
        if let result { continuation.resume(with: result) }
      }
    } onCancel: {
      let waiter = state.withLock { $0.readWaiter.take() }
      waiter?.resume(throwing: CancellationError())
    }
  }

  private func take(
    orWait continuation: CheckedContinuation<[UInt8]?, any Error>
  ) -> (Result<[UInt8]?, any Error>?, mustResume: Bool) {
    state.withLock { state in
      // Asked with the lock held: a cancellation after this finds the waiter.
      if Task.isCancelled { return (.failure(CancellationError()), false) }
      if let chunk = state.inbox.popFirst() {
        state.buffered -= chunk.count
        let mustResume = state.isReadPaused && state.buffered <= Self.lowWater
        if mustResume { state.isReadPaused = false }
        return (.success(chunk), mustResume)
      }
      switch state.end {
      case .eof, .closed: return (.success(nil), false)
      case .failed(let error): return (.failure(error), false)
      case nil:
        precondition(state.readWaiter == nil, "ByteConnection has a single reader")
        state.readWaiter = continuation
        return (nil, false)
      }
    }
  }

  func write(_ bytes: [UInt8]) async throws {
    guard !bytes.isEmpty else { return }
    let id = state.withLock { state in
      state.lastWriteID += 1
      return state.lastWriteID
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let error: (any Error)? = state.withLock { state in
          if Task.isCancelled { return CancellationError() }
          switch state.end {
          case .failed(let error): return error
          case .closed, .eof: return HTTPError.closedConnection
          case nil: break
          }
          state.outbox.append(Write(id: id, bytes: bytes))
          state.writeWaiters[id] = continuation
          return nil
        }
        if let error {
          continuation.resume(throwing: error)
        } else {
          loop.mailbox.post(.service(self))
        }
      }
    } onCancel: {
      let waiter = state.withLock { $0.writeWaiters.removeValue(forKey: id) }
      waiter?.resume(throwing: CancellationError())
    }
  }

  func close() {
    if end(.closed) { loop.mailbox.post(.close(self)) }
  }

  // MARK: the loop's side

  var hasEnded: Bool { state.withLock { $0.end != nil } }

  func receiveConnected() {
    let waiter = state.withLock { state in
      state.isConnected = true
      return state.connectWaiter.take()
    }
    waiter?.resume()
  }

  /// Whether the loop may read more; if not, `.service` comes when it may.
  func hasRoom() -> Bool {
    state.withLock { state in
      state.isReadPaused = state.buffered >= Self.highWater
      return !state.isReadPaused
    }
  }

  func receive(_ chunk: [UInt8]) {
    let waiter = state.withLock { state in
      if let waiter = state.readWaiter.take() { return Optional(waiter) }
      state.inbox.append(chunk)
      state.buffered += chunk.count
      return nil
    }
    waiter?.resume(returning: chunk)
  }

  func nextWrite() -> Write? {
    state.withLock { $0.outbox.popFirst() }
  }

  func finishWrite(_ id: UInt64) {
    let waiter = state.withLock { $0.writeWaiters.removeValue(forKey: id) }
    waiter?.resume()
  }

  func finishAtEOF() {
    end(.eof)
  }

  func finish(throwing error: HTTPError) {
    end(.failed(error))
  }

  @discardableResult
  private func end(_ end: End) -> Bool {
    let (isFirst, connectWaiter, readWaiter, writeWaiters) = state.withLock { state in
      let isFirst = state.end == nil
      if isFirst { state.end = end }
      if case .closed = end {
        state.inbox = []
        state.buffered = 0
      }
      state.outbox = []
      let writeWaiters = state.writeWaiters
      state.writeWaiters = [:]
      return (isFirst, state.connectWaiter.take(), state.readWaiter.take(), writeWaiters)
    }
    let error: any Error
    if case .failed(let reason) = end {
      error = reason
      readWaiter?.resume(throwing: reason)
    } else {
      error = HTTPError.closedConnection
      readWaiter?.resume(returning: nil)
    }
    connectWaiter?.resume(throwing: error)
    for waiter in writeWaiters.values { waiter.resume(throwing: error) }
    return isFirst
  }
}

extension HTTPError {
  static let closedConnection = HTTPError(
    code: .connectionLost, message: "the connection is closed", requestWasSent: true)
}
