// The parts without a network: retry policy, dates, proxies, timers, heads.

import Foundation
import HTTPTypes
import Testing

@testable import CurlHTTP

@Suite("Retry policy")
struct RetryPolicyTests {
  private static let now = Date(timeIntervalSince1970: 784_111_777)  // 06 Nov 1994 08:49:37

  struct Case: CustomTestStringConvertible {
    var name: String
    var attempt = 1
    var status: Int?
    var retryAfter: String?
    var error: HTTPError.Code?
    var elapsed = Duration.zero
    var random = 0.5
    var expected: Duration?
    var testDescription: String { name }
  }

  @Test(
    "decides by attempt, status, error, Retry-After and deadline",
    arguments: [
      Case(name: "503 waits half of the base", status: 503, expected: .milliseconds(500)),
      Case(name: "the second attempt doubles", attempt: 2, status: 503, expected: .seconds(1)),
      Case(name: "full jitter reaches down to zero", status: 503, random: 0, expected: .zero),
      Case(name: "the last attempt is the last", attempt: 4, status: 503),
      Case(
        name: "the wait has a maximum", attempt: 3, status: 503, random: 1, expected: .seconds(3)),
      Case(name: "404 is an answer", status: 404),
      Case(name: "200 is an answer", status: 200),
      Case(name: "refused is worth it", error: .refused, expected: .milliseconds(500)),
      Case(name: "a bad certificate is not", error: .certificate),
      Case(name: "an error outweighs a status", status: 503, error: .bodyTooLarge),
      Case(name: "Retry-After is obeyed", status: 429, retryAfter: "7", expected: .seconds(7)),
      Case(
        name: "a shorter Retry-After does not shorten the back-off", status: 429, retryAfter: "0",
        expected: .milliseconds(500)),
      Case(name: "too long a Retry-After ends it", status: 429, retryAfter: "31"),
      Case(
        name: "a malformed Retry-After is none", status: 429, retryAfter: "soon",
        expected: .milliseconds(500)),
      Case(
        name: "Retry-After as a date", status: 503,
        retryAfter: "Sun, 06 Nov 1994 08:49:47 GMT", expected: .seconds(10)),
      Case(
        name: "no attempt after the deadline", status: 503, elapsed: .seconds(59.5)),
      Case(
        name: "the last one before it", status: 503, elapsed: .seconds(59.4),
        expected: .milliseconds(500)),
      Case(name: "neither status nor error"),
    ])
  func delays(_ row: Case) {
    let policy = RetryPolicy(
      maximumAttempts: 4, statuses: [429, 503], errorCodes: [.refused], baseDelay: .seconds(1),
      maximumDelay: .seconds(3), deadline: .seconds(60), maximumRetryAfter: .seconds(30))
    var headers = HTTPFields()
    headers[.retryAfter] = row.retryAfter
    let delay = policy.delay(
      afterAttempt: row.attempt, status: row.status, headers: headers,
      error: row.error.map { HTTPError(code: $0, message: "") }, elapsed: row.elapsed,
      now: Self.now, random: row.random)
    #expect(delay == row.expected)
  }

  @Test(
    "Retry-After is read in all its forms",
    arguments: [
      ("120", 120), (" 5 ", 5), ("0", 0), ("1.5", 1.5),
      ("Sun, 06 Nov 1994 08:50:37 GMT", 60),
      ("Sunday, 06-Nov-94 08:50:37 GMT", 60),
      ("Sun Nov  6 08:50:37 1994", 60),
      ("Sun, 06 Nov 1994 08:00:00 GMT", 0),
      ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
      ("Tue, 29 Feb 2000 00:00:00 GMT", 167_670_623),
      ("-1", nil), ("", nil), ("1e3", nil), ("12 s", nil), ("1.2.3", nil), ("soon", nil),
      ("Sun, 06 Nov 1994 08:50:37 +0200", nil), ("Sun, 32 Nov 1994 08:50:37 GMT", nil),
      ("Sun, 06 Nob 1994 08:50:37 GMT", nil), ("Sun, 06 Nov 1994 24:50:37 GMT", nil),
      ("Sun, 06 Nov 1994 08:50 GMT", nil), ("Sun, 06 Nov -994 08:50:00 GMT", nil),
    ] as [(String, Double?)])
  func retryAfter(value: String, seconds: Double?) {
    #expect(RetryPolicy.retryAfter(value, now: Self.now) == seconds.map { .seconds($0) })
  }

