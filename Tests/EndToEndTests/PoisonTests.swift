import Foundation
import GRDB
import HTTPTypes
import Testing
import WebexAPI

private let alice = "sim-alice-token"
private let bob = "sim-bob-token"

@Suite("Messages that cannot be had")
struct PoisonTests {
  /// Tries come a hundred times as soon as in the field.
  private let quick = ["WEBEX_ASSISTANT_RETRY_PACE": "0.02"]

  /// Posts a message of which Webex hands nothing over but `status`, for ever.
  private func poison(
    _ text: String, _ status: Int, _ webex: SimulatedWebex, in room: SimulatedWebex.Room
  ) async throws -> String {
    func fail(_ path: String) async throws {
      let rule: JSONValue = [
        "method": "GET", "path": .string(path), "status": .integer(Int64(status)),
      ]
      try await webex.faults(["rest": [rule]])
    }
    // All of them until its id is known.
    try await fail("/v1/messages/*")
    let id = try await webex.post(text, in: room, as: alice)
    try await fail("/v1/messages/\(id)")
    return id
  }

  private func start(_ webex: SimulatedWebex, folder: URL? = nil) async throws -> AssistantProcess {
    try await webex.script(["text": "Here.", "speed": 0, "delay": 0])
    return try await AssistantProcess.start(webex, folder: folder, quick)
  }

