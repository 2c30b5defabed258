// A message as REST shows it. WebexClient returns it; the assistant reads questions from it.

public import FoundationEssentials

/// Whether a space holds two people or any number.
public enum RoomType: Sendable, Hashable, Codable {
  case direct, group
  case other(String)

  public init(_ word: String) {
    switch word {
    case "direct": self = .direct
    case "group": self = .group
    default: self = .other(word)
    }
  }

  public var word: String {
    switch self {
    case .direct: "direct"
    case .group: "group"
    case .other(let word): word
    }
  }

  public init(from decoder: any Decoder) throws {
    self.init(try decoder.singleValueContainer().decode(String.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(word)
  }
}

/// One message of a space.
public struct Message: Sendable, Hashable, Codable, Identifiable {
  public var id: String
  public var roomID: String
  public var roomType: RoomType
  /// The root of the message's thread; nil outside threads. Webex's threads are one level deep.
  public var parentID: String?
  /// Without markup; mentions appear as display names.
  public var text: String?
  public var markdown: String?
  /// Absent for plain text without mentions.
  public var html: String?
  /// Addresses below `/contents`; they need the token.
  public var files: [String]
  public var personID: String
  public var personEmail: String?
  /// Person ids, in the order of the mentions.
  public var mentionedPeople: [String]
  /// `all` and `here`.
  public var mentionedGroups: [String]
  public var attachments: [MessageAttachment]
  public var created: Date?
  /// Set once a message has been edited; its id stays.
  public var updated: Date?

  public init(
    id: String, roomID: String, roomType: RoomType, parentID: String? = nil, text: String? = nil,
    markdown: String? = nil, html: String? = nil, files: [String] = [], personID: String,
    personEmail: String? = nil, mentionedPeople: [String] = [], mentionedGroups: [String] = [],
    attachments: [MessageAttachment] = [], created: Date? = nil, updated: Date? = nil
  ) {
    self.id = id
    self.roomID = roomID
    self.roomType = roomType
    self.parentID = parentID
    self.text = text
    self.markdown = markdown
    self.html = html
    self.files = files
    self.personID = personID
    self.personEmail = personEmail
    self.mentionedPeople = mentionedPeople
    self.mentionedGroups = mentionedGroups
    self.attachments = attachments
    self.created = created
    self.updated = updated
  }

  private enum CodingKeys: String, CodingKey {
    case id, roomType, text, markdown, html, files, personEmail, mentionedPeople, mentionedGroups
    case attachments, created, updated
    case roomID = "roomId"
    case parentID = "parentId"
    case personID = "personId"
  }

  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    id = try fields.decode(String.self, forKey: .id)
    roomID = fields.lenient(.roomID) ?? ""
    roomType = fields.lenient(.roomType) ?? .other("")
    parentID = fields.lenient(.parentID)
    text = fields.lenient(.text)
    markdown = fields.lenient(.markdown)
    html = fields.lenient(.html)
    files = fields.lenientArray(.files)
    personID = fields.lenient(.personID) ?? ""
    personEmail = fields.lenient(.personEmail)
    mentionedPeople = fields.lenientArray(.mentionedPeople)
    mentionedGroups = fields.lenientArray(.mentionedGroups)
    attachments = fields.lenientArray(.attachments)
    created = fields.lenientDate(.created)
    updated = fields.lenientDate(.updated)
  }

  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(id, forKey: .id)
    try fields.encode(roomID, forKey: .roomID)
    try fields.encode(roomType, forKey: .roomType)
    try fields.encodeIfPresent(parentID, forKey: .parentID)
    try fields.encodeIfPresent(text, forKey: .text)
    try fields.encodeIfPresent(markdown, forKey: .markdown)
    try fields.encodeIfPresent(html, forKey: .html)
    if !files.isEmpty { try fields.encode(files, forKey: .files) }
    try fields.encode(personID, forKey: .personID)
    try fields.encodeIfPresent(personEmail, forKey: .personEmail)
    if !mentionedPeople.isEmpty { try fields.encode(mentionedPeople, forKey: .mentionedPeople) }
    if !mentionedGroups.isEmpty { try fields.encode(mentionedGroups, forKey: .mentionedGroups) }
    if !attachments.isEmpty { try fields.encode(attachments, forKey: .attachments) }
    try fields.encodeIfPresent(created.map(WebexDate.format), forKey: .created)
    try fields.encodeIfPresent(updated.map(WebexDate.format), forKey: .updated)
  }
}

/// What hangs on a message; Webex knows Adaptive Cards only.
public struct MessageAttachment: Sendable, Hashable, Codable {
  /// The content type of a card (Webex REST reference).
  public static let cardContentType = "application/vnd.microsoft.card.adaptive"

  public var contentType: String
  public var content: JSONValue

  public init(contentType: String, content: JSONValue) {
    self.contentType = contentType
    self.content = content
  }
}
