// The one error type of this room. Messages are bounded and never hold a token or content.

/// Why the connection ended or an attempt failed.
public struct MercuryError: Error, Sendable, CustomStringConvertible {
  /// What went wrong, for a program.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    private init(_ description: String) { self.description = description }

    /// Another socket took this registration over: a second process runs with the same name.
    public static let replaced = Code("replaced")
    /// The token is not valid (any more).
    public static let unauthorized = Code("unauthorized")
    /// The token may not use Mercury.
    public static let forbidden = Code("forbidden")
    /// The service called our request malformed (4400, or an HTTP 400).
    public static let badRequest = Code("badRequest")
    /// The server closed for good: it rejected a message of ours, or logged us out.
    public static let closed = Code("closed")
    /// An address would send the token to a host outside the allowed ones.
    public static let hostNotAllowed = Code("hostNotAllowed")
    /// U2C gave no usable address.
    public static let discovery = Code("discovery")
    /// WDM gave no usable device.
    public static let registration = Code("registration")
    /// More registrations than Webex allows, and none of ours to remove.
    public static let tooManyDevices = Code("tooManyDevices")
    /// The WebSocket upgrade was refused; see `status`.
    public static let handshake = Code("handshake")
    /// The peer broke RFC 6455, or a limit.
    public static let protocolViolation = Code("protocolViolation")
    /// The connection broke or could not be made.
    public static let connection = Code("connection")
    /// Something took longer than its limit.
    public static let timeout = Code("timeout")
  }

  public let code: Code
  /// At most 300 characters.
  public let message: String
  /// The HTTP status or the WebSocket close code, where there was one.
  public let status: Int?
  public let retryAfter: Duration?
  public let underlying: (any Error)?

  public init(
    _ code: Code, _ message: String, status: Int? = nil, retryAfter: Duration? = nil,
    underlying: (any Error)? = nil
  ) {
    self.code = code
    self.message = String(message.prefix(300))
    self.status = status
    self.retryAfter = retryAfter
    self.underlying = underlying
  }

  public var description: String {
    "\(code): \(message)" + (status.map { " (\($0))" } ?? "")
  }
}
