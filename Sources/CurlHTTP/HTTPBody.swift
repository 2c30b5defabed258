// A response body on its way in. Whoever holds the last copy of it decides over the socket: when
// it goes, the transfer is closed.

/// The bytes of a response, chunk by chunk as they come, for a single consumer.
///
/// A slow consumer stops the sender: at most about 300 KB wait in memory. Cancelling the reading
/// task, `cancel()`, or dropping the last copy closes the transfer.
public struct HTTPBody: AsyncSequence, Sendable {
  public typealias Element = [UInt8]

  let source: any BodySource

  init(source: any BodySource) {
    self.source = source
  }

  /// A body that is already here, for tests and cached answers.
  public init(_ chunks: [[UInt8]]) {
    source = ChunkSource(chunks)
  }

  public struct AsyncIterator: AsyncIteratorProtocol {
    let source: any BodySource

    /// - Throws: `HTTPError`, or `CancellationError` when the task was cancelled.
    public mutating func next() async throws -> [UInt8]? {
      try await source.next()
    }

    public mutating func next(isolation actor: isolated (any Actor)?) async throws -> [UInt8]? {
      try await source.next()
    }
  }

  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(source: source)
  }

  /// Closes the transfer; a reader gets `CancellationError`.
  public func cancel() {
    source.cancel()
  }

  /// The rest of the body in one array.
  ///
  /// - Throws: `.bodyTooLarge` as soon as there are more than `limit` bytes.
  public func collect(upTo limit: Int) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    for try await chunk in self {
      guard bytes.count + chunk.count <= limit else {
        cancel()
        throw HTTPError.bodyTooLarge(limit)
      }
      if bytes.isEmpty { bytes = chunk } else { bytes += chunk }
    }
    return bytes
  }
}

extension HTTPError {
  static func bodyTooLarge(_ limit: Int) -> HTTPError {
    HTTPError(
      code: .bodyTooLarge, message: "the response body is larger than \(limit) bytes",
      receivedResponseBytes: true, requestWasSent: true)
  }
}

/// What a body reads from.
protocol BodySource: AnyObject, Sendable {
  func next() async throws -> [UInt8]?
  func cancel()
}

private final class ChunkSource: BodySource {
  private let rest: Lock<ArraySlice<[UInt8]>>

  init(_ chunks: [[UInt8]]) {
    rest = Lock(chunks.filter { !$0.isEmpty }[...])
  }

  func next() async throws -> [UInt8]? {
    try Task.checkCancellation()
    return rest.withLock { $0.popFirst() }
  }

  func cancel() {
    rest.withLock { $0 = [] }
  }
}
