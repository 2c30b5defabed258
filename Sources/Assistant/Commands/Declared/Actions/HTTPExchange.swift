// One exchange with a service: redirects within its host, limits, and failures in words.

import CurlHTTP
import FoundationEssentials
import HTTPTypes
import WebexAPI

/// What came back.
struct HTTPResult: Sendable {
  var status: Int
  var contentType: String?
  var location: String?
  var bytes: [UInt8]
  /// There was more than the limit.
  var isCut: Bool

  var json: JSONValue? {
    // A web page is never data, whatever its bytes are.
    isPage ? nil : JSONReader.read(bytes)
  }

  var isPage: Bool {
    contentType?.lowercased().hasPrefix("text/html") ?? false
      || bytes.first { $0 > 0x20 } == UInt8(ascii: "<")
  }
}

struct HTTPExchange: Sendable {
  let action: HTTPAction
  let client: HTTPClient
  let keyword: String
  let isRepeatable: Bool

  func perform(_ first: HTTPPlan) async throws -> HTTPResult {
    let deadline = ContinuousClock.now + action.timeout
    var plan = first
    do {
      for _ in 0...HTTPAction.maximumRedirects {
        let (result, next) = try await step(plan, until: deadline)
        guard let next else { return result }
        plan = next
      }
    } catch let error as HTTPError {
      throw failure(error)
    }
    throw CommandError(
      Sentences.serviceElsewhere(keyword), reason: "too many redirects")
  }

  private func step(
    _ plan: HTTPPlan, until deadline: ContinuousClock.Instant
  ) async throws -> (HTTPResult, HTTPPlan?) {
    let left = max(.milliseconds(1), deadline - .now)
    let request = try HTTPRequest(method: plan.method, url: plan.url, headerFields: plan.headers)
    let (head, body) = try await client.send(
      request, body: plan.body.map { .bytes($0) } ?? .none,
      options: HTTPRequestOptions(
        timeouts: HTTPTimeouts(
          connect: min(left, .seconds(10)), firstByte: left, idle: left, total: left),
        maximumRedirects: 0, isRepeatable: isRepeatable))
    let status = head.status.code
    let location = head.headerFields[.location]
    if [301, 302, 303, 307, 308].contains(status), !action.statuses.contains(status),
      let location
    {
      body.cancel()
      return (
        HTTPResult(
          status: status, contentType: nil, location: location, bytes: [], isCut: false),
        try redirected(plan, status: status, to: location)
      )
    }
    let (bytes, isCut) = try await read(body)
    return (
      HTTPResult(
        status: status, contentType: head.headerFields[.contentType], location: location,
        bytes: bytes, isCut: isCut), nil
    )
  }

  private func read(_ body: HTTPBody) async throws -> ([UInt8], Bool) {
    guard action.answer != .none else {
      body.cancel()
      return ([], false)
    }
    var bytes: [UInt8] = []
    for try await chunk in body {
      let room = action.limit - bytes.count
      bytes += chunk.prefix(room)
      if chunk.count > room {
        body.cancel()
        return (bytes, true)
      }
    }
    return (bytes, false)
  }

  /// RFC 9110 §15.4, but only to where the credentials were meant for.
  private func redirected(
    _ plan: HTTPPlan, status: Int, to location: String
  ) throws -> HTTPPlan {
    guard let base = URL(string: plan.url),
      let next = URL(string: location, relativeTo: base)?.absoluteURL,
      Self.isSameHost(base, next)
    else {
      throw CommandError(
        Sentences.serviceElsewhere(keyword),
        reason: "a redirect to another host")
    }
    var followed = plan
    followed.url = next.absoluteString
    if status == 303 && plan.method != .head || status < 303 && plan.method == .post {
      followed.method = .get
      followed.body = nil
      followed.headers[.contentType] = nil
    }
    return followed
  }

  /// The same host and port, never from https to http.
  static func isSameHost(_ base: URL, _ next: URL) -> Bool {
    guard let from = base.scheme?.lowercased(), let to = next.scheme?.lowercased(),
      let host = base.host()?.lowercased(), host == next.host()?.lowercased(),
      next.user() == nil, next.password() == nil
    else { return false }
    let ports = ["http": 80, "https": 443]
    if from == to { return (base.port ?? ports[from]) == (next.port ?? ports[to]) }
    return from == "http" && to == "https" && base.port == nil && next.port == nil
  }

  private func failure(_ error: HTTPError) -> CommandError {
    let mayHaveRun = !isRepeatable && error.requestWasSent
    let sentence =
      switch error.code {
      case .deadlineExceeded, .firstByteTimeout, .idleTimeout:
        Sentences.serviceTimeout(keyword, mayHaveRun: mayHaveRun)
      case .connectionLost, .protocolError:
        Sentences.serviceLost(keyword, mayHaveRun: mayHaveRun)
      case .badURL: Sentences.unusableInAddress
      default: Sentences.unreachable(keyword)
      }
    return CommandError(sentence, reason: error.code.description)
  }
}
