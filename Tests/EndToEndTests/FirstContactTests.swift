import Foundation
import HTTPTypes
import Testing
import WebexAPI

private let alice = "sim-alice-token"
private let bob = "sim-bob-token"

@Suite("First contact")
struct FirstContactTests {
  private func greetings(_ webex: SimulatedWebex, in room: SimulatedWebex.Room) async throws
    -> [SimulatedWebex.WatchedMessage]
  {
    try await webex.watched(in: room).filter { $0.text.hasPrefix("Hello! I am an assistant") }
  }

  @Test("added to a space, it greets once, says who answers, and not again when it is asked")
  func added() async throws {
    let webex = try await SimulatedWebex.start()
    let folder = try AssistantProcess.newFolder()
    let first = try await AssistantProcess.start(webex, folder: folder, ["GREETING": "true"])
    try await webex.script(["text": "An answer.", "speed": 0, "delay": 0])
    let room = try await webex.addGroup("New", members: ["alice@example.com", "bob@example.com"])
    try await webex.add(SimulatedWebex.botEmail, to: room, as: alice)
    let greeting = try await eventually("the greeting") {
      try await greetings(webex, in: room).first
    }
    #expect(greeting.parentID == nil)
    #expect(greeting.text.contains("`scripted`") && greeting.text.contains("`/help`"))
    for token in [alice, bob] {
      let question = try await webex.post("\(SimulatedWebex.mention) hi", in: room, as: token)
      _ = try await webex.reply(to: question, in: room, as: token)
    }
    // Another person who is added is no first contact, nor is a restart.
    try await webex.add("carol@partner.example", to: room, as: alice)
    #expect(await first.stop() == 0)
    let second = try await AssistantProcess.start(webex, folder: folder, ["GREETING": "true"])
    let question = try await webex.post("\(SimulatedWebex.mention) and now?", in: room, as: alice)
    #expect(try await webex.reply(to: question, in: room, as: alice) == "An answer.")
    #expect(try await greetings(webex, in: room).count == 1)
    #expect(await second.stop() == 0)
  }

  @Test("first written to, it greets once beside the answer")
  func written() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex, ["GREETING": "true"])
    try await webex.script(["text": "An answer.", "speed": 0, "delay": 0])
    let room = try await webex.directRoom(of: "alice")
    for number in 1...2 {
      let question = try await webex.post("Question \(number)", in: room, as: alice)
      try await assistant.untilTurns(number)
      try await ReplyChecks(webex: webex, room: room, question: question).expect("An answer.")
    }
    let greetings = try await greetings(webex, in: room)
    #expect(greetings.count == 1)
    #expect(greetings.first?.text.contains("Write to me as you would to a colleague") == true)
    #expect(await assistant.stop() == 0)
  }

  @Test("who may not use it is not greeted; switched off, nobody is")
  func notGreeted() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(
      webex, ["GREETING": "true", "APPROVED_USERS": "alice@example.com"])
    try await webex.script(["text": "An answer.", "speed": 0, "delay": 0])
    let room = try await webex.addGroup("Bob's", members: ["bob@example.com", "alice@example.com"])
    try await webex.add(SimulatedWebex.botEmail, to: room, as: bob)
    _ = try await webex.post("\(SimulatedWebex.mention) hi", in: room, as: bob)
    // Its first contact is with someone who may: told then.
    let question = try await webex.post("\(SimulatedWebex.mention) hi", in: room, as: alice)
    #expect(try await webex.reply(to: question, in: room, as: alice) == "An answer.")
    _ = try await eventually("the greeting") { try await greetings(webex, in: room).first }
    #expect(try await webex.completions().count == 1)
    #expect(await assistant.stop() == 0)

    let silent = try await AssistantProcess.start(webex, ["GREETING": "false"])
    let other = try await webex.addGroup("Quiet", members: ["alice@example.com"])
    try await webex.add(SimulatedWebex.botEmail, to: other, as: alice)
    let second = try await webex.post("\(SimulatedWebex.mention) hi", in: other, as: alice)
    _ = try await webex.reply(to: second, in: other, as: alice)
    #expect(try await greetings(webex, in: other).isEmpty)
    #expect(await silent.stop() == 0)
  }
}
