// How answers and broken connections become WebexErrors.

package import CurlHTTP
package import FoundationEssentials
package import HTTPTypes

extension WebexError {
  init(_ failure: CallFailure, now: Date) {
    switch failure {
    case .response(let failure):
      self.init(response: failure.response, body: failure.body, now: now)
    case .transport(let error): self.init(error)
    }
  }

  /// Reads a response that is no success; `body` may be anything, or nothing.
  ///
  /// MercuryClient uses it for U2C, WDM and the conversation service, whose errors look alike.
  package init(response: HTTPResponse, body: [UInt8], now: Date) {
    let webex = try? JSONDecoder().decode(ErrorBody.self, from: Data(body))
    let status = response.status.code
    let headers = response.headerFields
    self.init(
      Code(status: status), status: status,
      message: webex?.words ?? Self.words(for: response.status),
      trackingID: webex?.trackingID ?? headers[.trackingID],
      retryAfter: headers[.retryAfter].flatMap { RetryPolicy.retryAfter($0, now: now) })
  }

  package init(_ error: HTTPError) {
    let code: Code =
      switch error.code {
      case .connectTimeout, .firstByteTimeout, .idleTimeout, .deadlineExceeded: .timedOut
      case .bodyTooLarge, .protocolError: .undecodable
      case .badURL, .fileError: .badRequest
      case .shutdown: .cancelled
      case .tooManyRedirects: .other
      default: .unreachable
      }
    self.init(code, message: error.description, underlying: error)
  }

  /// A page of some gateway is not quoted: it may hold anything.
  private static func words(for status: HTTPResponse.Status) -> String {
    status.kind == .redirection
      ? "a redirect, which is not followed with the token"
      : "HTTP \(status.code)"
  }
}

extension WebexError.Code {
  init(status: Int) {
    self =
      switch status {
      case 400, 405, 406, 411, 413, 414, 415, 422: .badRequest
      case 401: .unauthorized
      case 403: .forbidden
      case 404: .notFound
      case 408: .timedOut
      case 409: .conflict
      case 410: .gone
      case 423: .locked
      case 428: .preconditionRequired
      case 429: .rateLimited
      case 500...: .serverFailure
      default: .other
      }
  }
}

/// `{"message", "errors":[{"description"}], "trackingId"}`.
private struct ErrorBody: Decodable {
  private struct Detail: Decodable { var description: String? }

  var words: String?
  var trackingID: String?

  private enum CodingKeys: String, CodingKey {
    case message, errors
    case trackingID = "trackingId"
  }

  init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    let details: [Detail] = fields.lenientArray(.errors)
    let message: String? = fields.lenient(.message)
    words = [message, details.first?.description].compactMap { $0 }.first { !$0.isEmpty }
    trackingID = fields.lenient(.trackingID)
  }
}
