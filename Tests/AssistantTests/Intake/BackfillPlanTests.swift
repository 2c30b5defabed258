import FoundationEssentials
import MercuryClient
import Testing
import WebexAPI

@testable import Assistant

@Suite("What a backfill looks at, and what it makes of it")
struct BackfillPlanTests {
  private static let bot = "00000000-0000-4000-8000-00000000b070"
  private static let person = "00000000-0000-4000-8000-0000000a11ce"
  private static let room = "00000000-0000-4000-8000-000000000001"
  private static let uuid = "00000000-0000-4000-8000-00000000000a"

  /// Seconds after the install.
  private static func time(_ seconds: TimeInterval) -> Date {
    Date(timeIntervalSince1970: 1_800_000_000 + seconds)
  }

  private static func plan(
    completeTo: TimeInterval = 10_000, watermark: TimeInterval? = nil, now: TimeInterval = 20_000,
    maximumAge: TimeInterval = 86_400
  ) -> BackfillPlan {
    var marks = BackfillMarks(installedAt: time(0), completeTo: time(completeTo))
    marks.watermarks[room] = watermark.map(time)
    return BackfillPlan(marks: marks, now: time(now), maximumAge: maximumAge, botUUID: bot)
  }

  private static func message(
    created: TimeInterval, updated: TimeInterval? = nil, by author: String = person
  ) -> Message {
    Message(
      id: WebexID(kind: .message, uuid: uuid).encoded,
      roomID: WebexID(kind: .room, uuid: room).encoded, roomType: .direct,
      personID: WebexID(kind: .people, uuid: author).encoded,
      personEmail: "alice@example.com", created: time(created), updated: updated.map(time))
  }

  @Test(
    "a space is looked into from its own mark or the common one, five minutes before the later",
    arguments: [
      // completeTo, watermark, start
      (10_000.0, nil, 9_700.0), (10_000, 5_000, 9_700), (10_000, 15_000, 14_700),
      (0, nil, -300), (-50_000, nil, -300),
    ] as [(TimeInterval, TimeInterval?, TimeInterval)])
  func start(completeTo: TimeInterval, watermark: TimeInterval?, start: TimeInterval) {
    let plan = Self.plan(completeTo: completeTo, watermark: watermark)
    #expect(plan.start(of: Self.room) == Self.time(start))
  }

  @Test("spaces are looked into from the newest down to what is known of all")
  func rooms() {
    let plan = Self.plan(watermark: 15_000)
    func verdict(_ activity: TimeInterval?, _ room: String = Self.room)
      -> BackfillPlan.RoomVerdict
    { plan.verdict(onSpace: room, lastActivity: activity.map(Self.time)) }
    #expect(verdict(15_000) == .look(since: Self.time(14_700)))
    #expect(verdict(14_600) == .skip)
    #expect(verdict(14_600, "another") == .look(since: Self.time(9_700)))
    #expect(verdict(9_700, "another") == .look(since: Self.time(9_700)))
    #expect(verdict(9_699, "another") == .end)
    #expect(verdict(nil) == .look(since: Self.time(14_700)))
  }

  @Test(
    "a message is answered, too old, not ours, or the end",
    arguments: [
      ("new", message(created: 15_000), .event),
      ("in the overlap", message(created: 9_800), .event),
      ("before the start", message(created: 9_600), .end),
      ("before the start, edited since", message(created: 9_600, updated: 9_900), .edited),
      ("before the start, edited then", message(created: 9_600, updated: 9_650), .end),
      ("the bot's own", message(created: 15_000, by: bot), .ignored),
      ("the bot's own, long ago", message(created: 100, by: bot), .ignored),
    ] as [(String, Message, BackfillPlan.MessageVerdict)])
  func messages(what: String, message: Message, verdict: BackfillPlan.MessageVerdict) {
    #expect(Self.plan().verdict(on: message, since: Self.time(9_700)) == verdict, "\(what)")
  }

  @Test(
    "a message is too old from BACKFILL_MAX_AGE on",
    arguments: [
      (86_400.0, 15_000.0, .event), (5_000, 15_000, .event), (4_999, 15_000, .tooOld),
      (0, 19_999, .tooOld), (0, 20_000, .event),
    ] as [(TimeInterval, TimeInterval, BackfillPlan.MessageVerdict)])
  func age(maximum: TimeInterval, created: TimeInterval, verdict: BackfillPlan.MessageVerdict) {
    let plan = Self.plan(maximumAge: maximum)
    #expect(plan.verdict(on: Self.message(created: created), since: Self.time(9_700)) == verdict)
  }

