// Redirects: off unless asked for, and then without secrets for strangers.

import CurlHTTP
import Foundation
import HTTPTypes
import Testing

@Suite("Redirects")
struct RedirectTests {
  private func redirector(_ status: String, to location: @escaping @Sendable () -> String)
    throws -> TestServer
  {
    try TestServer { connection in
      while let request = connection.request() {
        if request.target.hasPrefix("/end") {
          try connection.respond(body: "arrived")
        } else {
          try connection.respond(status, ["Location: \(location())"], body: "moved")
        }
      }
    }
  }

  @Test("a redirect is an ordinary response unless asked otherwise")
  func notFollowed() async throws {
    let server = try redirector("302 Found") { "/end" }
    let client = try HTTPClient()
    let (head, body) = try await client.data(HTTPRequest(method: .get, url: server.url))
    #expect(head.status == 302)
    #expect(body == Array("moved".utf8))
    #expect(server.requests.count == 1)
  }

  @Test(
    "the method follows RFC 9110",
    arguments: [
      ("301 Moved", "POST", "GET"), ("302 Found", "POST", "GET"), ("303 See Other", "POST", "GET"),
      ("303 See Other", "PUT", "GET"), ("307 Temporary", "POST", "POST"),
      ("308 Permanent", "PUT", "PUT"), ("302 Found", "PUT", "PUT"),
      ("303 See Other", "HEAD", "HEAD"),
    ])
  func methods(status: String, before: String, after: String) async throws {
    let server = try redirector(status) { "../end?x=1" }
    let client = try HTTPClient(configuration: .init(maximumIdleAge: .seconds(600)))
    let isHead = before == "HEAD"
    var fields = HTTPFields()
    fields[.contentType] = "text/plain"
    fields[.authorization] = "Bearer t"
    let (head, body) = try await client.data(
      HTTPRequest(
        method: .init(before)!, url: server.url + "/a/b", headerFields: fields),
      body: isHead ? .none : .bytes(Array("data".utf8)),
      options: .init(maximumRedirects: 1, isRepeatable: true))
    #expect(head.status == 200)
    if !isHead { #expect(body == Array("arrived".utf8)) }
    let last = try #require(server.requests.last)
    #expect(last.method == after)
    #expect(last.target == "/end?x=1")
    #expect(last.body == (after == before && !isHead ? Array("data".utf8) : []))
    #expect(last["Authorization"] == "Bearer t")
    // A HEAD's answer here has a body, which no client may take; its connection is not kept.
    if !isHead { #expect(server.accepted == 1) }
  }

  @Test("credentials never follow to another host or port")
  func credentials() async throws {
    let other = try redirector("302 Found") { "/end" }
    let server = try redirector("307 Temporary") { "http://127.0.0.1:\(other.port)/end" }
    let client = try HTTPClient()
    var fields = HTTPFields()
    fields[.authorization] = "Bearer secret"
    fields[.cookie] = "session=secret"
    let (head, _) = try await client.data(
      HTTPRequest(method: .get, url: server.url, headerFields: fields),
      options: .init(maximumRedirects: 3))
    #expect(head.status == 200)
    let stranger = try #require(other.requests.first)
    #expect(stranger["Authorization"] == nil)
    #expect(stranger["Cookie"] == nil)
    #expect(server.requests.first?["Authorization"] == "Bearer secret")
  }

  @Test("too many redirects, and redirects to elsewhere than http, are errors")
  func limits() async throws {
    let endless = try redirector("302 Found") { "/again" }
    let client = try HTTPClient()
    var error = await #expect(throws: HTTPError.self) {
      _ = try await client.data(
        HTTPRequest(method: .get, url: endless.url), options: .init(maximumRedirects: 4))
    }
    #expect(error?.code == .tooManyRedirects)
    #expect(endless.requests.count == 5)
    let evil = try redirector("302 Found") { "file:///etc/passwd" }
    error = await #expect(throws: HTTPError.self) {
      _ = try await client.data(
        HTTPRequest(method: .get, url: evil.url), options: .init(maximumRedirects: 4))
    }
    #expect(error?.code == .badURL)
    #expect(client.openTransfers == 0)
  }
}
