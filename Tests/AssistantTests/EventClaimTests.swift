import FoundationEssentials
import GRDB
import MercuryClient
import Testing
import WebexAPI

@testable import Assistant

@Suite("Claims, parking and dead letters, on a real SQLite file")
struct EventClaimTests {
  private let now = Date(timeIntervalSince1970: 1_800_000_000)
  private func later(_ seconds: Double) -> Date { now.addingTimeInterval(seconds) }

  private func withStore(_ test: (StoreFolder, Store) async throws -> Void) async throws {
    let folder = StoreFolder()
    defer { folder.remove() }
    try await test(folder, try folder.open())
  }

  private func insert(_ ids: [String], _ store: Store, isHeld: Bool = true) async throws {
    for id in ids {
      #expect(
        try await store.insertEvent(
          activityID: id, spaceID: "s", json: Array("{}".utf8), personEmail: "ann@example.com",
          isHeld: isHeld, at: now))
    }
  }

  private func claim(_ store: Store, at date: Date? = nil) async throws -> [String] {
    try await store.claimEvents(atMost: 10, at: date ?? now).map(\.activityID)
  }

  @Test("what this process has in memory is not taken up a second time")
  func held() async throws {
    try await withStore { _, store in
      try await insert(["memory"], store)
      try await insert(["one", "two"], store, isHeld: false)
      #expect(try await claim(store) == ["one", "two"])
      #expect(try await claim(store) == [])
      _ = try await store.beginEvent("one", at: now)
      #expect(try await claim(store) == [])
    }
  }

  @Test("a claim of a process that is gone is void, whether its work had begun or not")
  func void() async throws {
    try await withStore { folder, store in
      try await insert(["waiting", "working", "done"], store)
      _ = try await store.beginEvent("working", at: now)
      try await store.finishEvent("done", outcome: "done", at: now)
      try store.close()
      let next = try folder.open()
      let events = try await next.claimEvents(atMost: 10, at: now)
      #expect(events.map(\.activityID) == ["waiting", "working"])
      // They were accepted before: no bound refuses them now.
      #expect(events.map(\.isNew) == [false, false])
      #expect(try await claim(next) == [])
    }
  }

  @Test("a parked event comes back at its time, not before, and once")
  func parked() async throws {
    try await withStore { _, store in
      try await insert(["event"], store)
      #expect(try await store.beginEvent("event", at: now) == EventBegin(attempt: 1, failures: 0))
      try await store.parkEvent("event", until: later(30), counts: true)
      #expect(try await store.nextRetry() == later(30))
      #expect(try await claim(store, at: later(29)) == [])
      #expect(try await claim(store, at: later(30)) == ["event"])
      #expect(try await claim(store, at: later(31)) == [])
      #expect(try await store.nextRetry() == nil)
      // A start that came back does not count as one that ended the process.
      #expect(try await store.beginEvent("event", at: now) == EventBegin(attempt: 1, failures: 1))
      try await store.parkEvent("event", until: later(60), counts: false)
      #expect(try await claim(store, at: later(60)) == ["event"])
      #expect(try await store.beginEvent("event", at: now) == EventBegin(attempt: 1, failures: 1))
    }
  }

  @Test("an event that had its end is not begun again")
  func ended() async throws {
    try await withStore { _, store in
      try await insert(["finished", "failed"], store)
      try await store.finishEvent("finished", outcome: "done", at: now)
      try await store.failEvent("failed", reason: "no", at: now)
      for id in ["finished", "failed"] {
        #expect(try await store.beginEvent(id, at: now) == nil)
        try await store.parkEvent(id, until: now, counts: true)
      }
      #expect(try await store.openEvents().isEmpty)
    }
  }

  @Test("a parked question that is deleted or edited is over; one in memory is not")
  func deletedWhileParked() async throws {
    try await withStore { _, store in
      try await insert(["parked", "memory", "dead"], store)
      _ = try await store.beginEvent("parked", at: now)
      try await store.parkEvent("parked", until: later(30), counts: true)
      try await store.failEvent("dead", reason: "no", at: now)
      #expect(try await store.finishParked("parked", outcome: "deleted", at: now))
      #expect(try await store.finishParked("dead", outcome: "deleted", at: now))
      #expect(try await !store.finishParked("memory", outcome: "deleted", at: now))
      #expect(try await !store.finishParked("unknown", outcome: "deleted", at: now))
      #expect(try await store.openEvents().map(\.activityID) == ["memory"])
    }
  }

  @Test("a stop ends the questions of its space that wait for another try, and nothing else")
  func stopped() async throws {
    try await withStore { _, store in
      for (id, space, verb) in [
        ("parked", "s", "post"), ("file", "s", "share"), ("press", "s", "cardAction"),
        ("memory", "s", "post"), ("elsewhere", "t", "post"), ("new", "s", "post"),
      ] {
        let activity = Activity(id: id, verb: verb, target: .init(id: space))
        _ = try await store.insertEvent(
          activityID: id, spaceID: space, json: Array(try JSONEncoder().encode(activity)),
          isHeld: id != "new", at: now)
        guard !["memory", "new"].contains(id) else { continue }
        _ = try await store.beginEvent(id, at: now)
        try await store.parkEvent(id, until: later(30), counts: true)
      }
      #expect(try await store.stopParked(in: "s", at: now) == 2)
      #expect(
        try await store.openEvents().map(\.activityID) == ["press", "memory", "elsewhere", "new"])
      #expect(try await store.stopParked(in: "s", at: now) == 0)
    }
  }

  @Test("what was worked on at several ends of the process begins one at a time, the rest at once")
  func suspects() async throws {
    try await withStore { folder, store in
      try await insert(["poison", "victim", "other"], store)
      var store = store
      for _ in 1...2 {
        for id in ["poison", "victim"] { _ = try await store.beginEvent(id, at: now) }
        try store.close()
        store = try folder.open()
      }
      #expect(try await claim(store) == ["poison", "other"])
      #expect(try await claim(store, at: later(5)) == ["victim"])
      // Only the one that began can have ended the process a third time.
      #expect(try await store.beginEvent("poison", at: now)?.attempt == 3)
      #expect(try await store.beginEvent("victim", at: now)?.attempt == 3)
    }
  }

  @Test("an edit that is answered in a parked question's stead goes on in its messages")
  func successor() async throws {
    try await withStore { _, store in
      try await insert(["question", "edit"], store)
      try await store.touchSpace("s", roomID: "R", isDirect: true, at: now)
      _ = try await store.beginEvent("question", at: now)
      _ = try await store.openTurn(
        TurnOpening(id: "t1", activityID: "question", spaceID: "s", threadID: "r"), at: now)
      try await store.recordReply("half", turnID: "t1", threadID: "r")
      try await store.parkEvent("question", until: later(5), counts: false)
      #expect(
        try await store.finishParked("question", outcome: "edited", successor: "edit", at: now))
      let left = try await store.openTurn(
        TurnOpening(id: "t2", activityID: "edit", spaceID: "s", threadID: "r"), at: now)
      #expect(left.replies.map(\.id) == ["half"])
    }
  }

  @Test("a dead letter keeps who, where and why; tried again it starts afresh")
  func deadLetters() async throws {
    try await withStore { folder, store in
      let activity = Activity(id: "post", verb: "post", target: .init(id: "s"))
      let json = Array(try JSONEncoder().encode(activity))
      _ = try await store.insertEvent(
        activityID: "post", spaceID: "s", json: json, personEmail: "ann@example.com", at: now)
      try await insert(["broken", "done"], store)
      try await store.touchSpace("s", roomID: "R", isDirect: true, at: now)
      _ = try await store.beginEvent("post", at: now)
      try await store.failEvent("post", reason: "Webex refused it: forbidden (403)", at: later(5))
      try await store.failEvent("broken", reason: "cannot be read", at: later(6))
      try await store.finishEvent("done", outcome: "done", at: now)
      let letters = try DeadLetters(path: folder.database)
      let all = try letters.all()
      #expect(all.map(\.kind) == ["message", "unreadable"])
      #expect(
        all.first
          == DeadLetter(
            id: 1, receivedAt: now, failedAt: later(5), personEmail: "ann@example.com",
            spaceID: "s", isDirect: true, kind: "message", tries: 1,
            reason: "Webex refused it: forbidden (403)"))
      #expect(try letters.retry(99) == 0)
      #expect(try letters.retry(1, now: later(10)) == 1)
      #expect(try letters.all().map(\.id) == [2])
      let again = try await store.claimEvents(atMost: 10, at: later(10))
      #expect(again.map(\.activityID) == ["post"])
      #expect(again.first?.json == Data(json))
      #expect(again.first?.isNew == false)
      #expect(try await store.beginEvent("post", at: now) == EventBegin())
      #expect(try letters.retry(nil) == 1)
    }
  }

  @Test("dead letters outlive the ids of what was finished, and go after their month")
  func pruned() async throws {
    try await withStore { folder, store in
      try await insert(["done", "failed"], store)
      try await store.finishEvent("done", outcome: "done", at: now)
      try await store.failEvent("failed", reason: "no", at: now)
      let letters = try DeadLetters(path: folder.database)
      try await store.pruneEvents(finishedBefore: later(1), failedBefore: later(-1))
      #expect(try letters.all().count == 1)
      #expect(
        try await store.insertEvent(activityID: "done", spaceID: "s", json: [], at: now))
      try await store.pruneEvents(finishedBefore: later(-1), failedBefore: later(1))
      #expect(try letters.all().isEmpty)
    }
  }

  @Test("a finished event keeps nothing of what arrived, nor whose it was")
  func forgotten() async throws {
    try await withStore { _, store in
      try await insert(["event"], store)
      try await store.finishEvent("event", outcome: "done", at: now)
      let row = try store.pool.database.read {
        try Row.fetchOne($0, sql: "SELECT json, personEmail FROM event")
      }
      #expect(row?["json"] as Data? == nil && row?["personEmail"] as String? == nil)
    }
  }
}

