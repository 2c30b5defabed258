// The one error of this room. Thrown by every call of WebexClient and by the token's host guard.

/// Why a Webex call failed. Carries no token and no message content.
public struct WebexError: Error, Sendable, CustomStringConvertible {
  /// What went wrong, as far as a caller can act on it.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    public let description: String
    private init(_ name: String) { description = name }

    /// 401: the token is wrong, revoked or regenerated.
    public static let unauthorized = Code("unauthorized")
    /// 403: the token is fine and the thing is not for this bot.
    public static let forbidden = Code("forbidden")
    /// 404: absent, or not visible to this bot, or not visible *yet*.
    public static let notFound = Code("notFound")
    /// 400, 405, 413, 415, or a draft that this client refuses to send.
    public static let badRequest = Code("badRequest")
    /// 409.
    public static let conflict = Code("conflict")
    /// 410: a file that turned out to be infected; it never comes back.
    public static let gone = Code("gone")
    /// 423: a file that is still being scanned; `retryAfter` says when to ask again.
    public static let locked = Code("locked")
    /// 428: a file that cannot be scanned; `allowUnscannable` takes it all the same.
    public static let preconditionRequired = Code("preconditionRequired")
    /// 429, still, after all the waiting that the rate gate allows.
    public static let rateLimited = Code("rateLimited")
    /// 5xx.
    public static let serverFailure = Code("serverFailure")
    /// No connection, or the connection was lost.
    public static let unreachable = Code("unreachable")
    /// One of the request's timeouts ran out.
    public static let timedOut = Code("timedOut")
    /// The host guard refused to show the token to that address.
    public static let hostNotAllowed = Code("hostNotAllowed")
    /// The answer is not what the API promises, or longer than the limit.
    public static let undecodable = Code("undecodable")
    /// The HTTP client was shut down under the call.
    public static let cancelled = Code("cancelled")
    public static let other = Code("other")
  }

  public var code: Code
  /// The HTTP status; nil when there was no response.
  public var status: Int?
  /// Webex's own words, at most 300 characters; this client's where Webex said nothing.
  public var message: String
  /// Webex's id of the request, to quote to Cisco; else the id that this client sent.
  public var trackingID: String?
  /// How long Webex asks to wait (`Retry-After`).
  public var retryAfter: Duration?
  /// The request may have taken effect although no success was seen: a message may be there.
  public var mayHaveArrived: Bool
  /// The cause below HTTP, if any.
  public var underlying: (any Error)?

  public init(
    _ code: Code, status: Int? = nil, message: String, trackingID: String? = nil,
    retryAfter: Duration? = nil, mayHaveArrived: Bool = false, underlying: (any Error)? = nil
  ) {
    self.code = code
    self.status = status
    self.message = message.bounded(to: 300)
    self.trackingID = trackingID?.bounded(to: 120)
    self.retryAfter = retryAfter
    self.mayHaveArrived = mayHaveArrived
    self.underlying = underlying
  }

  /// One line for a log: code, status, Webex's words and the tracking id.
  public var description: String {
    var line = "Webex \(code)"
    if let status { line += " (\(status))" }
    line += ": \(message)"
    if let retryAfter { line += " [retry after \(retryAfter.components.seconds) s]" }
    if let trackingID { line += " [trackingId \(trackingID)]" }
    if mayHaveArrived { line += " [may have arrived]" }
    return line
  }
}

extension String {
  /// One line of at most `limit` characters; line breaks and control characters become spaces, so
  /// that a server's words cannot forge a line of a log.
  func bounded(to limit: Int) -> String {
    var cleaned = String.UnicodeScalarView()
    for scalar in unicodeScalars.prefix(limit * 8) {
      cleaned.append(scalar.properties.generalCategory == .control ? " " : scalar)
    }
    let line = String(cleaned)
    return line.count <= limit ? line : line.prefix(limit - 1) + "…"
  }
}
