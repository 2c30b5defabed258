import Foundation
import GRDB
import MercuryClient
import Testing

@testable import Assistant

@Suite("Databases of earlier versions")
struct EarlierSchemaTests {
  /// Makes a database from a dump of that schema.
  private func database(_ schema: Int, in folder: StoreFolder) throws -> DatabaseQueue {
    try FileManager.default.createDirectory(
      atPath: folder.path + "/sub", withIntermediateDirectories: true)
    let dump = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Schemas/schema-\(schema).sql")
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    configuration.foreignKeysEnabled = false
    let queue = try DatabaseQueue(path: folder.database, configuration: configuration)
    let sql = try String(contentsOf: dump, encoding: .utf8)
    try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
    return queue
  }

  /// Every row of every table, by table.
  private func content(_ reader: any DatabaseReader) throws -> [String: [Row]] {
    try reader.read { db in
      let tables = try String.fetchAll(
        db, sql: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
      var content: [String: [Row]] = [:]
      for table in tables where table != "grdb_migrations" {
        content[table] = try Row.fetchAll(db, sql: "SELECT * FROM \(table) ORDER BY rowid")
      }
      return content
    }
  }

  @Test("nothing in a database of an earlier schema is lost or changed", arguments: 1...3)
  func content(schema: Int) async throws {
    let folder = StoreFolder()
    defer { folder.remove() }
    let queue = try database(schema, in: folder)
    let before = try content(queue)
    #expect(before.count == [6, 7, 10][schema - 1])
    #expect(before.values.allSatisfy { !$0.isEmpty })
    try queue.close()
    let store = try folder.open()
    let after = try content(store.pool.database)
    for (table, rows) in before {
      let now = after[table] ?? []
      #expect(now.count == rows.count, "\(table)")
      for (old, new) in zip(rows, now) {
        for column in old.columnNames where !(schema == 1 && column == "greetedAt") {
          #expect(
            new[column] as DatabaseValue? == old[column] as DatabaseValue?, "\(table).\(column)")
        }
      }
    }
    try store.close()
  }

  @Test(
    "what was open in an earlier schema is taken up, and the history is there", arguments: 1...3)
  func works(schema: Int) async throws {
    let folder = StoreFolder()
    defer { folder.remove() }
    try database(schema, in: folder).close()
    let store = try folder.open()
    let now = Date(timeIntervalSince1970: 1_800_000_000)
    let open = try await store.claimEvents(atMost: 10, at: now)
    #expect(open.map(\.activityID) == ["open", "new"])
    #expect(try await store.beginEvent("open", at: now)?.attempt == 2)
    let left = try await store.openTurn(
      TurnOpening(id: "again", activityID: "open", spaceID: "space-1", threadID: "THREAD2"), at: now
    )
    #expect(left.replies == [PostedReply(id: "REPLY2", edits: 1, threadID: "THREAD2")])
    #expect(
      try await !store.insertEvent(activityID: "done", spaceID: "space-1", json: [], at: now))
    #expect(try await store.loadDevice()?.name == "name")
    try store.close()
  }

  @Test("a database that a later version has changed is refused in one line, and left as it is")
  func later() async throws {
    let folder = StoreFolder()
    defer { folder.remove() }
    let store = try folder.open()
    try await store.pool.write {
      try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 of tomorrow')")
    }
    try store.close()
    do {
      _ = try folder.open()
      Issue.record("opened")
    } catch let error as AssistantError {
      #expect(error.code == .database)
      #expect(error.message.contains("was used by a later version"))
      #expect(!error.message.contains("\n"))
    }
  }
}
