import Foundation
import HTTPTypes
import Testing
import WebexAPI

private let alice = "sim-alice-token"
private let bob = "sim-bob-token"
private let carol = "sim-carol-token"
private let mention = SimulatedWebex.mention

@Suite("Who may use it", .serialized)
struct AccessTests {
  private static func start(_ settings: [String: String]) async throws -> (
    SimulatedWebex, AssistantProcess
  ) {
    let webex = try await SimulatedWebex.start()
    try await webex.script(["text": "An answer.", "speed": 0, "delay": 0])
    return (webex, try await AssistantProcess.start(webex, settings))
  }

  private static func answers(
    _ webex: SimulatedWebex, _ room: SimulatedWebex.Room, _ token: String
  ) async throws -> Bool {
    let text = "hello from \(UUID().uuidString)"
    let question = try await webex.post(
      room.isDirect ? text : "\(mention) \(text)", in: room, as: token)
    return try await webex.reply(to: question, in: room, as: token) == "An answer."
  }

  @Test(
    "a list admits by address, by pattern, by domain",
    arguments: [
      (["APPROVED_USERS": "Alice@Example.com"], ["alice"], ["bob", "carol"]),
      (["APPROVED_USERS": "*@partner.example,b*@example.com"], ["bob", "carol"], ["alice"]),
      (["APPROVED_DOMAINS": ".example"], ["carol"], ["alice"]),
      (["APPROVED_DOMAINS": "example.com"], ["alice", "bob"], ["carol"]),
      (
        ["APPROVED_USERS": "nobody@example.com", "ADMINS": "carol@partner.example"], ["carol"],
        ["alice"]
      ),
      (["REQUIRE_APPROVAL": "true"], [], ["alice"]),
    ])
  func lists(settings: [String: String], admitted: [String], refused: [String]) async throws {
    let (webex, assistant) = try await Self.start(settings)
    for name in admitted {
      let room = try await webex.directRoom(of: name)
      #expect(try await Self.answers(webex, room, "sim-\(name)-token"))
    }
    for name in refused {
      let room = try await webex.directRoom(of: name)
      let question = try await webex.post("hello?", in: room, as: "sim-\(name)-token")
      try await webex.says("not allowed", under: question, in: room, as: "sim-\(name)-token")
    }
    #expect(try await webex.modelRequests().count == admitted.count)
    #expect(await assistant.stop() == 0)
  }

  @Test("a refused person is told once directly, in the operator's words, and never in a group")
  func denied() async throws {
    let (webex, assistant) = try await Self.start([
      "APPROVED_USERS": "alice@example.com", "DENIED_REPLY": "Please ask the help desk.",
    ])
    let direct = try await webex.directRoom(of: "bob")
    let desk = try await webex.group("Deploy desk")
    let first = try await webex.post("hello?", in: direct, as: bob)
    try await webex.says("Please ask the help desk.", under: first, in: direct, as: bob)
    _ = try await webex.post("/help", in: direct, as: bob)
    _ = try await webex.post("\(mention) hello?", in: desk, as: bob)
    #expect(try await Self.answers(webex, desk, alice))
    // Two lines for three messages: the same refusal is one line a minute.
    try await assistant.untilAudited(2) { $0.contains("bob@example.com") }
    #expect(try await webex.watched(in: direct).count == 1)
    #expect(try await webex.watched(in: desk).count == 1)
    #expect(await assistant.stop() == 0)
  }

  @Test("with DENIED_REPLY=off nobody is told anything")
  func silent() async throws {
    let (webex, assistant) = try await Self.start([
      "APPROVED_USERS": "alice@example.com", "DENIED_REPLY": "off",
    ])
    let direct = try await webex.directRoom(of: "bob")
    _ = try await webex.post("hello?", in: direct, as: bob)
    try await assistant.untilAudited(1) { $0.contains("allowed=false") }
    #expect(try await Self.answers(webex, try await webex.directRoom(of: "alice"), alice))
    #expect(try await webex.watched(in: direct).isEmpty)
    #expect(await assistant.stop() == 0)
  }

