// The wire's shape of an activity, read leniently: a field of an unexpected kind counts as absent.

import FoundationEssentials

extension Activity {
  enum CodingKeys: String, CodingKey {
    case id, verb, published, actor, object, target, parent
    case clientTempID = "clientTempId"
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      id: try container.decode(String.self, forKey: .id),
      verb: try container.decode(String.self, forKey: .verb),
      published: container.lenient(String.self, .published).flatMap(WireDate.parse),
      actor: container.lenient(Actor.self, .actor),
      object: container.lenient(ActivityObject.self, .object),
      target: container.lenient(Target.self, .target),
      parent: container.lenient(Parent.self, .parent),
      clientTempID: container.lenient(String.self, .clientTempID))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(id, forKey: .id)
    try container.encode(verb, forKey: .verb)
    try container.encodeIfPresent(published.map(WireDate.format), forKey: .published)
    try container.encodeIfPresent(actor, forKey: .actor)
    try container.encodeIfPresent(object, forKey: .object)
    try container.encodeIfPresent(target, forKey: .target)
    try container.encodeIfPresent(parent, forKey: .parent)
    try container.encodeIfPresent(clientTempID, forKey: .clientTempID)
  }
}

extension Activity.Actor {
  enum CodingKeys: String, CodingKey {
    case id, entryUUID, displayName, emailAddress, type
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let entryUUID = container.lenient(String.self, .entryUUID)
    guard let id = container.lenient(String.self, .id) ?? entryUUID else {
      throw DecodingError.keyNotFound(
        CodingKeys.id, .init(codingPath: container.codingPath, debugDescription: "no id"))
    }
    self.init(
      id: id, entryUUID: entryUUID,
      displayName: container.lenient(String.self, .displayName),
      emailAddress: container.lenient(String.self, .emailAddress),
      type: container.lenient(String.self, .type))
  }
}

extension Activity.ActivityObject {
  enum CodingKeys: String, CodingKey {
    case id, objectType, mentions, groupMentions, files, cards, contentCategory
  }
  private struct Items<Item: Codable>: Codable { var items: Lossy<Item>? }
  private struct Mention: Codable {
    var objectType: String?
    var id: String?
  }
  private struct GroupMention: Codable {
    var objectType: String?
    var groupType: String?
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let mentions = container.lenient(Items<Mention>.self, .mentions)?.items?.elements ?? []
    let groups = container.lenient(Items<GroupMention>.self, .groupMentions)?.items?.elements ?? []
    self.init(
      id: container.lenient(String.self, .id),
      objectType: container.lenient(String.self, .objectType),
      mentionedPersonIDs: mentions.filter { ($0.objectType ?? "person") == "person" }
        .compactMap(\.id),
      groupMentions: groups.compactMap(\.groupType),
      files: container.lenient(Items<Activity.File>.self, .files)?.items?.elements ?? [],
      cardsCount: container.lenient(Lossy<Ignored>.self, .cards)?.elements.count ?? 0,
      contentCategory: container.lenient(String.self, .contentCategory))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(id, forKey: .id)
    try container.encodeIfPresent(objectType, forKey: .objectType)
    try container.encodeIfPresent(contentCategory, forKey: .contentCategory)
    if !mentionedPersonIDs.isEmpty {
      let items = mentionedPersonIDs.map { Mention(objectType: "person", id: $0) }
      try container.encode(Items(items: Lossy(items)), forKey: .mentions)
    }
    if !groupMentions.isEmpty {
      let items = groupMentions.map { GroupMention(objectType: "groupMention", groupType: $0) }
      try container.encode(Items(items: Lossy(items)), forKey: .groupMentions)
    }
    if !files.isEmpty { try container.encode(Items(items: Lossy(files)), forKey: .files) }
    if cardsCount > 0 {
      // The cards themselves are encrypted and not kept: only how many there were.
      try container.encode(Array(repeating: "", count: cardsCount), forKey: .cards)
    }
  }
}

extension Activity.File {
  enum CodingKeys: String, CodingKey { case mimeType, fileSize, malwareQuarantineState }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      mimeType: container.lenient(String.self, .mimeType),
      fileSize: container.lenient(Int.self, .fileSize),
      malwareQuarantineState: container.lenient(String.self, .malwareQuarantineState))
  }
}

extension Activity.Target {
  enum CodingKeys: String, CodingKey {
    case id, url, tags
    case globalID = "globalId"
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      id: container.lenient(String.self, .id), url: container.lenient(String.self, .url),
      globalID: container.lenient(String.self, .globalID),
      tags: container.lenient(Lossy<String>.self, .tags)?.elements ?? [])
  }
}

extension Activity.Parent {
  enum CodingKeys: String, CodingKey { case id, type }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      id: container.lenient(String.self, .id), type: container.lenient(String.self, .type))
  }
}
