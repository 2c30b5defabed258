// REST bodies, field by field as api documents and the SDKs' fixtures show them.

extension WorldState {
  func json(_ message: Message, baseURL: String) -> JSON {
    let room = rooms[message.roomUUID]
    let author = people[message.authorUUID]
    return .compact([
      "id": .string(id(.message, message.uuid)),
      "roomId": .string(id(.room, message.roomUUID)),
      "roomType": room.map { .string($0.isDirect ? "direct" : "group") },
      "parentId": message.parentUUID.map { .string(id(.message, $0)) },
      "text": message.text.map(JSON.string),
      "markdown": message.markdown.map(JSON.string),
      "html": message.html.map(JSON.string),
      "files": message.contentKeys.isEmpty
        ? nil : .strings(message.contentKeys.map { "\(baseURL)/v1/contents/\(id(.content, $0))" }),
      "personId": .string(id(.people, message.authorUUID)),
      "personEmail": author.map { .string($0.email) },
      "mentionedPeople": message.mentionedPeople.isEmpty
        ? nil : .strings(message.mentionedPeople.map { id(.people, $0) }),
      "mentionedGroups": message.mentionedGroups.isEmpty ? nil : .strings(message.mentionedGroups),
      "attachments": message.card.map { .array([$0]) },
      "created": .string(message.created.iso),
      "updated": message.updated.map { .string($0.iso) },
    ])
  }

  func json(_ person: Person) -> JSON {
    let names = person.displayName.split(separator: " ")
    return .compact([
      "id": .string(id(.people, person.uuid)),
      "emails": [.string(person.email)],
      "phoneNumbers": [],
      "displayName": .string(person.displayName),
      "nickName": .string(person.isBot ? person.displayName : names.first.map(String.init) ?? ""),
      "firstName": person.isBot ? nil : names.first.map { .string(String($0)) },
      "lastName": person.isBot || names.count < 2 ? nil : .string(String(names[names.count - 1])),
      "userName": .string(person.email),
      "orgId": .string(id(.organization, person.orgUUID)),
      "created": .string(person.created.iso),
      "lastActivity": person.isBot ? nil : .string(person.lastActivity.iso),
      "status": person.isBot ? "unknown" : "active",
      "type": person.isBot ? "bot" : "person",
    ])
  }

  func json(_ room: Room, for viewer: Person) -> JSON {
    [
      "id": .string(id(.room, room.uuid)),
      "title": .string(title(of: room, for: viewer.uuid)),
      "type": .string(room.isDirect ? "direct" : "group"),
      "isLocked": .bool(room.isLocked),
      "lastActivity": .string(room.lastActivity.iso),
      "creatorId": .string(id(.people, room.creatorUUID)),
      "created": .string(room.created.iso),
      "ownerId": .string(id(.organization, orgUUID)),
      "isPublic": false,
      "isReadOnly": false,
    ]
  }

  func json(_ member: Member, of room: Room) -> JSON {
    let person = people[member.personUUID]
    return .compact([
      "id": .string(id(.membership, "\(member.personUUID):\(room.uuid)")),
      "roomId": .string(id(.room, room.uuid)),
      "roomType": .string(room.isDirect ? "direct" : "group"),
      "personId": .string(id(.people, member.personUUID)),
      "personEmail": person.map { .string($0.email) },
      "personDisplayName": person.map { .string($0.displayName) },
      "personOrgId": person.map { .string(id(.organization, $0.orgUUID)) },
      "isModerator": .bool(member.isModerator),
      "isMonitor": false,
      "created": .string(member.created.iso),
    ])
  }

  func json(_ action: AttachmentAction) -> JSON {
    [
      "id": .string(id(.attachmentAction, action.uuid)),
      "type": "submit",
      "messageId": .string(id(.message, action.messageUUID)),
      "inputs": action.inputs,
      "personId": .string(id(.people, action.personUUID)),
      "roomId": .string(id(.room, action.roomUUID)),
      "created": .string(action.created.iso),
    ]
  }

  /// As `/sim/state` lists people: with uuid and token.
  func controlJSON(_ person: Person) -> JSON {
    [
      "id": .string(id(.people, person.uuid)),
      "uuid": .string(person.uuid),
      "email": .string(person.email),
      "displayName": .string(person.displayName),
      "type": person.isBot ? "bot" : "person",
      "token": .string(person.token),
    ]
  }

  func controlJSON(_ room: Room) -> JSON {
    [
      "id": .string(id(.room, room.uuid)),
      "uuid": .string(room.uuid),
      "title": .string(
        room.isDirect
          ? room.members.compactMap { people[$0.personUUID]?.displayName }.joined(separator: ", ")
          : room.title),
      "type": .string(room.isDirect ? "direct" : "group"),
      "members": .strings(room.members.map { id(.people, $0.personUUID) }),
    ]
  }
}
