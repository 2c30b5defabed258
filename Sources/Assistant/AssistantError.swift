// The failures of the assistant as a whole, for the program that runs it.

/// Why the assistant stopped by itself.
public struct AssistantError: Error, Sendable, CustomStringConvertible {
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    public let description: String
    /// Webex refused the token (401): it was revoked or mistyped.
    public static let unauthorized = Code(description: "unauthorized")
    /// Another process took over this bot's registration.
    public static let replaced = Code(description: "replaced")
    /// Webex does not let this account receive events.
    public static let forbidden = Code(description: "forbidden")
    /// The token is a person's or an integration's, not a bot's.
    public static let notABot = Code(description: "not_a_bot")
    /// The database cannot be opened or migrated.
    public static let database = Code(description: "database")
    /// A setting is wrong in a way that only Webex could tell.
    public static let configuration = Code(description: "configuration")
    public static let connection = Code(description: "connection")
  }

  public var code: Code
  /// One bounded sentence for the operator; never a token or message content.
  public var message: String
  public var cause: (any Error)?

  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = String(message.prefix(1_000))
    self.cause = cause
  }

  public var description: String { "\(code): \(message)" }

  static func damaged(_ path: String, _ cause: (any Error)? = nil) -> AssistantError {
    AssistantError(
      .database,
      "the database at \(path) is damaged: put a backup in its place with "
        + "`webex-assistant restore FILE`", cause: cause)
  }
}