  @Test("a message on which Webex fails for ever holds up nobody, and is answered once it is there")
  func serverFailure() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await start(webex)
    let room = try await webex.directRoom(of: "alice")
    let first = try await poison("First", 500, webex, in: room)
    let second = try await webex.post("Second", in: room, as: alice)
    _ = try await webex.reply(to: second, in: room, as: alice) { $0.hasSuffix("Here.") }
    try await assistant.logged("put aside until its next try")
    #expect(try await webex.completions().map(\.question) == ["Second"])
    try await webex.clearFaults()
    _ = try await webex.reply(to: first, in: room, as: alice) { $0.hasSuffix("Here.") }
    let third = try await webex.post("Third", in: room, as: alice)
    #expect(try await webex.reply(to: third, in: room, as: alice) == "Here.")
    #expect(try await webex.completions().map(\.question) == ["Second", "First", "Third"])
    #expect(await assistant.stop() == 0)
  }

  @Test("tried for an hour, a message becomes a dead letter, and its person is told once")
  func exhausted() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await start(webex)
    let room = try await webex.directRoom(of: "alice")
    let question = try await poison("First", 500, webex, in: room)
    try await assistant.logged("put aside until its next try")
    // The seven tries before the last.
    try assistant.change("UPDATE event SET failures = 7 WHERE finishedAt IS NULL")
    let told = try await webex.reply(to: question, in: room, as: alice)
    #expect(told.hasPrefix("Webex failed when I asked for your message."))
    let row = try await eventually("the dead letter") {
      try assistant.query("SELECT * FROM event WHERE state = 'failed'").first
    }
    #expect(row["reason"] == "Webex failed on it 8 times: serverFailure")
    #expect(try await webex.replies(to: question, in: room, as: alice).count == 1)
    #expect(await assistant.stop() == 0)
  }

  @Test("what Webex refuses is a dead letter at once; the operator sees it and has it tried again")
  func deadLetters() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await start(webex)
    let none = try await assistant.command("dead-letters")
    #expect(none.status == 0 && none.out == "There are no dead letters.\n")
    let room = try await webex.directRoom(of: "alice")
    let question = try await poison("A SENTINEL question", 403, webex, in: room)
    let told = try await webex.reply(to: question, in: room, as: alice)
    #expect(told.contains("Webex does not let me read your message"))
    let list = try await eventually("the dead letter") {
      let list = try await assistant.command("dead-letters")
      return list.out.contains("alice") ? list : nil
    }
    #expect(list.status == 0)
    let lines = list.out.split(separator: "\n")
    #expect(lines.count == 2 && lines[0].hasPrefix("ID  GIVEN UP"))
    for part in ["alice@example.com", "message", "Webex refused it: forbidden (403)"] {
      #expect(lines[1].contains(part), "\(part)")
    }
    #expect(!list.out.contains("SENTINEL"))
    let json = try JSONDecoder().decode(
      JSONValue.self, from: Data(try await assistant.command("dead-letters", "--json").out.utf8))
    let id = try #require(json.arrayValue?.first?["id"]?.integerValue)
    #expect(json.arrayValue?.first?["personEmail"] == "alice@example.com")

    let wrong = try await assistant.command("dead-letters", "--retry", "4711")
    #expect(wrong.status == 1 && wrong.error.contains("there is no dead letter 4711"))
    #expect(try await assistant.command("dead-letters", "--retry", "some").status == 64)
    try await webex.clearFaults()
    let retried = try await assistant.command("dead-letters", "--retry", "\(id)")
    #expect(retried.status == 0 && retried.out == "1 to be tried again\n")
    _ = try await webex.reply(to: question, in: room, as: alice) { $0.hasSuffix("Here.") }
    #expect(try await assistant.command("dead-letters", "--retry", "all").status == 1)
    #expect(try await webex.completions().count == 1)
    #expect(await assistant.stop() == 0)
    // Without the program, too.
    #expect(try await assistant.command("dead-letters").out == "There are no dead letters.\n")
    let nowhere = try await AssistantProcess.command(
      ["dead-letters"], database: assistant.folder.path + "/none.sqlite")
    #expect(nowhere.status == 69 && nowhere.error.contains("there is no database at"))
  }

  @Test("an edit of a message that waits for its next try takes its place: one answer")
  func editedWhileParked() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await start(webex)
    let room = try await webex.directRoom(of: "alice")
    let question = try await poison("Frist", 500, webex, in: room)
    try await assistant.logged("put aside until its next try")
    try await webex.clearFaults()
    try await webex.edit(question, to: "First", in: room, as: alice)
    #expect(try await webex.reply(to: question, in: room, as: alice) == "Here.")
    let next = try await webex.post("Second", in: room, as: alice)
    #expect(try await webex.reply(to: next, in: room, as: alice) == "Here.")
    try await eventually("nothing to be open") {
      try assistant.query("SELECT 1 FROM event WHERE finishedAt IS NULL").isEmpty ? () : nil
    }
    #expect(try await webex.replies(to: question, in: room, as: alice).count == 1)
    #expect(await assistant.stop() == 0)
  }

  @Test("a message that is deleted while it waits for its next try is over")
  func deletedWhileParked() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await start(webex)
    let room = try await webex.directRoom(of: "alice")
    let question = try await poison("First", 500, webex, in: room)
    try await assistant.logged("put aside until its next try")
    _ = try await webex.call(.delete, "/v1/messages/\(question)", token: alice, expecting: 204)
    try await eventually("nothing to be open") {
      try assistant.query("SELECT 1 FROM event WHERE finishedAt IS NULL").isEmpty ? () : nil
    }
    #expect(try await webex.completions().isEmpty)
    #expect(await assistant.stop() == 0)
  }

  @Test("/stop ends a question that waits for its next try: it is not answered later")
  func stoppedWhileParked() async throws {
    let webex = try await SimulatedWebex.start()
    try await webex.script(["text": "Here.", "speed": 0, "delay": 0])
    // At the pace of the field: it waits for half a minute.
    let assistant = try await AssistantProcess.start(webex)
    let room = try await webex.directRoom(of: "alice")
    let question = try await poison("First", 500, webex, in: room)
    try await assistant.logged("put aside until its next try")
    let stop = try await webex.post("/stop", in: room, as: alice)
    #expect(
      try await webex.reply(to: stop, in: room, as: alice)
        == "Stopped. I will not come back to what I could not read yet.")
    try await webex.clearFaults()
    let next = try await webex.post("Second", in: room, as: alice)
    #expect(try await webex.reply(to: next, in: room, as: alice) == "Here.")
    #expect(
      try assistant.query("SELECT 1 FROM event WHERE finishedAt IS NULL OR state = 'failed'")
        .isEmpty)
    #expect(try await webex.completions().map(\.question) == ["Second"])
    #expect(try await webex.replies(to: question, in: room, as: alice).isEmpty)
    #expect(await assistant.stop() == 0)
  }

  @Test("a message that is gone when it is read ends without a sentence and without a dead letter")
  func gone() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await start(webex)
    let room = try await webex.directRoom(of: "alice")
    let question = try await poison("First", 404, webex, in: room)
    try await assistant.logged("message not visible")
    let row = try await eventually("its end") {
      try assistant.query("SELECT outcome, failures FROM event WHERE state = 'finished'").first
    }
    #expect(row["outcome"] == "not visible" && row["failures"] == 0)
    #expect(try await webex.replies(to: question, in: room, as: alice).isEmpty)
    #expect(!assistant.process.stderr.contains("put aside"))
    #expect(await assistant.stop() == 0)
  }

  @Test("a stored event that nobody can read any more is a dead letter, and the others go on")
  func unreadable() async throws {
    let webex = try await SimulatedWebex.start()
    let folder = try AssistantProcess.newFolder()
    let first = try await start(webex, folder: folder)
    let room = try await webex.directRoom(of: "alice")
    try await webex.script(["text": "Later.", "delay": 600_000])
    let question = try await webex.post("hello?", in: room, as: alice)
    _ = try await webex.reply(to: question, in: room, as: alice) { $0.contains("Thinking") }
    await first.kill()
    for (id, json) in [("a", "{"), ("b", "[]"), ("c", "")] {
      try first.change(
        """
        INSERT INTO event (sequence, activityID, spaceID, json, state, receivedAt)
        VALUES (-?, ?, ?, ?, 'waiting', '2026-11-21 10:00:00.000')
        """, [Int(id.utf8.first!), id, room.uuid, Data(json.utf8)])
    }
    let second = try await start(webex, folder: folder)
    #expect(try await webex.reply(to: question, in: room, as: alice) == "Here.")
    let dead = try second.query("SELECT reason FROM event WHERE state = 'failed'")
    #expect(
      dead.map { $0["reason"] } == Array(repeating: "what is stored of it cannot be read", count: 3)
    )
    #expect(await second.stop() == 0)
  }

  @Test("an event at which the program dies each time is given up, with a sentence, after eight")
  func crashes() async throws {
    let webex = try await SimulatedWebex.start()
    let folder = try AssistantProcess.newFolder()
    let room = try await webex.directRoom(of: "alice")
    var assistant = try await AssistantProcess.start(
      webex, folder: folder, ["WEBEX_ASSISTANT_CRASH_AT": "fetched"])
    let question = try await webex.post("poison", in: room, as: alice)
    _ = await assistant.process.exit()
    for _ in 2...8 {
      assistant = try await AssistantProcess.start(
        webex, folder: folder, ["WEBEX_ASSISTANT_CRASH_AT": "fetched"], waitUntilReady: false)
      #expect(await assistant.process.exit() == 9)
    }
    try await webex.script(["text": "Here.", "speed": 0, "delay": 0])
    let last = try await AssistantProcess.start(
      webex, folder: folder, ["WEBEX_ASSISTANT_CRASH_AT": "fetched:3"])
    let told = try await webex.reply(to: question, in: room, as: alice)
    #expect(told.hasPrefix("Something went wrong on my side."))
    let other = try await webex.post("and now?", in: room, as: alice)
    #expect(try await webex.reply(to: other, in: room, as: alice) == "Here.")
    let dead = try last.query("SELECT reason FROM event WHERE state = 'failed'")
    #expect(dead.map { $0["reason"] } == ["each try to read it ended the program"])
    #expect(await last.stop() == 0)
  }
}