  @Test(
    "an approved space admits there, and its members directly; elsewhere it does not",
    arguments: [false, true])
  func rooms(byUUID: Bool) async throws {
    let webex = try await SimulatedWebex.start(region: "urn:TEAM:us-west-2_r")
    try await webex.script(["text": "An answer.", "speed": 0, "delay": 0])
    let club = try await webex.group("Reading club")
    let desk = try await webex.group("Deploy desk")
    let assistant = try await AssistantProcess.start(
      webex, ["APPROVED_ROOMS": byUUID ? club.uuid : club.id])
    #expect(try await Self.answers(webex, club, bob))
    #expect(try await Self.answers(webex, try await webex.directRoom(of: "bob"), bob))
    let carols = try await webex.directRoom(of: "carol")
    let question = try await webex.post("hello?", in: carols, as: carol)
    try await webex.says("not allowed", under: question, in: carols, as: carol)
    _ = try await webex.post("\(mention) hello?", in: desk, as: bob)
    try await assistant.untilAudited(1) {
      $0.contains(desk.uuid) && $0.contains("allowed=false")
    }
    #expect(try await webex.watched(in: desk).isEmpty)
    #expect(await assistant.stop() == 0)
  }

  @Test("a membership that cannot be looked up is a refusal, which is not remembered")
  func lookupFails() async throws {
    let webex = try await SimulatedWebex.start()
    try await webex.script(["text": "An answer.", "speed": 0, "delay": 0])
    let club = try await webex.group("Reading club")
    let assistant = try await AssistantProcess.start(
      webex, ["APPROVED_ROOMS": club.id, "DENIED_REPLY": "off"])
    try await webex.faults(["rest": [["path": "/v1/memberships*", "status": 403]]])
    let room = try await webex.directRoom(of: "bob")
    _ = try await webex.post("hello?", in: room, as: bob)
    try await assistant.untilAudited(1) { $0.contains("could not be looked up") }
    try await webex.clearFaults()
    #expect(try await Self.answers(webex, room, bob))
    #expect(await assistant.stop() == 0)
  }

  @Test("a title among the approved spaces stops the start, with the id to use")
  func title() async throws {
    let webex = try await SimulatedWebex.start()
    let club = try await webex.group("Reading club")
    let assistant = try await AssistantProcess.start(
      webex, ["APPROVED_ROOMS": "reading club"], waitUntilReady: false)
    #expect(await assistant.process.exit() == 78)
    #expect(assistant.process.stderr.contains("APPROVED_ROOMS"))
    #expect(assistant.process.stderr.contains(club.id))
  }

  @Test("a press is checked by who presses, not by whose card it is")
  func presses() async throws {
    let (webex, assistant) = try await Self.start(["APPROVED_USERS": "alice@example.com"])
    let desk = try await webex.group("Deploy desk")
    let (root, card) = try await webex.open("/help", in: desk, as: alice)
    let button = try #require(card.buttons.first)
    try await webex.press(card.messageID, .object(button.data), as: bob)
    try await assistant.untilAudited(1) {
      $0.contains("bob@example.com") && $0.contains("what=press")
    }
    // Alice's own press is heard after it.
    let settings = try #require(card.buttons.first { $0.data["run"] == "/whoami" })
    try await webex.press(card.messageID, .object(settings.data), as: alice)
    try await webex.says("alice@example.com", under: root, in: desk, as: alice)
    #expect(try await webex.watched(in: desk).count == 2)
    #expect(try await webex.modelRequests().isEmpty)
    #expect(await assistant.stop() == 0)
  }

  @Test("an edit by someone who is no longer approved changes nothing")
  func edits() async throws {
    let webex = try await SimulatedWebex.start()
    try await webex.script(["text": "An answer.", "speed": 0, "delay": 0])
    let folder = try AssistantProcess.newFolder()
    let first = try await AssistantProcess.start(webex, folder: folder)
    let desk = try await webex.group("Deploy desk")
    let question = try await webex.post("\(mention) first", in: desk, as: bob)
    #expect(try await webex.reply(to: question, in: desk, as: bob) == "An answer.")
    #expect(await first.stop() == 0)
    let second = try await AssistantProcess.start(
      webex, folder: folder, ["APPROVED_USERS": "alice@example.com"])
    try await webex.edit(question, to: "\(mention) second", in: desk, as: bob)
    try await second.untilAudited(1) { $0.contains("what=edit") && $0.contains("allowed=false") }
    #expect(try await Self.answers(webex, desk, alice))
    #expect(try await webex.modelRequests().count == 2)
    #expect(await second.stop() == 0)
  }

