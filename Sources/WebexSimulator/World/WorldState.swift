// The whole simulated cloud's data as one value, with its lookups and visibility rules.
// `Cloud` guards it with a lock; the REST surface changes it only through the methods of
// WorldState+Changes, which return what happened.

struct WorldState: Sendable {
  let cluster: String
  let orgUUID: String
  private let clock: SimulatedClock
  /// Who answers, as far as somebody told; only the page shows it.
  var answeringModel: String?
  private(set) var people: [String: Person] = [:]
  private(set) var peopleOrder: [String] = []
  private(set) var personByToken: [String: String] = [:]
  private(set) var personByEmail: [String: String] = [:]
  private var revokedTokens: Set<String> = []
  var rooms: [String: Room] = [:]
  var roomOrder: [String] = []
  var messages: [String: Message] = [:]
  var contents: [String: Content] = [:]
  var actions: [String: AttachmentAction] = [:]
  /// Activities of edits and file updates, which have uuids of their own → message uuid.
  var activityMessages: [String: String] = [:]
  private var lastTimestamp = Timestamp(milliseconds: 0)

  init(cluster: String, world: SimulatorConfiguration.World, clock: SimulatedClock)
    throws(SimulatorError)
  {
    self.cluster = cluster
    self.clock = clock
    let now = clock.now
    orgUUID = RawID.named("organization")
    for person in world.people {
      _ = try addPerson(
        email: person.email, displayName: person.displayName, isBot: person.isBot,
        token: person.token, now: now)
    }
    for room in world.rooms {
      let members = room.members.compactMap { personByEmail[$0.lowercased()] }
      guard members.count == room.members.count, !members.isEmpty else {
        throw SimulatorError(.badConfiguration, "A member of space '\(room.title)' is no person.")
      }
      let name = "room:\(room.title):\(room.members.joined(separator: ","))"
      insertRoom(
        Room(
          uuid: RawID.named(name), title: room.title, isDirect: room.isDirect,
          creatorUUID: members[0], created: now, lastActivity: now,
          members: members.map { Member(personUUID: $0, created: now) },
          keyUUID: RawID.named("key:" + name)))
    }
  }

  // MARK: - Time

  /// Strictly increasing, so that an order by time is the order of events.
  mutating func tick() -> Timestamp {
    lastTimestamp = max(clock.now, Timestamp(milliseconds: lastTimestamp.milliseconds + 1))
    return lastTimestamp
  }

  /// From now on times are so far from the machine's; they may go back.
  mutating func setClock(offsetMilliseconds: Int) {
    clock.set(offsetMilliseconds: offsetMilliseconds)
    lastTimestamp = Timestamp(milliseconds: 0)
  }

  // MARK: - People

  var allPeople: [Person] { peopleOrder.compactMap { people[$0] } }
  var bot: Person? { allPeople.first(where: \.isBot) }

  /// Nil for a token that is nobody's, or was revoked.
  func person(token: String) -> Person? {
    revokedTokens.contains(token) ? nil : personByToken[token].flatMap { people[$0] }
  }
  func person(email: String) -> Person? { personByEmail[email.lowercased()].flatMap { people[$0] } }

  mutating func addPerson(
    email: String, displayName: String, isBot: Bool, token: String, now: Timestamp
  ) throws(SimulatorError) -> Person {
    let key = email.lowercased()
    guard key.contains("@"), personByEmail[key] == nil, personByToken[token] == nil else {
      throw SimulatorError(
        .badConfiguration, "The person '\(email)' is malformed or there already.")
    }
    let person = Person(
      uuid: RawID.named("person:" + key), email: email, displayName: displayName, isBot: isBot,
      token: token, created: now, lastActivity: now, orgUUID: orgUUID)
    people[person.uuid] = person
    peopleOrder.append(person.uuid)
    personByEmail[key] = person.uuid
    personByToken[token] = person.uuid
    return person
  }

  /// Revokes a token, or restores it.
  ///
  /// - Returns: whose it is; nil if nobody's.
  mutating func setToken(_ token: String, isRevoked: Bool) -> String? {
    guard let owner = personByToken[token] else { return nil }
    if isRevoked { revokedTokens.insert(token) } else { revokedTokens.remove(token) }
    return owner
  }

  /// One more token of a person, as after a regeneration.
  mutating func addToken(_ token: String, of person: Person) throws(SimulatorError) {
    guard personByToken[token] == nil else {
      throw SimulatorError(.badConfiguration, "The token is there already.")
    }
    personByToken[token] = person.uuid
  }

  // MARK: - Rooms

  mutating func insertRoom(_ room: Room) {
    rooms[room.uuid] = room
    roomOrder.append(room.uuid)
  }

  func directRoom(of first: String, and second: String) -> Room? {
    roomOrder.lazy.compactMap { rooms[$0] }.first {
      $0.isDirect && $0.contains(first) && $0.contains(second)
    }
  }

  func rooms(of personUUID: String) -> [Room] {
    roomOrder.compactMap { rooms[$0] }.filter { $0.contains(personUUID) }
  }

  /// A direct space is named after the other person.
  func title(of room: Room, for personUUID: String) -> String {
    guard room.isDirect else { return room.title }
    let other = room.members.first { $0.personUUID != personUUID } ?? room.members.first
    return other.flatMap { people[$0.personUUID]?.displayName } ?? room.title
  }

  // MARK: - Visibility

  /// A bot sees messages of a group only if they mention it or are its own; a mention of all does
  /// not count.
  func isVisible(_ message: Message, to person: Person) -> Bool {
    guard let room = rooms[message.roomUUID], room.contains(person.uuid) else { return false }
    return !person.isBot || room.isDirect || message.authorUUID == person.uuid
      || message.mentionedPeople.contains(person.uuid)
  }

  // MARK: - Ids

  func id(_ kind: HydraID.Kind, _ key: String) -> String {
    HydraID(cluster: cluster, kind: kind, key: key).encoded
  }

  enum Lookup: Equatable {
    case key(String)
    /// Neither Base64 id nor uuid: 400.
    case malformed
    /// Of another type or cluster: 404.
    case elsewhere
  }

  /// What `text` names: a REST id of `kind` in this cluster, or a raw uuid.
  func lookup(_ text: String, _ kind: HydraID.Kind) -> Lookup {
    if RawID.isUUID(text) { return .key(text.lowercased()) }
    guard let id = HydraID(text) else { return .malformed }
    let expected = HydraID(cluster: cluster, kind: kind, key: id.key)
    return id == expected ? .key(id.key) : .elsewhere
  }

  func mentionable(_ key: MarkdownHTML.MentionKey, in room: Room?) -> Mentionable? {
    let person: Person? =
      switch key {
      case .email(let email): person(email: email)
      case .id(let text):
        if case .key(let uuid) = lookup(text, .people) { people[uuid] } else { nil }
      }
    guard let person, room?.contains(person.uuid) ?? true else { return nil }
    return Mentionable(
      uuid: person.uuid, restID: id(.people, person.uuid), displayName: person.displayName)
  }
}
