// Webex's REST API as typed calls. The assistant reads questions and posts answers through it;
// MercuryClient's resolver turns activities into messages with it. The calls are in the
// extensions (`WebexClient+…`); how a call is sent, waited for and repeated is `Call.swift`.

import CurlHTTP
public import FoundationEssentials
import HTTPTypes
public import Logging
import Synchronization

/// How patient a `WebexClient` is.
public struct WebexClientConfiguration: Sendable {
  /// Name lookup, TCP, proxy and TLS together.
  public var connectTimeout: Duration
  /// From the connection to the first byte of an answer.
  public var firstByteTimeout: Duration
  /// A whole JSON call, one attempt of it.
  public var totalTimeout: Duration
  /// Between two bytes of a file on its way in or out.
  public var transferIdleTimeout: Duration
  /// Attempts of a call that fails with 5xx or a broken connection; 429 is counted apart.
  public var maximumAttempts: Int
  /// How often one call is sent again after a 429 before it fails with `.rateLimited`.
  public var maximumRateLimitWaits: Int

  public init(
    connectTimeout: Duration = .seconds(10), firstByteTimeout: Duration = .seconds(30),
    totalTimeout: Duration = .seconds(60),
    transferIdleTimeout: Duration = .seconds(60), maximumAttempts: Int = 3,
    maximumRateLimitWaits: Int = 10
  ) {
    self.connectTimeout = connectTimeout
    self.firstByteTimeout = firstByteTimeout
    self.totalTimeout = totalTimeout
    self.transferIdleTimeout = transferIdleTimeout
    self.maximumAttempts = maximumAttempts
    self.maximumRateLimitWaits = maximumRateLimitWaits
  }
}

/// Webex's REST API for one bot token.
///
/// Every call throws `WebexError`, or `CancellationError` when its task is cancelled. When Webex
/// answers 429, all calls of this client wait as long as it asks; GET, PUT and DELETE are repeated
/// after 5xx and broken connections, POST only when it provably did not arrive. A token that worked and
/// is refused (401) makes all calls wait until it, or another one, works.
public final class WebexClient: Sendable {
  public let transport: BearerTransport
  /// Without a slash at the end.
  public let baseURL: String
  let configuration: WebexClientConfiguration
  let logger: Logger
  let clock: any Clock<Duration>
  let now: @Sendable () -> Date
  let random: @Sendable () -> Double
  let gate: RateGate
  /// Webex has taken the token at least once: a 401 may pass.
  let hasBeenAccepted = Atomic(false)

  /// - Parameters:
  ///   - baseURL: with the version, such as `https://webexapis.com/v1`.
  ///   - now: the wall clock, for a `Retry-After` that is a date.
  ///   - random: in 0..<1, spreads the retries.
  public init(
    transport: BearerTransport, baseURL: String = "https://webexapis.com/v1", logger: Logger,
    configuration: WebexClientConfiguration = .init(),
    clock: any Clock<Duration> = ContinuousClock(),
    now: @escaping @Sendable () -> Date = { Date() },
    random: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
  ) {
    self.transport = transport
    var base = baseURL
    while base.hasSuffix("/") { base.removeLast() }
    self.baseURL = base
    self.logger = logger
    self.configuration = configuration
    self.clock = clock
    self.now = now
    self.random = random
    gate = RateGate(clock: clock)
  }
}
