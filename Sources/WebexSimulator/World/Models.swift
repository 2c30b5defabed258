// What the simulated cloud stores. All ids here are raw uuids; the REST surface encodes them.

struct Person: Sendable {
  let uuid: String
  var email: String
  var displayName: String
  var isBot: Bool
  var token: String
  var created: Timestamp
  var lastActivity: Timestamp
  var orgUUID: String
}

struct Member: Sendable {
  let personUUID: String
  var isModerator = false
  var created: Timestamp
}

struct Room: Sendable {
  let uuid: String
  var title: String
  let isDirect: Bool
  var creatorUUID: String
  var created: Timestamp
  var lastActivity: Timestamp
  var isLocked = false
  var members: [Member]
  let keyUUID: String
  /// In order of creation; deleted ones are gone.
  var messageUUIDs: [String] = []

  func contains(_ personUUID: String) -> Bool {
    members.contains { $0.personUUID == personUUID }
  }
}

struct Message: Sendable {
  let uuid: String
  let roomUUID: String
  /// The root of the thread.
  var parentUUID: String?
  let authorUUID: String
  var text: String?
  var markdown: String?
  var html: String?
  var mentionedPeople: [String] = []
  var mentionedGroups: [String] = []
  var card: JSON?
  var contentKeys: [String] = []
  let created: Timestamp
  var updated: Timestamp?
  var edits = 0
}

struct Content: Sendable {
  /// `<message uuid>/<index>`.
  let key: String
  let filename: String
  let contentType: String
  let bytes: [UInt8]
  let uuid: String
  /// How many GETs were answered 423 so far.
  var scansAnswered = 0
}

struct AttachmentAction: Sendable {
  let uuid: String
  let messageUUID: String
  let personUUID: String
  let roomUUID: String
  let inputs: JSON
  let created: Timestamp
}

/// What happened in the world: Mercury turns it into activities, the page's stream into events.
enum Happening: Sendable {
  case posted(Message, clientTempID: String?)
  case edited(Message, activityUUID: String)
  case filesReady(Message, activityUUID: String)
  case deleted(Message, by: String, activityUUID: String)
  case pressed(AttachmentAction, card: Message)
  case roomCreated(Room)
  case roomRenamed(Room, by: String)
  case roomDeleted(Room)
  case memberAdded(Room, person: String, by: String)
  case memberLeft(Room, person: String, by: String)
  case moderator(Room, person: String, by: String, isAssigned: Bool)
  case lock(Room, by: String)
}
