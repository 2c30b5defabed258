// What is this message? A pure decision; nothing is done here.

import MercuryClient
import WebexAPI

/// What a stored activity is.
enum ActivityKind: Equatable, Sendable {
  /// A message or a shared file from a person.
  case message
  /// A person changed a message of theirs.
  case edit
  /// A person added the bot to a space.
  case added
  /// A person pressed a button of a card.
  case press
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
}

/// What is done about a message.
enum Decision: Equatable, Sendable {
  case ask(String, hasFiles: Bool)
  /// A file came without a word.
  case onlyFiles
  /// The bot was mentioned without a word.
  case nothingSaid
  case reset
  case help
  /// End the running answer.
  case stop
  /// Answer the last question again.
  case retry
  /// Go on with an answer that was cut.
  case goOn
  case unknownCommand(String, suggestions: [String])
  case denied
  case ignore(String)
}

struct Router: Sendable {
  static let commands = ["/ask", "/continue", "/help", "/reset", "/retry", "/stop"]

  let access: AccessPolicy

  func decide(_ message: Inbound) -> Decision {
    guard message.isDirect || message.isMentioned else { return .ignore("not mentioned") }
    guard access.admits(email: message.email, roomUUID: message.roomUUID) else { return .denied }
    let text = message.text.trimmingWhitespace()
    guard !text.isEmpty else { return message.hasFiles ? .onlyFiles : .nothingSaid }
    guard let (keyword, arguments) = Self.command(in: text) else {
      return .ask(text, hasFiles: message.hasFiles)
    }
    switch keyword {
    case "/ask":
      return arguments.isEmpty ? .nothingSaid : .ask(arguments, hasFiles: message.hasFiles)
    case "/reset": return .reset
    case "/help": return .help
    case "/stop": return .stop
    case "/retry": return .retry
    case "/continue": return .goOn
    default: return .unknownCommand(keyword, suggestions: Self.suggestions(for: keyword))
    }
  }

  /// A command is a slash and a word; `//…` and paths such as `/etc/hosts` are questions.
  static func command(in text: String) -> (keyword: String, arguments: String)? {
    guard text.first == "/", text.dropFirst().first?.isLetter == true else { return nil }
    let word = text.prefix(while: { !$0.isWhitespace })
    guard word.dropFirst().allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" })
    else { return nil }
    return (word.lowercased(), text.dropFirst(word.count).trimmingWhitespace())
  }

  /// The commands within two typing errors, nearest first.
  static func suggestions(for keyword: String) -> [String] {
    commands.map { ($0, EditDistance.between(keyword, $0)) }
      .filter { $0.1 <= 2 || $0.0.hasPrefix(keyword) }
      .sorted { ($0.1, $0.0) < ($1.1, $1.0) }
      .map(\.0)
  }
}
