import Foundation
import GRDB
import Glibc
import HTTPTypes
import Testing
import WebexAPI

private let alice = "sim-alice-token"

/// A file system of its own, a few megabytes large. Only root may make one.
private struct SmallDisk {
  let folder: URL

  static var isPossible: Bool { geteuid() == 0 && access("/usr/bin/mount", X_OK) == 0 }

  init(megabytes: Int) throws {
    folder = try AssistantProcess.newFolder()
    try Self.run("mount", "-t", "tmpfs", "-o", "size=\(megabytes)m,mode=700", "tmpfs", folder.path)
  }

  private var filler: URL { folder.appending(path: "filler") }

  /// Takes all the room there is.
  func fill() throws {
    let descriptor = open(filler.path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    defer { close(descriptor) }
    for size in [65_536, 4_096, 512, 1] {
      let block = [UInt8](repeating: 0, count: size)
      while write(descriptor, block, size) > 0 {}
    }
  }

  func makeRoom() throws { try FileManager.default.removeItem(at: filler) }

  /// Lazily: a program that a failed test left may still be in it.
  func remove() { try? Self.run("umount", "-l", folder.path) }

  private static func run(_ name: String, _ arguments: String...) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/\(name)")
    process.arguments = arguments
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(name)")
  }
}

@Suite("A disk that fails", .serialized)
struct DiskTests {
  /// `/readyz`, of a program with this address.
  private func readiness(_ port: Int, _ webex: SimulatedWebex) async throws -> JSONValue {
    var there = webex
    there = SimulatedWebex(
      process: webex.process, base: "http://127.0.0.1:\(port)", http: webex.http)
    return try await there.call(.get, "/readyz", expecting: nil)
  }

  private func unacked(_ webex: SimulatedWebex) async throws -> Int {
    let deliveries = try await webex.record()["deliveries"]?.arrayValue ?? []
    return deliveries.filter { $0["acked"] == false }.count
  }

  @Test(
    "people write while the disk is full: nothing is acked; with room again each is answered once",
    .enabled(if: SmallDisk.isPossible))
  func full() async throws {
    let disk = try SmallDisk(megabytes: 4)
    defer { disk.remove() }
    let webex = try await SimulatedWebex.start()
    try await webex.script(["text": "Here.", "speed": 0, "delay": 0])
    let port = 21_000 + Int.random(in: 0..<2_000)
    let assistant = try await AssistantProcess.start(
      webex, folder: disk.folder, ["ADMIN_ADDRESS": "127.0.0.1:\(port)"])
    let room = try await webex.directRoom(of: "alice")
    let before = try await webex.post("before", in: room, as: alice)
    _ = try await webex.reply(to: before, in: room, as: alice)
    try disk.fill()
    // What is in the log already may still fit; what follows does not.
    var questions: [String] = []
    for number in 1...12 {
      questions.append(
        try await webex.post(
          "\(number) " + String(repeating: "x", count: 2_000), in: room, as: alice))
    }
    try await assistant.logged("the database does not take anything: the disk is full")
    let state = try await readiness(port, webex)
    #expect(state["ready"] == false)
    #expect(state["database"] == "failing: the disk is full")
    #expect(assistant.process.isRunning)
    try disk.makeRoom()
    for question in questions {
      #expect(try await webex.reply(to: question, in: room, as: alice) == "Here.")
    }
    try await assistant.logged("the database takes writes again")
    #expect(try await readiness(port, webex)["ready"] == true)
    for question in questions {
      #expect(try await webex.replies(to: question, in: room, as: alice).count == 1)
    }
    // One line for the operator, not one for each message and try.
    let lines = assistant.process.stderr.split(separator: "\n").filter {
      $0.contains(" error ") && $0.contains("database")
    }
    #expect(lines.count <= 3, "\(lines)")
    #expect(await assistant.stop() == 0)
  }

