// People, spaces and memberships as REST shows them. Returned by WebexClient.

public import FoundationEssentials

/// A person or a bot.
public struct Person: Sendable, Hashable, Decodable, Identifiable {
  /// What stands behind an account.
  public enum Kind: Sendable, Hashable {
    case person, bot
    /// `appuser` and whatever comes.
    case other(String)
  }

  public var id: String
  public var emails: [String]
  public var displayName: String?
  public var nickName: String?
  public var firstName: String?
  public var lastName: String?
  public var orgID: String?
  public var avatar: String?
  public var kind: Kind
  public var created: Date?

  public var isBot: Bool { kind == .bot }

  private enum CodingKeys: String, CodingKey {
    case id, emails, displayName, nickName, firstName, lastName, avatar, type, created
    case orgID = "orgId"
  }

  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    id = try fields.decode(String.self, forKey: .id)
    emails = fields.lenientArray(.emails)
    displayName = fields.lenient(.displayName)
    nickName = fields.lenient(.nickName)
    firstName = fields.lenient(.firstName)
    lastName = fields.lenient(.lastName)
    orgID = fields.lenient(.orgID)
    avatar = fields.lenient(.avatar)
    created = fields.lenientDate(.created)
    kind =
      switch fields.lenient(.type, as: String.self) {
      case "person": .person
      case "bot": .bot
      case let word: .other(word ?? "")
      }
  }
}

/// A space: two people, or a group.
public struct Room: Sendable, Hashable, Decodable, Identifiable {
  public var id: String
  /// A direct space's title is the other person's name.
  public var title: String?
  public var type: RoomType
  public var isLocked: Bool
  public var teamID: String?
  public var creatorID: String?
  public var created: Date?
  public var lastActivity: Date?

  private enum CodingKeys: String, CodingKey {
    case id, title, type, isLocked, created, lastActivity
    case teamID = "teamId"
    case creatorID = "creatorId"
  }

  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    id = try fields.decode(String.self, forKey: .id)
    title = fields.lenient(.title)
    type = fields.lenient(.type) ?? .other("")
    isLocked = fields.lenient(.isLocked) ?? false
    teamID = fields.lenient(.teamID)
    creatorID = fields.lenient(.creatorID)
    created = fields.lenientDate(.created)
    lastActivity = fields.lenientDate(.lastActivity)
  }
}

/// The order of a list of spaces (Webex REST reference).
public enum RoomOrder: String, Sendable {
  case id, lastActivity = "lastactivity", created
}

/// One person's place in one space.
public struct Membership: Sendable, Hashable, Decodable, Identifiable {
  public var id: String
  public var roomID: String
  public var personID: String
  public var personEmail: String?
  public var personDisplayName: String?
  public var isModerator: Bool
  public var isMonitor: Bool
  public var created: Date?

  private enum CodingKeys: String, CodingKey {
    case id, personEmail, personDisplayName, isModerator, isMonitor, created
    case roomID = "roomId"
    case personID = "personId"
  }

  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    id = try fields.decode(String.self, forKey: .id)
    roomID = fields.lenient(.roomID) ?? ""
    personID = fields.lenient(.personID) ?? ""
    personEmail = fields.lenient(.personEmail)
    personDisplayName = fields.lenient(.personDisplayName)
    isModerator = fields.lenient(.isModerator) ?? false
    isMonitor = fields.lenient(.isMonitor) ?? false
    created = fields.lenientDate(.created)
  }
}

/// A press on a card's button, with what was entered.
///
/// It names neither the presser's address nor the thread: those are in the event and in the card's
/// message. The same card can be pressed again, by anyone in the space.
public struct AttachmentAction: Sendable, Hashable, Decodable, Identifiable {
  public var id: String
  /// `submit`.
  public var type: String
  /// The message that holds the card.
  public var messageID: String
  /// The card's inputs by id, with the button's `data` merged in.
  public var inputs: [String: JSONValue]
  public var personID: String
  public var roomID: String
  public var created: Date?

  private enum CodingKeys: String, CodingKey {
    case id, type, inputs, created
    case messageID = "messageId"
    case personID = "personId"
    case roomID = "roomId"
  }

  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    id = try fields.decode(String.self, forKey: .id)
    type = fields.lenient(.type) ?? ""
    messageID = fields.lenient(.messageID) ?? ""
    inputs = fields.lenient(.inputs) ?? [:]
    personID = fields.lenient(.personID) ?? ""
    roomID = fields.lenient(.roomID) ?? ""
    created = fields.lenientDate(.created)
  }
}
