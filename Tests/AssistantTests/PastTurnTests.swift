import FoundationEssentials
import GRDB
import Testing

@testable import Assistant

@Suite("What /retry, /continue and an edited question find in the store")
struct PastTurnTests {
  private let folder = StoreFolder()
  private let store: Store
  private let now = Date(timeIntervalSince1970: 1_800_000_000)

  init() async throws {
    store = try folder.open()
    try await store.touchSpace("s", roomID: "R", isDirect: true, at: now)
  }

  /// One finished turn, `seconds` after the first.
  @discardableResult
  private func turn(
    _ id: String, after seconds: Double, thread: String = "r", asks question: String?,
    answer: String?, cut: Cut? = nil, as remembering: Remembering = .new
  ) async throws -> TurnOpening {
    let turn = TurnOpening(id: id, activityID: "e-\(id)", spaceID: "s", threadID: thread)
    let time = now.addingTimeInterval(seconds)
    _ = try await store.insertEvent(
      activityID: turn.activityID, spaceID: "s", json: [], at: time)
    _ = try await store.openTurn(turn, at: time)
    if let question {
      try await store.recordQuestion(
        question, messageID: "m-\(id)", threadID: thread, turnID: id)
    }
    try await store.recordReply("reply-\(id)", turnID: id, threadID: thread)
    var end = TurnEnd(outcome: "test", remembering: remembering, cut: cut)
    if answer != nil { (end.question, end.answer) = (question ?? "", answer) }
    try await store.finishTurn(turn, end, at: time)
    return turn
  }

  private func history() async throws -> [String] {
    try await store.newestMessages(spaceID: "s", limit: 100).map(\.text).reversed()
  }

  @Test("the last question of a space, and of a thread")
  func last() async throws {
    defer { folder.remove() }
    #expect(try await store.lastQuestion(spaceID: "s", threadID: nil) == nil)
    try await turn("1", after: 1, thread: "a", asks: "q1", answer: "a1")
    try await turn("2", after: 2, thread: "b", asks: "q2", answer: nil)
    // A command asks nothing.
    try await turn("3", after: 3, thread: "a", asks: nil, answer: nil)
    #expect(try await store.lastQuestion(spaceID: "s", threadID: nil)?.question == "q2")
    #expect(try await store.lastQuestion(spaceID: "s", threadID: "a")?.question == "q1")
    #expect(try await store.lastQuestion(spaceID: "s", threadID: "c") == nil)
    #expect(try await store.question(askedBy: "m-1")?.id == "1")
    #expect(try await store.question(askedBy: "m-3") == nil)
  }

  @Test("an answer that takes an earlier one's place stands where that one stood")
  func replaced() async throws {
    defer { folder.remove() }
    try await turn("1", after: 1, asks: "q1", answer: "a1")
    try await turn("2", after: 2, asks: "q2", answer: "a2")
    try await turn(
      "3", after: 3, asks: "q1 edited", answer: "a1 again",
      as: .replacing(turnID: "1", isObsolete: true))
    #expect(try await history() == ["q1 edited", "a1 again", "q2", "a2"])
    // The replaced turn can neither be asked again nor found.
    #expect(try await store.question(askedBy: "m-1") == nil)
    #expect(try await store.question(askedBy: "m-3")?.id == "3")
    #expect(try await store.messages(of: "3").map(\.text) == ["q1 edited", "a1 again"])
  }

  @Test("a question that failed the first time is remembered once it is answered")
  func replacesFailure() async throws {
    defer { folder.remove() }
    try await turn("1", after: 1, asks: "q1", answer: nil)
    try await turn(
      "2", after: 2, asks: "q1", answer: "a1", as: .replacing(turnID: "1", isObsolete: false))
    #expect(try await history() == ["q1", "a1"])
    #expect(try await store.lastQuestion(spaceID: "s", threadID: nil)?.id == "2")
  }

  @Test(
    "a second attempt that fails leaves the first answer the last one", arguments: [false, true])
  func failedReplacement(isObsolete: Bool) async throws {
    defer { folder.remove() }
    try await turn("1", after: 1, asks: "q1", answer: "a1")
    try await turn(
      "2", after: 2, asks: "q1 edited", answer: nil,
      as: .replacing(turnID: "1", isObsolete: isObsolete))
    let last = try #require(try await store.lastQuestion(spaceID: "s", threadID: nil))
    #expect(last.id == "1")
    // What is asked again is what was asked last.
    #expect(last.question == (isObsolete ? "q1 edited" : "q1"))
    // What the attempt posted is the next attempt's to replace.
    #expect(try await store.replies(of: "1").map(\.id) == ["reply-1", "reply-2"])
    #expect(try await history() == (isObsolete ? [] : ["q1", "a1"]))
  }

