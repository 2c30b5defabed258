// What is this message? A pure decision; nothing is done here.

import FoundationEssentials
import MercuryClient
import WebexAPI

/// What a stored activity is.
enum ActivityKind: Equatable, Sendable {
  /// A message or a shared file from a person.
  case message
  /// A person changed a message of theirs.
  case edit
  /// A person pressed a button of a card.
  case press
  /// A person added the bot to a space.
  case added
  /// Messages came while nothing was heard, too long ago to be answered: `MissedMessages`.
  case missed
}

/// What the assistant does about an activity before it has read the message.
enum Relevance: Equatable, Sendable {
  /// Store it and work on it.
  case taken(ActivityKind)
  case ignored(String)

  /// - Parameters:
  ///   - botUUID: the bot's own uuid, by which its echoes are known.
  ///   - access: bots that it lists are heard.
  static func of(_ activity: Activity, botUUID: String, access: AccessPolicy = AccessPolicy())
    -> Relevance
  {
    guard let actor = activity.actor else { return .ignored("no actor") }
    if activity.isBy(botUUID) { return .ignored("own message") }
    // Two bots that answer each other never stop.
    let isPerson = activity.isByPerson && !AccessSubject.isBotAddress(actor.emailAddress)
    if !isPerson, !access.lists(bot: actor.emailAddress) { return .ignored("not a person") }
    guard activity.target != nil else { return .ignored("no space") }
    switch activity.verb {
    case "post", "share": return .taken(activity.isEdit ? .edit : .message)
    // Webex announces a finished file scan by an `update` too; only one that names its message is an
    // edit.
    case "update" where activity.parent?.type == "edit": return .taken(.edit)
    case "cardAction": return .taken(.press)
    // An `add` is a reaction too; for a member, the object is the person.
    case "add" where activity.object?.objectType == "person" && activity.object?.id == botUUID:
      return .taken(.added)
    case MissedMessages.verb: return .taken(.missed)
    default: return .ignored("verb \(activity.verb.prefix(40))")
    }
  }
}

extension Activity {
  func isBy(_ uuid: String) -> Bool { actor?.id == uuid || actor?.entryUUID == uuid }
}

/// A message whose text is known.
struct Inbound: Equatable, Sendable {
  /// The text without the bot's own mention.
  var text: String
  var isDirect: Bool
  var hasFiles = false
  /// In a group: does it mention the bot?
  var isMentioned = false
  var email: String?
  var roomUUID: String?
  /// Whether its author may use the assistant here.
  var isAllowed = false
}

/// What is done about a message.
enum Decision: Equatable, Sendable {
  case ask(String, hasFiles: Bool)
  /// A file came without a word.
  case onlyFiles
  /// The bot was mentioned without a word.
  case nothingSaid
  case reset
  /// End the running answer.
  case stop
  /// Answer the last question again.
  case retry
  /// Go on with an answer that was cut.
  case goOn
  case command(CommandCall)
  case press(PressDecision)
  case unknownCommand(String, suggestions: [String])
  case ambiguousCommand([String])
  case denied
  case ignore(String)
}

struct Router {
  let commands: CommandTable
  /// Whether its author may see that a command exists.
  let shows: (any Command) -> Bool

  func decide(_ message: Inbound) -> Decision {
    guard message.isDirect || message.isMentioned else { return .ignore("not mentioned") }
    guard message.isAllowed else { return .denied }
    let text = message.text.trimmingWhitespace()
    guard !text.isEmpty else { return message.hasFiles ? .onlyFiles : .nothingSaid }
    switch commands.match(text, mayRun: shows) {
    case .none: return .ask(text, hasFiles: message.hasFiles)
    case .command(let command, let text):
      if let own = command as? any ConversationCommand,
        let decision = own.decision(text, hasFiles: message.hasFiles)
      {
        return decision
      }
      return .command(CommandCall(keyword: command.keyword, text: text))
    case .ambiguous(let keywords): return .ambiguousCommand(keywords)
    case .unknown(let keyword, let suggestions):
      return .unknownCommand(keyword, suggestions: suggestions)
    }
  }
}
