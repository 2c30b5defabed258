// Every documented error body becomes an error that a caller can act on.

import CurlHTTP
import FoundationEssentials
import HTTPTypes
import Testing

@testable import WebexAPI

@Suite("WebexError")
struct WebexErrorTests {
  private func error(_ fixture: HTTPFixture) -> WebexError {
    var headers = HTTPFields()
    for (name, value) in fixture.headers {
      headers[HTTPField.Name(name)!] = value
    }
    return WebexError(
      response: HTTPResponse(status: .init(code: fixture.status), headerFields: headers),
      body: Array(fixture.body.utf8), now: Date(timeIntervalSince1970: 0))
  }

  @Test("an error keeps Webex's words, status and tracking id", arguments: HTTPFixture.all)
  func words(fixture: HTTPFixture) throws {
    let error = error(fixture)
    let body = try JSONDecoder().decode(JSONValue.self, from: Data(fixture.body.utf8))
    #expect(error.status == fixture.status)
    #expect(error.message == body["message"]?.stringValue)
    #expect(error.trackingID == body["trackingId"]?.stringValue)
    #expect(error.description.contains(error.message))
    #expect(error.description.contains("(\(fixture.status))"))
  }

  @Test(
    "the code says what to do",
    arguments: [
      (HTTPFixture.error400BadId, WebexError.Code.badRequest),
      (.error400EditLimit, .badRequest), (.error401, .unauthorized),
      (.error403BotListGroup, .forbidden), (.error404Message, .notFound),
      (.error410ContentInfected, .gone), (.error423ContentScanning, .locked),
      (.error428ContentUnscannable, .preconditionRequired), (.error429, .rateLimited),
      (.error503, .serverFailure), (.wdm403ExcessiveRegistrations, .forbidden),
      (.wdm404NoDevices, .notFound),
    ])
  func codes(fixture: HTTPFixture, code: WebexError.Code) { #expect(error(fixture).code == code) }

  @Test(
    "the wait that Webex asks for is kept",
    arguments: [
      (HTTPFixture.error423ContentScanning, Duration.seconds(5)), (.error429, .seconds(4)),
    ])
  func retryAfter(fixture: HTTPFixture, wait: Duration) {
    #expect(error(fixture).retryAfter == wait)
  }

  @Test(
    "a body that is not Webex's is not quoted",
    arguments: [
      ("<html>secret</html>", 502, "HTTP 502"), ("", 409, "HTTP 409"),
      ("[1]", 500, "HTTP 500"),
      (#"{"message":null,"errors":[{"description":"why"}]}"#, 400, "why"),
      (#"{"message":"","errors":[{"description":"why"}]}"#, 400, "why"), ("{}", 599, "HTTP 599"),
      ("moved", 302, "a redirect, which is not followed with the token"),
    ])
  func foreignBodies(body: String, status: Int, message: String) {
    let error = WebexError(
      response: HTTPResponse(status: .init(code: status)), body: Array(body.utf8),
      now: Date(timeIntervalSince1970: 0))
    #expect(error.message == message)
  }

  @Test("a long or broken message becomes one line of 300 characters")
  func bounded() {
    let error = WebexError(.other, message: "a\nb\u{1B}[31m" + String(repeating: "x", count: 999))
    #expect(error.message.hasPrefix("a b [31mx"))
    #expect(error.message.count == 300)
  }

  @Test(
    "a broken connection becomes an error of its kind",
    arguments: [
      (HTTPError.Code.resolve, WebexError.Code.unreachable), (.refused, .unreachable),
      (.tls, .unreachable), (.certificate, .unreachable), (.proxy, .unreachable),
      (.connectionLost, .unreachable), (.connectTimeout, .timedOut), (.firstByteTimeout, .timedOut),
      (.idleTimeout, .timedOut), (.deadlineExceeded, .timedOut), (.bodyTooLarge, .undecodable),
      (.protocolError, .undecodable), (.badURL, .badRequest), (.fileError, .badRequest),
      (.shutdown, .cancelled), (.tooManyRedirects, .other),
    ])
  func transport(cause: HTTPError.Code, code: WebexError.Code) {
    let error = WebexError(HTTPError(code: cause, message: "why"))
    #expect(error.code == code)
    #expect((error.underlying as? HTTPError)?.code == cause)
    #expect(error.status == nil)
  }
}
