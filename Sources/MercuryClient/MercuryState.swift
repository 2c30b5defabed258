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