  @Test("an absurd Retry-After does not overflow")
  func absurd() {
    let wait = RetryPolicy.retryAfter(String(repeating: "9", count: 400), now: Self.now)
    #expect(wait == nil || wait! > .seconds(1_000_000))
    #expect(RetryPolicy.retryAfter("99999999999999999999", now: Self.now)! > .seconds(1_000_000))
  }
}

@Suite("Proxy choice")
struct ProxyChoiceTests {
  private func choose(_ environment: [String: String], _ url: String) throws -> String? {
    try ResolvedProxy(.environment, environment: { environment[$0] }).proxy(for: URLParts(url))
  }

  @Test("the environment names proxies by the target's scheme, lower case first")
  func environment() throws {
    let both = [
      "https_proxy": "http://a:1", "HTTPS_PROXY": "http://b:2", "HTTP_PROXY": "http://c:3",
    ]
    #expect(try choose(both, "https://example.com/") == "http://a:1")
    #expect(try choose(both, "wss://example.com/") == "http://a:1")
    #expect(try choose(both, "http://example.com/") == "http://c:3")
    #expect(try choose(["ALL_PROXY": "http://d:4"], "http://example.com/") == "http://d:4")
    #expect(try choose(["HTTPS_PROXY": ""], "https://example.com/") == nil)
    #expect(try choose([:], "https://example.com/") == nil)
  }

  @Test(
    "loopback needs no proxy",
    arguments: [
      "http://localhost:4000/", "http://LOCALHOST/", "http://a.localhost/", "http://127.0.0.1/",
      "http://127.9.9.9:1/", "http://[::1]:8080/",
    ])
  func loopback(url: String) throws {
    #expect(try choose(["ALL_PROXY": "http://d:4"], url) == nil)
  }

  @Test(
    "what merely looks like loopback does",
    arguments: [
      "http://localhost.example.com/", "http://127.0.0.1.example.com/", "http://128.0.0.1/",
      "http://notlocalhost/", "http://127.1.example/",
    ])
  func notLoopback(url: String) throws {
    #expect(try choose(["ALL_PROXY": "http://d:4"], url) == "http://d:4")
  }
}

@Suite("Loop parts")
struct LoopPartTests {
  @Test("reminders come out in the order of their time, and only when due")
  func timers() {
    final class Token {}
    let token = Token()
    let id = ObjectIdentifier(token)
    var heap = TimerHeap()
    var seed: UInt64 = 42
    var times: [UInt64] = []
    for _ in 0..<500 {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      times.append(seed >> 54)
      heap.push(.init(deadline: seed >> 54, id: id))
    }
    #expect(heap.next == times.min())
    var popped: [UInt64] = []
    while let entry = heap.pop(dueBy: 500) { popped.append(entry.deadline) }
    #expect(popped == times.filter { $0 <= 500 }.sorted())
    heap.compact(live: 1) { _ in false }
    #expect(heap.entries.isEmpty)
  }

  private func parse(_ lines: [String]) throws -> [HTTPResponse] {
    var parser = ResponseHeadParser()
    return try lines.compactMap { line in
      try Array(line.utf8).withUnsafeBytes { try parser.handle(line: $0) }
    }
  }

  @Test("a head is parsed whatever its dialect")
  func heads() throws {
    let heads = try parse([
      "HTTP/1.1 100 Continue\r\n", "X: 0\r\n", "\r\n", "HTTP/2 429 \r\n", "retry-after:5\r\n",
      "x-folded: a\r\n", " \t b\r\n", "bad name: x\r\n", "no colon\r\n", ": empty\r\n",
      "x-utf8: ü\n", "\r\n", "x-trailer: 1\r\n", "\r\n",
    ])
    #expect(heads.count == 1)
    let head = try #require(heads.first)
    #expect(head.status.code == 429)
    #expect(head.headerFields[.retryAfter] == "5")
    #expect(head.headerFields[HTTPField.Name("X-Folded")!] == "a b")
    #expect(head.headerFields[HTTPField.Name("X-UTF8")!] == "ü")
    #expect(head.headerFields.count == 3)
  }

  @Test("durations become nanoseconds without overflow")
  func nanoseconds() {
    #expect(Duration.milliseconds(1_500).nanoseconds == 1_500_000_000)
    #expect(Duration.seconds(-1).nanoseconds == 0)
    #expect(Duration.seconds(Int64.max).nanoseconds == 9_000_000_000_000_000_000)
  }

  @Test("a long message is cut, and a code prints as its name")
  func errors() {
    let error = HTTPError(code: .idleTimeout, message: String(repeating: "x", count: 1_000))
    #expect(error.message.count == 300)
    #expect("\(error)".hasPrefix("idleTimeout: x"))
    #expect("\(HTTPError.Code.tls)" == "tls")
  }
}
