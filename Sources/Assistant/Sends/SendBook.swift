// Which of the bot's own messages is whose: the POSTs that have no answer, the messages that were seen
// in their places, and what to make of both. Pure; `SendLedger` calls it and performs.

import FoundationEssentials
import WebexAPI

/// A thread of a space, or its top level, as echoes name them.
struct SendPlace: Hashable, Sendable {
  var spaceUUID: String
  /// The uuid of the thread's root.
  var threadUUID: String?

  /// One column of the database.
  var key: String { "\(spaceUUID)/\(threadUUID ?? "")" }

  init(spaceUUID: String, threadUUID: String?) {
    self.spaceUUID = spaceUUID
    self.threadUUID = threadUUID
  }

  init(roomID: String, threadID: String?) {
    self.init(
      spaceUUID: WebexID(roomID)?.uuid ?? roomID,
      threadUUID: threadID.map { WebexID($0)?.uuid ?? $0 })
  }
}

struct SendBook: Sendable {
  enum State: Sendable, Equatable {
    /// Its response may still come.
    case flying
    /// It will not: the message is looked for.
    case lost
    /// Looked for in vain. `isReplaced`: something else stands there for it.
    case givenUp(isReplaced: Bool)
  }

  struct Send: Sendable {
    var id: String
    var place: SendPlace
    var content: MessageContent
    /// Its message is younger. Webex's clock.
    var notBefore: Date?
    /// Of sends and sightings, as they came; 0: of an earlier process.
    fileprivate(set) var number = 0
    fileprivate(set) var state = State.flying
  }

  /// A message of the bot's own that nobody has claimed.
  struct Sighting: Sendable {
    var messageID: WebexID
    var place: SendPlace
    var published: Date?
    fileprivate(set) var number = 0
    /// Nil until it was read.
    var content: MessageContent?
  }

  private var sends: [String: Send] = [:]
  private var sightings: [String: Sighting] = [:]
  private var count = 0
  /// Uuids of messages that are somebody's: an echo may come late or twice.
  private var claimed: Set<String> = []
  private var claimOrder: [String] = []
  /// Posts of minutes; and what a single thread may bring of messages that are nobody's.
  static let maximumClaims = 2_000
  static let maximumSightings = 100
  /// Sends of one thread that were given up.
  static let maximumGivenUp = 10

  var places: Set<SendPlace> { Set(sends.values.map(\.place)) }
  var sightingCount: Int { sightings.count }

  func isWatched(_ place: SendPlace) -> Bool { sends.values.contains { $0.place == place } }
  func isClaimed(_ messageID: WebexID) -> Bool { claimed.contains(messageID.uuid) }
  func hasGivenUp(in place: SendPlace) -> Bool {
    sends.values.contains { $0.place == place && $0.isGivenUp }
  }
  func state(of id: String) -> State? { sends[id]?.state }

  /// The oldest of too many sends that were given up.
  func excess(in place: SendPlace) -> String? {
    let givenUp = sends.values.filter { $0.place == place && $0.isGivenUp }
    guard givenUp.count > Self.maximumGivenUp else { return nil }
    return givenUp.min { $0.number < $1.number }?.id
  }

  // MARK: What happens

  /// A POST begins. Every call is followed by one of `answered`, `failed` and `lost`.
  mutating func begins(_ send: Send) {
    count += 1
    var send = send
    send.number = count
    send.state = .flying
    sends[send.id] = send
  }

  /// A send of an earlier process.
  mutating func remembers(_ send: Send, _ state: State) {
    var send = send
    send.state = state
    sends[send.id] = send
  }

  /// It is on record: nobody else's, and nothing is left to be done about it.
  mutating func answered(_ id: String, messageID: WebexID?) {
    if let messageID { claim(messageID) }
    remove(id)
  }

  /// Certainly nothing arrived.
  mutating func failed(_ id: String) { remove(id) }

  mutating func lost(_ id: String) { sends[id]?.state = .lost }

  mutating func givesUp(_ id: String, isReplaced: Bool) {
    sends[id]?.state = .givenUp(isReplaced: isReplaced)
  }

