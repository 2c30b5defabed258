// A streamed answer, pulled by its reader: nothing is buffered ahead of it, so a slow reader slows
// the proxy down instead of filling memory.

import CurlHTTP

/// A streamed answer. One reader. Ending the iteration early, dropping the stream, `cancel()` or
/// cancelling the reading task closes the connection at once, which stops the model.
///
/// Iterating throws `LLMError` where the answer fails, and `CancellationError`.
public struct ChatStream: AsyncSequence, Sendable {
  public typealias Element = ChatEvent

  /// The id under which the proxy logged the call: the caller's own, or the proxy's.
  public let callID: String?
  /// Which deployment answers, where the proxy says so.
  public let deployment: Deployment
  private let exchange: ChatExchange

  /// What LiteLLM's response headers tell about who answers. Empty where keep-alives are on: then
  /// the head is sent before anything is known.
  public struct Deployment: Hashable, Sendable {
    public var modelGroup: String?
    public var modelID: String?
    public var attemptedRetries: Int?
    public var attemptedFallbacks: Int?
    public var proxyVersion: String?
  }

  init(exchange: ChatExchange) {
    self.exchange = exchange
    let head = exchange.head
    callID = head.callID
    deployment = head.deployment
  }

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(exchange: exchange) }

  /// Closes the connection now; a reader gets a `CancellationError`.
  public func cancel() { exchange.cancel() }

  public struct AsyncIterator: AsyncIteratorProtocol {
    private let exchange: ChatExchange
    private var bytes: HTTPBody.AsyncIterator?
    private var assembler: ChatStreamAssembler
    private var outputs: [ChatStreamAssembler.Output] = []
    private var nextOutput = 0
    private var gaveRole = false
    private var isOver = false

    init(exchange: ChatExchange) {
      self.exchange = exchange
      bytes = exchange.body?.makeAsyncIterator()
      assembler = Self.assembler(for: exchange)
    }

    private static func assembler(for exchange: ChatExchange) -> ChatStreamAssembler {
      ChatStreamAssembler(
        maximumEventBytes: exchange.configuration.maximumEventBytes,
        maximumCompletionBytes: exchange.configuration.maximumCompletionBytes,
        callID: exchange.head.callID, documentCost: exchange.head.cost)
    }

    public mutating func next() async throws -> ChatEvent? {
      try await next(isolation: nil)
    }

    public mutating func next(isolation actor: isolated (any Actor)?) async throws -> ChatEvent? {
      while !isOver {
        while nextOutput < outputs.count {
          let output = outputs[nextOutput]
          nextOutput += 1
          switch output {
          case .event(.role) where gaveRole: continue
          case .event(let event): return take(event)
          case .failure(let error):
            isOver = true
            exchange.close()
            throw error
          }
        }
        try await read(isolation: actor)
      }
      return nil
    }

    private mutating func take(_ event: ChatEvent) -> ChatEvent {
      switch event {
      case .role: gaveRole = true
      case .ended:
        isOver = true
        bytes = nil
        exchange.finish()
      default: break
      }
      return event
    }

    /// Reads the next bytes; after a failure before any content, those of another attempt.
    private mutating func read(isolation actor: isolated (any Actor)?) async throws {
      outputs = assembler.handle(try await input(isolation: actor))
      nextOutput = 0
      guard !assembler.receivedContent, case .failure(let error)? = outputs.last else { return }
      bytes = nil
      let isOpenAgain: Bool
      do {
        isOpenAgain = try await exchange.reopen(after: error)
      } catch {
        isOver = true
        throw error
      }
      guard isOpenAgain else { return }
      bytes = exchange.body?.makeAsyncIterator()
      assembler = Self.assembler(for: exchange)
      outputs = []
    }

    private mutating func input(
      isolation actor: isolated (any Actor)?
    ) async throws -> ChatStreamAssembler.Input {
      guard bytes != nil else {
        isOver = true
        throw CancellationError()
      }
      do {
        guard let chunk = try await bytes?.next(isolation: actor) else { return .endOfBody }
        return .bytes(chunk)
      } catch let error as HTTPError {
        return .lost(error)
      } catch {
        isOver = true
        exchange.close()
        throw error
      }
    }
  }
}
