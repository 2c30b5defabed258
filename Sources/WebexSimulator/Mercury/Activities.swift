// Turns what happened into Mercury's activities, field by field as the SDKs' fixtures show them.
// Contents are opaque JWE-shaped strings: Mercury never carries plaintext.

/// One activity and who hears of it.
struct Activity: Sendable {
  let id: String
  let verb: String
  /// The REST id that the activity is known by, for clients that ack with it.
  let restID: String?
  let data: JSON
  let alertType: String
  let headers: JSON
  let recipients: [String]
}

struct Activities {
  let baseURL: String
  let sourceDC: String

  func make(_ happening: Happening, in state: borrowing WorldState) -> Activity? {
    switch happening {
    case .posted(let message, let clientTempID):
      let isShare = !message.contentKeys.isEmpty
      return activity(
        id: message.uuid, verb: isShare ? "share" : "post", actor: message.authorUUID,
        object: isShare
          ? content(message, isSafe: false, in: state) : comment(message, in: state),
        room: state.rooms[message.roomUUID], parent: reply(message, in: state),
        published: message.created, clientTempID: clientTempID, isEncrypted: true,
        alert: "full", restID: state.id(.message, message.uuid), in: state
      ) { state.isVisible(message, to: $0) }
    case .edited(let message, let activityUUID):
      return activity(
        id: activityUUID, verb: "post", actor: message.authorUUID,
        object: comment(message, in: state), room: state.rooms[message.roomUUID],
        parent: parent(message, type: "edit"), published: message.updated ?? message.created,
        isEncrypted: true, restID: state.id(.message, message.uuid), in: state
      ) { state.isVisible(message, to: $0) }
    case .filesReady(let message, let activityUUID):
      return activity(
        id: activityUUID, verb: "update", actor: message.authorUUID,
        object: content(message, isSafe: true, in: state), room: state.rooms[message.roomUUID],
        parent: reply(message, in: state), published: .now, isEncrypted: true,
        restID: state.id(.message, message.uuid), in: state
      ) { state.isVisible(message, to: $0) }
    case .deleted(let message, let actor, let activityUUID):
      return activity(
        id: activityUUID, verb: "delete", actor: actor,
        object: [
          "id": .string(message.uuid), "objectType": "activity",
          "url": .string(activityURL(message.uuid)), "published": .string(message.created.iso),
        ], room: state.rooms[message.roomUUID], published: .now, in: state
      ) { state.isVisible(message, to: $0) }
    case .pressed(let action, let card):
      return activity(
        id: action.uuid, verb: "cardAction", actor: action.personUUID,
        object: [
          "objectType": "submit", "inputs": .string(OpaqueText.jwe(action.inputs.serialized)),
        ], room: state.rooms[action.roomUUID], parent: parent(card, type: "cardAction"),
        published: action.created, isEncrypted: true,
        restID: state.id(.attachmentAction, action.uuid), in: state
      ) { $0.uuid == card.authorUUID }
    case .roomCreated(let room):
      // The activity's uuid is the room's with another digit at index 7.
      var digits = Array(room.uuid)
      digits[7] = digits[7] == "0" ? "2" : "0"
      return activity(
        id: String(digits), verb: "create", actor: room.creatorUUID,
        object: conversation(room), room: room, published: room.created, in: state
      ) { _ in true }
    case .roomRenamed(let room, let actor):
      return activity(
        id: RawID.random(), verb: "update", actor: actor, object: conversation(room), room: room,
        published: .now, isEncrypted: true, in: state
      ) { !$0.isBot }
    case .roomDeleted: return nil
    case .memberAdded(let room, let who, let actor):
      return activity(
        id: RawID.random(), verb: "add", actor: actor, object: person(who, in: state), room: room,
        published: .now, alert: "full", in: state
      ) { !$0.isBot || $0.uuid == who }
    case .memberLeft(let room, let who, let actor):
      return activity(
        id: RawID.random(), verb: "leave", actor: actor, object: person(who, in: state),
        room: room, published: .now, in: state
      ) { !$0.isBot || $0.uuid == who }
    case .moderator(let room, let who, let actor, let isAssigned):
      return activity(
        id: RawID.random(), verb: isAssigned ? "assignModerator" : "unassignModerator",
        actor: actor, object: person(who, in: state), room: room, published: .now, in: state
      ) { !$0.isBot }
    case .lock(let room, let actor):
      return activity(
        id: RawID.random(), verb: room.isLocked ? "lock" : "unlock", actor: actor,
        object: conversation(room), room: room, published: .now, in: state
      ) { !$0.isBot }
    }
  }

