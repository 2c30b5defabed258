// What is tried again, and what is not: a table of verdicts without a network.

import CurlHTTP
import FoundationEssentials
import HTTPTypes
import Testing

@testable import WebexAPI

@Suite("CallRetry")
struct CallRetryTests {
  enum Expected: Sendable, Equatable {
    case fail(mayHaveArrived: Bool)
    case gate
    case again
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let method: HTTPRequest.Method
    let failure: CallFailure
    let expected: Expected
    let testDescription: String

    init(
      _ method: HTTPRequest.Method, status: Int, retryAfter: String? = nil, _ expected: Expected
    ) {
      self.method = method
      failure = CallRetryTests.response(status, retryAfter: retryAfter)
      self.expected = expected
      testDescription = "\(method) \(status) \(retryAfter ?? "") → \(expected)"
    }

    init(_ method: HTTPRequest.Method, _ code: HTTPError.Code, sent: Bool, _ expected: Expected) {
      self.method = method
      failure = .transport(HTTPError(code: code, message: "", requestWasSent: sent))
      self.expected = expected
      testDescription = "\(method) \(code) sent: \(sent) → \(expected)"
    }
  }

  static func response(_ status: Int, retryAfter: String? = nil) -> CallFailure {
    var headers = HTTPFields()
    headers[.retryAfter] = retryAfter
    return .response(
      ResponseFailure(
        response: HTTPResponse(status: .init(code: status), headerFields: headers), body: []))
  }

  static let lost = Expected.fail(mayHaveArrived: true)
  static let refused = Expected.fail(mayHaveArrived: false)

  static let cases: [Case] = [
    Case(.get, status: 500, .again), Case(.get, status: 502, .again),
    Case(.get, status: 503, .again), Case(.get, status: 504, .again),
    Case(.head, status: 503, .again), Case(.put, status: 500, .again),
    Case(.delete, status: 502, .again), Case(.get, status: 501, refused),
    Case(.get, .connectionLost, sent: true, .again), Case(.get, .refused, sent: false, .again),
    Case(.get, .firstByteTimeout, sent: true, .again), Case(.get, .resolve, sent: false, .again),
    Case(.put, .connectionLost, sent: true, .again), Case(.get, .certificate, sent: false, refused),
    Case(.get, .bodyTooLarge, sent: true, refused), Case(.put, .protocolError, sent: true, lost),
    Case(.get, .shutdown, sent: true, refused),
    // A POST makes a message each time it arrives.
    Case(.post, status: 500, lost), Case(.post, status: 502, lost), Case(.post, status: 504, lost),
    Case(.post, status: 503, lost), Case(.post, status: 503, retryAfter: "2", .again),
    Case(.post, status: 503, retryAfter: "soon", lost),
    Case(.post, .connectionLost, sent: true, lost),
    Case(.post, .firstByteTimeout, sent: true, lost),
    Case(.post, .deadlineExceeded, sent: true, lost), Case(.post, .refused, sent: false, .again),
    Case(.post, .resolve, sent: false, .again), Case(.post, .connectTimeout, sent: false, .again),
    Case(.post, .connectionLost, sent: false, .again),
    Case(.post, .certificate, sent: false, refused),
    // What the server has refused stays refused.
    Case(.get, status: 400, refused), Case(.get, status: 401, refused),
    Case(.get, status: 404, refused), Case(.post, status: 400, refused),
    Case(.post, status: 409, refused), Case(.get, status: 410, refused),
    Case(.get, status: 423, retryAfter: "5", refused), Case(.get, status: 428, refused),
    Case(.get, status: 302, refused), Case(.post, status: 307, refused),
    Case(.get, status: 429, retryAfter: "3", .gate), Case(.post, status: 429, .gate),
    Case(.put, status: 429, retryAfter: "nonsense", .gate), Case(.delete, status: 429, .gate),
  ]

  private func retry(_ method: HTTPRequest.Method, isEdit: Bool = false) -> CallRetry {
    CallRetry(method: method, isEdit: isEdit, maximumAttempts: 3, maximumRateLimitWaits: 2)
  }

