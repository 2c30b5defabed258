// The messages of a reply at Webex, as the machine knows them.

/// A message that grows, or one that did and may be taken over.
struct ReplyMessage: Equatable, Sendable {
  var id: String
  /// What stands there; nil: not known, because an edit was lost or an earlier process sent it.
  var shown: String?
  var budget: EditBudget
  /// What stands there is a notice, not text.
  var showsNotice = false
  /// Something of the present answer has arrived there.
  var hasLanded = true
  /// With fewer edits left it is deleted instead of taken over.
  var worthTaking = EditBudget.worthTaking
}

/// What is void: messages to be taken over, in the order of the thread, and those to be deleted.
struct ReplacedMessages: Sendable {
  struct Discard: Equatable, Sendable {
    var id: String
    var isNotice = false
    var attempts = 0
  }

  static let maximumAttempts = 3

  private(set) var places: [ReplyMessage] = []
  private(set) var discards: [Discard] = []

  /// The next message worth editing in place. Those before it can only be deleted: text that came
  /// after them in the thread must not continue in one before.
  mutating func take() -> ReplyMessage? {
    while !places.isEmpty {
      var place = places.removeFirst()
      if place.budget.left >= place.worthTaking {
        place.hasLanded = false
        return place
      }
      discard(place)
    }
    return nil
  }

  /// True if `take` would find one.
  var hasPlace: Bool { places.contains { $0.budget.left >= $0.worthTaking } }

  mutating func insert(_ messages: [ReplyMessage]) { places.insert(contentsOf: messages, at: 0) }
  mutating func append(_ message: ReplyMessage) { places.append(message) }

  /// An edit that was under way when its message was replaced has come to something.
  mutating func update(_ id: String, _ change: (inout ReplyMessage) -> Void) {
    guard let index = places.firstIndex(where: { $0.id == id }) else { return }
    change(&places[index])
  }

  mutating func discard(_ message: ReplyMessage) {
    discards.append(Discard(id: message.id, isNotice: message.showsNotice))
  }

  mutating func discardFile(_ id: String) { discards.append(Discard(id: id)) }

  mutating func discardPlaces() {
    for place in places { discard(place) }
    places = []
  }

  /// Nothing will take their place: text stays, a notice does not.
  mutating func keepText() {
    discardPlaces()
    discards.removeAll { !$0.isNotice }
  }

  mutating func nextDiscard(attempts: Int) -> Discard? {
    guard let index = discards.firstIndex(where: { $0.attempts < attempts }) else { return nil }
    return discards.remove(at: index)
  }

  /// A deletion failed: tried again later, a few times.
  mutating func failed(_ discard: Discard) {
    var discard = discard
    discard.attempts += 1
    if discard.attempts < Self.maximumAttempts { discards.append(discard) }
  }
}
