// What a command is. Swift commands conform to this, those of commands.yaml are `DeclaredCommand`s.
// Every one that exists stands in `CommandList`; turns run them.

/// How a keyword is recognized in a message. Case never matters.
public enum CommandMatch: String, Sendable, Codable, CaseIterable {
  /// The message is the keyword, alone or followed by white space and arguments.
  case exact
  /// The message begins with the keyword, whatever follows it: `/build42`.
  case prefix
  /// The keyword stands anywhere in the message, as words of its own.
  case partial
}

/// Who may run a command, of those who may use the assistant at all. Admins may run everything.
public enum CommandAccess: Sendable, Equatable {
  case everyone
  case admins
  /// Who may change the space's settings (`SETTINGS_POLICY`).
  case settings
  /// A list of its own.
  case only(AccessPolicy)
}

/// A command: a keyword, and what it does.
///
/// The framework matches it, checks who may run it, reads its arguments, asks for missing ones and
/// for a confirmation, claims its cards, and delivers its reply; `docs/commands.md` has an example.
public protocol Command: Sendable {
  /// Such as `/echo` or `/jira create`; words with single spaces between them.
  var keyword: String { get }
  var match: CommandMatch { get }
  /// One line of plain text for `/help`.
  var help: String { get }
  var arguments: [CommandArgument] { get }
  var access: CommandAccess { get }
  /// Asks for missing required arguments by a card; else the reply is a line about its use.
  var asksForArguments: Bool { get }
  /// Whether running it twice does no more than running it once. If not, a command that a crash
  /// interrupted is not run again: its person is told to look first.
  var isRepeatable: Bool { get }
  /// What the command would do, as a short text that changes when that changes: what was confirmed
  /// is only done if it still is the same. Empty where it can only change with the program.
  var fingerprint: String { get }
  /// What is to be confirmed before it runs, in Markdown; nil: nothing.
  func confirmation(_ context: CommandContext) -> String?
  /// Answers the command. An error becomes a sentence with a reference id, or its own words if it is
  /// a `CommandError`.
  func run(_ context: CommandContext) async throws -> CommandReply
  /// Answers a press on a card that this command sent.
  func press(_ press: CardPress, _ context: CommandContext) async throws -> CommandReply
}

extension Command {
  public var match: CommandMatch { .exact }
  public var arguments: [CommandArgument] { [] }
  public var access: CommandAccess { .everyone }
  public var asksForArguments: Bool { false }
  public var isRepeatable: Bool { false }
  public var fingerprint: String { "" }
  public func confirmation(_ context: CommandContext) -> String? { nil }
  public func press(_ press: CardPress, _ context: CommandContext) async throws -> CommandReply {
    .nothing
  }

  /// Whether it may be meant by an ordinary sentence.
  var isLoose: Bool { match == .partial || !keyword.hasPrefix("/") }

  /// Such as `/jira create --project <project> <summary…>`.
  public var usage: String {
    ([keyword] + arguments.map(\.usage)).joined(separator: " ")
  }
}

/// A failure whose words are for the person who ran the command.
public struct CommandError: Error, Sendable {
  /// Markdown, one or two sentences.
  public var sentence: String
  /// For the log; never content or secrets.
  public var reason: String

  public init(_ sentence: String, reason: String) {
    self.sentence = sentence
    self.reason = reason
  }
}
