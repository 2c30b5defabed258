// One chat call on the wire: its request, its attempts, and the body that is open right now.
// Made by LLMClient, read by ChatStream's iterator.

import CurlHTTP
import HTTPTypes
import Logging
import Synchronization

/// Opens the streamed response, again where the retry policy allows. When the last reference goes,
/// so does the body, and with it the connection.
final class ChatExchange: Sendable {
  /// What the response head told.
  struct Head: Sendable {
    var callID: String?
    var deployment = ChatStream.Deployment()
    var cost: Double?
  }

  private struct State {
    var ledger: RetryLedger
    var body: HTTPBody?
    var head = Head()
    /// Reads what follows the last word.
    var ending: Task<Void, Never>?
    var isCancelled = false
  }

  private let client: LLMClient
  private let request: HTTPRequest
  private let requestBody: [UInt8]
  private let callID: String?
  private let state: Mutex<State>

  init(client: LLMClient, request: HTTPRequest, body: [UInt8], callID: String?) {
    self.client = client
    self.request = request
    requestBody = body
    self.callID = callID
    let ledger = RetryLedger(policy: client.configuration.retry, started: client.time.elapsed())
    state = Mutex(State(ledger: ledger))
  }

  var head: Head { state.withLock { $0.head } }
  var body: HTTPBody? { state.withLock { $0.body } }
  var configuration: LLMConfiguration { client.configuration }

  /// Sends the request until it is accepted.
  func open() async throws {
    while true {
      do {
        return try await attempt()
      } catch let error as LLMError {
        guard try await pause(after: error) else { throw error }
      }
    }
  }

  /// After a failure within the stream, before any content: opens it once more if that is allowed.
  func reopen(after error: LLMError) async throws -> Bool {
    close()
    guard try await pause(after: error) else { return false }
    try await open()
    return true
  }

  /// Closes what is open; a reader in the middle of it gets a `CancellationError`.
  func close() {
    state.withLock { state -> HTTPBody? in
      defer { state.body = nil }
      return state.body
    }?.cancel()
  }

  func cancel() {
    state.withLock { state in
      state.isCancelled = true
      state.ending?.cancel()
    }
    close()
  }

  /// The stream said its last word. The end of the body is about to follow it, and a connection
  /// that sees it can be used again: it is read, but not waited for longer than the grace.
  func finish() {
    let grace = client.configuration.endGrace
    state.withLock { state in
      guard let body = state.body else { return }
      state.body = nil
      state.ending = Task {
        try? await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { for try await _ in body {} }
          group.addTask { try await Task.sleep(for: grace) }
          defer { group.cancelAll() }
          try await group.next()
        }
        body.cancel()
      }
    }
  }

  private func attempt() async throws {
    let attempt = state.withLock { state in
      state.ledger.begin()
      return state.ledger.attempts
    }
    let response: HTTPResponse
    let body: HTTPBody
    do {
      (response, body) = try await client.http.send(
        request, body: .bytes(requestBody), options: client.chatOptions)
    } catch let error as HTTPError {
      throw LLMErrorClassifier.transport(error).identified(by: callID)
    }
    guard response.status.code == 200 else {
      let bytes = await body.prefix(LLMErrorBody.maximumBytes)
      throw LLMErrorClassifier.response(
        status: response.status.code, headers: response.headerFields, body: bytes,
        now: client.time.now()
      ).identified(by: callID)
    }
    let head = Head(response.headerFields, fallbackCallID: callID)
    let isCancelled = state.withLock { state in
      state.head = head
      if !state.isCancelled { state.body = body }
      return state.isCancelled
    }
    if isCancelled {
      body.cancel()
      throw CancellationError()
    }
    client.logger.debug(
      "chat accepted",
      metadata: [
        "attempt": "\(attempt)", "call_id": "\(head.callID ?? "-")",
        "request_bytes": "\(requestBody.count)",
      ])
  }

  /// Waits before the next attempt; false where there is to be none.
  private func pause(after error: LLMError) async throws -> Bool {
    let (ledger, isCancelled) = state.withLock { ($0.ledger, $0.isCancelled) }
    if isCancelled { throw CancellationError() }
    guard let wait = ledger.wait(after: error, time: client.time) else { return false }
    client.logger.notice(
      "chat attempt failed, trying again",
      metadata: [
        "attempt": "\(ledger.attempts)", "code": "\(error.code)",
        "status": "\(error.status.map(String.init) ?? "-")", "wait": "\(wait)",
        "call_id": "\(error.callID ?? "-")",
      ])
    try await client.time.sleep(wait)
    if state.withLock({ $0.isCancelled }) { throw CancellationError() }
    return true
  }
}

extension ChatExchange.Head {
  init(_ fields: HTTPFields, fallbackCallID: String?) {
    callID = fields[.litellmCallID] ?? fallbackCallID
    deployment.modelGroup = fields[.litellmModelGroup]
    deployment.modelID = fields[.litellmModelID]
    deployment.attemptedRetries = fields[.litellmAttemptedRetries].flatMap { Int($0) }
    deployment.attemptedFallbacks = fields[.litellmAttemptedFallbacks].flatMap { Int($0) }
    deployment.proxyVersion = fields[.litellmVersion]
    cost = fields[.litellmResponseCost].flatMap { Double($0) }.flatMap { $0 > 0 ? $0 : nil }
  }
}

extension LLMError {
  func identified(by callID: String?) -> LLMError {
    var error = self
    error.callID = error.callID ?? callID
    return error
  }
}

extension HTTPBody {
  /// As much of an error body as comes, up to the limit; its own failure does not matter.
  func prefix(_ limit: Int) async -> [UInt8] {
    var bytes: [UInt8] = []
    do {
      for try await chunk in self {
        bytes += chunk
        if bytes.count >= limit { break }
      }
    } catch {}
    cancel()
    return Array(bytes.prefix(limit))
  }
}