  /// Any other activity, for `POST /sim/activity`: every member hears of it.
  func make(
    verb: String, actor: String, object: JSON, room: Room, parent: JSON?,
    in state: borrowing WorldState
  ) -> Activity {
    activity(
      id: RawID.random(), verb: verb, actor: actor, object: object, room: room, parent: parent,
      published: .now, in: state
    ) { _ in true }
  }

  // MARK: - Parts

  private func activity(
    id: String, verb: String, actor: String, object: JSON, room: Room?, parent: JSON? = nil,
    published: Timestamp, clientTempID: String? = nil, isEncrypted: Bool = false,
    alert: String = "none", restID: String? = nil, in state: borrowing WorldState,
    isRecipient: (Person) -> Bool
  ) -> Activity {
    let members = room?.members.compactMap { state.people[$0.personUUID] } ?? []
    let json: JSON = .compact([
      "id": .string(id),
      "objectType": "activity",
      "url": .string(activityURL(id)),
      "published": .string(published.iso),
      "verb": .string(verb),
      "actor": person(actor, in: state),
      "object": object,
      "target": room.map { Self.target($0, in: state, baseURL: baseURL, now: published) },
      "vectorCounters": [
        "sourceDC": .string(sourceDC),
        "counters": .object([.init(sourceDC, .int(published.milliseconds % 100_000))]),
      ],
      "clientTempId": clientTempID.map(JSON.string),
      "encryptionKeyUrl": isEncrypted ? room.map { .string(Self.keyURL($0)) } : nil,
      "parent": parent,
    ])
    return Activity(
      id: id, verb: verb, restID: restID,
      data: ["activity": json, "eventType": "conversation.activity"], alertType: alert,
      headers: [
        "data.activity.target.lastReadableActivityDate": .string(published.iso),
        "data.activity.target.lastRelevantActivityDate": .string(published.iso),
      ], recipients: members.filter(isRecipient).map(\.uuid))
  }

  func activityURL(_ id: String) -> String { "\(baseURL)/conversation/api/v1/activities/\(id)" }

  static func keyURL(_ room: Room) -> String { "kms://kms-simulator.wbx2.com/keys/\(room.keyUUID)" }

  func person(_ uuid: String, in state: borrowing WorldState) -> JSON {
    let person = state.people[uuid]
    return [
      "id": .string(uuid),
      "objectType": "person",
      "displayName": .string(person?.displayName ?? ""),
      "orgId": .string(state.orgUUID),
      "emailAddress": .string(person?.email ?? ""),
      "entryUUID": .string(uuid),
      "type": person?.isBot == true ? "BOT" : "PERSON",
    ]
  }

  static func target(
    _ room: Room, in state: borrowing WorldState, baseURL: String, now: Timestamp
  ) -> JSON {
    let tags = (room.isDirect ? ["ONE_ON_ONE"] : []) + (room.isLocked ? ["LOCKED"] : [])
    return [
      "id": .string(room.uuid),
      "objectType": "conversation",
      "url": .string("\(baseURL)/conversation/api/v1/conversations/\(room.uuid)"),
      "participants": ["items": []],
      "activities": ["items": []],
      "tags": .strings(tags),
      "globalId": .string(state.id(.room, room.uuid)),
      "defaultActivityEncryptionKeyUrl": .string(keyURL(room)),
      "kmsResourceObjectUrl": .string("kms://kms-simulator.wbx2.com/resources/\(room.keyUUID)"),
      "published": .string(room.created.iso),
      "lastReadableActivityDate": .string(now.iso),
      "lastRelevantActivityDate": .string(now.iso),
      "lastSeenActivityDate": .string(room.lastActivity.iso),
    ]
  }

