// What arrives at the server, and what comes back, one exchange at a time.

import CurlHTTP
import Foundation
import HTTPTypes
import Testing

@Suite("Requests and responses")
struct RequestTests {
  /// Answers every request on a connection until the client goes.
  private func okServer() throws -> TestServer {
    try TestServer { connection in
      while connection.request() != nil { try connection.respond(body: "hello") }
    }
  }

  @Test("a GET brings status, headers and body")
  func get() async throws {
    let server = try TestServer { connection in
      _ = connection.request()
      try connection.send(
        "HTTP/1.1 404 Not Here\r\nX-One: 1\r\nX-Two:  a \r\nX-Two: b\r\nContent-Length: 5\r\n\r\nhello"
      )
    }
    let client = try HTTPClient()
    let (head, body) = try await client.data(
      HTTPRequest(method: .get, url: server.url + "/a/../b?q=1#f"))
    #expect(head.status == 404)
    #expect(head.status.reasonPhrase == "Not Here")
    #expect(head.headerFields[HTTPField.Name("X-One")!] == "1")
    #expect(head.headerFields[values: HTTPField.Name("x-two")!] == ["a", "b"])
    #expect(body == Array("hello".utf8))
    let request = try #require(server.requests.first)
    #expect(request.method == "GET")
    #expect(request.target == "/a/../b?q=1")
    #expect(request["Host"] == "127.0.0.1:\(server.port)")
    #expect(request["User-Agent"] == "webex-assistant")
    #expect(request["Expect"] == nil)
    #expect(request["Accept-Encoding"] == nil)
  }

  @Test("fifty requests in a row use one connection")
  func keepAlive() async throws {
    let server = try okServer()
    let client = try HTTPClient()
    for _ in 0..<50 {
      let (head, _) = try await client.data(HTTPRequest(method: .get, url: server.url))
      #expect(head.status == 200)
    }
    #expect(server.accepted == 1)
    #expect(server.requests.count == 50)
  }
}
