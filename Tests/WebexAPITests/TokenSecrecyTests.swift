// The token goes into one header of one host, and nowhere else.

import CurlHTTP
import HTTPTypes
import Testing

@testable import WebexAPI

@Suite("The token", .timeLimit(.minutes(1)))
struct TokenSecrecyTests {
  @Test("a redirect is not followed", arguments: [301, 302, 303, 307, 308])
  func redirects(status: Int) async throws {
    let other = LoopbackServer { _, _ in .json(Fixture.peopleMe) }
    try await ClientUnderTest.run { [url = other.baseURL] _, _ in
      .respond(status, headers: ["Location": "\(url)/people/me"])
    } _: { test in
      let error = try await webexError { _ = try await test.client.me() }
      #expect(error.status == status && error.code == .other)
      #expect(test.server.requests.count == 1)
      #expect(other.requests.isEmpty)
    }
  }

  @Test("an address that the policy refuses gets no request at all")
  func foreignAddress() async throws {
    let other = LoopbackServer { _, _ in .json(Fixture.peopleMe) }
    let http = try HTTPClient()
    let transport = BearerTransport(
      token: sentinelToken, http: http, hosts: TokenHostPolicy(), userAgent: "t",
      logger: CapturedLog().logger)
    let request = try HTTPRequest(method: .get, url: other.baseURL)
    let error = try await webexError { _ = try await transport.send(request) }
    #expect(error.code == .hostNotAllowed)
    #expect(throws: WebexError.self) { try transport.bearerValue(for: "wss://evil.example/") }
    #expect(
      try transport.bearerValue(for: "wss://mercury-a.wbx2.com/x") == "Bearer \(sentinelToken)")
    #expect(other.requests.isEmpty)
    await http.shutdown()
  }

  @Test("nothing that prints, mirrors, fails or logs shows it")
  func nowhere() async throws {
    // A server that is rude enough to quote the token back, in every place it can.
    let echo = #"{"message":"no \#(sentinelToken)","trackingId":"t-\#(sentinelToken)"}"#
    try await ClientUnderTest.run { request, number in
      switch number {
      case 1: .json(401, echo)
      case 2: .respond(503, headers: ["Retry-After": "0"], body: Array(echo.utf8))
      case 3: .respond(302, headers: ["Location": "http://127.0.0.1/?\(sentinelToken)"])
      case 4: .json(#"{"\#(sentinelToken)":1}"#)
      case 5: .drop
      default: .json(400, "x", headers: ["TrackingID": sentinelToken])
      }
    } _: { test in
      var shown = "\(test.transport) \(String(reflecting: test.transport))"
      dump(test.transport, to: &shown)
      dump(test.client, to: &shown)
      for _ in 1...5 {
        let error = try await webexError {
          _ = try await test.client.createMessage(MessageDraft(roomID: "r", text: "sentinel-text"))
        }
        shown += "\n\(error) \(String(reflecting: error))"
        dump(error, to: &shown)
      }
      #expect(shown.contains("no <token>"))
      #expect(shown.contains("BearerTransport(<redacted>)"))
      #expect(test.log.text.contains("webex call failed"))
      for secret in [sentinelToken, "sentinel-text"] {
        #expect(!shown.contains(secret))
        #expect(!test.log.text.contains(secret))
      }
      #expect(
        test.server.requests.allSatisfy {
          $0.headers["authorization"]?.contains(sentinelToken) == true
        })
    }
  }
}
