// POSTs whose answers were lost, or whose process was killed: in the end each message stands there once.

import Foundation
import HTTPTypes
import Testing
import WebexAPI

private let alice = "sim-alice-token"
private let bob = "sim-bob-token"
private let mention = SimulatedWebex.mention

@Suite("Posts without an answer", .serialized)
struct LostSendTests {
  private static let text = Texts.words(40)

  private func start(_ settings: [String: String] = [:]) async throws -> (
    SimulatedWebex, AssistantProcess
  ) {
    let webex = try await SimulatedWebex.start()
    try await webex.script(["text": .string(Self.text), "speed": 40])
    return (webex, try await AssistantProcess.start(webex, settings))
  }

  /// Does the next POSTs after the people's own, and loses or falsifies their answers.
  private func lose(
    _ fault: [String: JSONValue] = ["drop": true], after: Int = 1, times: Int = 1,
    in webex: SimulatedWebex
  ) async throws {
    let rule: [String: JSONValue] = [
      "method": "POST", "path": "/v1/messages", "apply": "afterCommit",
      "times": .integer(Int64(times)), "after": .integer(Int64(after)),
    ]
    try await webex.faults(["rest": [.object(rule.merging(fault) { $1 })]])
  }

  /// The bot's messages in a thread that were ever there.
  private func ever(under root: String, in room: SimulatedWebex.Room, _ webex: SimulatedWebex)
    async throws -> [SimulatedWebex.WatchedMessage]
  {
    try await webex.watched(in: room).filter { $0.parentID == root }
  }

  @Test(
    "an answer's first message is found, however its response was lost",
    arguments: [
      ["drop": true], ["status": 502], ["status": 200, "body": "<html>"], ["reset": true],
    ] as [[String: JSONValue]])
  func answer(fault: [String: JSONValue]) async throws {
    let (webex, assistant) = try await start()
    let direct = try await webex.directRoom(of: "alice")
    let group = try await webex.group("Deploy desk")
    for (number, (room, question)) in [(direct, "go"), (group, "\(mention) go")].enumerated() {
      try await lose(fault, in: webex)
      let root = try await webex.post(question, in: room, as: alice)
      try await assistant.untilTurns(number + 1)
      let all = try await ever(under: root, in: room, webex)
      #expect(all.map(\.text) == [Self.text])
    }
    #expect(assistant.process.stderr.components(separatedBy: "to a post was lost").count == 3)
    #expect(await assistant.stop() == 0)
  }

  @Test("a card is found and can be pressed; a 502 costs it no ten seconds")
  func card() async throws {
    let (webex, assistant) = try await start()
    let group = try await webex.group("Deploy desk")
    for room in [try await webex.directRoom(of: "alice"), group] {
      try await lose(["status": 502], in: webex)
      let begin = ContinuousClock.now
      let (root, card) = try await webex.open("/chat", in: room, as: alice)
      try await webex.press("Cancel", on: card, as: alice)
      _ = try await webex.card(under: root, in: room, as: alice) { $0.text.contains("not changed") }
      #expect(ContinuousClock.now - begin < .seconds(9))
      // The card, and what took its place.
      #expect(try await ever(under: root, in: room, webex).count == 2)
    }
    #expect(await assistant.stop() == 0)
  }

  @Test("where a 502 was true, the card is sent again after three seconds in a direct space")
  func cardRefused() async throws {
    let (webex, assistant) = try await start()
    let room = try await webex.directRoom(of: "alice")
    try await webex.faults([
      "rest": [["method": "POST", "path": "/v1/messages", "status": 502, "times": 1, "after": 1]]
    ])
    let begin = ContinuousClock.now
    let (root, _) = try await webex.open("/chat", in: room, as: alice)
    #expect(ContinuousClock.now - begin < .seconds(8))
    #expect(try await ever(under: root, in: room, webex).count == 1)
    #expect(await assistant.stop() == 0)
  }

