// The one error type of the simulator's Swift API.

/// Why the simulator cannot start, or cannot do what its control API was asked.
public struct SimulatorError: Error, Sendable, Equatable, CustomStringConvertible {
  public struct Code: Sendable, Hashable {
    private let name: String
    private init(_ name: String) { self.name = name }
    /// The address or port cannot be bound.
    public static let cannotListen = Code("cannotListen")
    /// An address other than loopback was asked for.
    public static let notLoopback = Code("notLoopback")
    /// A configuration value is malformed.
    public static let badConfiguration = Code("badConfiguration")
    /// A control call names something that is not there.
    public static let notFound = Code("notFound")
  }

  public let code: Code
  /// One bounded sentence.
  public let message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = String(message.prefix(300))
  }

  public var description: String { message }

  public static func == (left: Self, right: Self) -> Bool { left.code == right.code }
}
