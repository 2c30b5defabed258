// Shared files: names, scanning states, streams.

import CurlHTTP
import HTTPTypes
import Testing

@testable import WebexAPI

@Suite("Contents", .timeLimit(.minutes(1)))
struct ContentsTests {
  @Test("a file comes with its name, type and size, as a stream")
  func file() async throws {
    let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0) }
    try await ClientUnderTest.run { _, _ in
      .respond(
        200,
        headers: [
          "Content-Disposition": "attachment; filename=\"plan.pdf\"",
          "Content-Type": "application/pdf",
        ], body: bytes)
    } _: { test in
      let url = test.server.baseURL + "/contents/c"
      let (info, body) = try await test.client.content(url)
      let expected = ContentInfo(
        filename: "plan.pdf", contentType: "application/pdf", byteCount: 300_000)
      #expect(info == expected)
      #expect(try await body.collect(upTo: 1 << 20) == bytes)
      #expect(try await test.client.contentInfo(url) == expected)
      #expect(test.server.lines == ["GET /v1/contents/c", "HEAD /v1/contents/c"])
      #expect(test.server.requests.allSatisfy { $0.headers["accept"] == "*/*" })
    }
  }

  @Test(
    "a file that cannot be had says why, after one request",
    arguments: [
      (HTTPFixture.error423ContentScanning, WebexError.Code.locked, Duration.seconds(5)),
      (.error410ContentInfected, .gone, nil),
      (.error428ContentUnscannable, .preconditionRequired, nil),
    ] as [(HTTPFixture, WebexError.Code, Duration?)])
  func states(fixture: HTTPFixture, code: WebexError.Code, wait: Duration?) async throws {
    try await ClientUnderTest.run { _, _ in
      .fixture(fixture)
    } _: { test in
      let error = try await webexError {
        _ = try await test.client.content(test.server.baseURL + "/contents/c")
      }
      #expect(error.code == code && error.retryAfter == wait)
      #expect(test.server.requests.count == 1)
    }
  }

  @Test("an unscannable file is had by asking for it")
  func unscannable() async throws {
    try await ClientUnderTest.run { request, _ in
      request.target.contains("allow=unscannable")
        ? .respond(200, body: [1]) : .fixture(.error428ContentUnscannable)
    } _: { test in
      let url = test.server.baseURL + "/contents/c"
      let (_, body) = try await test.client.content(url, allowUnscannable: true)
      #expect(try await body.collect(upTo: 1) == [1])
      _ = try await test.client.contentInfo(url + "?v=1", allowUnscannable: true)
      #expect(
        test.server.lines == [
          "GET /v1/contents/c?allow=unscannable", "HEAD /v1/contents/c?v=1&allow=unscannable",
        ])
    }
  }

  @Test(
    "a file's name is its last part, in either form of the header",
    arguments: [
      ("attachment; filename=\"a b.txt\"", "a b.txt"), ("attachment; filename=a.txt", "a.txt"),
      ("inline; FileName=\"a;b.txt\"", "a;b.txt"),
      (#"attachment; filename="a\"b.txt""#, "a\"b.txt"),
      ("attachment; filename=\"x\"; filename*=UTF-8''%C3%BCber%20uns.txt", "über uns.txt"),
      ("attachment; filename*=UTF-8'en'a.txt; filename=b.txt", "b.txt"),
      ("attachment; filename*=UTF-8''%ZZ; filename=b.txt", "b.txt"),
      ("attachment; filename=\"../../etc/passwd\"", "passwd"),
      (#"attachment; filename="C:\\temp\\x.doc""#, "x.doc"),
      ("attachment; filename=\"..\"", nil), ("attachment; filename=\"\"", nil), ("attachment", nil),
      ("attachment; filename*=UTF-8''..%2F..%2Fa", "a"),
    ] as [(String, String?)])
  func names(header: String, name: String?) {
    var headers = HTTPFields()
    headers[.contentDisposition] = header
    #expect(ContentInfo(headers: headers).filename == name)
  }
}