@Suite("Tries and their end")
struct RetryTests {
  @Test("the pauses grow to about an hour in all, and then it is over")
  func pauses() {
    let schedule = RetrySchedule()
    let middle = (1...8).map { schedule.pause(afterFailure: $0, random: 0.5) }
    #expect(middle == [30, 60, 120, 300, 600, 1_200, 1_200, nil].map { $0.map { .seconds($0) } })
    let spread = [0, 1].compactMap { schedule.pause(afterFailure: 1, random: $0) }
    #expect(spread.map { ($0 / .seconds(1)).rounded() } == [24, 36])
    #expect(schedule.pause(afterFailure: 0, random: 0.5) == nil)
    let sum = middle.compactMap(\.self).reduce(.zero, +)
    #expect(sum > .seconds(50 * 60) && sum < .seconds(70 * 60))
  }

  private static func webex(_ code: WebexError.Code, _ status: Int? = nil) -> WebexError {
    WebexError(code, status: status, message: "")
  }

  @Test(
    "an error decides whether an event comes back, and how it ends",
    arguments: [
      (webex(.serverFailure, 500), .passing(.serverFailure)),
      (webex(.undecodable), .passing(.undecodable)),
      (webex(.notFound, 404), .vanished),
      (webex(.unauthorized, 401), .outage),
      (webex(.rateLimited, 429), .outage),
      (webex(.unreachable), .outage),
      (webex(.forbidden, 403), .hopeless(reason: "Webex refused it: forbidden (403)")),
      (webex(.badRequest, 400), .hopeless(reason: "Webex refused it: badRequest (400)")),
      (webex(.gone, 410), .hopeless(reason: "Webex refused it: gone (410)")),
      (MercuryError(.badRequest, ""), .hopeless(reason: "the event names no message")),
      (DatabaseError(resultCode: .SQLITE_FULL), .outage),
      (DatabaseError(resultCode: .SQLITE_CORRUPT), .left),
      (
        TestFailure(),
        .hopeless(reason: "an error in the program: TestFailure")
      ),
    ] as [(any Error, Setback)])
  func setbacks(error: any Error, expected: Setback) {
    #expect(Setback.of(error, isEnding: false) == expected)
  }

  @Test("what ends with the process is left to the next start")
  func ending() {
    for error in [CancellationError(), Self.webex(.cancelled)] as [any Error] {
      #expect(Setback.of(error, isEnding: true) == .left)
      #expect(Setback.of(error, isEnding: false) == .outage)
    }
  }
}

private struct TestFailure: Error {}
