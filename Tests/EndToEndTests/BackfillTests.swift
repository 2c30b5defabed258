import Foundation
import HTTPTypes
import Testing
import WebexAPI

private let alice = "sim-alice-token"
private let bob = "sim-bob-token"

@Suite("Messages that the socket did not bring", .serialized)
struct BackfillTests {
  /// The assistant is gone, and with its device all that Mercury would replay.
  private func gone(_ assistant: AssistantProcess, _ webex: SimulatedWebex) async throws {
    await assistant.kill()
    _ = try await webex.call(.delete, "/sim/devices", expecting: 204)
  }

  @Test("what was asked while the program and its device were gone is answered after the start")
  func restart() async throws {
    let webex = try await SimulatedWebex.start()
    let folder = try AssistantProcess.newFolder()
    try await webex.script(["text": "Found.", "speed": 0, "delay": 0])
    let room = try await webex.directRoom(of: "alice")
    let group = try await webex.group("Deploy desk")
    let before = try await webex.post("before the install", in: room, as: alice)
    let first = try await AssistantProcess.start(webex, folder: folder)
    try await gone(first, webex)
    let direct = try await webex.post("directly", in: room, as: alice)
    let inThread = try await webex.post("in a thread", in: room, as: alice, parentID: direct)
    let mention = try await webex.post(
      "\(SimulatedWebex.mention) in a group", in: group, as: bob)
    let unmentioned = try await webex.post("among us", in: group, as: bob)
    let file = try await webex.share("with a file", in: room, as: alice)
    let second = try await AssistantProcess.start(webex, folder: folder)
    try await second.untilTurns(4)
    for (question, count, place) in [(direct, 2, room), (file, 1, room), (mention, 1, group)] {
      let replies = try await webex.standing(under: question, in: place)
      #expect(replies.count == count)
      #expect(replies.allSatisfy { $0.text.contains("Found.") })
    }
    _ = inThread
    #expect(try await webex.standing(under: before, in: room).isEmpty)
    #expect(try await webex.standing(under: unmentioned, in: group).isEmpty)
    // In the order of their sending.
    let asked = try await webex.completions().map(\.question)
    let order = ["directly", "in a thread", "with a file"].compactMap { part in
      asked.firstIndex { $0.contains(part) }
    }
    #expect(order == order.sorted() && order.count == 3)
    #expect(try await webex.rejections().isEmpty)
    #expect(await second.stop() == 0)
  }

  @Test(
    "more than a page is found, each message once, also when the finding is killed in the middle")
  func many() async throws {
    let webex = try await SimulatedWebex.start()
    let folder = try AssistantProcess.newFolder()
    try await webex.script(["text": "Found.", "speed": 0, "delay": 0])
    let room = try await webex.directRoom(of: "alice")
    let first = try await AssistantProcess.start(webex, folder: folder)
    try await gone(first, webex)
    var questions: [String] = []
    for number in 1...130 {
      questions.append(try await webex.post("question \(number)", in: room, as: alice))
    }
    let killed = try await AssistantProcess.start(
      webex, folder: folder, ["WEBEX_ASSISTANT_CRASH_AT": "backfilling:20"], waitUntilReady: false)
    _ = await killed.process.exit()
    let second = try await AssistantProcess.start(webex, folder: folder)
    try await eventually("every question to be answered") {
      let bot = try await webex.messages(in: room, as: alice).filter {
        $0.personEmail == SimulatedWebex.botEmail && $0.text == "Found."
      }
      return bot.count >= questions.count ? () : nil
    }
    // Beside them, for a moment, the notice that others wait.
    let replies = try await webex.messages(in: room, as: alice).filter {
      $0.personEmail == SimulatedWebex.botEmail && !$0.text.hasPrefix("Received.")
    }
    #expect(replies.map(\.text) == questions.map { _ in "Found." })
    #expect(replies.count == questions.count)
    #expect(Set(replies.compactMap(\.parentID)) == Set(questions))
    #expect(await second.stop() == 0)
  }

  @Test("messages older than BACKFILL_MAX_AGE are not answered, and their space is told once")
  func tooOld() async throws {
    let webex = try await SimulatedWebex.start()
    let folder = try AssistantProcess.newFolder()
    try await webex.script(["text": "Found.", "speed": 0, "delay": 0])
    let room = try await webex.directRoom(of: "alice")
    let first = try await AssistantProcess.start(webex, folder: folder)
    try await gone(first, webex)
    let old = [
      try await webex.post("one", in: room, as: alice),
      try await webex.post("two", in: room, as: alice),
    ]
    try await Task.sleep(for: .seconds(3))
    let young = try await webex.post("three", in: room, as: alice)
    let second = try await AssistantProcess.start(
      webex, folder: folder, ["BACKFILL_MAX_AGE": "2"])
    #expect(try await webex.reply(to: young, in: room, as: alice) == "Found.")
    let told = try await webex.reply(to: old[1], in: room, as: alice)
    #expect(told.hasPrefix("I was out of reach for a while. What you wrote here "))
    #expect(try await webex.standing(under: old[0], in: room).isEmpty)
    try await gone(second, webex)
    // Told once: another start has nothing to say.
    let third = try await AssistantProcess.start(webex, folder: folder)
    let next = try await webex.post("four", in: room, as: alice)
    #expect(try await webex.reply(to: next, in: room, as: alice) == "Found.")
    #expect(try await webex.standing(under: old[1], in: room).count == 1)
    #expect(await third.stop() == 0)
  }

  @Test("a question that was edited while the program was gone is answered anew")
  func edited() async throws {
    let webex = try await SimulatedWebex.start()
    let folder = try AssistantProcess.newFolder()
    try await webex.script(["text": "Before.", "speed": 0, "delay": 0])
    let room = try await webex.directRoom(of: "alice")
    let first = try await AssistantProcess.start(webex, folder: folder)
    let question = try await webex.post("what?", in: room, as: alice)
    #expect(try await webex.reply(to: question, in: room, as: alice) == "Before.")
    try await first.untilTurns(1)
    try await gone(first, webex)
    try await webex.script(["text": "After.", "speed": 0, "delay": 0])
    try await webex.edit(question, to: "what else?", in: room, as: alice)
    let second = try await AssistantProcess.start(webex, folder: folder)
    let answer = try await webex.reply(to: question, in: room, as: alice) { $0 == "After." }
    #expect(answer == "After.")
    #expect(try await webex.standing(under: question, in: room).count == 1)
    #expect(await second.stop() == 0)
  }

  @Test("what a sequence gap swallowed is answered")
  func sequenceGap() async throws {
    let webex = try await SimulatedWebex.start()
    try await webex.script(["text": "Found.", "speed": 0, "delay": 0])
    let room = try await webex.directRoom(of: "alice")
    let assistant = try await AssistantProcess.start(webex)
    // Nothing is published in this mode, and the next event's number tells of a gap.
    try await webex.faults(["mercury": ["wrongRegion": true]])
    let lost = try await webex.post("lost?", in: room, as: alice)
    try await webex.faults(["mercury": ["sequenceGap": true]])
    let seen = try await webex.post("seen", in: room, as: alice)
    #expect(try await webex.reply(to: seen, in: room, as: alice) == "Found.")
    #expect(try await webex.reply(to: lost, in: room, as: alice) == "Found.")
    #expect(try await webex.standing(under: seen, in: room).count == 1)
    #expect(await assistant.stop() == 0)
  }
}
