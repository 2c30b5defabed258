import FoundationEssentials
import Testing
import WebexAPI

@testable import Assistant

@Suite("What a restored database takes for a question")
struct RestoredMarksTests {
  private static let bot = "00000000-0000-4000-8000-00000000b070"
  private static let person = "00000000-0000-4000-8000-0000000a11ce"
  private static let room = "00000000-0000-4000-8000-000000000001"

  private static func time(_ seconds: TimeInterval) -> Date {
    Date(timeIntervalSince1970: 1_800_000_000 + seconds)
  }

  private static func message(created: TimeInterval, updated: TimeInterval? = nil) -> Message {
    Message(
      id: WebexID(kind: .message, uuid: "00000000-0000-4000-8000-00000000000a").encoded,
      roomID: WebexID(kind: .room, uuid: room).encoded, roomType: .direct,
      personID: WebexID(kind: .people, uuid: person).encoded,
      personEmail: "alice@example.com", created: time(created), updated: updated.map(time))
  }

  @Test("nothing that was said or edited after the backup and before the restore, however late")
  func marks() async throws {
    let folder = StoreFolder()
    defer { folder.remove() }
    let store = try folder.open()
    try await store.begin(at: Self.time(0))
    try await store.touchSpace(Self.room, roomID: "R", isDirect: true, at: Self.time(0))
    _ = try await store.insertEvent(
      activityID: "known", spaceID: Self.room, json: [], watermark: Self.time(1_000),
      at: Self.time(1_000))
    try await store.complete(to: Self.time(1_000))
    let copy = folder.path + "/copy.sqlite"
    try Backup.make(of: folder.database, at: copy, overwrites: false)
    try store.close()
    let restored = try Backup.restore(copy, to: folder.database, now: Self.time(5_000))
    #expect(restored.deadLetters == 1)

    let next = try folder.open()
    let marks = try #require(try await next.marks())
    #expect(marks.installedAt == Self.time(5_000))
    let plan = BackfillPlan(
      marks: marks, now: Self.time(5_100), maximumAge: 86_400, botUUID: Self.bot)
    #expect(plan.verdict(onSpace: Self.room, lastActivity: Self.time(4_999)) == .end)
    let start = plan.start(of: Self.room)
    for created in [999, 1_001, 4_700, 4_999] as [TimeInterval] {
      #expect(plan.verdict(on: Self.message(created: created), since: start) == .end)
      // Even looked at, it would not count.
      let early = plan.verdict(on: Self.message(created: created), since: Self.time(0))
      #expect(early == .ignored)
      let edited = Self.message(created: created, updated: 4_999)
      #expect(plan.verdict(on: edited, since: start) == .end)
    }
    #expect(plan.verdict(on: Self.message(created: 5_001), since: start) == .event)
    try next.close()
  }
}
