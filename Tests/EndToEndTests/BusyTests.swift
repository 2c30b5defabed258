import Foundation
import HTTPTypes
import Testing
import WebexAPI

private let alice = "sim-alice-token"
private let bob = "sim-bob-token"

@Suite("A busy conversation")
struct BusyTests {
  private func isSign(_ message: SimulatedWebex.WatchedMessage) -> Bool {
    message.versions[0].text.hasPrefix("_Received.")
  }

  @Test("what waits gets one sign, late, edited as the count changes, and removed at the end")
  func sign() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    let room = try await webex.directRoom(of: "alice")
    try await webex.script(["text": .string(Texts.words(240)), "speed": 20])
    let first = try await webex.post("First", in: room, as: alice)
    _ = try await webex.reply(to: first, in: room, as: alice) { $0.contains("word3") }
    let second = try await webex.post("Second", in: room, as: alice)
    let sign = try await eventually("the sign") {
      try await webex.watched(in: room).first(where: isSign)
    }
    // In the thread of the only question that waits, and not at once.
    #expect(sign.parentID == second)
    let asked = try #require(try await webex.created(second, as: alice))
    #expect(sign.versions[0].time.timeIntervalSince(asked) > 3.5)
    try await webex.script(["text": "Soon.", "speed": 0, "delay": 0])
    let third = try await webex.post("Third", in: room, as: alice)
    try await assistant.untilTurns(3)
    let gone = try await eventually("the sign to go") {
      try await webex.watched(in: room).filter(isSign).first { $0.deleted != nil }
    }
    #expect(gone.versions.count <= 2)
    if gone.versions.count == 2 { #expect(gone.text.contains("2 messages wait here")) }
    #expect(try await webex.watched(in: room).filter(isSign).count == 1)
    try await ReplyChecks(webex: webex, room: room, question: first).expect(Texts.words(240))
    for question in [second, third] {
      try await ReplyChecks(webex: webex, room: room, question: question).expect("Soon.")
    }
    #expect(try await webex.completions().map(\.question) == ["First", "Second", "Third"])
    #expect(await assistant.stop() == 0)
  }

