import FoundationEssentials
import GRDB
import MercuryClient
import Testing

@testable import Assistant

/// A database of its own for each test.
struct StoreFolder {
  let path = URL.temporaryDirectory.appending(path: "store-\(UUID().uuidString)").path
  var database: String { path + "/sub/assistant.sqlite" }
  func remove() { try? FileManager.default.removeItem(atPath: path) }
  func open() throws -> Store { try Store(path: database) }
}

@Suite("The store, on a real SQLite file")
struct StoreTests {
  private let now = Date(timeIntervalSince1970: 1_800_000_000)

  @Test("the file and its journal are readable by the owner only")
  func mode() async throws {
    let folder = StoreFolder()
    defer { folder.remove() }
    let store = try folder.open()
    _ = try await store.insertEvent(activityID: "a", spaceID: "s", json: [], at: now)
    for suffix in ["", "-wal", "-shm"] {
      let path = folder.path + "/sub/assistant.sqlite" + suffix
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      #expect((attributes[.posixPermissions] as? Int) == 0o600, "\(suffix)")
    }
  }

  @Test("an activity is stored once, over restarts too")
  func dedupe() async throws {
    let folder = StoreFolder()
    defer { folder.remove() }
    let first = try folder.open()
    #expect(try await first.insertEvent(activityID: "a", spaceID: "s", json: [1], at: now))
    #expect(try await !first.insertEvent(activityID: "a", spaceID: "s", json: [1], at: now))
    try await first.finishEvent("a", outcome: "done", at: now)
    try first.close()
    let second = try folder.open()
    #expect(try await !second.insertEvent(activityID: "a", spaceID: "s", json: [1], at: now))
    #expect(try await second.openEvents().isEmpty)
  }

  @Test("an event that was begun and not finished is open after a restart, oldest first")
  func open() async throws {
    let folder = StoreFolder()
    defer { folder.remove() }
    let store = try folder.open()
    for id in ["a", "b", "c"] {
      _ = try await store.insertEvent(activityID: id, spaceID: "s", json: [1], at: now)
    }
    _ = try await store.beginEvent("a", at: now)
    try await store.finishEvent("b", outcome: "done", at: now)
    try store.close()
    let next = try folder.open()
    #expect(try await next.openEvents().map(\.activityID) == ["a", "c"])
  }

  @Test("a turn is remembered whole, newest first, and forgotten by a reset")
  func history() async throws {
    let folder = StoreFolder()
    defer { folder.remove() }
    let store = try folder.open()
    try await store.touchSpace("s", roomID: "R", isDirect: true, at: now)
    for index in 1...3 {
      _ = try await store.insertEvent(activityID: "e\(index)", spaceID: "s", json: [], at: now)
      let turn = TurnOpening(id: "t\(index)", activityID: "e\(index)", spaceID: "s")
      _ = try await store.openTurn(turn, at: now)
      try await store.recordQuestion(
        "q\(index)", messageID: "m\(index)", threadID: nil, turnID: turn.id)
      var end = TurnEnd(outcome: "answered")
      if index != 2 { (end.question, end.answer) = ("q\(index)", "a\(index)") }
      try await store.finishTurn(turn, end, at: now)
    }
    let newest = try await store.newestMessages(spaceID: "s", limit: 10)
    #expect(newest.map(\.text) == ["a3", "q3", "a1", "q1"])
    #expect(try await store.newestMessages(spaceID: "other", limit: 10).isEmpty)
    #expect(try await store.openEvents().isEmpty)
    #expect(try await store.clearHistory(spaceID: "s", at: now) == 4)
    #expect(try await store.newestMessages(spaceID: "s", limit: 10).isEmpty)
  }

  @Test("a turn taken up again knows what the killed process had posted")
  func takenUp() async throws {
    let folder = StoreFolder()
    defer { folder.remove() }
    let store = try folder.open()
    try await store.touchSpace("s", roomID: "R", isDirect: true, at: now)
    _ = try await store.insertEvent(activityID: "e", spaceID: "s", json: [], at: now)
    func open(_ id: String) async throws -> [PostedReply] {
      try await store.openTurn(
        TurnOpening(id: id, activityID: "e", spaceID: "s", threadID: "r"), at: now
      ).replies
    }
    #expect(try await store.beginEvent("e", at: now)?.attempt == 1)
    #expect(try await open("t1") == [])
    try await store.recordReply("m1", turnID: "t1", threadID: nil)
    try await store.recordReply("m2", turnID: "t1", threadID: "elsewhere")
    try await store.recordEdits(7, messageID: "m2", turnID: "t1")
    let left = [
      PostedReply(id: "m1", edits: 0, threadID: "r"),
      PostedReply(id: "m2", edits: 7, threadID: "elsewhere"),
    ]
    #expect(try await store.beginEvent("e", at: now)?.attempt == 2)
    #expect(try await open("t2") == left)
    // A message of another thread can only be deleted.
    #expect(left.map { $0.replaced(in: "r").edits } == [0, EditBudget.limit])
    try await store.forgetReply("m1")
    // Killed again before the second message was replaced.
    #expect(try await open("t3") == [left[1]])
  }

  @Test("a commit survives a power cut: the writer syncs fully")
  func synchronous() async throws {
    let folder = StoreFolder()
    defer { folder.remove() }
    let store = try folder.open()
    let level = try await store.pool.database.writeWithoutTransaction {
      try Int.fetchOne($0, sql: "PRAGMA synchronous")
    }
    #expect(level == 2)
  }

  @Test("a second process on the same database is refused, until the first one closes it")
  func locked() throws {
    let folder = StoreFolder()
    defer { folder.remove() }
    let first = try folder.open()
    #expect(throws: AssistantError.self) { try folder.open() }
    try first.close()
    _ = try folder.open()
  }

  @Test("finished events are pruned, open ones never")
  func prune() async throws {
    let folder = StoreFolder()
    defer { folder.remove() }
    let store = try folder.open()
    for id in ["old", "open"] {
      _ = try await store.insertEvent(activityID: id, spaceID: "s", json: [], at: now)
    }
    try await store.finishEvent("old", outcome: "done", at: now)
    try await store.pruneEvents(finishedBefore: now.addingTimeInterval(1))
    #expect(try await store.openEvents().map(\.activityID) == ["open"])
    #expect(try await store.insertEvent(activityID: "old", spaceID: "s", json: [], at: now))
  }

  @Test("the device is kept over a restart")
  func device() async throws {
    let folder = StoreFolder()
    defer { folder.remove() }
    let store = try folder.open()
    #expect(try await store.loadDevice() == nil)
    let device = DeviceRecord(url: "https://wdm.example/1", webSocketURL: "wss://m/1", name: "n")
    try await store.saveDevice(device)
    try store.close()
    let next = try folder.open()
    #expect(try await next.loadDevice() == device)
    try await next.clearDevice()
    #expect(try await next.loadDevice() == nil)
  }

  @Test("a path that cannot be opened is named")
  func unopenable() {
    do {
      _ = try Store(path: "/proc/nothing/assistant.sqlite")
      Issue.record("it opened")
    } catch let error as AssistantError {
      #expect(error.code == .database)
      #expect(error.message.contains("/proc/nothing"))
    } catch {
      Issue.record("\(error)")
    }
  }
}
