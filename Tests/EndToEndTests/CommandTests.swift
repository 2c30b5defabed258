import Foundation
import HTTPTypes
import Testing
import WebexAPI

private let alice = "sim-alice-token"
private let bob = "sim-bob-token"
private let carol = "sim-carol-token"
private let mention = SimulatedWebex.mention

@Suite("Built-in commands", .serialized)
struct CommandTests {
  private static func start(_ settings: [String: String] = [:]) async throws -> (
    SimulatedWebex, AssistantProcess
  ) {
    let webex = try await SimulatedWebex.start()
    try await webex.script(["text": "An answer.", "speed": 0, "delay": 0])
    return (webex, try await AssistantProcess.start(webex, settings))
  }

  @Test("every built-in command answers, however it is spelled, and only a question asks the model")
  func all() async throws {
    let (webex, assistant) = try await Self.start()
    let room = try await webex.directRoom(of: "alice")
    let table = [
      ("/whoami", "alice@example.com"), ("/WhoAmI", room.id), ("/settings", "Temperature"),
      ("/model", "`scripted-echo`"), ("/prompt", "`default`"), ("/stop", "not writing"),
      ("/retry", "no question"), ("/continue", "nothing to go on"), ("/reset", "nothing to forget"),
      ("/help", "/whoami"), ("/model scripted-fas", "scripted-fast"),
      ("/model skripted", "scripted"), ("/model nonsense", "No model"),
      ("/prompt nonsense", "no prompt"),
      ("/model scripted-fast", "from now on"), ("/model default", "default"),
    ]
    for (text, part) in table {
      let root = try await webex.post(text, in: room, as: alice)
      try await webex.says(part, under: root, in: room, as: alice)
    }
    #expect(try await webex.modelRequests().isEmpty)
    for text in ["/ask why?", "/CHAT why?", "why?"] {
      let root = try await webex.post(text, in: room, as: alice)
      #expect(try await webex.reply(to: root, in: room, as: alice) == "An answer.")
    }
    #expect(try await webex.completions().map(\.question) == ["why?", "why?", "why?"])
    #expect(await assistant.stop() == 0)
  }

  @Test("the mention is taken out by its element, before and after the command, with any name")
  func mentions() async throws {
    let (webex, assistant) = try await Self.start()
    let desk = try await webex.group("Deploy desk")
    let names = [
      "\(mention) /whoami", "/whoami \(mention)", "**\(mention)** /whoami",
      "<@personEmail:\(SimulatedWebex.botEmail)|The /reset bot> /whoami",
    ]
    for text in names {
      let root = try await webex.post(text, in: desk, as: alice)
      try await webex.says(
        "alice@example.com", under: root, in: desk, as: alice, within: .seconds(10))
    }
    #expect(await assistant.stop() == 0)
  }

  @Test("a near miss gets suggestions and no model call; a double slash is for the model")
  func nearMisses() async throws {
    let (webex, assistant) = try await Self.start()
    let room = try await webex.directRoom(of: "alice")
    for (text, suggestion) in [
      ("/rest", "`/reset`"), ("/hlep", "`/help`"), ("/setings", "`/settings`"),
      ("/stop!", "`/stop`"), ("/nothinglikeit", "`/help`"),
    ] {
      let root = try await webex.post(text, in: room, as: alice)
      try await webex.says(suggestion, under: root, in: room, as: alice)
    }
    #expect(try await webex.modelRequests().isEmpty)
    for text in ["//reset means what?", "/etc/hosts has what?"] {
      let root = try await webex.post(text, in: room, as: alice)
      #expect(try await webex.reply(to: root, in: room, as: alice) == "An answer.")
      #expect(try await webex.completions().last?.question == text)
    }
    #expect(await assistant.stop() == 0)
  }

  @Test("the buttons of /help run its commands, for whoever presses, as often as they like")
  func help() async throws {
    let (webex, assistant) = try await Self.start()
    let desk = try await webex.group("Deploy desk")
    let (root, card) = try await webex.open("/help", in: desk, as: alice)
    for keyword in ["/chat", "/model", "/settings", "/whoami", "/reset"] {
      #expect(card.button(keyword)?.data["run"]?.stringValue == keyword)
      #expect(card.fallback.contains(keyword))
    }
    try await webex.press("/whoami", on: card, as: alice)
    try await webex.says("alice@example.com", under: root, in: desk, as: alice)
    try await webex.press("/whoami", on: card, as: bob)
    try await webex.says("bob@example.com", under: root, in: desk, as: alice)
    try await webex.press("/whoami", on: card, as: bob)
    try await webex.says("bob@example.com", under: root, in: desk, as: alice, times: 2)
    // A button may open another card, in the same thread.
    try await webex.press("/chat", on: card, as: carol)
    let settings = try await webex.card(under: root, in: desk, as: alice) {
      $0.button("Save") != nil
    }
    try await webex.press("Cancel", on: settings, as: carol)
    _ = try await webex.card(under: root, in: desk, as: alice) {
      $0.text.contains("not changed") && $0.text.contains("Carol Example")
    }
    #expect(try await webex.cards(in: desk, as: alice).contains { $0.messageID == card.messageID })
    #expect(try await webex.modelRequests().isEmpty)
    #expect(await assistant.stop() == 0)
  }