  func parent(_ message: Message, type: String) -> JSON {
    [
      "id": .string(message.uuid), "type": .string(type), "actorId": .string(message.authorUUID),
      "published": .string(message.created.iso),
    ]
  }

  private func reply(_ message: Message, in state: borrowing WorldState) -> JSON? {
    guard let root = message.parentUUID else { return nil }
    let first = state.messages[root]
    return .compact([
      "id": .string(root), "type": "reply",
      "actorId": .string(first?.authorUUID ?? message.authorUUID),
      "published": .string((first?.created ?? message.created).iso),
    ])
  }

  private func conversation(_ room: Room) -> JSON {
    [
      "id": .string(room.uuid),
      "objectType": "conversation",
      "url": .string("\(baseURL)/conversation/api/v1/conversations/\(room.uuid)"),
      "displayName": .string(OpaqueText.jwe(room.title)),
      "encryptionKeyUrl": .string(Self.keyURL(room)),
    ]
  }

  private func texts(_ message: Message) -> [JSON.Member] {
    var members: [JSON.Member] = []
    if let text = message.text {
      members.append(.init("displayName", .string(OpaqueText.jwe(text))))
    }
    if let html = message.html { members.append(.init("content", .string(OpaqueText.jwe(html)))) }
    if !message.mentionedPeople.isEmpty {
      members.append(
        .init(
          "mentions",
          [
            "items": .array(
              message.mentionedPeople.map { ["objectType": "person", "id": .string($0)] })
          ]))
    }
    if !message.mentionedGroups.isEmpty {
      members.append(
        .init(
          "groupMentions",
          [
            "items": .array(
              message.mentionedGroups.map {
                ["objectType": "groupMention", "groupType": .string($0)]
              })
          ]))
    }
    return members
  }

  private func comment(_ message: Message, in state: borrowing WorldState) -> JSON {
    var members: [JSON.Member] = [.init("objectType", "comment")] + texts(message)
    if let card = message.card {
      members.append(.init("cards", [.string(OpaqueText.jwe(card.serialized))]))
    }
    return .object(members)
  }

  private func content(_ message: Message, isSafe: Bool, in state: borrowing WorldState) -> JSON {
    let files = message.contentKeys.compactMap { state.contents[$0] }
    let type = files.first?.contentType ?? ""
    let category =
      type.hasPrefix("image/") ? "images" : type.hasPrefix("video/") ? "videos" : "documents"
    var members: [JSON.Member] = [
      .init("objectType", "content"),
      .init("id", .string(files.first?.uuid ?? message.uuid)),
      .init("contentCategory", .string(category)),
    ]
    members += texts(message)
    members.append(
      .init(
        "files",
        [
          "items": .array(
            files.map { file in
              .compact([
                "objectType": "file",
                "displayName": .string(OpaqueText.jwe(file.filename)),
                "fileSize": .int(file.bytes.count),
                "mimeType": .string(file.contentType),
                "url": .string("\(baseURL)/files/v1/contents/\(file.uuid)/bytes"),
                "scr": .string(OpaqueText.jwe(String(repeating: " ", count: 120))),
                "malwareQuarantineState": isSafe ? "safe" : nil,
              ])
            })
        ]))
    return .object(members)
  }
}

enum OpaqueText {
  /// Looks like `alg:dir, enc:A256GCM` of `text`, and is random.
  static func jwe(_ text: String) -> String {
    "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..\(random(12)).\(random(text.utf8.count)).\(random(16))"
  }

  private static func random(_ count: Int) -> String {
    var generator = SystemRandomNumberGenerator()
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 8)
    while bytes.count < count {
      withUnsafeBytes(of: generator.next()) { bytes += $0 }
    }
    return Base64.encode(Array(bytes.prefix(count)), urlSafe: true, padded: false)
  }
}
