// What a transfer can die of. Thrown by everything public in this room; `Code` is what callers
// switch on, `message` is for logs and never holds header values, bodies or credentials.

/// Why a request, a body or a connection failed.
public struct HTTPError: Error, Sendable, CustomStringConvertible {
  /// The kind of failure, stable across libcurl versions.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    let name: String
    public var description: String { name }

    /// The URL, a header or an option cannot be sent as it is.
    public static let badURL = Code(name: "badURL")
    /// The host (or the proxy's host) has no address.
    public static let resolve = Code(name: "resolve")
    /// Nothing listens there, or there is no route.
    public static let refused = Code(name: "refused")
    /// Name lookup, TCP, proxy CONNECT and TLS together took longer than `timeouts.connect`.
    public static let connectTimeout = Code(name: "connectTimeout")
    /// Connected, but not one byte of the response came in `timeouts.firstByte`.
    public static let firstByteTimeout = Code(name: "firstByteTimeout")
    /// No byte moved in either direction for `timeouts.idle`.
    public static let idleTimeout = Code(name: "idleTimeout")
    /// The whole exchange took longer than `timeouts.total`.
    public static let deadlineExceeded = Code(name: "deadlineExceeded")
    /// The TLS handshake failed, for another reason than the certificate.
    public static let tls = Code(name: "tls")
    /// The peer's certificate is not trusted, expired, or for another host.
    public static let certificate = Code(name: "certificate")
    /// The proxy refused (407, 403, …) or broke off.
    public static let proxy = Code(name: "proxy")
    /// The connection was reset or closed before the response was complete.
    public static let connectionLost = Code(name: "connectionLost")
    public static let tooManyRedirects = Code(name: "tooManyRedirects")
    /// More body bytes than the caller's limit.
    public static let bodyTooLarge = Code(name: "bodyTooLarge")
    /// The peer does not speak HTTP as it should.
    public static let protocolError = Code(name: "protocolError")
    /// The client was shut down.
    public static let shutdown = Code(name: "shutdown")
    /// A file to upload or to download into cannot be read or written.
    public static let fileError = Code(name: "fileError")
    public static let other = Code(name: "other")
  }

  public var code: Code
  /// At most 300 characters, for logs.
  public var message: String
  /// Any byte of the response came, so the server has certainly seen the request.
  public var receivedResponseBytes: Bool
  /// Request bytes may have reached the server. `false` is a promise: it has not seen the request.
  public var requestWasSent: Bool
  /// libcurl's own `CURLcode` behind this, if there was one.
  public var curlCode: Int?

  public init(
    code: Code, message: String, receivedResponseBytes: Bool = false,
    requestWasSent: Bool = false, curlCode: Int? = nil
  ) {
    self.code = code
    self.message = String(message.prefix(300))
    self.receivedResponseBytes = receivedResponseBytes
    self.requestWasSent = requestWasSent
    self.curlCode = curlCode
  }

  public var description: String {
    "\(code.name): \(message)" + (curlCode.map { " (curl \($0))" } ?? "")
  }
}
