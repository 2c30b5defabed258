// What a command is given: who ran it, where, with which arguments.

public import FoundationEssentials
public import Logging
public import WebexAPI

/// The person who ran a command or pressed its card.
public struct CommandPerson: Sendable, Equatable {
  /// The person's id as REST names it.
  public var id: String
  public var email: String?
  /// On one line; "Someone" if unknown.
  public var name: String

  public init(id: String, email: String?, name: String) {
    self.id = id
    self.email = email
    self.name = name
  }
}

/// The space and thread in which a command was run.
public struct CommandSpace: Sendable, Equatable {
  /// The space's uuid, the same in every cluster.
  public var id: String
  /// As REST names it.
  public var roomID: String
  /// In a direct space the person's name; empty if it cannot be looked up.
  public var title: String
  public var isDirect: Bool
  /// The root message of the thread.
  public var threadID: String?

  public init(id: String, roomID: String, title: String, isDirect: Bool, threadID: String?) {
    self.id = id
    self.roomID = roomID
    self.title = title
    self.isDirect = isDirect
    self.threadID = threadID
  }
}

/// One run of a command, or one press on its card.
public struct CommandContext: Sendable {
  public var person: CommandPerson
  public var space: CommandSpace
  /// What followed the keyword; of a partial match the whole message.
  public var text: String
  /// The arguments by name, defaults filled in; an optional one without a value is not there.
  public var arguments: [String: JSONValue]
  /// Shown with failures, and in the log.
  public var reference: String
  public var now: Date
  public var logger: Logger

  public init(
    person: CommandPerson, space: CommandSpace, text: String = "",
    arguments: [String: JSONValue] = [:], reference: String = "", now: Date, logger: Logger
  ) {
    self.person = person
    self.space = space
    self.text = text
    self.arguments = arguments
    self.reference = reference
    self.now = now
    self.logger = logger
  }
}
