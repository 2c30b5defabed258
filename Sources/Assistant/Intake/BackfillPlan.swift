// What a backfill looks at, and what it makes of what it finds. Pure: `Backfill` asks and performs.

import FoundationEssentials
import MercuryClient
import WebexAPI

/// From the marks to the spaces and messages that matter.
struct BackfillPlan: Sendable {
  /// Looked at again although it should be known: Webex's clocks differ among themselves.
  static let overlap: TimeInterval = 300

  enum RoomVerdict: Equatable {
    /// Its messages since then.
    case look(since: Date)
    /// Nothing happened in it that is not known.
    case skip
    /// Nor in any after it, newest first.
    case end
  }

  enum MessageVerdict: Equatable {
    /// To be answered unless it is known.
    case event
    /// Sent before `maximumAge`, and unknown.
    case tooOld
    /// Known, but changed since.
    case edited
    case ignored
    /// It and all before it are known.
    case end
  }

  var marks: BackfillMarks
  var now: Date
  /// Older messages are not answered, seconds.
  var maximumAge: TimeInterval
  var botUUID: String

  /// Before this nothing is looked at, in any space.
  var floor: Date { max(marks.completeTo, marks.installedAt) - Self.overlap }

  func start(of spaceID: String) -> Date {
    max(floor, marks.watermarks[spaceID].map { $0 - Self.overlap } ?? .distantPast)
  }

  func verdict(onSpace spaceID: String, lastActivity: Date?) -> RoomVerdict {
    let start = start(of: spaceID)
    guard let lastActivity else { return .look(since: start) }
    if lastActivity < floor { return .end }
    return lastActivity < start ? .skip : .look(since: start)
  }

  /// - Parameter start: of the message's space.
  func verdict(on message: Message, since start: Date) -> MessageVerdict {
    guard let created = message.created, WebexID(message.id) != nil,
      WebexID(message.personID)?.uuid != botUUID
    else { return .ignored }
    guard created >= start else {
      // Lists are in the order of sending: only edits of what is on the way are seen.
      return (message.updated ?? .distantPast) >= start ? .edited : .end
    }
    // At the very first start somebody's last words were not said to the assistant.
    guard created > marks.installedAt else { return .ignored }
    return now.timeIntervalSince(created) > maximumAge ? .tooOld : .event
  }
}

/// What was found in one space, newest first as Webex lists it; holds the oldest ones only.
struct BackfillHarvest: Sendable {
  /// Messages in memory. What is left over is found by the next look, from a later start.
  static let maximumHeld = 2_000

  struct Find: Sendable, Equatable {
    var activity: Activity
    var created: Date
    var isTooOld: Bool
  }

  let maximumHeld: Int
  private(set) var finds: [Find] = []
  /// Newer ones were left over.
  private(set) var isCut = false

  init(maximumHeld: Int = Self.maximumHeld) { self.maximumHeld = maximumHeld }

  mutating func add(_ find: Find) {
    finds.append(find)
    guard finds.count >= maximumHeld * 2 else { return }
    finds.removeFirst(finds.count - maximumHeld)
    isCut = true
  }

  /// Those to answer, oldest first.
  var events: [Find] { finds.reversed().filter { !$0.isTooOld } }
  /// Those that are not, oldest first.
  var tooOld: [Find] { finds.reversed().filter(\.isTooOld) }
}

extension Activity {
  /// A message that REST lists, as the activity that Mercury would have brought: a message's uuid IS
  /// the id of its `post` or `share`, so the two are one event.
  ///
  /// - Parameter name: of its author, if known.
  init?(of message: Message, name: String?) {
    guard let id = WebexID(message.id)?.uuid, let room = WebexID(message.roomID)?.uuid,
      let person = WebexID(message.personID)?.uuid
    else { return nil }
    let isShare = !message.files.isEmpty
    self.init(
      id: id, verb: isShare ? "share" : "post", published: message.created,
      actor: .init(
        id: person, entryUUID: person, displayName: name, emailAddress: message.personEmail,
        type: AccessSubject.isBotAddress(message.personEmail) ? "BOT" : "PERSON"),
      object: .init(
        objectType: isShare ? "content" : "comment",
        mentionedPersonIDs: message.mentionedPeople.map { WebexID($0)?.uuid ?? $0 },
        groupMentions: message.mentionedGroups,
        files: message.files.map { _ in File() },
        cardsCount: message.attachments.count),
      target: .init(
        id: room, globalID: message.roomID,
        tags: message.roomType == .direct ? ["ONE_ON_ONE"] : []),
      parent: message.parentID.flatMap { WebexID($0) }.map { .init(id: $0.uuid, type: "reply") })
  }

  /// An edit of a message that REST lists: one event for each time that it was changed.
  init?(editOf message: Message, name: String?) {
    guard let updated = message.updated else { return nil }
    self.init(of: message, name: name)
    parent = .init(id: id, type: "edit")
    id += "/edited/\(Int64(updated.timeIntervalSince1970 * 1000))"
    verb = "post"
    published = updated
  }
}