  @Test("bots are not heard unless listed, and a listed one not in a loop")
  func bots() async throws {
    let webex = try await SimulatedWebex.start()
    try await webex.script(["text": "An answer.", "speed": 0, "delay": 0])
    for name in ["ci", "noisy"] {
      _ = try await webex.call(
        .post, "/sim/people",
        body: [
          "email": .string("\(name)@webex.bot"), "displayName": .string(name), "type": "bot",
          "token": .string("sim-\(name)-token"),
        ])
    }
    let room = try await webex.addGroup(
      "Bots",
      members: ["alice@example.com", "ci@webex.bot", "noisy@webex.bot", "assistant@webex.bot"])
    let assistant = try await AssistantProcess.start(
      webex, ["APPROVED_USERS": "alice@example.com,ci@webex.bot"])
    _ = try await webex.post("\(mention) do you hear me?", in: room, as: "sim-noisy-token")
    for number in 1...22 {
      _ = try await webex.post("\(mention) build \(number)", in: room, as: "sim-ci-token")
    }
    try await assistant.untilAudited(1) { $0.contains("20 times within a minute") }
    // People are answered all the same.
    #expect(try await Self.answers(webex, room, alice))
    let asked = try await webex.completions().map(\.question)
    #expect(asked.filter { $0.contains("build") }.count == 20)
    #expect(!asked.contains { $0.contains("do you hear me") })
    #expect(await assistant.stop() == 0)
  }

  @Test(
    "it leaves a space in which nobody may use it, after saying why; where someone may, it stays")
  func leaves() async throws {
    let (webex, assistant) = try await Self.start([
      "APPROVED_USERS": "alice@example.com", "LEAVE_UNAPPROVED_SPACES": "true",
    ])
    let strangers = try await webex.addGroup(
      "Strangers", members: ["bob@example.com", "carol@partner.example"])
    try await webex.add(SimulatedWebex.botEmail, to: strangers, as: bob)
    try await eventually("the bot to leave") {
      try await webex.members(of: strangers, as: bob).contains(SimulatedWebex.botEmail) ? nil : ()
    }
    let said = try await webex.watched(in: strangers)
    #expect(said.count == 1 && said[0].text.contains("so I leave"))

    let mixed = try await webex.addGroup(
      "Mixed", members: ["bob@example.com", "alice@example.com"])
    try await webex.add(SimulatedWebex.botEmail, to: mixed, as: bob)
    #expect(try await Self.answers(webex, mixed, alice))
    #expect(try await webex.members(of: mixed, as: bob).contains(SimulatedWebex.botEmail))
    #expect(await assistant.stop() == 0)
  }

  @Test("the audit log has who, where, what and why, and never what was said")
  func audit() async throws {
    let (webex, assistant) = try await Self.start(["APPROVED_USERS": "alice@example.com"])
    let room = try await webex.directRoom(of: "alice")
    let question = try await webex.post("SENTINEL-PROMPT", in: room, as: alice)
    _ = try await webex.reply(to: question, in: room, as: alice)
    let bobs = try await webex.directRoom(of: "bob")
    let refused = try await webex.post("SENTINEL-REFUSED", in: bobs, as: bob)
    try await webex.says("not allowed", under: refused, in: bobs, as: bob)
    let lines = assistant.audit
    let admitted = try #require(lines.first { $0.contains("alice@example.com") })
    for part in [
      "allowed=true", "space=\(room.uuid)", "what=message", #"why="user: alice@example.com""#,
    ] {
      #expect(admitted.contains(part), "\(part) in \(admitted)")
    }
    let kept = try #require(lines.first { $0.contains("bob@example.com") })
    #expect(kept.contains("allowed=false") && kept.contains(#"why="in no list""#))
    #expect(!assistant.process.stderr.contains("SENTINEL"))
    #expect(await assistant.stop() == 0)
  }
}

extension AssistantProcess {
  /// Waits until the audit log has so many lines that fit.
  func untilAudited(_ count: Int, _ fits: (String) -> Bool) async throws {
    do {
      try await eventually("\(count) audit lines", within: .seconds(30)) {
        audit.filter(fits).count >= count ? () : nil
      }
    } catch {
      throw TimedOut(description: "\(error), in: \(audit.joined(separator: "\n"))")
    }
  }
}
