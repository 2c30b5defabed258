// One JSON request to U2C or WDM with the bot's token, and what its failure means for us.

import CurlHTTP
import FoundationEssentials
import HTTPTypes
import WebexAPI

struct ServiceCall: Sendable {
  static let maximumAnswerBytes = 8 << 20

  let transport: BearerTransport
  let timeout: Duration

  struct Answer: Sendable {
    let status: Int
    let body: [UInt8]
    let retryAfter: Duration?

    var isSuccess: Bool { (200..<300).contains(status) }

    func decode<Value: Decodable>(_ type: Value.Type) -> Value? {
      try? JSONDecoder().decode(type, from: Data(body))
    }

    /// Webex's own words.
    var message: String {
      struct Problem: Decodable {
        struct Entry: Decodable { var description: String? }
        var message: String?
        var errors: [Entry]?
      }
      let problem = decode(Problem.self)
      let entries = problem?.errors?.compactMap(\.description) ?? []
      return problem?.message ?? entries.first ?? "no message"
    }

    /// The failure of this answer; `code` unless the status has a meaning of its own.
    func error(_ code: MercuryError.Code, _ what: String) -> MercuryError {
      let code: MercuryError.Code =
        switch status {
        case 401: .unauthorized
        case 403: .forbidden
        default: code
        }
      let text =
        code == .unauthorized ? "\(what): Webex does not accept the token" : "\(what): \(message)"
      return MercuryError(code, text, status: status, retryAfter: retryAfter)
    }
  }

  /// - Throws: `MercuryError` (`.hostNotAllowed`, or `.connection` when there is no answer) or
  ///   `CancellationError`.
  func send(
    _ method: HTTPRequest.Method, _ url: String, json: [UInt8]? = nil, _ what: String
  ) async throws -> Answer {
    do {
      var request = try HTTPRequest(method: method, url: url)
      request.headerFields[.accept] = "application/json"
      if json != nil { request.headerFields[.contentType] = "application/json;charset=utf-8" }
      let limits = HTTPTimeouts(firstByte: timeout, idle: timeout, total: timeout)
      let options = HTTPRequestOptions(
        timeouts: limits, maximumBodyBytes: Self.maximumAnswerBytes)
      let (response, body) = try await transport.send(
        request, body: json.map(HTTPRequestBody.bytes) ?? .none, options: options)
      let bytes = try await body.collect(upTo: Self.maximumAnswerBytes)
      let retryAfter = response.headerFields[.retryAfter]
        .flatMap { RetryPolicy.retryAfter($0, now: Date()) }
      return Answer(
        status: response.status.code, body: bytes, retryAfter: retryAfter.map(Self.clamp))
    } catch {
      throw MercuryError.wrapping(error, what)
    }
  }

  /// Nobody means more than an hour.
  static func clamp(_ wait: Duration) -> Duration { max(.zero, min(wait, .seconds(3600))) }
}

extension MercuryError {
  /// Leaves cancellation and our own errors as they are.
  static func wrapping(_ error: any Error, _ what: String) -> any Error {
    switch error {
    case is CancellationError, is MercuryError: return error
    case let error as WebexError where error.code == .hostNotAllowed:
      return MercuryError(.hostNotAllowed, "\(what): \(error.message)", underlying: error)
    case let error as WebSocketUpgradeError:
      let code: Code =
        switch error.status {
        case 401: .unauthorized
        case 403: .forbidden
        default: .handshake
        }
      let retryAfter = error.retryAfter.flatMap { RetryPolicy.retryAfter($0, now: Date()) }
      return MercuryError(
        code, "\(what): \(error.reason)", status: error.status,
        retryAfter: retryAfter.map(ServiceCall.clamp), underlying: error)
    case let error as WebSocketViolation:
      return MercuryError(
        .protocolViolation, "\(what): \(error.reason)", status: error.closeCode, underlying: error)
    case let error as HTTPError:
      return MercuryError(.connection, "\(what): \(error.message)", underlying: error)
    default:
      return MercuryError(.connection, "\(what): \(type(of: error))", underlying: error)
    }
  }
}

extension HTTPField.Name {
  static let retryAfter = HTTPField.Name("Retry-After")!
}
