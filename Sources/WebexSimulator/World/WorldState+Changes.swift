// Every change of the world, each with its rules and what it makes happen. Limits are Webex's:
// 7,439 bytes, 10 edits, one card, one file.

enum WebexLimits {
  static let messageBytes = 7439
  static let edits = 10
  static let fileBytes = 100 << 20
}

/// `POST /v1/messages`, from JSON or a form.
struct MessageDraft: Sendable {
  struct File: Sendable {
    var filename: String
    var contentType: String
    var bytes: [UInt8]
  }

  var roomID: String?
  var toPersonID: String?
  var toPersonEmail: String?
  var parentID: String?
  var text: String?
  var markdown: String?
  var html: String?
  var files: [File] = []
  var attachments: [JSON] = []
  var clientTempID: String?
}

extension WorldState {
  // MARK: - Messages

  mutating func post(_ draft: MessageDraft, by author: Person) throws(WebexFailure)
    -> (Message, [Happening])
  {
    let destinations = [draft.roomID, draft.toPersonID, draft.toPersonEmail].compactMap { $0 }
    guard destinations.count == 1 else { throw .destination }
    guard
      draft.text != nil || draft.markdown != nil || draft.html != nil || !draft.files.isEmpty
        || !draft.attachments.isEmpty
    else { throw .empty }
    try Self.checkLengths(draft.text, draft.markdown, draft.html)
    guard draft.files.count <= 1 else {
      throw WebexFailure(400, "Only one file per message is supported.")
    }
    try Self.check(attachments: draft.attachments)

    var happenings: [Happening] = []
    var room = try destination(of: draft, author: author, happenings: &happenings)
    let parent = try threadRoot(draft.parentID, in: room)
    let now = tick()
    var message = Message(
      uuid: RawID.random(), roomUUID: room.uuid, parentUUID: parent, authorUUID: author.uuid,
      created: now)
    fill(&message, text: draft.text, markdown: draft.markdown, html: draft.html, room: room)
    message.card = draft.attachments.first
    for (index, file) in draft.files.enumerated() {
      let key = "\(message.uuid)/\(index)"
      contents[key] = Content(
        key: key, filename: file.filename, contentType: file.contentType, bytes: file.bytes,
        uuid: RawID.random())
      message.contentKeys.append(key)
    }
    // In the order of their times, also when the clock was set back.
    let place = room.messageUUIDs.lastIndex { (messages[$0]?.created ?? now) <= now }
    room.messageUUIDs.insert(message.uuid, at: place.map { $0 + 1 } ?? 0)
    room.lastActivity = max(room.lastActivity, now)
    rooms[room.uuid] = room
    messages[message.uuid] = message
    happenings.append(.posted(message, clientTempID: draft.clientTempID))
    return (message, happenings)
  }

  private mutating func destination(
    of draft: MessageDraft, author: Person, happenings: inout [Happening]
  ) throws(WebexFailure) -> Room {
    if let roomID = draft.roomID { return try room(roomID, for: author) }
    let other: Person
    if let email = draft.toPersonEmail {
      guard let person = person(email: email) else { throw .noPerson }
      other = person
    } else {
      other = try person(draft.toPersonID ?? "")
    }
    guard other.uuid != author.uuid else {
      throw WebexFailure(400, "You cannot send a message to yourself.")
    }
    if let room = directRoom(of: author.uuid, and: other.uuid) { return room }
    let (room, created) = addRoom(title: "", isDirect: true, members: [author.uuid, other.uuid])
    happenings += created
    return room
  }

  /// A reply's parent is always the root of its thread.
  private func threadRoot(_ parentID: String?, in room: Room) throws(WebexFailure) -> String? {
    guard let parentID else { return nil }
    switch lookup(parentID, .message) {
    case .malformed: throw .badID
    case .elsewhere: throw .noMessage
    case .key(let key):
      guard let parent = messages[activityMessages[key] ?? key] else { throw .noMessage }
      guard parent.roomUUID == room.uuid else {
        throw WebexFailure(400, "The parent message is not in the same room.")
      }
      return parent.parentUUID ?? parent.uuid
    }
  }

