// The only holder of the bot's token. WebexClient sends every REST request through it;
// MercuryClient uses it for U2C, WDM, the conversation service and the socket's two greetings.

public import CurlHTTP
import FoundationEssentials
public import HTTPTypes
public import Logging
import Synchronization

/// Adds the bearer token to requests, after the host guard has agreed to their address.
///
/// It never follows a redirect, never logs a header, and neither prints nor mirrors its contents.
public final class BearerTransport: Sendable {
  private let token: Mutex<Token>
  private let reload: @Sendable () -> String?
  private let hosts: TokenHostPolicy
  private let userAgent: String
  private let logger: Logger
  /// The client underneath, for addresses that must not see the token.
  public let http: HTTPClient

  private struct Token {
    var current: String
    /// Servers may still echo them.
    var earlier: [String] = []
  }

  /// White space around the token is dropped: a secret read from a file ends with a line break.
  ///
  /// - Parameter reload: reads the token again from where it was, once Webex refuses it; nil if it
  ///   cannot have changed.
  public init(
    token: String, reload: @escaping @Sendable () -> String? = { nil }, http: HTTPClient,
    hosts: TokenHostPolicy, userAgent: String, logger: Logger
  ) {
    self.token = Mutex(Token(current: token.trimmingCharacters(where: { $0.isWhitespace })))
    self.reload = reload
    self.http = http
    self.hosts = hosts
    self.userAgent = userAgent
    self.logger = logger
  }

  /// Sends a request with the token and a `trackingid` of its own, and returns at the head.
  ///
  /// A redirect is returned as the response it is. Throws `WebexError` (`.hostNotAllowed`) before
  /// anything is sent, and `HTTPError` or `CancellationError` as `HTTPClient.send` does.
  public func send(
    _ request: HTTPRequest, body: HTTPRequestBody = .none, options: HTTPRequestOptions = .init()
  ) async throws -> (HTTPResponse, HTTPBody) {
    guard let url = request.urlString else {
      throw WebexError(.hostNotAllowed, message: "the request has no absolute address")
    }
    var request = request
    request.headerFields[.authorization] = try bearerValue(for: url)
    if request.headerFields[.userAgent] == nil { request.headerFields[.userAgent] = userAgent }
    if request.headerFields[.trackingID] == nil {
      request.headerFields[.trackingID] = Self.newTrackingID()
    }
    var options = options
    options.maximumRedirects = 0
    let (response, responseBody) = try await http.send(request, body: body, options: options)
    logger.trace(
      "webex request",
      metadata: [
        "method": "\(request.method)", "status": "\(response.status.code)",
        "trackingId": "\(request.headerFields[.trackingID] ?? "")",
      ])
    return (response, responseBody)
  }

  /// `Bearer …` for the Mercury upgrade and its authorization frame.
  /// Throws `WebexError` (`.hostNotAllowed`) when the token must not go to that address.
  public func bearerValue(for url: String) throws -> String {
    try hosts.check(url)
    return "Bearer \(token.withLock { $0.current })"
  }

  /// Takes the token that is now where the first one was.
  func reloadToken() {
    guard let read = reload()?.trimmingCharacters(where: { $0.isWhitespace }), !read.isEmpty,
      read.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
    else { return }
    let isNew = token.withLock { token in
      guard read != token.current else { return false }
      token.earlier = [token.current] + token.earlier.prefix(3)
      token.current = read
      return true
    }
    if isNew { logger.notice("took the changed token from its file") }
  }

  /// The text without the token, should a server have echoed it.
  package func redacting(_ text: String) -> String {
    let tokens = token.withLock { [$0.current] + $0.earlier }.filter { !$0.isEmpty }
    return tokens.reduce(text) { $0.replacing($1, with: "<token>") }
  }

  /// A fresh `webex-assistant_<uuid>`: Cisco's support finds a request by it.
  public static func newTrackingID() -> String {
    "webex-assistant_\(UUID().uuidString.lowercased())"
  }
}

extension BearerTransport: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
  public var description: String { "BearerTransport(<redacted>)" }
  public var debugDescription: String { description }
  /// Without children, so that `dump` and a test failure show no token either.
  public var customMirror: Mirror { Mirror(self, children: []) }
}

extension HTTPField.Name {
  /// Both directions: ours on requests, Webex's on responses.
  static let trackingID = HTTPField.Name("trackingid")!
  static let link = HTTPField.Name("Link")!
}

extension StringProtocol {
  func trimmingCharacters(where drop: (Character) -> Bool) -> String {
    guard let first = firstIndex(where: { !drop($0) }), let last = lastIndex(where: { !drop($0) })
    else { return "" }
    return String(self[first...last])
  }
}
