// A conversation activity as Mercury delivers it. Texts are encrypted there, so only ids, kinds and
// counts are kept; the plaintext comes from REST (`ActivityResolver`). Decoding is lenient: only
// `id` and `verb` must be present, anything else that is missing or odd becomes nil or empty.

public import FoundationEssentials

/// Something that happened in a space. Codable in the wire's own shape.
public struct Activity: Sendable, Equatable, Codable {
  /// Raw uuid. Stable over redeliveries: the key to deduplicate by.
  public var id: String
  /// `post`, `share`, `update`, `cardAction`, `delete`, `add`, `leave`, …; unknown verbs are kept.
  public var verb: String
  public var published: Date?
  public var actor: Actor?
  public var object: ActivityObject?
  public var target: Target?
  public var parent: Parent?
  public var clientTempID: String?

  public init(
    id: String, verb: String, published: Date? = nil, actor: Actor? = nil,
    object: ActivityObject? = nil, target: Target? = nil, parent: Parent? = nil,
    clientTempID: String? = nil
  ) {
    self.id = id
    self.verb = verb
    self.published = published
    self.actor = actor
    self.object = object
    self.target = target
    self.parent = parent
    self.clientTempID = clientTempID
  }

  /// Who did it. Ids are raw uuids.
  public struct Actor: Sendable, Equatable, Codable {
    public var id: String
    public var entryUUID: String?
    public var displayName: String?
    public var emailAddress: String?
    /// `PERSON`, `BOT`, `ROBOT`, `MACHINE`, …
    public var type: String?

    public init(
      id: String, entryUUID: String? = nil, displayName: String? = nil,
      emailAddress: String? = nil, type: String? = nil
    ) {
      self.id = id
      self.entryUUID = entryUUID
      self.displayName = displayName
      self.emailAddress = emailAddress
      self.type = type
    }
  }

  /// What it was done to.
  public struct ActivityObject: Sendable, Equatable, Codable {
    public var id: String?
    /// `comment`, `content`, `submit`, `activity`, `person`, `conversation`, `reaction2`, …
    public var objectType: String?
    /// Raw uuids of the persons that are mentioned.
    public var mentionedPersonIDs: [String]
    /// `all`, `here`.
    public var groupMentions: [String]
    public var files: [File]
    public var cardsCount: Int
    public var contentCategory: String?

    public var filesCount: Int { files.count }

    public init(
      id: String? = nil, objectType: String? = nil, mentionedPersonIDs: [String] = [],
      groupMentions: [String] = [], files: [File] = [], cardsCount: Int = 0,
      contentCategory: String? = nil
    ) {
      self.id = id
      self.objectType = objectType
      self.mentionedPersonIDs = mentionedPersonIDs
      self.groupMentions = groupMentions
      self.files = files
      self.cardsCount = cardsCount
      self.contentCategory = contentCategory
    }
  }

  /// The unencrypted facts about a shared file.
  public struct File: Sendable, Equatable, Codable {
    public var mimeType: String?
    /// Bytes.
    public var fileSize: Int?
    /// `safe` once the scan passed; absent in many envelopes.
    public var malwareQuarantineState: String?

    public init(
      mimeType: String? = nil, fileSize: Int? = nil, malwareQuarantineState: String? = nil
    ) {
      self.mimeType = mimeType
      self.fileSize = fileSize
      self.malwareQuarantineState = malwareQuarantineState
    }
  }

  /// The space it happened in.
  public struct Target: Sendable, Equatable, Codable {
    public var id: String?
    public var url: String?
    /// The space's REST id; its cluster is the cluster of every id in this activity.
    public var globalID: String?
    public var tags: [String]

    /// Whether the space is one-to-one.
    public var isDirect: Bool { tags.contains("ONE_ON_ONE") }

    public init(
      id: String? = nil, url: String? = nil, globalID: String? = nil, tags: [String] = []
    ) {
      self.id = id
      self.url = url
      self.globalID = globalID
      self.tags = tags
    }
  }

  /// What it refers to: a thread's root (`reply`), the edited message (`edit`), the card's message
  /// (`cardAction`), the message reacted to (`reaction`).
  public struct Parent: Sendable, Equatable, Codable {
    public var id: String?
    public var type: String?

    public init(id: String? = nil, type: String? = nil) {
      self.id = id
      self.type = type
    }
  }
}
