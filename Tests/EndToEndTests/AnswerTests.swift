import Foundation
import HTTPTypes
import Testing
import WebexAPI

private let alice = "sim-alice-token"
private let bob = "sim-bob-token"

@Suite("Questions and answers, as processes over sockets", .serialized)
struct AnswerTests {
  @Test("a direct question is answered in its own thread, growing in place")
  func direct() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    try await webex.script(["text": .string(lines(60)), "speed": 80])
    let room = try await webex.directRoom(of: "alice")
    let question = try await webex.post("Tell me sixty lines", in: room, as: alice)
    let answer = try await webex.reply(to: question, in: room, as: alice) { $0.contains("line 60") }
    #expect(answer == lines(60))
    #expect(try await webex.replies(to: question, in: room, as: alice).count == 1)
    // It grew: posted once, edited several times, never beyond Webex's ten.
    #expect(try await webex.botRequests("POST", "/v1/messages") == 1)
    let edits = try await webex.botRequests("PUT")
    #expect((2...10).contains(edits), "\(edits) edits")
    #expect(try await webex.rejections().isEmpty)
    #expect(await assistant.stop() == 0)
  }

  @Test("in a group a mention is answered in the thread in which it was asked, by name")
  func group() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    try await webex.script(["text": "Understood.", "speed": 0, "delay": 0])
    let room = try await webex.group("Deploy desk")
    let root = try await webex.post("Not for the bot", in: room, as: bob)
    let question = try await webex.post(
      "\(SimulatedWebex.mention) what about staging?", in: room, as: alice, parentID: root)
    // The reply is in the thread of the root, not under the question.
    #expect(try await webex.reply(to: root, in: room, as: alice) == "Understood.")
    #expect(try await webex.replies(to: question, in: room, as: alice).isEmpty)
    let second = try await webex.post("\(SimulatedWebex.mention) /ask and now?", in: room, as: bob)
    #expect(try await webex.reply(to: second, in: room, as: bob) == "Understood.")
    let asked = try await webex.modelRequests().map(lastUserMessage)
    #expect(asked == ["Alice Example: what about staging?", "Bob Example: and now?"])
    // The second question came with the first turn as history.
    let roles = roles(try #require(try await webex.modelRequests().last))
    #expect(roles == ["system", "user", "assistant", "user"])
    #expect(await assistant.stop() == 0)
  }

  @Test("/reset forgets the space's history, and only that space's")
  func reset() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    try await webex.script(["text": "Noted.", "speed": 0, "delay": 0])
    for (name, token) in [("alice", alice), ("bob", bob)] {
      let room = try await webex.directRoom(of: name)
      let first = try await webex.post("remember 42", in: room, as: token)
      _ = try await webex.reply(to: first, in: room, as: token)
    }
    let room = try await webex.directRoom(of: "alice")
    let reset = try await webex.post("/reset", in: room, as: alice)
    #expect(try await webex.reply(to: reset, in: room, as: alice).contains("Forgotten"))
    let again = try await webex.post("what was it?", in: room, as: alice)
    _ = try await webex.reply(to: again, in: room, as: alice)
    #expect(roles(try #require(try await webex.modelRequests().last)) == ["system", "user"])
    let bobs = try await webex.directRoom(of: "bob")
    let other = try await webex.post("what was it?", in: bobs, as: bob)
    _ = try await webex.reply(to: other, in: bobs, as: bob)
    #expect(
      roles(try #require(try await webex.modelRequests().last))
        == ["system", "user", "assistant", "user"])
    #expect(await assistant.stop() == 0)
  }

  @Test("20,000 characters with code blocks arrive complete, in order, within the limits")
  func long() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    let text = longAnswer(characters: 20_000)
    try await webex.script(["text": .string(text), "speed": 2000])
    let room = try await webex.directRoom(of: "alice")
    let question = try await webex.post("Everything, please", in: room, as: alice)
    _ = try await webex.reply(to: question, in: room, as: alice) { $0.contains("THE END") }
    let pieces = try await webex.replies(to: question, in: room, as: alice).map(\.markdown)
    #expect(pieces.count >= 3)
    #expect(pieces.allSatisfy { $0.utf8.count <= 7439 })
    #expect(withoutFenceRepair(pieces) == text)
    #expect(try await webex.rejections().isEmpty)
    #expect(await assistant.stop() == 0)
  }

  @Test("what is not a question does no harm: own posts, deletes, files, unknown verbs")
  func harmless() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    try await webex.script(["text": "Answer.", "speed": 0, "delay": 0])
    let room = try await webex.directRoom(of: "alice")
    _ = try await webex.call(
      .post, "/v1/messages", token: SimulatedWebex.botToken,
      body: ["roomId": .string(room.id), "markdown": "The bot speaks by itself."])
    let deleted = try await webex.post("/help", in: room, as: alice)
    _ = try await webex.reply(to: deleted, in: room, as: alice)
    _ = try await webex.call(
      .put, "/v1/messages/\(deleted)", token: alice,
      body: ["roomId": .string(room.id), "markdown": "/help me"])
    // A command that was edited is run once more.
    _ = try await eventually("help for the edited command") {
      try await webex.replies(to: deleted, in: room, as: alice).count == 2 ? () : nil
    }
    _ = try await webex.call(.delete, "/v1/messages/\(deleted)", token: alice)
    try await webex.mercury([
      "action": "send", "frame": "{\"id\":\"x\",\"data\":{\"eventType\":\"a.b\"}}",
    ])
    try await webex.mercury(["action": "send", "frame": "not json at all"])
    try await webex.mercury(["action": "send", "frame": "{\"data\":null}"])
    try await webex.mercury([
      "action": "send", "frame": .string(String(repeating: "x", count: 2_000_000)),
    ])
    let question = try await webex.post("still there?", in: room, as: alice)
    #expect(try await webex.reply(to: question, in: room, as: alice) == "Answer.")
    #expect(try await webex.modelRequests().count == 1)
    #expect(await assistant.stop() == 0)
  }

  @Test("a file is answered by its caption, once, and the answer says that files are not read")
  func files() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    try await webex.script(["text": "By the caption.", "speed": 0, "delay": 0])
    let room = try await webex.directRoom(of: "alice")
    let captioned = try await webex.share("What is this?", in: room, as: alice)
    let answer = try await webex.reply(to: captioned, in: room, as: alice)
    #expect(answer.hasPrefix("By the caption.\n\n"))
    #expect(answer.contains("cannot read files yet"))
    let silent = try await webex.share(nil, in: room, as: alice)
    #expect(
      try await webex.reply(to: silent, in: room, as: alice).contains("cannot read files yet"))
    // Webex sends an update once the file is scanned; it is not a second question.
    let after = try await webex.post("and now?", in: room, as: alice)
    _ = try await webex.reply(to: after, in: room, as: alice)
    #expect(
      try await webex.modelRequests().map(lastUserMessage) == ["What is this?", "and now?"])
    #expect(try await webex.replies(to: captioned, in: room, as: alice).count == 1)
    #expect(await assistant.stop() == 0)
  }

  @Test("another bot that mentions it gets no answer: two bots never talk to each other")
  func otherBots() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    try await webex.script(["text": "For people.", "speed": 0, "delay": 0])
    let bot = try await webex.call(
      .post, "/sim/people",
      body: ["email": "other@webex.bot", "displayName": "Other", "type": "bot"])
    let token = try #require(bot["token"]?.stringValue)
    let room = try await webex.addGroup(
      "Bots", members: ["alice@example.com", "other@webex.bot", SimulatedWebex.botEmail])
    let bots = try await webex.post("\(SimulatedWebex.mention) hello", in: room, as: token)
    let person = try await webex.post("\(SimulatedWebex.mention) hello", in: room, as: alice)
    _ = try await webex.reply(to: person, in: room, as: alice)
    #expect(try await webex.replies(to: bots, in: room, as: alice).isEmpty)
    #expect(try await webex.modelRequests().count == 1)
    #expect(await assistant.stop() == 0)
  }

  @Test("one activity delivered many times is answered once")
  func duplicates() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    try await webex.script(["text": "Once.", "speed": 0, "delay": 0])
    try await webex.faults(["mercury": ["duplicate": 3]])
    let room = try await webex.directRoom(of: "alice")
    let question = try await webex.post("how often?", in: room, as: alice)
    _ = try await webex.reply(to: question, in: room, as: alice)
    let second = try await webex.post("and now?", in: room, as: alice)
    _ = try await webex.reply(to: second, in: room, as: alice)
    #expect(try await webex.replies(to: question, in: room, as: alice).count == 1)
    #expect(try await webex.modelRequests().count == 2)
    #expect(await assistant.stop() == 0)
  }

  @Test("in another region the ids of that cluster are used")
  func region() async throws {
    let webex = try await SimulatedWebex.start(region: "urn:TEAM:us-west-2_r")
    let assistant = try await AssistantProcess.start(webex)
    try await webex.script(["text": "Here.", "speed": 0, "delay": 0])
    let room = try await webex.directRoom(of: "alice")
    let question = try await webex.post("where?", in: room, as: alice)
    #expect(try await webex.reply(to: question, in: room, as: alice) == "Here.")
    #expect(await assistant.stop() == 0)
  }

  @Test("a message that REST does not show yet is asked for again")
  func race() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    try await webex.script(["text": "Found.", "speed": 0, "delay": 0])
    try await webex.faults(["messageLookup404Times": 2])
    let room = try await webex.directRoom(of: "alice")
    let question = try await webex.post("can you see me?", in: room, as: alice)
    #expect(try await webex.reply(to: question, in: room, as: alice) == "Found.")
    #expect(await assistant.stop() == 0)
  }

  @Test("200 spaces at the same moment each get their own answer in their own thread")
  func twoHundred() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex, ["LOG_LEVEL": "notice"])
    try await webex.script(["mode": "echo", "speed": 200])
    var people: [(token: String, room: SimulatedWebex.Room)] = []
    for index in 0..<200 { people.append(try await webex.addPerson("p\(index)@team.example")) }
    let started = ContinuousClock.now
    let questions = try await withThrowingTaskGroup(of: (Int, String).self) { group in
      for (index, person) in people.enumerated() {
        group.addTask {
          (
            index,
            try await webex.post("question number \(index)!", in: person.room, as: person.token)
          )
        }
      }
      return try await group.reduce(into: [Int: String]()) { $0[$1.0] = $1.1 }
    }
    for (index, person) in people.enumerated() {
      let question = try #require(questions[index])
      let answer = try await webex.reply(to: question, in: person.room, as: person.token) {
        $0.contains("!")
      }
      #expect(answer.contains("question number \(index)!"))
      let all = try await webex.messages(in: person.room, as: person.token)
      #expect(all.filter { $0.personEmail == SimulatedWebex.botEmail }.count == 1)
    }
    let time = ContinuousClock.now - started
    print(
      "200 spaces: all answered after \(time), peak memory \(assistant.process.peakMemory >> 20) MiB"
    )
    #expect(try await webex.rejections().isEmpty)
    #expect(await assistant.stop() == 0)
  }

  // MARK: Texts

  private func lines(_ count: Int) -> String {
    (1...count).map { "This is line \($0)" }.joined(separator: "\n")
  }

  private func longAnswer(characters: Int) -> String {
    var text = ""
    var section = 1
    while text.count < characters {
      text += "## Section \(section)\n\nSome words about it, with ünïcödé and 👩‍👩‍👧‍👦 in between.\n\n"
      text += "```swift\n"
      for line in 1...30 { text += "let value\(section)_\(line) = \(line) // a comment\n" }
      text += "```\n\n"
      section += 1
    }
    return text + "THE END"
  }

  /// Takes out what the splitter put in: a closing fence at a piece's end, a reopened one at the next.
  private func withoutFenceRepair(_ pieces: [String]) -> String {
    var joined = ""
    for piece in pieces {
      var body = Substring(piece)
      if joined.hasSuffix("```"), isOpen(String(joined.dropLast(3))), body.hasPrefix("```swift\n") {
        joined.removeLast(3)
        body = body.dropFirst("```swift\n".count)
      }
      joined += body
    }
    return joined
  }

  private func isOpen(_ text: String) -> Bool {
    !text.split(separator: "\n").filter { $0.hasPrefix("```") }.count.isMultiple(of: 2)
  }

  private func lastUserMessage(_ request: JSONValue) -> String {
    let messages = (request["body"] ?? request)["messages"]?.arrayValue ?? []
    return messages.last?["content"]?.stringValue ?? ""
  }

  private func roles(_ request: JSONValue) -> [String] {
    ((request["body"] ?? request)["messages"]?.arrayValue ?? []).compactMap {
      $0["role"]?.stringValue
    }
  }
}
