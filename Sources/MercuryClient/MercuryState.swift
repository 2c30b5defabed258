// What an operator may know about the connection: reported by `MercuryClient.run(onState:handler:)`,
// shown in health checks and logs.

/// Where the connection is.
public enum MercuryState: Sendable, Equatable {
  /// Asking U2C for the address of WDM.
  case discovering
  /// Finding or creating the device.
  case registering
  /// Opening the socket.
  case connecting
  /// Open; waiting for the state frame.
  case authorizing
  /// Events flow.
  case ready
  /// Waiting before the next attempt.
  case waiting(Duration, reason: String)
  /// Over: cancelled, or a permanent failure.
  case stopped(String)
}

/// What a listener may have missed.
public enum MercuryNotice: Sendable, Equatable {
  /// The numbers of a socket's events skipped some. Told before the event after the gap is handed over.
  case sequenceGap
  /// The connection moved to another device; what was said meanwhile to the old one is not replayed.
  case newDevice
}
