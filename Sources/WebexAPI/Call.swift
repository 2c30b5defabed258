// One REST call: what is sent, and how it passes the gate, fails, and is tried again. The typed
// calls of WebexClient are made of these.

import CurlHTTP
import FoundationEssentials
import HTTPTypes
import Logging
import Synchronization

/// A request to Webex before it has an address and a ticket.
struct Call: Sendable {
  enum Target: Sendable {
    /// Below the base URL, with its query.
    case path(String)
    case absolute(String)
  }

  enum Body: Sendable {
    case none
    case json([UInt8])
    case form(MultipartForm)
  }

  var method: HTTPRequest.Method
  var target: Target
  var priority: CallPriority
  /// The message that an edit changes, for the gate.
  var editedMessage: String?
  var body = Body.none
  /// Nil: a JSON call's.
  var timeouts: HTTPTimeouts?
  /// False for a file.
  var acceptsJSON = true

  init(_ method: HTTPRequest.Method, _ path: String, priority: CallPriority = .ordinary) {
    self.method = method
    self.target = .path(path)
    self.priority = priority
  }

  init(_ method: HTTPRequest.Method, absolute url: String, priority: CallPriority = .ordinary) {
    self.method = method
    self.target = .absolute(url)
    self.priority = priority
  }
}

/// A success, read whole.
struct Answer: Sendable {
  var response: HTTPResponse
  var body: [UInt8]
  var trackingID: String?
}

extension WebexClient {
  /// Sends a call and reads its answer whole; nil when a newer edit superseded it at the gate.
  func perform(_ call: Call) async throws -> Answer? {
    try await exchange(call) { response, body in
      let bytes = try await body.collect(upTo: WebexLimits.maximumResponseBytes)
      return Answer(
        response: response, body: bytes, trackingID: response.headerFields[.trackingID])
    }
  }

  /// Sends a call and decodes its answer.
  func decoded<Value: Decodable>(_ call: Call, as type: Value.Type = Value.self) async throws
    -> Value
  {
    guard let answer = try await perform(call) else {
      preconditionFailure("only progress edits are superseded")
    }
    return try decode(answer, of: call.method)
  }

  func decode<Value: Decodable>(
    _ answer: Answer, of method: HTTPRequest.Method, as type: Value.Type = Value.self
  ) throws -> Value {
    do {
      return try JSONDecoder().decode(Value.self, from: Data(answer.body))
    } catch {
      throw WebexError(
        .undecodable, status: answer.response.status.code,
        message: "the answer is no \(Value.self): \(Self.place(of: error))",
        trackingID: answer.trackingID, mayHaveArrived: method != .get)
    }
  }

