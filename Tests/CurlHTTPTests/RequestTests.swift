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

  struct Exchange: CustomTestStringConvertible {
    var method: HTTPRequest.Method
    var body: HTTPRequestBody
    var length: String?
    var received: String
    var testDescription: String { "\(method) \(received)" }
  }

  @Test(
    "each method says how long its body is, and invents no type",
    arguments: [
      Exchange(method: .get, body: .none, length: nil, received: ""),
      Exchange(method: .delete, body: .none, length: nil, received: ""),
      Exchange(method: .options, body: .none, length: nil, received: ""),
      Exchange(method: .post, body: .none, length: "0", received: ""),
      Exchange(method: .post, body: .bytes([]), length: "0", received: ""),
      Exchange(method: .put, body: .none, length: "0", received: ""),
      Exchange(method: .patch, body: .none, length: "0", received: ""),
      Exchange(method: .post, body: .bytes(Array("a=\0b".utf8)), length: "4", received: "a=\0b"),
      Exchange(method: .put, body: .bytes(Array("put".utf8)), length: "3", received: "put"),
      Exchange(method: .patch, body: .bytes(Array("pat".utf8)), length: "3", received: "pat"),
      Exchange(method: .delete, body: .bytes(Array("del".utf8)), length: "3", received: "del"),
    ])
  func methods(exchange: Exchange) async throws {
    let server = try okServer()
    let client = try HTTPClient()
    let (head, body) = try await client.data(
      HTTPRequest(method: exchange.method, url: server.url), body: exchange.body)
    #expect(head.status == 200)
    #expect(body == Array("hello".utf8))
    let request = try #require(server.requests.first)
    #expect(request.method == exchange.method.rawValue)
    #expect(request["Content-Length"] == exchange.length)
    #expect(request["Content-Type"] == nil)
    #expect(String(decoding: request.body, as: UTF8.self) == exchange.received)
  }

  @Test("a HEAD has headers and no body")
  func head() async throws {
    let server = try TestServer { connection in
      while connection.request() != nil {
        try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 123\r\n\r\n")
      }
    }
    let client = try HTTPClient(configuration: patientPool)
    for _ in 0..<2 {
      let (head, body) = try await client.data(HTTPRequest(method: .head, url: server.url))
      #expect(head.headerFields[.contentLength] == "123")
      #expect(body.isEmpty)
    }
    #expect(server.accepted == 1)
  }

  @Test("headers arrive as they were given, framing headers aside")
  func headers() async throws {
    let server = try okServer()
    let client = try HTTPClient(configuration: .init(userAgent: "unit/1"))
    var fields: HTTPFields = [.contentType: "text/plain", .contentLength: "999", .userAgent: "own"]
    fields.append(HTTPField(name: HTTPField.Name("X-Empty")!, value: ""))
    fields.append(HTTPField(name: .cookie, value: "a=1"))
    fields.append(HTTPField(name: .accept, value: "text/event-stream"))
    _ = try await client.data(
      HTTPRequest(method: .post, url: server.url, headerFields: fields), body: .bytes([1, 2]))
    let request = try #require(server.requests.first)
    #expect(request["Content-Type"] == "text/plain")
    #expect(request["Content-Length"] == "2")
    #expect(request["User-Agent"] == "own")
    #expect(request["X-Empty"] == "")
    #expect(request["Accept"] == "text/event-stream")
    #expect(request.fields.filter { $0.name.lowercased() == "accept" }.count == 1)
  }

  @Test("a line break in a header value never becomes a header")
  func headerInjection() async throws {
    let server = try okServer()
    let client = try HTTPClient()
    let field = HTTPField(name: HTTPField.Name("X-A")!, value: "1\r\nX-Evil: 1")
    // HTTPTypes already writes blanks for line breaks; other controls are ours to refuse.
    _ = try await client.data(
      HTTPRequest(method: .get, url: server.url, headerFields: HTTPFields([field])))
    #expect(try #require(server.requests.first)["X-Evil"] == nil)
    let form = MultipartForm(parts: [.init(name: "a\r\nb", "1")])
    await #expect(throws: HTTPError.self) {
      _ = try await client.data(
        HTTPRequest(method: .post, url: server.url), body: .multipart(form))
    }
    #expect(server.requests.count == 1)
  }

  @Test("a file goes up with its size, and a missing one is an error before any connection")
  func fileUpload() async throws {
    let server = try okServer()
    let client = try HTTPClient()
    let path = try TemporaryFolder.shared.file(
      "upload", bytes: (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
    let request = try HTTPRequest(method: .put, url: server.url)
    _ = try await client.data(request, body: .file(path: path))
    let served = try #require(server.requests.first)
    #expect(served.method == "PUT")
    #expect(served["Content-Length"] == "300000")
    #expect(served.body == (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
    for bad in ["/nonexistent/file", "/tmp"] {
      let error = await #expect(throws: HTTPError.self) {
        _ = try await client.data(request, body: .file(path: bad))
      }
      #expect(error?.code == .fileError)
      #expect(error?.requestWasSent == false)
    }
    #expect(server.accepted == 1)
  }

  @Test("a form carries text, bytes and files with names and types")
  func multipart() async throws {
    let server = try okServer()
    let client = try HTTPClient()
    let path = try TemporaryFolder.shared.file("form.bin", bytes: Array("from a file".utf8))
    let form = MultipartForm(parts: [
      .init(name: "roomId", "Y2lz"),
      .init(
        name: "files", filename: "it's \"quoted\" ü.txt", contentType: "text/plain",
        content: .bytes(Array("a\0b\r\n--x".utf8))),
      .init(name: "files", filename: "f.bin", content: .file(path: path)),
    ])
    _ = try await client.data(
      HTTPRequest(method: .post, url: server.url), body: .multipart(form))
    let request = try #require(server.requests.first)
    let type = try #require(request["Content-Type"])
    #expect(type.hasPrefix("multipart/form-data; boundary="))
    let text = String(decoding: request.body, as: UTF8.self)
    #expect(text.contains("name=\"roomId\"\r\n\r\nY2lz\r\n"))
    #expect(text.contains("filename=\"it's %22quoted%22 ü.txt\"\r\nContent-Type: text/plain\r\n"))
    #expect(text.contains("a\0b\r\n--x\r\n"))
    #expect(text.contains("filename=\"f.bin\""))
    #expect(text.contains("\r\n\r\nfrom a file\r\n"))
    #expect(request["Content-Length"] == "\(request.body.count)")
  }

  @Test("interim heads are passed over and trailers are not headers")
  func interimAndTrailers() async throws {
    let server = try TestServer { connection in
      _ = connection.request()
      try connection.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
      try connection.send("HTTP/1.1 102 Processing\r\n\r\n")
      try connection.send(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n")
      try connection.send("3\r\nabc\r\n0\r\nX-Sum: 6\r\n\r\n")
    }
    let client = try HTTPClient()
    let (head, body) = try await client.data(HTTPRequest(method: .get, url: server.url))
    #expect(head.status == 200)
    #expect(head.headerFields[HTTPField.Name("Link")!] == nil)
    #expect(head.headerFields[HTTPField.Name("X-Sum")!] == nil)
    #expect(body == Array("abc".utf8))
  }

  @Test("the head is there before the body, and each piece as it is sent")
  func streaming() async throws {
    let gate = Locked(0)
    let server = try TestServer { connection in
      _ = connection.request()
      try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
      for step in 1...3 {
        while gate.current < step { usleep(1_000) }
        try connection.send("1\r\n\(step)\r\n")
      }
      try connection.send("0\r\n\r\n")
    }
    let client = try HTTPClient()
    let (head, body) = try await client.send(HTTPRequest(method: .get, url: server.url))
    #expect(head.status == 200)
    var iterator = body.makeAsyncIterator()
    for step in 1...3 {
      gate.withLock { $0 = step }
      #expect(try await iterator.next() == Array("\(step)".utf8))
    }
    #expect(try await iterator.next() == nil)
    #expect(try await iterator.next() == nil)
    #expect(client.openTransfers == 0)
  }

  @Test(
    "what is no absolute http URL is refused",
    arguments: [
      "", "example.com", "ftp://example.com/", "http://", "http:///path", "http://a b/",
      "http://a/\r\nX: 1", "https://user:secret@example.com/", "http://a\\@b/",
      "file:///etc/passwd",
    ])
  func badURLs(url: String) {
    let error = #expect(throws: HTTPError.self) { _ = try HTTPRequest(method: .get, url: url) }
    #expect(error?.code == .badURL)
    #expect(error?.description.contains("secret") == false)
  }

  @Test(
    "a URL is cut into its parts and put together again",
    arguments: [
      ("HTTP://Example.COM", "http://example.com/"),
      ("https://a:8443?x=1", "https://a:8443/?x=1"),
      ("wss://mercury.example/v1/apps?q=%20#top", "https://mercury.example/v1/apps?q=%20"),
      ("ws://[::1]:80/a//b/./c", "http://[::1]:80/a//b/./c"),
    ])
  func urls(url: String, expected: String) throws {
    #expect(try HTTPRequest(method: .get, url: url).urlString == expected)
  }
}