  @Test("a continuation becomes part of the answer that it goes on with")
  func extended() async throws {
    defer { folder.remove() }
    try await turn("1", after: 1, asks: "q1", answer: "one, tw", cut: .length)
    #expect(try await store.lastQuestion(spaceID: "s", threadID: nil)?.cut == .length)
    try await turn(
      "2", after: 2, asks: nil, answer: "o, three", cut: .stopped, as: .extending(turnID: "1"))
    #expect(try await history() == ["q1", "one, two, three"])
    let past = try #require(try await store.lastQuestion(spaceID: "s", threadID: nil))
    #expect(past.id == "1")
    #expect(past.cut == .stopped)
    #expect(try await store.replies(of: "1").map(\.id) == ["reply-1", "reply-2"])
    try await turn(
      "3", after: 3, asks: nil, answer: ", four", as: .extending(turnID: "1"))
    #expect(try await store.lastQuestion(spaceID: "s", threadID: nil)?.cut == nil)
    #expect(
      try await store.replies(of: "1").map(\.id) == ["reply-1", "reply-2", "reply-3"])
  }

  @Test("the history before a turn leaves out the turn and what came after it")
  func before() async throws {
    defer { folder.remove() }
    for index in 1...3 {
      try await turn("\(index)", after: Double(index), asks: "q\(index)", answer: "a\(index)")
    }
    let before = try await store.newestMessages(spaceID: "s", before: "2", limit: 10)
    #expect(before.map(\.text) == ["a1", "q1"])
    // A turn without a place in the history has all of it before it.
    let all = try await store.newestMessages(spaceID: "s", before: "none", limit: 10)
    #expect(all.count == 6)
  }

  @Test("a corrected question changes the history, not the answer")
  func corrected() async throws {
    defer { folder.remove() }
    try await turn("1", after: 1, asks: "q1", answer: "a1")
    try await store.correctQuestion("q1 corrected", of: "1")
    #expect(try await history() == ["q1 corrected", "a1"])
    #expect(try await store.question(askedBy: "m-1")?.question == "q1 corrected")
  }

  @Test("a deleted question is forgotten with its answer, and cannot be asked again")
  func deleted() async throws {
    defer { folder.remove() }
    try await turn("1", after: 1, asks: "q1", answer: "a1")
    try await turn("2", after: 2, asks: "q2", answer: "a2", cut: .stopped)
    try await store.forgetQuestion(askedBy: "m-2")
    #expect(try await history() == ["q1", "a1"])
    #expect(try await store.lastQuestion(spaceID: "s", threadID: nil)?.id == "1")
  }

  @Test("a question deleted while it is answered, again or on, is not remembered after all")
  func deletedMeanwhile() async throws {
    defer { folder.remove() }
    try await turn("1", after: 1, asks: "q1", answer: "a1", cut: .length)
    for (id, remembering) in [
      ("2", Remembering.replacing(turnID: "1", isObsolete: false)), ("3", .extending(turnID: "1")),
    ] {
      let again = TurnOpening(id: id, activityID: "e-\(id)", spaceID: "s", threadID: "r")
      _ = try await store.insertEvent(
        activityID: again.activityID, spaceID: "s", json: [], at: now)
      _ = try await store.openTurn(again, at: now)
      if id == "2" {
        try await store.recordQuestion("q1", messageID: "m-1", threadID: "r", turnID: id)
      }
      try await store.forgetQuestion(askedBy: "m-1")
      var end = TurnEnd(outcome: "test", remembering: remembering)
      (end.question, end.answer) = ("q1", "more")
      try await store.finishTurn(again, end, at: now)
      #expect(try await history() == [])
    }
    #expect(try await store.lastQuestion(spaceID: "s", threadID: nil) == nil)
  }

  @Test("what attempts at an event have left is found by the event")
  func left() async throws {
    defer { folder.remove() }
    try await turn("1", after: 1, asks: "q1", answer: nil)
    #expect(try await store.replies(toActivity: "e-1").map(\.id) == ["reply-1"])
    #expect(try await store.replies(toActivity: "other").isEmpty)
  }

  @Test("an answer again belongs to the thread in which it stands, whoever asked for it where")
  func threadOfRetry() async throws {
    defer { folder.remove() }
    try await turn("1", after: 1, thread: "a", asks: "q1", answer: "a1")
    let again = TurnOpening(id: "2", activityID: "e-2", spaceID: "s", threadID: "command")
    _ = try await store.insertEvent(activityID: "e-2", spaceID: "s", json: [], at: now)
    _ = try await store.openTurn(again, at: now.addingTimeInterval(2))
    try await store.recordQuestion("q1", messageID: "m-1", threadID: "a", turnID: "2")
    var end = TurnEnd(outcome: "test", remembering: .replacing(turnID: "1", isObsolete: false))
    (end.question, end.answer) = ("q1", "a1 again")
    try await store.finishTurn(again, end, at: now)
    #expect(try await store.lastQuestion(spaceID: "s", threadID: "a")?.id == "2")
    #expect(try await store.lastQuestion(spaceID: "s", threadID: "command") == nil)
  }

  @Test("a reset forgets the questions too")
  func reset() async throws {
    defer { folder.remove() }
    try await turn("1", after: 1, asks: "secret question", answer: "a", cut: .length)
    _ = try await store.clearHistory(spaceID: "s", at: now)
    #expect(try await store.lastQuestion(spaceID: "s", threadID: nil) == nil)
    let texts = try await store.pool.read { db in
      try String.fetchAll(db, sql: "SELECT question FROM turn WHERE question IS NOT NULL")
    }
    #expect(texts.isEmpty)
  }

  @Test("a space is greeted once, over restarts too")
  func greeting() async throws {
    defer { folder.remove() }
    #expect(try await !store.claimGreeting(spaceID: "unknown", at: now))
    #expect(try await store.claimGreeting(spaceID: "s", at: now))
    #expect(try await !store.claimGreeting(spaceID: "s", at: now))
    try store.close()
    #expect(try await !folder.open().claimGreeting(spaceID: "s", at: now))
  }

  @Test("passing messages are on record until they are gone")
  func notices() async throws {
    defer { folder.remove() }
    try await store.recordNotice("n1", spaceID: "s", at: now)
    try await store.recordNotice("n2", spaceID: "s", at: now)
    try await store.forgetNotice("n1")
    #expect(try await store.notices() == ["n2"])
  }
}

