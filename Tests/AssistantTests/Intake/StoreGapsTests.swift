import FoundationEssentials
import GRDB
import Testing

@testable import Assistant

@Suite("Marks of what is known, in the store")
struct StoreGapsTests {
  private func time(_ seconds: TimeInterval) -> Date {
    Date(timeIntervalSince1970: 1_800_000_000 + seconds)
  }

  private func withStore(_ body: (Store) async throws -> Void) async throws {
    let folder = StoreFolder()
    defer { folder.remove() }
    let store = try folder.open()
    try await body(store)
    try store.close()
  }

  @Test("a new database has no marks until the first start")
  func fresh() async throws {
    try await withStore { store async throws in
      #expect(try await store.marks() == nil)
      try await store.begin(at: time(0))
      #expect(
        try await store.marks() == BackfillMarks(installedAt: time(0), completeTo: time(0)))
    }
  }

  @Test("a database of an earlier version gets marks from what it remembers")
  func migrated() async throws {
    try await withStore { store async throws in
      _ = try await store.insertEvent(activityID: "a", spaceID: "s", json: [], at: time(100))
      _ = try await store.insertEvent(activityID: "b", spaceID: "s", json: [], at: time(300))
      try await store.touchSpace("s", roomID: "r", isDirect: true, at: time(50))
      #expect(
        try await store.marks() == BackfillMarks(installedAt: time(50), completeTo: time(300)))
      // Once.
      _ = try await store.insertEvent(activityID: "c", spaceID: "s", json: [], at: time(900))
      #expect(try await store.marks()?.completeTo == time(300))
    }
  }

  @Test("marks only move forward")
  func forward() async throws {
    try await withStore { store async throws in
      try await store.begin(at: time(0))
      try await store.complete(to: time(500))
      try await store.complete(to: time(400))
      #expect(try await store.marks()?.completeTo == time(500))
      try await store.touchSpace("s", roomID: "r", isDirect: true, at: time(0))
      for (id, second) in [("a", 10.0), ("b", 30), ("c", 20)] {
        _ = try await store.insertEvent(
          activityID: id, spaceID: "s", json: [], watermark: time(second), at: time(0))
      }
      #expect(try await store.marks()?.watermarks == ["s": time(30)])
    }
  }

  @Test("an event without a mark leaves the space's mark where it is")
  func frozen() async throws {
    try await withStore { store async throws in
      try await store.begin(at: time(0))
      try await store.touchSpace("s", roomID: "r", isDirect: true, at: time(0))
      _ = try await store.insertEvent(
        activityID: "a", spaceID: "s", json: [], watermark: time(10), at: time(0))
      _ = try await store.insertEvent(activityID: "b", spaceID: "s", json: [], at: time(0))
      #expect(try await store.marks()?.watermarks == ["s": time(10)])
    }
  }

  @Test("what is too old is on record, once, and is not open")
  func tooOld() async throws {
    try await withStore { store async throws in
      func record() async throws -> Bool {
        try await store.recordTooOld(
          activityID: "a", spaceID: "s", created: time(0), at: time(9))
      }
      #expect(try await record())
      #expect(try await !record())
      #expect(try await store.openEvents().isEmpty)
      #expect(
        try await !store.insertEvent(activityID: "a", spaceID: "s", json: [], at: time(9)))
    }
  }

  @Test("any number of events can be asked for")
  func known() async throws {
    try await withStore { store async throws in
      _ = try await store.insertEvent(activityID: "700", spaceID: "s", json: [], at: time(0))
      _ = try await store.insertEvent(activityID: "1500", spaceID: "s", json: [], at: time(0))
      let ids = (0..<2_000).map(String.init)
      #expect(try await store.knownEvents(of: ids) == ["700", "1500"])
      #expect(try await store.knownEvents(of: []).isEmpty)
    }
  }
}