  private func verdict(
    _ retry: inout CallRetry, _ failure: CallFailure, elapsed: Duration = .zero,
    random: Double = 0.5
  ) -> CallRetry.Verdict {
    retry.verdict(
      on: failure, elapsed: elapsed, now: Date(timeIntervalSince1970: 0), random: random)
  }

  private func kind(_ verdict: CallRetry.Verdict) -> Expected {
    switch verdict {
    case .fail(let error): .fail(mayHaveArrived: error.mayHaveArrived)
    case .waitAtGate: .gate
    case .again: .again
    }
  }

  @Test("the first failure decides by method and by what arrived", arguments: cases)
  func firstFailure(row: Case) {
    var retry = retry(row.method)
    #expect(kind(verdict(&retry, row.failure)) == row.expected)
  }

  @Test("an edit that may have arrived has spent one of ten, so the caller decides about another")
  func edits() {
    for failure in [
      Self.response(500), Self.response(503),
      .transport(HTTPError(code: .connectionLost, message: "", requestWasSent: true)),
    ] {
      var edit = retry(.put, isEdit: true)
      #expect(kind(verdict(&edit, failure)) == Self.lost)
    }
    var unsent = retry(.put, isEdit: true)
    let failure = CallFailure.transport(
      HTTPError(code: .refused, message: "", requestWasSent: false))
    #expect(kind(verdict(&unsent, failure)) == .again)
    #expect(kind(verdict(&unsent, Self.response(503, retryAfter: "2"))) == .again)
    #expect(kind(verdict(&unsent, Self.response(429))) == .gate)
  }

  @Test("the third failure is the last")
  func attemptsEnd() {
    var retry = retry(.get)
    #expect(kind(verdict(&retry, Self.response(503))) == .again)
    #expect(kind(verdict(&retry, Self.response(503))) == .again)
    #expect(kind(verdict(&retry, Self.response(503))) == .fail(mayHaveArrived: false))
  }

  @Test("a wait at the gate is no attempt, and has a count of its own")
  func rateLimitsAreCountedApart() {
    var retry = retry(.get)
    #expect(kind(verdict(&retry, Self.response(503))) == .again)
    #expect(kind(verdict(&retry, Self.response(429))) == .gate)
    #expect(kind(verdict(&retry, Self.response(429))) == .gate)
    #expect(kind(verdict(&retry, Self.response(503))) == .again)
    #expect(kind(verdict(&retry, Self.response(429))) == .fail(mayHaveArrived: false))
  }

  @Test("delays double, are spread by chance, and never undercut Retry-After")
  func delays() {
    func delay(_ failures: [CallFailure], random: Double) -> Duration? {
      var retry = retry(.get)
      var last: Duration?
      for failure in failures {
        guard case .again(let delay, _) = verdict(&retry, failure, random: random) else {
          return nil
        }
        last = delay
      }
      return last
    }
    #expect(delay([Self.response(503)], random: 0) == .zero)
    #expect(delay([Self.response(503)], random: 0.5) == .milliseconds(250))
    #expect(delay([Self.response(503), Self.response(503)], random: 0.5) == .milliseconds(500))
    #expect(delay([Self.response(503, retryAfter: "7")], random: 0.5) == .seconds(7))
    #expect(delay([Self.response(503, retryAfter: "3600")], random: 0.5) == nil)
  }

  @Test("no attempt starts after three minutes")
  func deadline() {
    var retry = retry(.get)
    let verdict = verdict(&retry, Self.response(503), elapsed: .seconds(180))
    #expect(kind(verdict) == .fail(mayHaveArrived: false))
  }

  @Test("once an edit may have arrived, a later refusal says so")
  func arrivalIsRemembered() {
    var retry = retry(.put)
    #expect(kind(verdict(&retry, Self.response(504))) == .again)
    #expect(kind(verdict(&retry, Self.response(404))) == .fail(mayHaveArrived: true))
  }
}
