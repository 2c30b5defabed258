// The client that its listener sees: discovery, registration and the socket behind one `run`.

public import Logging
public import WebexAPI

/// Receives a bot's events from Webex over Mercury, for as long as `run` is running.
public final class MercuryClient: Sendable {
  let transport: BearerTransport
  let configuration: MercuryConfiguration
  let deviceStore: any DeviceStore
  let logger: Logger
  let clock: any Clock<Duration>
  let random: @Sendable () -> Double
  private let running = Lock<MercurySession?>(nil)

  /// - Parameter random: uniform in 0..<1; for the back-off's jitter.
  public init(
    transport: BearerTransport, configuration: MercuryConfiguration = .init(),
    deviceStore: any DeviceStore = MemoryDeviceStore(), logger: Logger,
    clock: any Clock<Duration> = ContinuousClock(),
    random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
  ) {
    self.transport = transport
    self.configuration = configuration
    self.deviceStore = deviceStore
    self.logger = logger
    self.clock = clock
    self.random = random
  }

  /// Runs until cancelled (then closes, deletes the device if configured, and returns) or until a
  /// permanent failure.
  ///
  /// - Parameters:
  ///   - onState: called in order, from this client's tasks; must not block.
  ///   - onNotice: what may have been missed; called as `onState` is.
  ///   - handler: called for one event at a time, in order. When it returns, the event is acked; when
  ///     it throws, it is not acked (Mercury will send it again) and the next one follows.
  /// - Throws: `MercuryError` with `.replaced`, `.unauthorized`, `.forbidden`, `.badRequest`,
  ///   `.closed` or `.hostNotAllowed`.
  public func run(
    onState: @escaping @Sendable (MercuryState) -> Void = { _ in },
    onNotice: @escaping @Sendable (MercuryNotice) -> Void = { _ in },
    handler: @escaping @Sendable (MercuryEvent) async throws -> Void
  ) async throws {
    let session = MercurySession(self, onState: onState, onNotice: onNotice, handler: handler)
    running.withLock { $0 = session }
    defer { running.withLock { $0 = nil } }
    // Not a child: a cancelled run still has to close, ack and clean up.
    let work = Task { try await session.run() }
    try await withTaskCancellationHandler {
      try await work.value
    } onCancel: {
      session.stop()
    }
  }

  /// Asks U2C again and moves to a fresh device, the old one being deleted; for a connection that looks
  /// healthy and brings nothing. Without effect while nothing runs.
  public func rediscover() {
    running.withLock { $0 }?.rediscover()
  }
}
