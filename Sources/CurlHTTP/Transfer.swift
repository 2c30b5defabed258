// One exchange as both sides see it: the loop puts head, chunks and the end in; the caller's tasks
// wait for them. Everything is under one lock, and nobody is resumed with it held.

import DequeModule
import HTTPTypes

/// Everything about a request that the loop needs, checked and resolved beforehand.
struct RequestPlan: Sendable {
  var url: URLParts
  var method: HTTPRequest.Method
  var headerFields: HTTPFields
  var body: HTTPRequestBody
  var timeouts: HTTPTimeouts
  /// On `monotonicNow`'s clock; redirects share one.
  var deadline: UInt64?
  var maximumBodyBytes: Int?
  var isRepeatable: Bool
}

final class Transfer: BodySource {
  /// Unread bytes at which the sender is stopped, and at which it may go on.
  static let highWater = 256 * 1024
  static let lowWater = 64 * 1024

  enum Intake {
    case taken
    /// The reader is behind: stop until `.unpause` comes.
    case pause
    /// Nobody wants the rest.
    case abort
  }

  private enum End {
    case complete
    case failed(any Error)
  }

  private struct State {
    var head: HTTPResponse?
    var headWaiter: CheckedContinuation<HTTPResponse, any Error>?
    var chunks = Deque<[UInt8]>()
    var buffered = 0
    var chunkWaiter: CheckedContinuation<[UInt8]?, any Error>?
    var isPaused = false
    var end: End?
  }

  let plan: RequestPlan
  private let loop: CurlLoop
  private let state = Lock(State())

  init(plan: RequestPlan, loop: CurlLoop) {
    self.plan = plan
    self.loop = loop
  }

  // MARK: the caller's side

  /// Starts the exchange and waits for its head.
  func start() async throws -> HTTPResponse {
    try await withTaskCancellationHandler {
      if !loop.mailbox.post(.start(self)) { finish(throwing: HTTPError.shutdown) }
      return try await withCheckedThrowingContinuation { continuation in
        let result: Result<HTTPResponse, any Error>? = state.withLock { state in
          // A connection lost after the head is the body's failure, not the head's.
          if case .failed(let error) = state.end, state.head == nil || error is CancellationError {
            return .failure(error)
          }
          if let head = state.head { return .success(head) }
          state.headWaiter = continuation
          return nil
        }
        if let result { continuation.resume(with: result) }
      }
    } onCancel: {
      cancel()
    }
  }

  func next() async throws -> [UInt8]? {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let (result, mustUnpause) = take(orWait: continuation)
        if mustUnpause { loop.mailbox.post(.unpause(self)) }
        if let result { continuation.resume(with: result) }
      }
    } onCancel: {
      cancel()
    }
  }

  private func take(
    orWait continuation: CheckedContinuation<[UInt8]?, any Error>
  ) -> (Result<[UInt8]?, any Error>?, mustUnpause: Bool) {
    state.withLock { state in
      if let chunk = state.chunks.popFirst() {
        state.buffered -= chunk.count
        let mustUnpause = state.isPaused && state.buffered <= Self.lowWater
        if mustUnpause { state.isPaused = false }
        return (.success(chunk), mustUnpause)
      }
      switch state.end {
      case .complete: return (.success(nil), false)
      case .failed(let error): return (.failure(error), false)
      case nil:
        precondition(state.chunkWaiter == nil, "HTTPBody has a single consumer")
        state.chunkWaiter = continuation
        return (nil, false)
      }
    }
  }

  /// Closes the connection without waiting for it. Bytes not yet read are thrown away.
  func cancel() {
    if finish(throwing: CancellationError(), dropsUnread: true) {
      loop.mailbox.post(.cancel(self))
    }
  }

  // MARK: the loop's side

  var hasEnded: Bool { state.withLock { $0.end != nil } }

  func receive(head: HTTPResponse) {
    let waiter = state.withLock { state in
      state.head = head
      return state.headWaiter.take()
    }
    waiter?.resume(returning: head)
  }

  func receive(_ bytes: UnsafeRawBufferPointer) -> Intake {
    let (intake, waiter, chunk) = state.withLock {
      state -> (Intake, CheckedContinuation<[UInt8]?, any Error>?, [UInt8]) in
      if state.end != nil { return (.abort, nil, []) }
      if state.buffered >= Self.highWater {
        state.isPaused = true
        return (.pause, nil, [])
      }
      let chunk = Array(bytes)
      if let waiter = state.chunkWaiter.take() { return (.taken, waiter, chunk) }
      state.chunks.append(chunk)
      state.buffered += chunk.count
      return (.taken, nil, [])
    }
    waiter?.resume(returning: chunk)
    return intake
  }

  func finishComplete() {
    let (headWaiter, chunkWaiter) = state.withLock { state in
      if state.end == nil { state.end = .complete }
      return (state.headWaiter.take(), state.chunkWaiter.take())
    }
    headWaiter?.resume(
      throwing: HTTPError(code: .protocolError, message: "a response without a head"))
    chunkWaiter?.resume(returning: nil)
  }

  /// - Returns: whether this was the end; `false` if it had ended before.
  @discardableResult
  func finish(throwing error: any Error, dropsUnread: Bool = false) -> Bool {
    let (isFirst, headWaiter, chunkWaiter) = state.withLock { state in
      let isFirst = state.end == nil
      if isFirst {
        state.end = .failed(error)
      } else if dropsUnread, case .complete = state.end, !state.chunks.isEmpty {
        state.end = .failed(error)
      }
      if dropsUnread {
        state.chunks = []
        state.buffered = 0
      }
      return (isFirst, state.headWaiter.take(), state.chunkWaiter.take())
    }
    headWaiter?.resume(throwing: error)
    chunkWaiter?.resume(throwing: error)
    return isFirst
  }
}

/// Held by the copies of one `HTTPBody`; the last one to go closes the transfer.
final class BodyOwner: BodySource {
  private let transfer: Transfer

  init(_ transfer: Transfer) {
    self.transfer = transfer
  }

  deinit {
    transfer.cancel()
  }

  func next() async throws -> [UInt8]? {
    try await transfer.next()
  }

  func cancel() {
    transfer.cancel()
  }
}

extension HTTPError {
  static let shutdown = HTTPError(code: .shutdown, message: "the HTTP client was shut down")
}