  @Test("questions of several threads share one sign at the top of the space")
  func shared() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    let room = try await webex.group("Deploy desk")
    try await webex.script(["text": .string(Texts.words(240)), "speed": 20])
    for (number, token) in [alice, bob, alice].enumerated() {
      _ = try await webex.post("\(SimulatedWebex.mention) \(number)", in: room, as: token)
    }
    let sign = try await eventually("the sign") {
      try await webex.watched(in: room).first(where: isSign)
    }
    #expect(sign.parentID == nil && sign.text.contains("2 messages wait here"))
    try await webex.script(["text": "Soon.", "speed": 0, "delay": 0])
    try await assistant.untilTurns(3)
    _ = try await eventually("the sign to go") {
      try await webex.watched(in: room).filter(isSign).allSatisfy { $0.deleted != nil } ? () : nil
    }
    #expect(await assistant.stop() == 0)
  }

  @Test("a wait of a moment needs no sign, and another conversation does not wait")
  func noSign() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    let (busy, free) = (
      try await webex.directRoom(of: "alice"), try await webex.directRoom(of: "bob")
    )
    try await webex.script(["text": .string(Texts.words(40)), "speed": 20])
    let first = try await webex.post("First", in: busy, as: alice)
    _ = try await webex.post("Second", in: busy, as: alice)
    let other = try await webex.post("Elsewhere", in: free, as: bob)
    for (root, room, token) in [(first, busy, alice), (other, free, bob)] {
      _ = try await webex.reply(to: root, in: room, as: token) { $0.hasSuffix("word40") }
    }
    // Side by side, not one after the other.
    let calls = try await webex.completions()
    let there = try #require(calls.first { $0.question == "Elsewhere" })
    #expect(there.time < (try #require(calls.first?.ended)))
    try await assistant.untilTurns(3)
    #expect(try await webex.watched(in: busy).filter(isSign).isEmpty)
    #expect(await assistant.stop() == 0)
  }

  @Test("over a space's bound a message gets one clear sentence, and what was taken is answered")
  func spaceBound() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex, ["MAXIMUM_WAITING_PER_SPACE": "2"])
    let room = try await webex.group("Deploy desk")
    try await webex.script(["text": .string(Texts.words(3_000)), "speed": 20])
    var questions: [String] = []
    for number in 0..<4 {
      questions.append(
        try await webex.post(
          "\(SimulatedWebex.mention) \(number)", in: room,
          as: number.isMultiple(of: 2) ? alice : bob))
      if number == 0 {
        _ = try await webex.reply(to: questions[0], in: room, as: alice) { $0.contains("word3") }
      }
    }
    let refused = try await webex.reply(to: questions[3], in: room, as: bob)
    #expect(refused.hasPrefix("Too many messages wait here already"))
    try await webex.script(["text": "Soon.", "speed": 0, "delay": 0])
    // There is always room for this.
    _ = try await webex.post("\(SimulatedWebex.mention) /stop", in: room, as: bob)
    try await assistant.untilTurns(3)
    let asked = try await webex.completions().map(\.question)
    #expect(asked == ["Alice Example: 0", "Bob Example: 1", "Alice Example: 2"])
    #expect(await assistant.stop() == 0)
  }

  @Test("over a person's bound, too, wherever they wrote; another person is still taken")
  func personBound() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(
      webex, ["MAXIMUM_WAITING_PER_PERSON": "2", "MAXIMUM_CONCURRENT_ANSWERS": "1"])
    let (direct, group) = (
      try await webex.directRoom(of: "alice"), try await webex.group("Deploy desk")
    )
    try await webex.script(["text": .string(Texts.words(3_000)), "speed": 20])
    let first = try await webex.post("0", in: direct, as: alice)
    _ = try await webex.reply(to: first, in: direct, as: alice) { $0.contains("word3") }
    _ = try await webex.post("1", in: direct, as: alice)
    _ = try await webex.post("\(SimulatedWebex.mention) 2", in: group, as: alice)
    let third = try await webex.post("\(SimulatedWebex.mention) 3", in: group, as: alice)
    let refused = try await webex.reply(to: third, in: group, as: alice)
    #expect(refused.hasPrefix("Too many messages of yours wait"))
    try await webex.script(["text": "Soon.", "speed": 0, "delay": 0])
    _ = try await webex.post("/stop", in: direct, as: alice)
    let bobs = try await webex.post("\(SimulatedWebex.mention) 4", in: group, as: bob)
    #expect(try await webex.reply(to: bobs, in: group, as: bob) == "Soon.")
    try await assistant.untilTurns(4)
    #expect(try await webex.completions().count == 4)
    #expect(await assistant.stop() == 0)
  }

  @Test("a sign that a killed process left standing is gone after the next start")
  func killed() async throws {
    let webex = try await SimulatedWebex.start()
    let folder = try AssistantProcess.newFolder()
    let first = try await AssistantProcess.start(webex, folder: folder)
    let room = try await webex.directRoom(of: "alice")
    try await webex.script(["text": .string(Texts.words(3_000)), "speed": 20])
    let questions = [
      try await webex.post("First", in: room, as: alice),
      try await webex.post("Second", in: room, as: alice),
    ]
    _ = try await eventually("the sign") {
      try await webex.watched(in: room).first(where: isSign)
    }
    await first.kill()
    try await webex.script(["text": "Soon.", "speed": 0, "delay": 0])
    let second = try await AssistantProcess.start(webex, folder: folder)
    try await second.untilTurns(2)
    _ = try await eventually("the sign to go") {
      try await webex.watched(in: room).filter(isSign).allSatisfy { $0.deleted != nil } ? () : nil
    }
    for question in questions {
      #expect(try await webex.standing(under: question, in: room).map(\.text) == ["Soon."])
    }
    #expect(await second.stop() == 0)
  }
}