  @Test("a file is found by its name")
  func file() async throws {
    let (webex, assistant) = try await start()
    let code = (1...900).map { "print(\"line \($0) of a long script\")" }.joined(separator: "\n")
    try await webex.script([
      "text": .string("Here it is:\n\n```python\n\(code)\n```\n\nRun it with care."), "speed": 0,
      "delay": 0,
    ])
    for (number, room) in [
      try await webex.directRoom(of: "alice"), try await webex.group("Deploy desk"),
    ].enumerated() {
      // The text and the file.
      try await lose(times: 5, in: webex)
      let root = try await webex.post("\(mention) write it", in: room, as: alice)
      try await assistant.untilTurns(number + 1)
      let all = try await ever(under: root, in: room, webex)
      #expect(all.filter { !$0.fileNames.isEmpty }.count == 1)
      #expect(all.allSatisfy { $0.deleted == nil })
      try await ReplyChecks(webex: webex, room: room, question: root).expectLimits()
    }
    #expect(await assistant.stop() == 0)
  }

  @Test("a greeting whose response was lost is said once")
  func greeting() async throws {
    let (webex, assistant) = try await start(["GREETING": "true"])
    let room = try await webex.addGroup("New", members: ["alice@example.com", "bob@example.com"])
    try await lose(after: 0, in: webex)
    try await webex.add(SimulatedWebex.botEmail, to: room, as: alice)
    _ = try await eventually("the greeting") { try await webex.watched(in: room).first }
    let root = try await webex.post("\(mention) hi", in: room, as: alice)
    try await assistant.untilTurns(1)
    try await ReplyChecks(webex: webex, room: room, question: root).expect(Self.text)
    #expect(try await webex.watched(in: room).count == 2)
    #expect(await assistant.stop() == 0)
  }

  @Test("a card and an answer that are lost at once in one thread are told apart")
  func twoAtOnce() async throws {
    let (webex, assistant) = try await start()
    for room in [try await webex.group("Deploy desk"), try await webex.directRoom(of: "alice")] {
      try await webex.script([
        "text": .string(Self.text), "speed": 40, "delay": 1500,
      ])
      // Both echoes are there before either response is known to be lost.
      try await lose(["drop": true, "delayMs": 3_000], after: 2, times: 2, in: webex)
      let root = try await webex.post("\(mention) go", in: room, as: alice)
      try await webex.post("\(mention) /help", in: room, as: alice, parentID: root)
      let card = try await webex.card(under: root, in: room, as: alice)
      _ = try await eventually("the answer") {
        try await webex.standing(under: root, in: room).first { $0.text == Self.text }
      }
      let all = try await ever(under: root, in: room, webex)
      #expect(all.count == 2, "\(all.map(\.text))")
      #expect(all.allSatisfy { $0.deleted == nil })
      // Each is on record as what it is: the card can be pressed.
      try await webex.press("/whoami", on: card, as: alice)
      try await webex.says("alice@example.com", under: root, in: room, as: alice)
    }
    #expect(await assistant.stop() == 0)
  }

  @Test("kill -9 while the POST of an answer hangs: the next process goes on with that message")
  func killedAnswer() async throws {
    for isDirect in [true, false] {
      let webex = try await SimulatedWebex.start()
      let folder = try AssistantProcess.newFolder()
      try await webex.script(["text": .string(Self.text), "speed": 40])
      let room =
        isDirect ? try await webex.directRoom(of: "alice") : try await webex.group("Deploy desk")
      let first = try await AssistantProcess.start(webex, folder: folder)
      try await lose(["delayMs": 60_000], in: webex)
      let root = try await webex.post("\(mention) go", in: room, as: alice)
      _ = try await eventually("the message") { try await ever(under: root, in: room, webex).first }
      await first.kill()
      try await webex.clearFaults()
      let second = try await AssistantProcess.start(webex, folder: folder)
      try await second.untilTurns(1)
      // The model is asked anew: the message may grow anew, but it is the one.
      let all = try await ever(under: root, in: room, webex)
      #expect(all.map(\.text) == [Self.text], "\(isDirect)")
      #expect(all.first?.deleted == nil)
      #expect(await second.stop() == 0)
    }
  }