  /// Forgets a send, and what was seen in its place if that was the last one there.
  mutating func remove(_ id: String) {
    guard let place = sends.removeValue(forKey: id)?.place, !isWatched(place) else { return }
    sightings = sightings.filter { $0.value.place != place }
  }

  /// - Returns: whether it may be the message of some send.
  @discardableResult
  mutating func saw(_ sighting: Sighting) -> Bool {
    let uuid = sighting.messageID.uuid
    guard isWatched(sighting.place), !claimed.contains(uuid) else { return false }
    if let known = sightings[uuid] {
      // Listed after its echo came: then its content is known too.
      if known.content == nil { sightings[uuid]?.content = sighting.content }
      return true
    }
    let here = sightings.values.filter { $0.place == sighting.place }
    if here.count >= Self.maximumSightings, let oldest = here.min(by: { $0.number < $1.number }) {
      sightings[oldest.messageID.uuid] = nil
    }
    count += 1
    var sighting = sighting
    sighting.number = count
    sightings[uuid] = sighting
    return true
  }

  mutating func read(_ messageID: WebexID, _ content: MessageContent) {
    sightings[messageID.uuid]?.content = content
  }

  mutating func claim(_ messageID: WebexID) {
    let uuid = messageID.uuid
    sightings[uuid] = nil
    guard claimed.insert(uuid).inserted else { return }
    claimOrder.append(uuid)
    if claimOrder.count > Self.maximumClaims {
      claimed.subtract(claimOrder.prefix(Self.maximumClaims / 2))
      claimOrder.removeFirst(Self.maximumClaims / 2)
    }
  }

  // MARK: What to make of it

  /// Messages to be read before anything is decided about a place.
  func unread(in place: SendPlace) -> [WebexID] {
    guard sends.values.contains(where: { $0.place == place && $0.state != .flying }) else {
      return []
    }
    return sightings.values.filter { $0.place == place && $0.content == nil }
      .sorted { $0.number < $1.number }.map(\.messageID)
  }

  /// The message of a lost send; nil while there is none that can only be its.
  func found(for id: String) -> WebexID? {
    guard let send = sends[id], send.state == .lost else { return nil }
    let candidates = candidates(for: send)
    let others = sends.values.filter { $0.place == send.place && $0.id != id }
    let same = candidates.filter { matches(send, $0) == .same }
    if !same.isEmpty {
      // Two equal texts at once: it may be that of a POST whose response is still to come.
      let rivals = others.filter { $0.state == .flying && $0.content == send.content }
      return same.first { one in rivals.allSatisfy { $0.number > one.number } }?.messageID
    }
    // Where Webex does not tell enough, one message for one send is enough.
    let unclear = candidates.filter { matches(send, $0) != .different }
    guard unclear.count == 1, let only = unclear.first, only.content != nil,
      !others.contains(where: {
        !$0.isGivenUp && $0.number < only.number && matches($0, only) != .different
      })
    else { return nil }
    return only.messageID
  }

  /// A message that came after its send was given up and something else took its place.
  func surplus(in place: SendPlace) -> (send: String, messageID: WebexID)? {
    let here = sends.values.filter { $0.place == place }
    for send in here.sorted(by: { $0.number < $1.number })
    where send.state == .givenUp(isReplaced: true) {
      for one in candidates(for: send) where matches(send, one) == .same {
        // While it may be somebody's, it is left alone.
        let mayBeWanted = here.contains {
          !$0.isGivenUp && $0.number < one.number && matches($0, one) != .different
        }
        if !mayBeWanted { return (send.id, one.messageID) }
      }
    }
    return nil
  }

  /// What was seen in the place since the send, oldest first.
  private func candidates(for send: Send) -> [Sighting] {
    sightings.values.filter {
      guard $0.place == send.place, $0.number > send.number else { return false }
      guard let published = $0.published, let notBefore = send.notBefore else { return true }
      return published >= notBefore
    }.sorted { $0.number < $1.number }
  }

  private func matches(_ send: Send, _ sighting: Sighting) -> MessageContent.Match {
    sighting.content.map(send.content.match) ?? .unclear
  }
}

extension SendBook.Send {
  var isGivenUp: Bool { if case .givenUp = state { true } else { false } }
}
