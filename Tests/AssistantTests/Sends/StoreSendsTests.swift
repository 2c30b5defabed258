import FoundationEssentials
import GRDB
import Testing
import WebexAPI

@testable import Assistant

@Suite("Sends on record, on a real SQLite file")
struct StoreSendsTests {
  private let now = Date(timeIntervalSince1970: 1_800_000_000)
  private let folder = StoreFolder()

  private func store() async throws -> Store {
    let store = try folder.open()
    _ = try await store.insertEvent(activityID: "a", spaceID: "s", json: [1], at: now)
    try await store.touchSpace("s", roomID: "r", isDirect: true, at: now)
    _ = try await store.openTurn(
      TurnOpening(id: "t", activityID: "a", spaceID: "s", threadID: nil), at: now)
    return store
  }

  @Test("a send is there until its message is on record, over a restart too")
  func untilRecorded() async throws {
    defer { folder.remove() }
    let first = try await store()
    let row = SendRow.sample()
    try await first.beginSend(row)
    try first.close()
    let second = try folder.open()
    #expect(try await second.sends() == [row])
    try await second.finishSend(row, messageID: "m", at: now)
    #expect(try await second.sends().isEmpty)
    #expect(try await second.replies(of: "t").map(\.id) == ["m"])
    #expect(try await second.replies(of: "t").map(\.edits) == [0])
    #expect(try await second.isOnRecord("m"))
  }

  @Test("a file and a card can be edited no more; a card can be pressed")
  func attachments() async throws {
    defer { folder.remove() }
    let store = try await store()
    let message = WebexID(kind: .message, uuid: "card-uuid").encoded
    let card = SentCard(
      uuid: "", messageID: "", spaceID: "s", roomID: "r", threadID: "root", isDirect: false,
      command: "/chat", purpose: .own, state: "{}", requesterID: "ann", requesterName: "Ann",
      presser: .anyone, isReusable: false, sentAt: now)
    var row = SendRow.sample("card", MessageContent(kind: .card, exact: "e", attached: "c"))
    row.payload = String(decoding: try JSONEncoder().encode(card), as: UTF8.self)
    try await store.beginSend(row)
    try await store.finishSend(row, messageID: message, at: now)
    try await store.finishSend(
      .sample("file", MessageContent(kind: .file, attached: "f")), messageID: "f", at: now)
    #expect(try await store.replies(of: "t").map(\.edits) == [EditBudget.limit, EditBudget.limit])
    let recorded = try await store.card("card-uuid")
    #expect(recorded?.messageID == message)
    #expect(recorded?.threadID == "root")
    #expect(try await store.replies(showing: "c", of: "t") == [message])
  }

  @Test("notices are kept to be removed, sentences are not kept")
  func roles() async throws {
    defer { folder.remove() }
    let store = try await store()
    for role in [SendRole.notice, .sentence, .greeting] {
      let row = SendRow.sample("\(role)", role: role, activityID: "b", turnID: nil)
      try await store.beginSend(row)
      try await store.finishSend(row, messageID: "m-\(role)", at: now)
    }
    #expect(try await store.notices() == ["m-notice"])
    #expect(try await store.sends().isEmpty)
  }

  @Test("a sentence about an event is remembered until the work on it has ended")
  func said() async throws {
    defer { folder.remove() }
    let store = try await store()
    for (id, activity) in [("open", "a"), ("unknown", "b"), ("none", nil)] {
      let row = SendRow.sample(id, role: .sentence, activityID: activity, turnID: nil)
      try await store.beginSend(row)
      try await store.finishSend(row, messageID: "m-\(id)", at: now)
    }
    #expect(try await store.sends().map(\.messageID) == ["m-open"])
    try await store.finishEvent("a", outcome: "done", at: now)
    #expect(try await store.sends().isEmpty)
  }

  @Test("a turn that is gone gets no message, and the send ends all the same")
  func turnGone() async throws {
    defer { folder.remove() }
    let store = try await store()
    let row = SendRow.sample(turnID: "gone")
    try await store.beginSend(row)
    try await store.finishSend(row, messageID: "m", at: now)
    #expect(try await store.sends().isEmpty)
  }

  @Test("echoes are kept as long as a send of their place is")
  func echoes() async throws {
    defer { folder.remove() }
    let store = try await store()
    let row = SendRow.sample("one")
    let other = SendRow.sample("two")
    try await store.recordEcho("m0", place: row.place, publishedAt: now)
    #expect(try await store.echoes().isEmpty)
    try await store.beginSend(row)
    try await store.beginSend(other)
    try await store.recordEcho("m1", place: row.place, publishedAt: now)
    try await store.recordEcho("m1", place: row.place, publishedAt: now)
    try await store.finishSend(row, messageID: "m1", at: now)
    #expect(try await store.echoes().map(\.messageID) == ["m1"])
    try await store.forgetSend(other)
    #expect(try await store.echoes().isEmpty)
  }

  @Test("what was given up is replaced by the next message of its event there, and goes in time")
  func givenUp() async throws {
    defer { folder.remove() }
    let store = try await store()
    for (id, activity, thread) in [
      ("same", "a", nil), ("other event", "b", nil), ("other thread", "a", "root"),
    ] as [(String, String, String?)] {
      try await store.beginSend(.sample(id, activityID: activity, threadID: thread))
      try await store.giveUpSend(id, isReplaced: false, at: now)
    }
    try await store.beginSend(.sample("open"))
    try await store.finishSend(.sample("again"), messageID: "m", at: now)
    let replaced = try await store.sends().filter(\.isReplaced).map(\.id)
    #expect(replaced == ["same"])
    #expect(try await store.pruneSends(begunBefore: now).isEmpty)
    // The open one belongs to an event whose work goes on.
    let gone = try await store.pruneSends(begunBefore: now.addingTimeInterval(1))
    #expect(Set(gone) == ["same", "other event", "other thread"])
    try await store.finishEvent("a", outcome: "done", at: now)
    #expect(try await store.pruneSends(begunBefore: now.addingTimeInterval(1)) == ["open"])
  }
}
