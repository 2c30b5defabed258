import Foundation
import HTTPTypes
import Testing
import WebexAPI

private let alice = "sim-alice-token"
private let bob = "sim-bob-token"
private let carol = "sim-carol-token"
private let mention = SimulatedWebex.mention

@Suite("The settings card", .serialized)
struct SettingsCardTests {
  @Test("alone, /chat opens the card in the thread: every field, its value, and where that is from")
  func opens() async throws {
    let (webex, assistant) = try await SettingsFixture.start()
    let desk = try await webex.group("Deploy desk")
    let (_, card) = try await webex.open("/chat", in: desk, as: alice)
    for word in ["model", "temperature", "prompt", "memory", "length", "footer"] {
      #expect(card.field(word) != nil, "no field \(word)")
    }
    for title in ["Save", "Reset to defaults", "Cancel"] {
      #expect(card.button(title)?.title == title)
    }
    let models = try #require(card.field("model")).choices
    #expect(models.contains { $0.title.hasPrefix("✓ scripted ·") })
    #expect(models.contains { $0.value == "scripted-echo" })
    let prompts = try #require(card.field("prompt")).choices.map(\.title).joined()
    #expect(prompts.contains("pirate") && !prompts.contains("secret"))
    #expect(!prompts.contains("chief"))
    #expect(card.text.contains("the default") && card.text.contains("Now scripted"))
    #expect(card.fallback.contains("/model"))
    #expect(try await webex.modelRequests().isEmpty)
    #expect(await assistant.stop() == 0)
  }

  @Test("with a question, /chat asks")
  func asks() async throws {
    let (webex, assistant) = try await SettingsFixture.start()
    let room = try await webex.directRoom(of: "alice")
    let question = try await webex.post("/chat why?", in: room, as: alice)
    try await webex.says("An answer.", under: question, in: room, as: alice)
    #expect(try await webex.completions().last?.question == "why?")
    #expect(try await webex.cards(in: room, as: alice).isEmpty)
    #expect(await assistant.stop() == 0)
  }