  mutating func edit(
    _ messageID: String, _ draft: MessageDraft, by author: Person, cardEdits: CardEdits = .refused
  ) throws(WebexFailure) -> (Message, [Happening]) {
    var message = try message(messageID, for: author)
    guard let roomID = draft.roomID else { throw .missing("roomId") }
    let room = try room(roomID, for: author)
    guard room.uuid == message.roomUUID else { throw .noMessage }
    guard message.authorUUID == author.uuid else {
      throw WebexFailure(403, "You are not allowed to edit this message.")
    }
    guard draft.text != nil || draft.markdown != nil || draft.html != nil else { throw .empty }
    try Self.checkLengths(draft.text, draft.markdown, draft.html)
    guard message.contentKeys.isEmpty, draft.files.isEmpty,
      (message.card == nil) == draft.attachments.isEmpty,
      message.card == nil || cardEdits != .refused
    else { throw .editOfFile }
    try Self.check(attachments: draft.attachments)
    guard message.edits < WebexLimits.edits else { throw .editLimit }
    message.edits += 1
    message.updated = tick()
    fill(&message, text: draft.text, markdown: draft.markdown, html: draft.html, room: room)
    if cardEdits == .allowed, let card = draft.attachments.first { message.card = card }
    messages[message.uuid] = message
    let activity = RawID.random()
    activityMessages[activity] = message.uuid
    return (message, [.edited(message, activityUUID: activity)])
  }

  mutating func delete(_ messageID: String, by person: Person) throws(WebexFailure) -> [Happening] {
    let message = try message(messageID, for: person)
    let isModerator = rooms[message.roomUUID]?.members.contains {
      $0.personUUID == person.uuid && $0.isModerator
    }
    guard message.authorUUID == person.uuid || isModerator == true else {
      throw WebexFailure(403, "You are not allowed to delete this message.")
    }
    messages[message.uuid] = nil
    rooms[message.roomUUID]?.messageUUIDs.removeAll { $0 == message.uuid }
    for key in message.contentKeys { contents[key] = nil }
    return [.deleted(message, by: person.uuid, activityUUID: RawID.random())]
  }

  private func fill(
    _ message: inout Message, text: String?, markdown: String?, html: String?, room: Room
  ) {
    message.markdown = markdown
    message.html = nil
    message.mentionedPeople = []
    message.mentionedGroups = []
    if let markdown {
      let rendered = MarkdownHTML.render(markdown) { mentionable($0, in: room) }
      message.html = rendered.html
      message.text = text ?? rendered.text
      message.mentionedPeople = rendered.mentionedPeople
      message.mentionedGroups = rendered.mentionedGroups
    } else if let html {
      message.html = HTMLSubset.clean(html)
      message.text = text ?? MarkdownHTML.plainText(message.html ?? "")
    } else {
      message.text = text
    }
  }

  private static func checkLengths(_ texts: String?...) throws(WebexFailure) {
    for text in texts {
      guard (text?.utf8.count ?? 0) <= WebexLimits.messageBytes else { throw .tooLong }
    }
  }

  private static func check(attachments: [JSON]) throws(WebexFailure) {
    guard let attachment = attachments.first else { return }
    guard attachments.count == 1 else {
      throw WebexFailure(400, "Only one card per message is supported.")
    }
    guard attachment["contentType"]?.string == "application/vnd.microsoft.card.adaptive",
      let card = attachment["content"], card["type"]?.string == "AdaptiveCard"
    else { throw WebexFailure(400, "Unsupported attachment content type.") }
    let version = (card["version"]?.string ?? "").split(separator: ".").compactMap { Int($0) }
    guard version.count == 2, version[0] == 1, version[1] <= 3 else {
      throw WebexFailure(400, "Unsupported Adaptive Card version; the highest supported is 1.3.")
    }
  }

  /// The scan of a message's files is over.
  mutating func filesBecomeReady(_ messageUUID: String) -> [Happening] {
    guard let message = messages[messageUUID], !message.contentKeys.isEmpty else { return [] }
    let activity = RawID.random()
    activityMessages[activity] = message.uuid
    return [.filesReady(message, activityUUID: activity)]
  }

  // MARK: - Card presses

  mutating func press(_ messageID: String, inputs: JSON, by person: Person) throws(WebexFailure)
    -> (AttachmentAction, [Happening])
  {
    let card = try message(messageID, for: person)
    guard card.card != nil else { throw WebexFailure(400, "The message has no card.") }
    let action = AttachmentAction(
      uuid: RawID.random(), messageUUID: card.uuid, personUUID: person.uuid,
      roomUUID: card.roomUUID, inputs: inputs, created: tick())
    actions[action.uuid] = action
    return (action, [.pressed(action, card: card)])
  }

  // MARK: - Rooms and memberships

  mutating func addRoom(title: String, isDirect: Bool, members: [String]) -> (Room, [Happening]) {
    let now = tick()
    let room = Room(
      uuid: RawID.random(), title: title, isDirect: isDirect, creatorUUID: members[0],
      created: now, lastActivity: now,
      members: members.map { Member(personUUID: $0, created: now) },
      keyUUID: RawID.random())
    insertRoom(room)
    var happenings: [Happening] = [.roomCreated(room)]
    if !isDirect {
      happenings += members.dropFirst().map {
        .memberAdded(room, person: $0, by: members[0])
      }
    }
    return (room, happenings)
  }

