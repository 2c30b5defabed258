// The knobs of the client: time limits, retries, sizes.

public import CurlHTTP
public import FoundationEssentials

/// How patient the client is, and how much it takes in.
public struct LLMConfiguration: Sendable {
  public var connectTimeout: Duration
  /// To the first byte of the answer: a large model can think for minutes before its first token.
  public var firstByteTimeout: Duration?
  /// Between any two bytes of a stream; keep-alive comments count. Proxies ping every 15 s or so.
  public var idleTimeout: Duration?
  /// For a whole answer, retries not included. Nil: none.
  public var totalTimeout: Duration?
  /// Asked of LiteLLM as `x-litellm-stream-timeout`. Nil leaves it to the proxy's configuration.
  public var upstreamStreamTimeout: Duration?
  /// Before the first content only. LiteLLM retries its upstreams itself, so two attempts do.
  public var retry: RetryPolicy
  /// The longest single event of a stream, in bytes.
  public var maximumEventBytes: Int
  /// The longest answer that comes as one JSON document instead of a stream, in bytes.
  public var maximumCompletionBytes: Int
  public var userAgent: String
  /// How long a finished stream may take to end its body before its connection is closed.
  var endGrace = Duration.seconds(1)

  public init(
    connectTimeout: Duration = .seconds(10), firstByteTimeout: Duration? = .seconds(300),
    idleTimeout: Duration? = .seconds(120), totalTimeout: Duration? = nil,
    upstreamStreamTimeout: Duration? = nil, retry: RetryPolicy = LLMConfiguration.defaultRetry,
    maximumEventBytes: Int = 16 << 20, maximumCompletionBytes: Int = 16 << 20,
    userAgent: String = "webex-assistant"
  ) {
    self.connectTimeout = connectTimeout
    self.firstByteTimeout = firstByteTimeout
    self.idleTimeout = idleTimeout
    self.totalTimeout = totalTimeout
    self.upstreamStreamTimeout = upstreamStreamTimeout
    self.retry = retry
    self.maximumEventBytes = maximumEventBytes
    self.maximumCompletionBytes = maximumCompletionBytes
    self.userAgent = userAgent
  }

  /// Two attempts within a minute. Which 500s qualify is decided by `LLMErrorClassifier`.
  public static let defaultRetry = RetryPolicy(
    maximumAttempts: 2, statuses: [408, 429, 500, 502, 503, 504, 529],
    errorCodes: [
      .resolve, .refused, .connectTimeout, .firstByteTimeout, .connectionLost, .protocolError,
    ],
    baseDelay: .seconds(1), maximumDelay: .seconds(10), deadline: .seconds(60),
    maximumRetryAfter: .seconds(30))
}

/// Time and chance, injected so that retries are tested without waiting.
public struct LLMTime: Sendable {
  /// Monotonic, from any origin.
  public var elapsed: @Sendable () -> Duration
  public var now: @Sendable () -> Date
  public var sleep: @Sendable (Duration) async throws -> Void
  /// In 0..<1.
  public var random: @Sendable () -> Double

  public init(
    elapsed: @escaping @Sendable () -> Duration, now: @escaping @Sendable () -> Date,
    sleep: @escaping @Sendable (Duration) async throws -> Void,
    random: @escaping @Sendable () -> Double
  ) {
    self.elapsed = elapsed
    self.now = now
    self.sleep = sleep
    self.random = random
  }

  public static let system: LLMTime = {
    let start = ContinuousClock.now
    return LLMTime(
      elapsed: { start.duration(to: .now) }, now: { Date() },
      sleep: { try await Task.sleep(for: $0) }, random: { Double.random(in: 0..<1) })
  }()
}