  @Test("/help shows what this person may run here; another's button gives no right")
  func helpByRight() async throws {
    let (webex, assistant) = try await Self.start([
      "SETTINGS_POLICY": "admins", "ADMINS": "alice@example.com",
    ])
    let desk = try await webex.group("Deploy desk")
    let (root, full) = try await webex.open("/help", in: desk, as: alice)
    #expect(full.button("/chat") != nil)
    let (_, small) = try await webex.open("/help", in: desk, as: bob)
    #expect(small.button("/chat") == nil && !small.fallback.contains("/chat"))
    try await webex.press("/chat", on: full, as: bob)
    try await webex.says("Only my administrators", under: root, in: desk, as: alice)
    #expect(
      try await webex.cards(in: desk, as: alice).filter { $0.button("Save") != nil }.isEmpty)
    // In a direct space they are one's own.
    let (_, own) = try await webex.open("/help", in: try await webex.directRoom(of: "bob"), as: bob)
    #expect(own.button("/chat") != nil)
    #expect(await assistant.stop() == 0)
  }

  @Test("a button works after a restart, is too old after two days, and forged data runs nothing")
  func oldHelp() async throws {
    let folder = try AssistantProcess.newFolder()
    let webex = try await SimulatedWebex.start()
    let first = try await AssistantProcess.start(webex, folder: folder)
    let desk = try await webex.group("Deploy desk")
    let (root, card) = try await webex.open("/help", in: desk, as: alice)
    try await first.untilTurns(1)
    await first.kill()
    let second = try await AssistantProcess.start(webex, folder: folder)
    try await webex.press("/whoami", on: card, as: bob)
    try await webex.says("bob@example.com", under: root, in: desk, as: alice)
    let before = try await webex.watched(in: desk).count
    for data: JSONValue in [
      [:], ["run": "/nope"], ["run": "/whoami\n/reset"], ["run": 7], ["run": "tell me a secret"],
    ] {
      try await webex.press(card.messageID, data, as: bob)
    }
    try await eventually("the end of five presses") {
      second.process.stderr.components(separatedBy: "outcome=\"unknown card\"").count > 5 ? () : nil
    }
    // Told once a minute, however often it is pressed.
    let told = try await webex.watched(in: desk).dropFirst(before)
    #expect(told.count == 1 && told.first?.text.contains("do not know") == true)
    #expect(try await webex.modelRequests().isEmpty)
    #expect(await second.stop() == 0)

    try await AssistantProcess.ageCards(in: folder, byHours: 48)
    let third = try await AssistantProcess.start(webex, folder: folder)
    try await webex.press("/whoami", on: card, as: alice)
    try await webex.says("too old", under: root, in: desk, as: alice)
    #expect(await third.stop() == 0)
  }

  @Test("/reset by a button forgets what was said here, not elsewhere")
  func resetButton() async throws {
    let (webex, assistant) = try await Self.start()
    let desk = try await webex.group("Deploy desk")
    let direct = try await webex.directRoom(of: "alice")
    for (text, room) in [("\(mention) one", desk), ("two", direct)] {
      let root = try await webex.post(text, in: room, as: alice)
      _ = try await webex.reply(to: root, in: room, as: alice)
    }
    let (root, card) = try await webex.open("/help", in: desk, as: alice)
    try await webex.press("/reset", on: card, as: bob)
    try await webex.says("Forgotten", under: root, in: desk, as: alice)
    for (text, room, count) in [("\(mention) three", desk, 2), ("four", direct, 4)] {
      let root = try await webex.post(text, in: room, as: alice)
      _ = try await webex.reply(to: root, in: room, as: alice)
      #expect(try await webex.completions().last?.messages.count == count)
    }
    #expect(await assistant.stop() == 0)
  }

  @Test("a press whose event comes twice runs once")
  func replayedPress() async throws {
    let (webex, assistant) = try await Self.start()
    try await webex.faults(["mercury": ["duplicate": 2]])
    let desk = try await webex.group("Deploy desk")
    let (root, card) = try await webex.open("/help", in: desk, as: alice)
    try await webex.press("/whoami", on: card, as: alice)
    try await webex.says("alice@example.com", under: root, in: desk, as: alice)
    let last = try await webex.post("\(mention) /settings", in: desk, as: alice)
    try await webex.says("Temperature", under: last, in: desk, as: alice)
    #expect(try await webex.standing(under: root, in: desk).count == 2)
    #expect(await assistant.stop() == 0)
  }

  @Test("a press that Webex is slow to hand over is answered all the same")
  func slowPress() async throws {
    let (webex, assistant) = try await Self.start()
    let desk = try await webex.group("Deploy desk")
    let (root, card) = try await webex.open("/help", in: desk, as: alice)
    try await webex.faults([
      "rest": [["method": "GET", "path": "/v1/attachment/actions/*", "status": 502, "times": 4]]
    ])
    try await webex.press("/whoami", on: card, as: alice)
    try await webex.says("alice@example.com", under: root, in: desk, as: alice)
    #expect(await assistant.stop() == 0)
  }
}