@Suite("Migrations, from the file of each earlier release")
struct MigrationTests {
  private static let first = "1 events, spaces, messages, turns, replies, device"
  private static let second = "2 questions, cut answers, greetings, notices"
  private let now = Date(timeIntervalSince1970: 1_700_000_000)

  /// A database as a release with that last migration left it.
  private func left(
    _ folder: StoreFolder, by migration: String,
    _ write: @escaping @Sendable (Database) throws -> Void
  ) async throws {
    try FileManager.default.createDirectory(
      atPath: folder.path + "/sub", withIntermediateDirectories: true)
    let old = try DatabasePool(path: folder.database)
    try Schema.migrator().migrate(old, upTo: migration)
    try await old.write(write)
    try old.close()
  }

  @Test("a database of the first release keeps its history, and nobody is greeted anew")
  func fromFirst() async throws {
    let folder = StoreFolder()
    defer { folder.remove() }
    try await left(folder, by: Self.first) { db in
      try db.execute(
        sql: "INSERT INTO space (id, roomID, isDirect, firstSeenAt) VALUES ('s', 'R', 1, ?)",
        arguments: [now])
      try db.execute(
        sql: """
          INSERT INTO turn (id, activityID, spaceID, threadID, state, startedAt)
          VALUES ('t', 'e', 's', 'r', 'finished', ?)
          """, arguments: [now])
      for (role, text) in [("user", "q"), ("assistant", "a")] {
        try db.execute(
          sql: """
            INSERT INTO message (turnID, spaceID, role, text, createdAt) VALUES ('t', 's', ?, ?, ?)
            """, arguments: [role, text, now])
      }
    }
    let store = try folder.open()
    #expect(try await store.newestMessages(spaceID: "s", limit: 9).map(\.text) == ["a", "q"])
    #expect(try await !store.claimGreeting(spaceID: "s", at: now))
    #expect(try await store.lastQuestion(spaceID: "s", threadID: nil) == nil)
    try await store.touchSpace("new", roomID: "N", isDirect: false, at: now)
    #expect(try await store.claimGreeting(spaceID: "new", at: now))
  }

  @Test("a database of the second release keeps what was said, and takes cards and settings")
  func fromSecond() async throws {
    let folder = StoreFolder()
    defer { folder.remove() }
    try await left(folder, by: Self.second) { db in
      try db.execute(
        sql: """
          INSERT INTO space (id, roomID, isDirect, firstSeenAt, greetedAt)
          VALUES ('s', 'R', 1, ?, ?)
          """, arguments: [now, now])
      try db.execute(
        sql: """
          INSERT INTO turn (id, activityID, spaceID, threadID, state, startedAt, question)
          VALUES ('t', 'e', 's', 'r', 'finished', ?, 'q')
          """, arguments: [now])
      try db.execute(
        sql: """
          INSERT INTO event (activityID, spaceID, json, state, receivedAt)
          VALUES ('open', 's', X'7B7D', 'waiting', ?)
          """, arguments: [now])
    }
    let store = try folder.open()
    #expect(try await store.lastQuestion(spaceID: "s", threadID: nil)?.question == "q")
    #expect(try await store.openEvents().map(\.activityID) == ["open"])
    #expect(try await store.settings(spaceID: "s").isEmpty)
    #expect(try await store.card("none") == nil)
    #expect(try await store.beginEffect(of: "m", by: "open", at: now) == .begun)
  }
}