  @Test("kill -9 while the POST of a card hangs: it stays, and can be pressed")
  func killedCard() async throws {
    for isDirect in [true, false] {
      let webex = try await SimulatedWebex.start()
      let folder = try AssistantProcess.newFolder()
      let room =
        isDirect ? try await webex.directRoom(of: "alice") : try await webex.group("Deploy desk")
      let first = try await AssistantProcess.start(webex, folder: folder)
      try await lose(["delayMs": 60_000], in: webex)
      let (root, card) = try await webex.open("/chat", in: room, as: alice)
      await first.kill()
      try await webex.clearFaults()
      let second = try await AssistantProcess.start(webex, folder: folder)
      try await second.untilTurns(1)
      #expect(try await ever(under: root, in: room, webex).count == 1)
      #expect(try await webex.standing(under: root, in: room).map(\.id) == [card.messageID])
      try await webex.press("Cancel", on: card, as: alice)
      _ = try await webex.card(under: root, in: room, as: alice) { $0.text.contains("not changed") }
      #expect(await second.stop() == 0)
    }
  }

  @Test("an echo that comes twenty seconds late finds its message sent again, and removes it")
  func lateEcho() async throws {
    let (webex, assistant) = try await start()
    let room = try await webex.group("Deploy desk")
    try await webex.script(["text": "An answer.", "speed": 0, "delay": 2_500])
    try await lose(in: webex)
    let root = try await webex.post("\(mention) go", in: room, as: alice)
    try await eventually("the question to be read") {
      try await webex.modelRequests().isEmpty ? nil : ()
    }
    try await webex.faults(["mercury": ["delayMs": 20_000]])
    try await assistant.untilTurns(1)
    #expect(try await ever(under: root, in: room, webex).count == 2)
    _ = try await eventually("one of them to be removed") {
      try await ever(under: root, in: room, webex).first { $0.deleted != nil }
    }
    let standing = try await webex.standing(under: root, in: room)
    #expect(standing.map(\.text) == ["An answer."])
    #expect(assistant.process.stderr.contains("one too many was removed"))
    #expect(await assistant.stop() == 0)
  }

  @Test("a POST that Webex takes a minute for is one too many, also after a restart")
  func slowSuccess() async throws {
    let webex = try await SimulatedWebex.start()
    let folder = try AssistantProcess.newFolder()
    let first = try await AssistantProcess.start(webex, folder: folder)
    try await webex.script(["text": "An answer.", "speed": 0, "delay": 0])
    let room = try await webex.directRoom(of: "alice")
    // Nothing is done before the minute is over; the program's patience is half of that.
    try await webex.faults([
      "rest": [
        ["method": "POST", "path": "/v1/messages", "delayMs": 60_000, "times": 1, "after": 1]
      ]
    ])
    let root = try await webex.post("go", in: room, as: alice)
    try await first.untilTurns(1)
    #expect(try await ever(under: root, in: room, webex).count == 1)
    await first.kill()
    let second = try await AssistantProcess.start(webex, folder: folder)
    _ = try await eventually("the late one to be removed") {
      try await ever(under: root, in: room, webex).first { $0.deleted != nil }
    }
    #expect(try await ever(under: root, in: room, webex).count == 2)
    #expect(try await webex.standing(under: root, in: room).map(\.text) == ["An answer."])
    #expect(await second.stop() == 0)
  }

  @Test("kill -9 while the POST of a sign hangs: it is removed after the next start")
  func killedSign() async throws {
    let webex = try await SimulatedWebex.start()
    let folder = try AssistantProcess.newFolder()
    let first = try await AssistantProcess.start(webex, folder: folder)
    try await webex.script(["text": .string(Texts.words(3_000)), "speed": 20])
    let room = try await webex.group("Deploy desk")
    let roots = [
      try await webex.post("\(mention) one", in: room, as: alice),
      try await webex.post("\(mention) two", in: room, as: alice),
    ]
    _ = try await eventually("the first answer to grow") {
      try await ever(under: roots[0], in: room, webex).first { $0.text.contains("word5 ") }
    }
    try await lose(["delayMs": 60_000], after: 0, in: webex)
    let sign = try await eventually("the sign") {
      try await webex.watched(in: room).first { $0.text.hasPrefix("_Received.") }
    }
    await first.kill()
    try await webex.clearFaults()
    try await webex.script(["text": "Soon.", "speed": 0, "delay": 0])
    let second = try await AssistantProcess.start(webex, folder: folder)
    try await second.untilTurns(2)
    _ = try await eventually("the sign to go") {
      try await webex.watched(in: room).first { $0.id == sign.id }?.deleted
    }
    for root in roots {
      #expect(try await webex.standing(under: root, in: room).map(\.text) == ["Soon."])
    }
    #expect(await second.stop() == 0)
  }
}
