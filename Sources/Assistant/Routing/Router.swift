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
}

/// What the assistant does about an activity before it has read the message.
enum Relevance: Equatable, Sendable {
  /// Store it and work on it.
  case taken(ActivityKind)
  case ignored(String)

  /// - Parameter botUUID: the bot's own uuid, by which its echoes are known.
  static func of(_ activity: Activity, botUUID: String) -> Relevance {
    guard let actor = activity.actor else { return .ignored("no actor") }
    if activity.isBy(botUUID) { return .ignored("own message") }
    // Two bots that answer each other never stop.
    if let type = actor.type, type != "PERSON" { return .ignored("not a person") }
    guard activity.target != nil else { return .ignored("no space") }
    switch activity.verb {
    case "post", "share": return .taken(activity.isEdit ? .edit : .message)
    // Webex announces a finished file scan by an `update` too; only one that names its message is an
    // edit.
    case "update" where activity.parent?.type == "edit": return .taken(.edit)
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
    commands.map { ($0, distance(Array(keyword), Array($0))) }
      .filter { $0.1 <= 2 || $0.0.hasPrefix(keyword) }
      .sorted { ($0.1, $0.0) < ($1.1, $1.0) }
      .map(\.0)
  }

  /// Optimal string alignment: insertions, deletions, substitutions, swapped neighbours.
  static func distance(_ a: [Character], _ b: [Character]) -> Int {
    guard a.count < 64 else { return 64 }
    var rows = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
    for i in 0...a.count { rows[i][0] = i }
    for j in 0...b.count { rows[0][j] = j }
    for i in 0..<a.count {
      for j in 0..<b.count {
        let cost = a[i] == b[j] ? 0 : 1
        var best = min(rows[i][j + 1] + 1, rows[i + 1][j] + 1, rows[i][j] + cost)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          best = min(best, rows[i - 1][j - 1] + 1)
        }
        rows[i + 1][j + 1] = best
      }
    }
    return rows[a.count][b.count]
  }
}