  mutating func update(_ room: Room, title: String?, isLocked: Bool?, by person: Person)
    throws(WebexFailure) -> (Room, [Happening])
  {
    guard !room.isDirect else { throw WebexFailure(400, "A direct room cannot be changed.") }
    var room = room
    var happenings: [Happening] = []
    if room.isLocked { try requireModerator(person, of: room) }
    if let title, title != room.title {
      room.title = title
      happenings.append(.roomRenamed(room, by: person.uuid))
    }
    if let isLocked, isLocked != room.isLocked {
      room.isLocked = isLocked
      if isLocked, let index = room.members.firstIndex(where: { $0.personUUID == person.uuid }) {
        room.members[index].isModerator = true
      }
      happenings.append(.lock(room, by: person.uuid))
    }
    rooms[room.uuid] = room
    return (room, happenings)
  }

  mutating func remove(_ room: Room, by person: Person) throws(WebexFailure) -> [Happening] {
    guard !room.isDirect else { throw WebexFailure(400, "A direct room cannot be deleted.") }
    if room.isLocked { try requireModerator(person, of: room) }
    for uuid in room.messageUUIDs { messages[uuid] = nil }
    rooms[room.uuid] = nil
    roomOrder.removeAll { $0 == room.uuid }
    return [.roomDeleted(room)]
  }

  mutating func add(_ person: Person, to room: Room, isModerator: Bool, by actor: Person)
    throws(WebexFailure) -> (Room, [Happening])
  {
    guard !room.isDirect else { throw WebexFailure(400, "A direct room has exactly two members.") }
    guard !room.contains(person.uuid) else { throw .alreadyMember }
    if room.isLocked { try requireModerator(actor, of: room) }
    var room = room
    room.members.append(
      Member(personUUID: person.uuid, isModerator: isModerator, created: tick()))
    rooms[room.uuid] = room
    return (room, [.memberAdded(room, person: person.uuid, by: actor.uuid)])
  }

  mutating func setModerator(
    _ isModerator: Bool, _ personUUID: String, in room: Room, by actor: Person
  )
    throws(WebexFailure) -> (Room, [Happening])
  {
    guard let index = room.members.firstIndex(where: { $0.personUUID == personUUID }) else {
      throw .noMembership
    }
    if room.isLocked { try requireModerator(actor, of: room) }
    var room = room
    room.members[index].isModerator = isModerator
    rooms[room.uuid] = room
    return (
      room,
      [.moderator(room, person: personUUID, by: actor.uuid, isAssigned: isModerator)]
    )
  }

  /// Oneself may always leave; others are removed by anyone, in a locked room by moderators.
  mutating func removeMember(_ personUUID: String, from room: Room, by actor: Person)
    throws(WebexFailure) -> [Happening]
  {
    guard room.contains(personUUID) else { throw .noMembership }
    guard !room.isDirect else { throw WebexFailure(400, "A direct room cannot be left.") }
    if room.isLocked, personUUID != actor.uuid { try requireModerator(actor, of: room) }
    var rest = room
    rest.members.removeAll { $0.personUUID == personUUID }
    rooms[room.uuid] = rest
    // The room as it was, since the one who left hears of it too.
    return [.memberLeft(room, person: personUUID, by: actor.uuid)]
  }

  private func requireModerator(_ person: Person, of room: Room) throws(WebexFailure) {
    guard room.members.contains(where: { $0.personUUID == person.uuid && $0.isModerator }) else {
      throw WebexFailure(403, "Only a moderator may do this in a locked room.")
    }
  }

  // MARK: - Lookups that fail as Webex does

  func room(_ id: String, for person: Person) throws(WebexFailure) -> Room {
    switch lookup(id, .room) {
    case .malformed: throw .badID
    case .elsewhere: throw .noRoom
    case .key(let key):
      guard let room = rooms[key], room.contains(person.uuid) else { throw .noRoom }
      return room
    }
  }

  func message(_ id: String, for person: Person) throws(WebexFailure) -> Message {
    switch lookup(id, .message) {
    case .malformed: throw .badID
    case .elsewhere: throw .noMessage
    case .key(let key):
      guard let message = messages[key], isVisible(message, to: person) else { throw .noMessage }
      return message
    }
  }

  func person(_ id: String) throws(WebexFailure) -> Person {
    switch lookup(id, .people) {
    case .malformed: throw .badID
    case .elsewhere: throw .noPerson
    case .key(let key):
      guard let person = people[key] else { throw .noPerson }
      return person
    }
  }
}
