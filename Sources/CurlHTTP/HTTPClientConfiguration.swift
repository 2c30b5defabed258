// The settings of an HTTPClient and of a single request. Filled in by the program from the
// operator's configuration; every default is one that suits a long-running bot.

/// Settings shared by every request and connection of one `HTTPClient`.
public struct HTTPClientConfiguration: Sendable {
  public var timeouts: HTTPTimeouts
  /// A pooled connection idle for longer is not used again, whole seconds, at least 1. The default,
  /// 4 s, is below the 5 s after which uvicorn (LiteLLM) closes an idle connection.
  public var maximumIdleAge: Duration
  /// Connections to one host and port at a time; further requests wait. 0: no limit.
  public var maximumConnectionsPerHost: Int
  public var version: HTTPVersionPolicy
  public var proxy: ProxyConfiguration
  /// A PEM bundle that replaces the system's. `nil`: `SSL_CERT_FILE`, else the distribution's.
  public var caFile: String?
  /// Sent where the request has no `User-Agent` of its own.
  public var userAgent: String

  public init(
    timeouts: HTTPTimeouts = .init(), maximumIdleAge: Duration = .seconds(4),
    maximumConnectionsPerHost: Int = 0, version: HTTPVersionPolicy = .http1,
    proxy: ProxyConfiguration = .environment, caFile: String? = nil,
    userAgent: String = "webex-assistant"
  ) {
    self.timeouts = timeouts
    self.maximumIdleAge = maximumIdleAge
    self.maximumConnectionsPerHost = maximumConnectionsPerHost
    self.version = version
    self.proxy = proxy
    self.caFile = caFile
    self.userAgent = userAgent
  }
}

/// How long each phase may take; `nil` is "for ever". Resolution about 10 ms.
public struct HTTPTimeouts: Sendable, Hashable {
  /// Name lookup, TCP, proxy CONNECT and TLS together. Waiting for a free connection under
  /// `maximumConnectionsPerHost` counts too.
  public var connect: Duration
  /// From the connection being there to the first byte of the response, the upload included.
  public var firstByte: Duration?
  /// The longest pause between two bytes, in either direction. It does not run while the reader is
  /// the slow one.
  public var idle: Duration?
  /// From `send` to the last byte of the body.
  public var total: Duration?

  public init(
    connect: Duration = .seconds(10), firstByte: Duration? = .seconds(60),
    idle: Duration? = .seconds(60), total: Duration? = nil
  ) {
    self.connect = connect
    self.firstByte = firstByte
    self.idle = idle
    self.total = total
  }
}

/// Which HTTP versions to offer.
public enum HTTPVersionPolicy: Sendable, Hashable {
  case http1
  /// HTTP/2 over TLS where the server agrees. The cap matters: without one libcurl 7.88 opens a
  /// connection for every two or three streams of a burst. For bodies that are read as they come:
  /// one that is not may take 32 MB (libcurl's fixed window for a stream) and, as libcurl 7.88 does
  /// not take its frames out of the way, hold up the other streams of its connection meanwhile.
  case http2(maximumConnectionsPerHost: Int)
}

/// Where requests go out.
public enum ProxyConfiguration: Sendable, Hashable {
  /// `https_proxy`/`HTTPS_PROXY`, `http_proxy`/`HTTP_PROXY`, `all_proxy`/`ALL_PROXY` and
  /// `no_proxy`/`NO_PROXY`, read once when the client is made. Loopback hosts (`localhost`,
  /// `127.0.0.0/8`, `::1`) are always reached directly: a proxy's loopback is another machine.
  case environment
  case none
  /// Proxy URLs, `http://[user:password@]host:port`, by the target's scheme; `noProxy` is a
  /// comma-separated list of hosts and domains. Loopback targets go through it unless listed.
  case explicit(http: String?, https: String?, noProxy: String?)
}

/// Settings of one request.
public struct HTTPRequestOptions: Sendable {
  /// `nil`: the client's.
  public var timeouts: HTTPTimeouts?
  /// 0: a redirect is an ordinary response. `Authorization` and cookies never follow to another
  /// host, port or scheme.
  public var maximumRedirects: Int
  /// The body fails with `.bodyTooLarge` beyond this many bytes.
  public var maximumBodyBytes: Int?
  /// Whether the client itself may send the request a second time when a pooled connection turns
  /// out dead before a byte of the response. `nil`: by method (GET, HEAD, PUT, DELETE, OPTIONS,
  /// TRACE). A request that may not be repeated never uses a connection idle for over a second.
  public var isRepeatable: Bool?

  public init(
    timeouts: HTTPTimeouts? = nil, maximumRedirects: Int = 0, maximumBodyBytes: Int? = nil,
    isRepeatable: Bool? = nil
  ) {
    self.timeouts = timeouts
    self.maximumRedirects = maximumRedirects
    self.maximumBodyBytes = maximumBodyBytes
    self.isRepeatable = isRepeatable
  }
}