  @Test(
    "Save shows in the card's place what was saved and by whom, however Webex takes edits of cards",
    arguments: ["refused", "allowed", "ignored"])
  func saves(cardEdits: String) async throws {
    let (webex, assistant) = try await SettingsFixture.start()
    try await webex.faults(["cardEdits": .string(cardEdits)])
    let desk = try await webex.group("Deploy desk")
    let (root, card) = try await webex.open("/chat", in: desk, as: alice)
    try await webex.press(
      "Save", on: card, with: ["model": "scripted-fast", "temperature": "0.2", "memory": "None"],
      as: alice)
    let saved = try await webex.card(under: root, in: desk, as: alice, "the saved card") {
      $0.text.contains("Settings saved")
    }
    for part in ["scripted-fast", "0.2", "Alice Example"] {
      #expect(saved.text.contains(part), "\(part) in \(saved.text)")
    }
    #expect(saved.buttons.isEmpty && saved.fields.isEmpty)
    #expect((saved.messageID == card.messageID) == (cardEdits == "allowed"))
    // One card stands there, whichever way.
    try await eventually("the old card to go") {
      try await webex.cards(in: desk, as: alice).filter { $0.parentID == root }.count == 1
        ? () : nil
    }
    let request = try await SettingsFixture.ask(webex, "and now?", in: desk, as: bob)
    #expect(request["model"]?.stringValue == "scripted-fast")
    #expect(request["temperature"]?.numberValue == 0.2)
    let (settings, other) = (
      try await webex.post("\(mention) /settings", in: desk, as: bob),
      try await webex.directRoom(of: "bob")
    )
    let lines = try await webex.says("scripted-fast", under: settings, in: desk, as: bob)
    #expect(lines.contains("set in this space by Alice Example"))
    #expect(lines.contains("the default"))
    #expect(
      try await SettingsFixture.ask(webex, "elsewhere", in: other, as: bob)["model"] == "scripted")
    #expect(await assistant.stop() == 0)
  }

  @Test("two presses at once save once; a later one is told that the card was used, and by whom")
  func doublePress() async throws {
    let (webex, assistant) = try await SettingsFixture.start()
    try await webex.faults(["cardEdits": "allowed"])
    let desk = try await webex.group("Deploy desk")
    let (root, card) = try await webex.open("/chat", in: desk, as: alice)
    async let first: Void = webex.press(
      "Save", on: card, with: ["model": "scripted-fast"], as: alice)
    async let second: Void = webex.press(
      "Save", on: card, with: ["model": "scripted-echo"], as: bob)
    _ = try await (first, second)
    try await webex.says("already used", under: root, in: desk, as: alice)
    try await webex.press("Reset to defaults", on: card, as: carol)
    try await webex.says("already used", under: root, in: desk, as: alice, times: 2)
    let saved = try await webex.card(under: root, in: desk, as: alice) {
      $0.text.contains("Settings saved")
    }
    let isAlices = saved.text.contains("Alice Example")
    let told = try await webex.says("already used", under: root, in: desk, as: alice)
    #expect(told.contains(isAlices ? "Alice Example" : "Bob Example"))
    let request = try await SettingsFixture.ask(webex, "which?", in: desk, as: alice)
    #expect(
      request["model"]?.stringValue == (isAlices ? "scripted-fast" : "scripted-echo"))
    #expect(await assistant.stop() == 0)
  }

  @Test("a press of another person who may is theirs, and says so")
  func anotherPerson() async throws {
    let (webex, assistant) = try await SettingsFixture.start()
    let desk = try await webex.group("Deploy desk")
    let (root, card) = try await webex.open("/chat", in: desk, as: alice)
    try await webex.press("Save", on: card, with: ["length": "Brief"], as: bob)
    let saved = try await webex.card(under: root, in: desk, as: alice) {
      $0.text.contains("Settings saved")
    }
    #expect(saved.text.contains("Bob Example") && !saved.text.contains("Alice"))
    #expect(await assistant.stop() == 0)
  }

  @Test("Cancel changes nothing, Reset to defaults takes everything back")
  func cancelAndReset() async throws {
    let (webex, assistant) = try await SettingsFixture.start()
    let room = try await webex.directRoom(of: "alice")
    let (first, card) = try await webex.open("/chat", in: room, as: alice)
    try await webex.press("Cancel", on: card, with: ["model": "scripted-fast"], as: alice)
    _ = try await webex.card(under: first, in: room, as: alice) {
      $0.text.contains("not changed")
    }
    #expect(try await SettingsFixture.ask(webex, "one", in: room, as: alice)["model"] == "scripted")

    let (second, another) = try await webex.open("/chat", in: room, as: alice)
    try await webex.press(
      "Save", on: another, with: ["model": "scripted-fast", "temperature": "1"], as: alice)
    _ = try await webex.card(under: second, in: room, as: alice) {
      $0.text.contains("Settings saved")
    }
    #expect(
      try await SettingsFixture.ask(webex, "two", in: room, as: alice)["model"] == "scripted-fast")
    let (third, last) = try await webex.open("/chat", in: room, as: alice)
    #expect(last.field("model")?.value == "scripted-fast")
    #expect(last.field("temperature")?.value == "1" || last.field("temperature")?.value == "1.0")
    #expect(last.text.contains("set here on"))
    try await webex.press("Reset to defaults", on: last, as: alice)
    _ = try await webex.card(under: third, in: room, as: alice) {
      $0.text.contains("reset to the defaults")
    }
    let request = try await SettingsFixture.ask(webex, "three", in: room, as: alice)
    #expect(request["model"] == "scripted" && request["temperature"] == nil)
    #expect(await assistant.stop() == 0)
  }

  @Test("invalid input keeps the card, with the reason and what was entered, and saves nothing")
  func invalid() async throws {
    let (webex, assistant) = try await SettingsFixture.start()
    let room = try await webex.directRoom(of: "alice")
    let (root, card) = try await webex.open("/chat", in: room, as: alice)
    try await webex.press(
      "Save", on: card,
      with: [
        "model": "no-such-model", "temperature": "9", "length": "Brief",
        "promptText": String(repeating: "x", count: 4_001),
      ], as: alice)
    let again = try await webex.card(under: root, in: room, as: alice, "the card with reasons") {
      $0.text.contains("0 to 2")
    }
    #expect(again.text.contains("no-such-model") && again.text.contains("4001"))
    #expect(again.buttons.map(\.title).contains("Save"))
    #expect(try #require(again.field("length")).value == "brief")
    #expect(try await SettingsFixture.ask(webex, "one", in: room, as: alice)["model"] == "scripted")
    try await webex.press(
      "Save", on: again,
      with: ["model": "scripted-fast", "temperature": "0.4", "promptText": "MY OWN PROMPT"],
      as: alice)
    _ = try await webex.card(under: root, in: room, as: alice) {
      $0.text.contains("Settings saved")
    }
    let request = try await SettingsFixture.ask(webex, "two", in: room, as: alice)
    #expect(request["model"] == "scripted-fast")
    #expect(request["temperature"]?.numberValue == 0.4)
    #expect(request["system"]?.stringValue?.hasPrefix("MY OWN PROMPT") == true)
    #expect(await assistant.stop() == 0)
  }

  @Test("forged inputs choose no hidden prompt, no prompt for admins, and nothing unknown")
  func forged() async throws {
    let (webex, assistant) = try await SettingsFixture.start()
    let room = try await webex.directRoom(of: "alice")
    for prompt in ["named:secret", "named:chief", "named:../../etc/passwd"] {
      let (root, card) = try await webex.open("/chat", in: room, as: alice)
      var inputs = try #require(try card.inputs(pressing: "Save", [:]).objectValue)
      inputs["prompt"] = .string(prompt)
      inputs["memory"] = ["an": "object"]
      inputs["unknown"] = .string(String(repeating: "y", count: 10_000))
      try await webex.press(card.messageID, .object(inputs), as: alice)
      let again = try await webex.card(under: root, in: room, as: alice, "a refusal") {
        $0.messageID != card.messageID && !$0.text.contains("Settings saved")
      }
      #expect(!again.buttons.isEmpty)
    }
    let request = try await SettingsFixture.ask(webex, "one", in: room, as: alice)
    #expect(request["system"]?.stringValue?.hasPrefix("DEFAULT PROMPT") == true)
    #expect(await assistant.stop() == 0)
  }

  @Test("a press after kill -9 and a restart is taken, also one that came while the bot was away")
  func restart() async throws {
    let folder = try AssistantProcess.newFolder()
    let (webex, first) = try await SettingsFixture.start(folder: folder)
    let desk = try await webex.group("Deploy desk")
    let (root, card) = try await webex.open("/chat", in: desk, as: alice)
    let (other, another) = try await webex.open("/chat", in: desk, as: bob)
    try await first.untilTurns(2)
    await first.kill()
    try await webex.press("Save", on: another, with: ["temperature": "0.7"], as: bob)
    let second = try await AssistantProcess.start(
      webex, folder: folder, ["PROMPTS_DIR": try SettingsFixture.prompts().path])
    try await webex.press("Save", on: card, with: ["model": "scripted-fast"], as: alice)
    for (thread, name) in [(root, "Alice"), (other, "Bob")] {
      let saved = try await webex.card(under: thread, in: desk, as: alice) {
        $0.text.contains("Settings saved")
      }
      #expect(saved.text.contains(name))
    }
    let request = try await SettingsFixture.ask(webex, "now?", in: desk, as: alice)
    #expect(request["model"] == "scripted-fast")
    #expect(request["temperature"]?.numberValue == 0.7)
    #expect(await second.stop() == 0)
  }

  @Test("a press on a card that is two days old is told so, and changes nothing")
  func old() async throws {
    let folder = try AssistantProcess.newFolder()
    let (webex, first) = try await SettingsFixture.start(folder: folder)
    let room = try await webex.directRoom(of: "alice")
    let (root, card) = try await webex.open("/chat", in: room, as: alice)
    #expect(await first.stop() == 0)
    try await AssistantProcess.ageCards(in: folder, byHours: 48)
    let second = try await AssistantProcess.start(
      webex, folder: folder, ["PROMPTS_DIR": try SettingsFixture.prompts().path])
    try await webex.press("Save", on: card, with: ["model": "scripted-fast"], as: alice)
    let told = try await webex.says("too old", under: root, in: room, as: alice)
    #expect(told.contains("/chat"))
    #expect(try await SettingsFixture.ask(webex, "one", in: room, as: alice)["model"] == "scripted")
    #expect(await second.stop() == 0)
  }

  @Test(
    "where settings are for moderators or admins, a press of anyone else changes nothing",
    arguments: ["moderators", "admins"])
  func policy(policy: String) async throws {
    let (webex, assistant) = try await SettingsFixture.start([
      "SETTINGS_POLICY": policy, "ADMINS": "carol@partner.example",
    ])
    let desk = try await webex.group("Deploy desk")
    if policy == "moderators" { try await webex.moderate(desk, "alice@example.com") }
    let owner = policy == "moderators" ? alice : carol
    // Who may not gets no card, and no other way.
    for text in ["/chat", "/model scripted-fast", "/prompt pirate"] {
      let root = try await webex.post("\(mention) \(text)", in: desk, as: bob)
      let told = try await eventually("a refusal of \(text)") {
        try await webex.replies(to: root, in: desk, as: bob).first
      }
      #expect(!told.markdown.contains("from now on"))
    }
    #expect(try await webex.cards(in: desk, as: bob).isEmpty)
    let (root, card) = try await webex.open("/chat", in: desk, as: owner)
    try await webex.press("Save", on: card, with: ["model": "scripted-echo"], as: bob)
    try await webex.says("may", under: root, in: desk, as: bob)
    #expect(try await SettingsFixture.ask(webex, "one", in: desk, as: bob)["model"] == "scripted")
    try await webex.press("Save", on: card, with: ["model": "scripted-fast"], as: owner)
    _ = try await webex.card(under: root, in: desk, as: bob) {
      $0.text.contains("Settings saved")
    }
    #expect(
      try await SettingsFixture.ask(webex, "two", in: desk, as: bob)["model"] == "scripted-fast")
    // Everyone may look, and in their own direct space change.
    let look = try await webex.post("\(mention) /model", in: desk, as: bob)
    try await webex.says("scripted-fast", under: look, in: desk, as: bob)
    let direct = try await webex.directRoom(of: "bob")
    let own = try await webex.post("/model scripted-fast", in: direct, as: bob)
    try await webex.says("from now on", under: own, in: direct, as: bob)
    #expect(await assistant.stop() == 0)
  }
}