  /// Where decoding failed, in keys only: the values are content.
  private static func place(of error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, _): "\(key.stringValue) is missing"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "\(context.codingPath.map(\.stringValue).joined(separator: ".")) has another type"
    default: "not JSON"
    }
  }

  /// Sends a call and returns at the head of a success; the body still streams.
  func open(_ call: Call) async throws -> (HTTPResponse, HTTPBody) {
    guard let opened = try await exchange(call, read: { ($0, $1) }) else {
      preconditionFailure("only progress edits are superseded")
    }
    return opened
  }

  /// The life of a call: gate, attempt, verdict, and again.
  private func exchange<Result: Sendable>(
    _ call: Call, read: @Sendable (HTTPResponse, HTTPBody) async throws -> Result
  ) async throws -> Result? {
    let request = try request(of: call)
    let ticket = await gate.ticket(priority: call.priority, editedMessage: call.editedMessage)
    var retry = CallRetry(
      method: call.method, isEdit: call.editedMessage != nil,
      maximumAttempts: configuration.maximumAttempts,
      maximumRateLimitWaits: configuration.maximumRateLimitWaits)
    let elapsed = Stopwatch.start(clock)
    var refusals = 0
    while true {
      guard try await gate.enter(ticket) == .go else { return nil }
      let failure: CallFailure
      do {
        let (response, body) = try await transport.send(
          request.head, body: request.body, options: request.options)
        if response.status.kind == .successful {
          hasBeenAccepted.store(true, ordering: .relaxed)
          let result = try await read(response, body)
          await gate.leave(ticket)
          return result
        }
        failure = .response(try await Self.readFailure(response, body))
      } catch let error as HTTPError {
        failure = .transport(error)
      } catch {
        await gate.leave(ticket)
        throw error
      }
      switch retry.verdict(on: failure, elapsed: elapsed(), now: now(), random: random()) {
      case .fail(let error)
      where error.code == .unauthorized && refusals < Self.maximumRefusals
        && hasBeenAccepted.load(ordering: .relaxed):
        // Nothing was done, so even a POST goes again once the token is good.
        refusals += 1
        log("webex refuses the token", call, error)
        await refused(ticket)
      case .fail(var error):
        if error.code == .rateLimited {
          await gate.rateLimited(ticket, retryAfter: error.retryAfter)
        }
        await gate.leave(ticket)
        error.message = transport.redacting(error.message)
        error.trackingID = error.trackingID.map(transport.redacting)
        log("webex call failed", call, error)
        throw error
      case .waitAtGate(let error):
        log("webex limits the rate", call, error)
        await gate.rateLimited(ticket, retryAfter: error.retryAfter)
      case .again(let delay, let error):
        log("webex call is repeated", call, error)
        await gate.attempted(ticket)
        do {
          try await clock.sleep(for: delay)
        } catch {
          await gate.leave(ticket)
          throw error
        }
      }
    }
  }

  /// The head, the body and the options that every attempt of a call sends.
  private func request(of call: Call) throws -> (
    head: HTTPRequest, body: HTTPRequestBody, options: HTTPRequestOptions
  ) {
    let url =
      switch call.target {
      case .path(let path): baseURL + path
      case .absolute(let url): url
      }
    var head: HTTPRequest
    do {
      head = try HTTPRequest(method: call.method, url: url)
    } catch {
      throw WebexError(.badRequest, message: "no usable address", underlying: error)
    }
    head.headerFields[.accept] = call.acceptsJSON ? "application/json" : "*/*"
    var body = HTTPRequestBody.none
    switch call.body {
    case .none: break
    case .json(let bytes):
      head.headerFields[.contentType] = "application/json; charset=utf-8"
      body = .bytes(bytes)
    case .form(let form): body = .multipart(form)
    }
    var options = HTTPRequestOptions()
    options.timeouts =
      call.timeouts
      ?? HTTPTimeouts(
        connect: configuration.connectTimeout, firstByte: configuration.firstByteTimeout,
        idle: configuration.firstByteTimeout, total: configuration.totalTimeout)
    return (head, body, options)
  }

  /// An error's body: Webex's words, or nothing when they are too long or never come.
  private static func readFailure(_ response: HTTPResponse, _ body: HTTPBody) async throws
    -> ResponseFailure
  {
    let bytes: [UInt8]
    do {
      bytes = try await body.collect(upTo: 64 << 10)
    } catch is HTTPError {
      bytes = []
    }
    return ResponseFailure(response: response, body: bytes)
  }

  private func log(_ message: Logger.Message, _ call: Call, _ error: WebexError) {
    logger.debug(
      message,
      metadata: [
        "method": "\(call.method)", "code": "\(error.code)",
        "status": "\(error.status.map(String.init) ?? "-")",
        "trackingId": "\(error.trackingID.map(transport.redacting) ?? "-")",
        "retryAfter": "\(error.retryAfter.map { "\($0)" } ?? "-")",
      ])
  }

  var uploadTimeouts: HTTPTimeouts {
    // The first byte of the answer comes after the whole upload, and Webex looks at the file first.
    HTTPTimeouts(
      connect: configuration.connectTimeout, firstByte: nil,
      idle: configuration.transferIdleTimeout, total: nil)
  }

  var downloadTimeouts: HTTPTimeouts {
    HTTPTimeouts(
      connect: configuration.connectTimeout, firstByte: configuration.firstByteTimeout,
      idle: configuration.transferIdleTimeout, total: nil)
  }
}

/// Time since a start, of a clock whose instants have no common type.
enum Stopwatch {
  static func start<C: Clock<Duration>>(_ clock: C) -> @Sendable () -> Duration {
    let start = clock.now
    return { start.duration(to: clock.now) }
  }
}
