// Certificates and proxies, against other people's servers: Python's TLS and tinyproxy.

import CurlHTTP
import Foundation
import HTTPTypes
import Testing

@Suite("TLS and proxies")
struct TLSAndProxyTests {
  private func code(
    _ url: String, _ configuration: HTTPClientConfiguration
  ) async throws -> HTTPError.Code? {
    let client = try HTTPClient(configuration: configuration)
    let request = try HTTPRequest(method: .get, url: url)
    let error = await #expect(throws: HTTPError.self) { _ = try await client.data(request) }
    #expect(error?.requestWasSent == false)
    return error?.code
  }

  @Test("a certificate of the operator's CA is accepted, any other is .certificate")
  func privateCA() async throws {
    let certificates = try await Certificates.shared()
    let server = try await PythonTLSServer("http")
    let url = "https://127.0.0.1:\(server.port)"
    let client = try HTTPClient(configuration: .init(caFile: certificates.ca))
    for _ in 0..<3 {
      let (head, body) = try await client.data(HTTPRequest(method: .get, url: url + "/a"))
      #expect(head.status == 200)
      #expect(body == Array("path /a".utf8))
    }
    #expect(try await code(url, .init(caFile: certificates.otherCA)) == .certificate)
    #expect(try await code(url, .init()) == .certificate)
    // The certificate is for 127.0.0.1 alone.
    let byName = "https://localhost:\(server.port)"
    #expect(try await code(byName, .init(caFile: certificates.ca)) == .certificate)
  }

  @Test("TLS to a server that has none is .tls")
  func notTLS() async throws {
    let server = try TestServer { connection in
      _ = connection.receiveSome()
      try connection.send("HTTP/1.1 400 Bad Request\r\n\r\n")
    }
    #expect(try await code("https://127.0.0.1:\(server.port)", .init()) == .tls)
  }

  @Test("HTTP/2 is asked for only when wanted, and does without where the server does")
  func http2Fallback() async throws {
    let certificates = try await Certificates.shared()
    let server = try await PythonTLSServer("http")
    let client = try HTTPClient(
      configuration: .init(
        version: .http2(maximumConnectionsPerHost: 2), caFile: certificates.ca))
    let request = try HTTPRequest(method: .get, url: "https://127.0.0.1:\(server.port)/h2")
    try await withThrowingTaskGroup { group in
      for _ in 0..<10 { group.addTask { try await client.data(request).1 } }
      for try await body in group { #expect(body == Array("path /h2".utf8)) }
    }
  }

  @Test("plain and TLS requests go through a proxy, with its password", arguments: [false, true])
  func throughProxy(hasPassword: Bool) async throws {
    let certificates = try await Certificates.shared()
    let proxy = try await TinyProxy(
      user: hasPassword ? "someone" : nil, password: hasPassword ? "pass" : nil)
    let proxyURL = hasPassword ? "http://someone:pass@127.0.0.1:\(proxy.port)" : proxy.url
    let configuration = HTTPClientConfiguration(
      proxy: .explicit(http: proxyURL, https: proxyURL, noProxy: nil), caFile: certificates.ca)
    let client = try HTTPClient(configuration: configuration)

    let plain = try TestServer { connection in
      while connection.request() != nil { try connection.respond(body: "plain") }
    }
    #expect(
      try await client.data(HTTPRequest(method: .get, url: plain.url + "/x")).1
        == Array("plain".utf8))
    let request = try #require(plain.requests.first)
    #expect(request["Via"]?.contains("tinyproxy") == true)
    #expect(request["Proxy-Authorization"] == nil)

    let secure = try await PythonTLSServer("http")
    let url = "https://127.0.0.1:\(secure.port)/y"
    let (head, body) = try await client.data(HTTPRequest(method: .get, url: url))
    #expect(head.status == 200)
    #expect(head.headerFields[HTTPField.Name("Via")!] == nil)
    #expect(body == Array("path /y".utf8))
    #expect(proxy.journal.contains("CONNECT 127.0.0.1:\(secure.port)"))
  }

  @Test("a proxy that refuses is .proxy for TLS, and its own answer for plain HTTP")
  func proxyRefuses() async throws {
    let proxy = try await TinyProxy(user: "someone", password: "pass")
    let configuration = HTTPClientConfiguration(
      proxy: .explicit(http: proxy.url, https: proxy.url, noProxy: nil))
    #expect(try await code("https://127.0.0.1:9/", configuration) == .proxy)
    let client = try HTTPClient(configuration: configuration)
    let (head, _) = try await client.data(HTTPRequest(method: .get, url: "http://127.0.0.1:9/"))
    #expect(head.status == 407)
  }

  @Test("hosts in noProxy are reached directly")
  func noProxy() async throws {
    let server = try TestServer { connection in
      while connection.request() != nil { try connection.respond() }
    }
    let (fd, dead) = try TestServer.listen(backlog: nil)
    defer { close(fd) }
    let nowhere = "http://127.0.0.1:\(dead)"
    let direct = HTTPClientConfiguration(
      proxy: .explicit(http: nowhere, https: nil, noProxy: "example.com,127.0.0.0/8"))
    let (head, _) = try await HTTPClient(configuration: direct).data(
      HTTPRequest(method: .get, url: server.url))
    #expect(head.status == 200)
    let through = HTTPClientConfiguration(
      proxy: .explicit(http: nowhere, https: nil, noProxy: "example.com"))
    #expect(try await code(server.url, through) == .refused)
  }
}
