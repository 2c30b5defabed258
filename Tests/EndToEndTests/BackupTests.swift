import Foundation
import GRDB
import Testing
import WebexAPI

private let alice = "sim-alice-token"
private let bob = "sim-bob-token"

@Suite("Backup and restore")
struct BackupTests {
  private func mode(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }

  @Test("a backup in the middle of answers, restored elsewhere: nothing is answered a second time")
  func busy() async throws {
    let webex = try await SimulatedWebex.start()
    let first = try await AssistantProcess.start(webex)
    let copy = first.folder.path + "/copy.sqlite"
    try await webex.script(["text": "Before.", "speed": 0, "delay": 0])
    let (direct, other) = (
      try await webex.directRoom(of: "alice"), try await webex.directRoom(of: "bob")
    )
    let old = try await webex.post("before", in: direct, as: alice)
    _ = try await webex.reply(to: old, in: direct, as: alice)
    try await webex.script(["text": .string(Texts.words(240)), "speed": 20])
    let question = try await webex.post("many words", in: direct, as: alice)
    _ = try await webex.reply(to: question, in: direct, as: alice) { $0.contains("word10") }
    let made = try await first.command("backup", copy)
    #expect(made.status == 0 && made.out.hasPrefix("\(copy): "))
    #expect(try mode(copy) == 0o600)
    _ = try await webex.reply(to: question, in: direct, as: alice) { $0.hasSuffix("word240") }
    // Of this the backup knows nothing, and it is as young as can be.
    try await webex.script(["text": "Since.", "speed": 0, "delay": 0])
    let since = try await webex.post("since the backup", in: other, as: bob)
    _ = try await webex.reply(to: since, in: other, as: bob) { $0 == "Since." }
    let refused = try await first.command("restore", copy)
    #expect(refused.status == 69 && refused.error.contains("another process uses this database"))
    #expect(await first.stop() == 0)

    let folder = try AssistantProcess.newFolder()
    let restored = try await AssistantProcess.command(
      ["restore", copy], database: folder.path + "/assistant.sqlite")
    #expect(restored.status == 0, "\(restored.error)")
    #expect(restored.out.contains("1 open messages are dead letters now"))
    #expect(try mode(folder.path + "/assistant.sqlite") == 0o600)
    try await webex.script(["text": "After.", "speed": 0, "delay": 0])
    let second = try await AssistantProcess.start(webex, folder: folder)
    let next = try await webex.post("after", in: other, as: bob)
    #expect(try await webex.reply(to: next, in: other, as: bob) == "After.")
    let again = try await webex.post("what did I ask before?", in: direct, as: alice)
    #expect(try await webex.reply(to: again, in: direct, as: alice) == "After.")
    // The history is that of the backup.
    let asked = try await webex.completions().last?.messages.map(\.content) ?? []
    #expect(asked.contains("before") && asked.contains("Before."))
    try await ReplyChecks(webex: webex, room: direct, question: question).expect(Texts.words(240))
    #expect(try await webex.replies(to: old, in: direct, as: alice).count == 1)
    #expect(try await webex.replies(to: since, in: other, as: bob).count == 1)
    #expect(try await webex.completions().count { $0.question == "since the backup" } == 1)
    #expect(await second.stop() == 0)
  }

  @Test("backups under traffic are whole, and every one of them can be opened")
  func traffic() async throws {
    let webex = try await SimulatedWebex.start()
    try await webex.script(["text": .string(Texts.words(20)), "speed": 5, "delay": 0])
    let assistant = try await AssistantProcess.start(webex)
    let room = try await webex.directRoom(of: "alice")
    var questions: [String] = []
    for number in 1...5 {
      questions.append(try await webex.post("question \(number)", in: room, as: alice))
      let copy = assistant.folder.path + "/copy-\(number).sqlite"
      #expect(try await assistant.command("backup", copy).status == 0)
      var configuration = Configuration()
      configuration.readonly = true
      let queue = try DatabaseQueue(path: copy, configuration: configuration)
      let check = try await queue.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") }
      #expect(check == "ok")
      #expect(FileManager.default.fileExists(atPath: copy + "-wal") == false)
    }
    for question in questions {
      _ = try await webex.reply(to: question, in: room, as: alice) { $0.hasSuffix("word20") }
    }
    #expect(await assistant.stop() == 0)
  }

  @Test("a restore in place keeps what was there, and a backup overwrites nothing unasked")
  func inPlace() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    #expect(await assistant.stop() == 0)
    let copy = assistant.folder.path + "/copy.sqlite"
    #expect(try await assistant.command("backup", copy).status == 0)
    let refused = try await assistant.command("backup", copy)
    #expect(refused.status == 69 && refused.error.contains("--force"))
    #expect(try await assistant.command("backup", copy, "--force").status == 0)
    #expect(try await assistant.command("backup", assistant.database, "--force").status == 69)
    let restored = try await assistant.command("restore", copy)
    #expect(restored.status == 0 && restored.out.contains("What was there is now "))
    let files = try FileManager.default.contentsOfDirectory(atPath: assistant.folder.path)
    let kept = files.filter { $0.contains("before-restore") && !$0.contains("-wal") }
    #expect(kept.count == 1)
    #expect(!files.contains { $0.hasSuffix(".partial") || $0.hasSuffix(".restoring") })
    let second = try await AssistantProcess.start(webex, folder: assistant.folder)
    #expect(await second.stop() == 0)
  }

  @Test(
    "what is no backup is refused in one line, and what is there stays as it is",
    arguments: [
      ("text", "is not a database"), ("other", "is no backup"), ("none", "there is no file"),
    ])
  func refused(kind: String, problem: String) async throws {
    let folder = try AssistantProcess.newFolder()
    let file = folder.path + "/file"
    switch kind {
    case "text":
      try Data(String(repeating: "no database ", count: 500).utf8).write(to: URL(filePath: file))
    case "other":
      try await DatabaseQueue(path: file).write { try $0.execute(sql: "CREATE TABLE t (x)") }
    default: break
    }
    let result = try await AssistantProcess.command(
      ["restore", file], database: folder.path + "/assistant.sqlite")
    #expect(result.status == 69 && result.error.contains(problem), "\(result.error)")
    #expect(result.error.split(separator: "\n").count == 1)
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(!files.contains { $0.hasPrefix("assistant.sqlite") && !$0.hasSuffix(".lock") })
  }
}