  @Test("another program locks the database: it waits, says so, and goes on when the lock is gone")
  func locked() async throws {
    let webex = try await SimulatedWebex.start()
    try await webex.script(["text": "Here.", "speed": 0, "delay": 0])
    let assistant = try await AssistantProcess.start(webex)
    let room = try await webex.directRoom(of: "alice")
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    let queue = try DatabaseQueue(path: assistant.database, configuration: configuration)
    try await queue.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE") }
    let question = try await webex.post("anybody?", in: room, as: alice)
    try await assistant.logged(
      "the database does not take anything: another program has locked it")
    #expect(try await webex.replies(to: question, in: room, as: alice).isEmpty)
    #expect(try await unacked(webex) > 0)
    try await queue.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
    try queue.close()
    #expect(try await webex.reply(to: question, in: room, as: alice) == "Here.")
    #expect(try await webex.replies(to: question, in: room, as: alice).count == 1)
    #expect(await assistant.stop() == 0)
  }

  @Test("the folder is moved away: nothing is acked into a file that nobody finds again")
  func folderGone() async throws {
    let webex = try await SimulatedWebex.start()
    try await webex.script(["text": "Here.", "speed": 0, "delay": 0])
    let assistant = try await AssistantProcess.start(webex)
    let room = try await webex.directRoom(of: "alice")
    let away = assistant.folder.path + "-away"
    try FileManager.default.moveItem(atPath: assistant.folder.path, toPath: away)
    let question = try await webex.post("anybody?", in: room, as: alice)
    try await assistant.logged("its file is gone from")
    #expect(try await unacked(webex) > 0)
    try FileManager.default.moveItem(atPath: away, toPath: assistant.folder.path)
    #expect(try await webex.reply(to: question, in: room, as: alice) == "Here.")
    #expect(await assistant.stop() == 0)
  }

  private func overwrite(_ path: String, at offset: UInt64, count: Int) throws {
    let file = try FileHandle(forUpdating: URL(filePath: path))
    defer { try? file.close() }
    try file.seek(toOffset: offset)
    try file.write(contentsOf: Data(repeating: 0xA5, count: count))
  }

  @Test(
    "a damaged file is refused at the start, in one line that names the way back",
    arguments: [(0, 100), (100, 3_996), (4_096, 12_288)])
  func damagedAtStart(offset: Int, count: Int) async throws {
    let webex = try await SimulatedWebex.start()
    let folder = try AssistantProcess.newFolder()
    let first = try await AssistantProcess.start(webex, folder: folder)
    #expect(await first.stop() == 0)
    try overwrite(first.database, at: UInt64(offset), count: count)
    let second = try await AssistantProcess.start(webex, folder: folder, waitUntilReady: false)
    #expect(await second.process.exit() == 69)
    let last = second.process.stderr.split(separator: "\n").last ?? ""
    #expect(last.contains("is damaged") && last.contains("webex-assistant restore FILE"), "\(last)")
  }

  @Test("damaged while it runs: the message is not acked, and the program ends with that line")
  func damagedWhileRunning() async throws {
    let webex = try await SimulatedWebex.start()
    try await webex.script(["text": "Here.", "speed": 0, "delay": 0])
    let assistant = try await AssistantProcess.start(webex)
    let room = try await webex.directRoom(of: "alice")
    let first = try await webex.post("before", in: room, as: alice)
    _ = try await webex.reply(to: first, in: room, as: alice)
    // Everything into the file itself, which is then overwritten but for its first page.
    let queue = try DatabaseQueue(path: assistant.database)
    _ = try queue.writeWithoutTransaction {
      try Row.fetchAll($0, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
    }
    let size = try #require(
      try FileManager.default.attributesOfItem(atPath: assistant.database)[.size] as? Int)
    try overwrite(assistant.database, at: 4_096, count: size - 4_096)
    // A change by another program, so that no page is taken from memory.
    _ = try? await queue.write { try $0.execute(sql: "PRAGMA user_version = 7") }
    try queue.close()
    _ = try await webex.post("after", in: room, as: alice)
    #expect(await assistant.process.exit() == 69)
    let last = assistant.process.stderr.split(separator: "\n").last ?? ""
    #expect(last.contains("is damaged") && last.contains("webex-assistant restore FILE"), "\(last)")
    #expect(try await unacked(webex) > 0)
  }
}