  @Test("what was said before the assistant was there is nobody's question")
  func install() {
    let plan = Self.plan(completeTo: 0)
    func verdict(_ created: TimeInterval) -> BackfillPlan.MessageVerdict {
      plan.verdict(on: Self.message(created: created), since: plan.start(of: Self.room))
    }
    #expect(verdict(-100) == .ignored)
    #expect(verdict(0) == .ignored)
    #expect(verdict(1) == .event)
  }

  @Test("what is found in a space is bounded, and the oldest stay")
  func bounds() throws {
    var harvest = BackfillHarvest(maximumHeld: 10)
    for number in (0..<35).reversed() {
      let message = Self.message(created: TimeInterval(number))
      let activity = try #require(Activity(of: message, name: nil))
      harvest.add(
        .init(activity: activity, created: Self.time(TimeInterval(number)), isTooOld: number < 2))
      #expect(harvest.finds.count < 20)
    }
    #expect(harvest.isCut)
    #expect(harvest.tooOld.map(\.created) == [0, 1].map(Self.time))
    let seconds = harvest.events.map { $0.created.timeIntervalSince(Self.time(0)) }
    #expect(seconds.first == 2)
    #expect(seconds == seconds.sorted())
  }

  // MARK: A message as an activity

  @Test("a message becomes the activity that the socket would have brought")
  func activity() throws {
    var message = Self.message(created: 100)
    message.parentID = WebexID(kind: .message, uuid: "root").encoded
    message.mentionedPeople = [WebexID(kind: .people, uuid: Self.bot).encoded]
    let activity = try #require(Activity(of: message, name: "Alice"))
    #expect(activity.id == Self.uuid)
    #expect(activity.verb == "post")
    #expect(activity.messageID?.encoded == message.id)
    #expect(activity.threadRootID?.uuid == "root")
    #expect(activity.roomID?.encoded == message.roomID)
    #expect(activity.target?.id == Self.room)
    #expect(activity.target?.isDirect == true)
    #expect(activity.actorUUID == Self.person)
    #expect(activity.object?.mentionedPersonIDs == [Self.bot])
    #expect(activity.published == Self.time(100))
    #expect(Relevance.of(activity, botUUID: Self.bot) == .taken(.message))
  }

  @Test("ids of another region stay in it")
  func region() throws {
    let cluster = "urn:TEAM:us-west-2_r"
    var message = Self.message(created: 100)
    message.id = WebexID(cluster: cluster, kind: .message, uuid: Self.uuid).encoded
    message.roomID = WebexID(cluster: cluster, kind: .room, uuid: Self.room).encoded
    let activity = try #require(Activity(of: message, name: nil))
    #expect(activity.messageID?.encoded == message.id)
  }

  @Test("a file is a share; a bot is no person; a group is no direct space")
  func kinds() throws {
    var message = Self.message(created: 100)
    message.files = ["https://webexapis.com/v1/contents/x"]
    message.roomType = .group
    message.personEmail = "other@webex.bot"
    let activity = try #require(Activity(of: message, name: nil))
    #expect(activity.verb == "share")
    #expect(activity.target?.isDirect == false)
    #expect(Relevance.of(activity, botUUID: Self.bot) == .ignored("not a person"))
  }

  @Test("an edit is one event for each time that the message was changed")
  func edits() throws {
    let first = try #require(
      Activity(editOf: Self.message(created: 100, updated: 200), name: nil))
    let second = try #require(
      Activity(editOf: Self.message(created: 100, updated: 300), name: nil))
    #expect(Relevance.of(first, botUUID: Self.bot) == .taken(.edit))
    #expect(first.messageID?.uuid == Self.uuid)
    #expect(first.id != second.id)
    #expect(Activity(editOf: Self.message(created: 100), name: nil) == nil)
  }

  @Test("what is too old becomes one event that names the span and stands in the newest's thread")
  func missed() throws {
    let newest = try #require(Activity(of: Self.message(created: 7_200), name: nil))
    let activity = MissedMessages.activity(newest: newest, since: Self.time(0))
    #expect(Relevance.of(activity, botUUID: Self.bot) == .taken(.missed))
    #expect(activity.id == Self.uuid)
    let job = Job(activity: activity, spaceID: Self.room, kind: .missed)
    #expect(job.threadID == newest.messageID?.encoded)
    let span = try #require(MissedMessages.span(of: activity))
    #expect(span == Self.time(0)...Self.time(7_200))
    #expect(
      Sentences.missed(span)
        == "I was out of reach for a while. What you wrote here between 15 Jan 2027, 08:00 and "
        + "15 Jan 2027, 10:00 UTC came too long ago for an answer now. "
        + "Please ask again if it still matters.")
    #expect(
      Sentences.missed(Self.time(0)...Self.time(9)).contains("here on 15 Jan 2027, 08:00 UTC"))
  }
}
