import Foundation
import GRDB
import Testing
import WebexAPI

private let alice = "sim-alice-token"

@Suite("The program on databases of earlier versions")
struct EarlierSchemaTests {
  /// A folder with a database of that schema, with rows in every table.
  private func folder(_ schema: Int) throws -> URL {
    let folder = try AssistantProcess.newFolder()
    let dump = ChildProcess.packageRoot.appending(
      path: "Tests/AssistantTests/Schemas/schema-\(schema).sql")
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    configuration.foreignKeysEnabled = false
    let queue = try DatabaseQueue(
      path: folder.appending(path: "assistant.sqlite").path, configuration: configuration)
    let sql = try String(contentsOf: dump, encoding: .utf8)
    try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
    try queue.close()
    return folder
  }

  @Test("killed in the middle of its migration, the next start finds the database as it was")
  func killed() async throws {
    let webex = try await SimulatedWebex.start()
    try await webex.script(["text": "Here.", "speed": 0, "delay": 0])
    for schema in 1...3 {
      let folder = try folder(schema)
      for _ in 1...2 {
        let killed = try await AssistantProcess.start(
          webex, folder: folder, ["WEBEX_ASSISTANT_CRASH_AT": "migrating"], waitUntilReady: false)
        #expect(await killed.process.exit() == 9)
      }
      let assistant = try await AssistantProcess.start(webex, folder: folder)
      let room = try await webex.directRoom(of: "alice")
      let question = try await webex.post("still there?", in: room, as: alice)
      #expect(try await webex.reply(to: question, in: room, as: alice) == "Here.")
      let kept = try assistant.query("SELECT text FROM message WHERE turnID = 'turn-1'")
      #expect(kept.map { $0["text"] } == ["what is asked", "what is answered"])
      #expect(await assistant.stop() == 0)
    }
  }

  @Test("a database of a later version ends the program with one line")
  func later() async throws {
    let webex = try await SimulatedWebex.start()
    let folder = try folder(3)
    let path = folder.appending(path: "assistant.sqlite").path
    let queue = try DatabaseQueue(path: path)
    try await queue.write {
      try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 of tomorrow')")
    }
    try queue.close()
    let assistant = try await AssistantProcess.start(webex, folder: folder, waitUntilReady: false)
    #expect(await assistant.process.exit() == 69)
    let last = assistant.process.stderr.split(separator: "\n").last ?? ""
    #expect(last.contains("was used by a later version of webex-assistant"), "\(last)")
  }
}
