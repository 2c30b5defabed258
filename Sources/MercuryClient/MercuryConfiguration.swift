// Every number that the Mercury client obeys, in one value. The program fills in the first two; the
// tests shorten the times.

/// How to find Mercury and how patient to be with it.
public struct MercuryConfiguration: Sendable, Equatable {
  /// The U2C service (`…/u2c/api/v1`) or its catalog (`…/catalog`, with or without a query).
  public var u2cURL: String
  /// Names the registration. Two processes with one token need two names, or each replaces the
  /// other's socket.
  public var deviceName: String
  /// Time between a pong and the next application-level ping (Webex's JavaScript SDK: 15 s).
  public var pingInterval: Duration = .seconds(15)
  /// A pong later than this means a dead socket (Webex's JavaScript SDK: 14 s).
  public var pongTimeout: Duration = .seconds(14)
  /// How long to wait for the state frame before the socket counts as ready anyway. Webex closes a
  /// socket that has not authorized within 30 s, so one that is still open then is authorized.
  public var readyTimeout: Duration = .seconds(30)
  /// Connect, TLS and HTTP upgrade together.
  public var connectTimeout: Duration = .seconds(20)
  /// Each U2C and WDM request.
  public var requestTimeout: Duration = .seconds(20)
  /// How long a closing handshake may take.
  public var closeTimeout: Duration = .seconds(2)
  /// For closing and deleting the device after cancellation.
  public var exitTimeout: Duration = .seconds(5)
  public var maximumFrameBytes: Int = 16 << 20
  /// A message of several frames.
  public var maximumMessageBytes: Int = 16 << 20
  /// Events that wait for the handler; beyond it the socket is not read.
  public var maximumQueuedEvents: Int = 1000
  /// Whether the device is removed when `run` is cancelled.
  public var deleteDeviceOnExit: Bool = true
  /// Asks Mercury to report HTTP failures as close codes 44xx. What Mercury then does is not
  /// documented, so it is off; both forms are understood either way.
  public var aliasHTTPStatus: Bool = false
  /// Full-jitter back-off: a random part of `base · 2ⁿ`, at most `maximum`.
  public var backoffBase: Duration = .seconds(1)
  public var backoffMaximum: Duration = .seconds(60)
  /// A socket that was ready for this long resets the back-off.
  public var healthyAfter: Duration = .seconds(60)

  public init(
    u2cURL: String = "https://u2c.wbx2.com/u2c/api/v1", deviceName: String = "webex-assistant"
  ) {
    self.u2cURL = u2cURL
    self.deviceName = deviceName
  }
}
