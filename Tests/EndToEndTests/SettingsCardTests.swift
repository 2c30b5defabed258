import Foundation
import GRDB
import HTTPTypes
import Testing
import WebexAPI

private let alice = "sim-alice-token"
private let bob = "sim-bob-token"
private let carol = "sim-carol-token"
private let mention = SimulatedWebex.mention

@Suite("The settings card", .serialized)
struct SettingsCardTests {
  /// A folder with the prompts of these tests.
  private static func prompts() throws -> URL {
    let folder = try AssistantProcess.newFolder()
    let files = [
      "default": "---\nname: default\ndescription: plain\n---\nDEFAULT PROMPT of {{space}}.",
      "pirate":
        "---\nname: pirate\ndescription: speaks like one\ntemperature: 1.3\n---\nPIRATE PROMPT for {{person}}.",
      "secret": "---\nname: secret\nvisibility: hidden\n---\nHIDDEN PROMPT.",
      "chief": "---\nname: chief\nvisibility: admins\n---\nCHIEF PROMPT.",
    ]
    for (name, text) in files {
      try text.write(
        to: folder.appending(path: "\(name).md"), atomically: true, encoding: .utf8)
    }
    return folder
  }

  private static func start(
    folder: URL? = nil, _ settings: [String: String] = [:]
  ) async throws -> (SimulatedWebex, AssistantProcess) {
    let webex = try await SimulatedWebex.start()
    try await webex.script(["text": "An answer.", "speed": 0, "delay": 0])
    let all = ["PROMPTS_DIR": try prompts().path].merging(settings) { _, own in own }
    return (webex, try await AssistantProcess.start(webex, folder: folder, all))
  }

  /// Asks, and returns the request that the model got.
  @discardableResult
  private static func ask(
    _ webex: SimulatedWebex, _ text: String, in room: SimulatedWebex.Room, as token: String,
    parentID: String? = nil
  ) async throws -> JSONValue {
    let question = try await webex.post(
      room.isDirect ? text : "\(mention) \(text)", in: room, as: token, parentID: parentID)
    try await webex.says(
      "An answer.", under: parentID ?? question, in: room, as: token)
    return try await eventually("the request of \(text)") {
      try await webex.modelRequests().last { request in
        request["body"]?["messages"]?.arrayValue?.last?["content"]?.stringValue?.contains(text)
          == true
      }
    }
  }

  @Test("alone, /chat opens the card in the thread: every field, its value, and where that is from")
  func opens() async throws {
    let (webex, assistant) = try await Self.start()
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
    let (webex, assistant) = try await Self.start()
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
    let (webex, assistant) = try await Self.start()
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
    let request = try await Self.ask(webex, "and now?", in: desk, as: bob)
    #expect(request["model"]?.stringValue == "scripted-fast")
    #expect(request["temperature"]?.numberValue == 0.2)
    let (settings, other) = (
      try await webex.post("\(mention) /settings", in: desk, as: bob),
      try await webex.directRoom(of: "bob")
    )
    let lines = try await webex.says("scripted-fast", under: settings, in: desk, as: bob)
    #expect(lines.contains("set in this space by Alice Example"))
    #expect(lines.contains("the default"))
    #expect(try await Self.ask(webex, "elsewhere", in: other, as: bob)["model"] == "scripted")
    #expect(await assistant.stop() == 0)
  }

  @Test("two presses at once save once; a later one is told that the card was used, and by whom")
  func doublePress() async throws {
    let (webex, assistant) = try await Self.start()
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
    let request = try await Self.ask(webex, "which?", in: desk, as: alice)
    #expect(
      request["model"]?.stringValue == (isAlices ? "scripted-fast" : "scripted-echo"))
    #expect(await assistant.stop() == 0)
  }

  @Test("a press of another person who may is theirs, and says so")
  func anotherPerson() async throws {
    let (webex, assistant) = try await Self.start()
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
    let (webex, assistant) = try await Self.start()
    let room = try await webex.directRoom(of: "alice")
    let (first, card) = try await webex.open("/chat", in: room, as: alice)
    try await webex.press("Cancel", on: card, with: ["model": "scripted-fast"], as: alice)
    _ = try await webex.card(under: first, in: room, as: alice) {
      $0.text.contains("not changed")
    }
    #expect(try await Self.ask(webex, "one", in: room, as: alice)["model"] == "scripted")

    let (second, another) = try await webex.open("/chat", in: room, as: alice)
    try await webex.press(
      "Save", on: another, with: ["model": "scripted-fast", "temperature": "1"], as: alice)
    _ = try await webex.card(under: second, in: room, as: alice) {
      $0.text.contains("Settings saved")
    }
    #expect(try await Self.ask(webex, "two", in: room, as: alice)["model"] == "scripted-fast")
    let (third, last) = try await webex.open("/chat", in: room, as: alice)
    #expect(last.field("model")?.value == "scripted-fast")
    #expect(last.field("temperature")?.value == "1" || last.field("temperature")?.value == "1.0")
    #expect(last.text.contains("set here on"))
    try await webex.press("Reset to defaults", on: last, as: alice)
    _ = try await webex.card(under: third, in: room, as: alice) {
      $0.text.contains("reset to the defaults")
    }
    let request = try await Self.ask(webex, "three", in: room, as: alice)
    #expect(request["model"] == "scripted" && request["temperature"] == nil)
    #expect(await assistant.stop() == 0)
  }

  @Test("invalid input keeps the card, with the reason and what was entered, and saves nothing")
  func invalid() async throws {
    let (webex, assistant) = try await Self.start()
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
    #expect(try await Self.ask(webex, "one", in: room, as: alice)["model"] == "scripted")
    try await webex.press(
      "Save", on: again,
      with: ["model": "scripted-fast", "temperature": "0.4", "promptText": "MY OWN PROMPT"],
      as: alice)
    _ = try await webex.card(under: root, in: room, as: alice) {
      $0.text.contains("Settings saved")
    }
    let request = try await Self.ask(webex, "two", in: room, as: alice)
    #expect(request["model"] == "scripted-fast")
    #expect(request["temperature"]?.numberValue == 0.4)
    #expect(request["system"]?.stringValue?.hasPrefix("MY OWN PROMPT") == true)
    #expect(await assistant.stop() == 0)
  }

  @Test("forged inputs choose no hidden prompt, no prompt for admins, and nothing unknown")
  func forged() async throws {
    let (webex, assistant) = try await Self.start()
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
    let request = try await Self.ask(webex, "one", in: room, as: alice)
    #expect(request["system"]?.stringValue?.hasPrefix("DEFAULT PROMPT") == true)
    #expect(await assistant.stop() == 0)
  }

  @Test("a press after kill -9 and a restart is taken, also one that came while the bot was away")
  func restart() async throws {
    let folder = try AssistantProcess.newFolder()
    let (webex, first) = try await Self.start(folder: folder)
    let desk = try await webex.group("Deploy desk")
    let (root, card) = try await webex.open("/chat", in: desk, as: alice)
    let (other, another) = try await webex.open("/chat", in: desk, as: bob)
    await first.kill()
    try await webex.press("Save", on: another, with: ["temperature": "0.7"], as: bob)
    let second = try await AssistantProcess.start(
      webex, folder: folder, ["PROMPTS_DIR": try Self.prompts().path])
    try await webex.press("Save", on: card, with: ["model": "scripted-fast"], as: alice)
    for (thread, name) in [(root, "Alice"), (other, "Bob")] {
      let saved = try await webex.card(under: thread, in: desk, as: alice) {
        $0.text.contains("Settings saved")
      }
      #expect(saved.text.contains(name))
    }
    let request = try await Self.ask(webex, "now?", in: desk, as: alice)
    #expect(request["model"] == "scripted-fast")
    #expect(request["temperature"]?.numberValue == 0.7)
    #expect(await second.stop() == 0)
  }

  @Test("a press on a card that is two days old is told so, and changes nothing")
  func old() async throws {
    let folder = try AssistantProcess.newFolder()
    let (webex, first) = try await Self.start(folder: folder)
    let room = try await webex.directRoom(of: "alice")
    let (root, card) = try await webex.open("/chat", in: room, as: alice)
    #expect(await first.stop() == 0)
    try await AssistantProcess.ageCards(in: folder, byHours: 48)
    let second = try await AssistantProcess.start(
      webex, folder: folder, ["PROMPTS_DIR": try Self.prompts().path])
    try await webex.press("Save", on: card, with: ["model": "scripted-fast"], as: alice)
    let told = try await webex.says("too old", under: root, in: room, as: alice)
    #expect(told.contains("/chat"))
    #expect(try await Self.ask(webex, "one", in: room, as: alice)["model"] == "scripted")
    #expect(await second.stop() == 0)
  }

  @Test(
    "where settings are for moderators or admins, a press of anyone else changes nothing",
    arguments: ["moderators", "admins"])
  func policy(policy: String) async throws {
    let (webex, assistant) = try await Self.start([
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
    #expect(try await Self.ask(webex, "one", in: desk, as: bob)["model"] == "scripted")
    try await webex.press("Save", on: card, with: ["model": "scripted-fast"], as: owner)
    _ = try await webex.card(under: root, in: desk, as: bob) {
      $0.text.contains("Settings saved")
    }
    #expect(try await Self.ask(webex, "two", in: desk, as: bob)["model"] == "scripted-fast")
    // Everyone may look, and in their own direct space change.
    let look = try await webex.post("\(mention) /model", in: desk, as: bob)
    try await webex.says("scripted-fast", under: look, in: desk, as: bob)
    let direct = try await webex.directRoom(of: "bob")
    let own = try await webex.post("/model scripted-fast", in: direct, as: bob)
    try await webex.says("from now on", under: own, in: direct, as: bob)
    #expect(await assistant.stop() == 0)
  }

  @Test("two spaces answer at the same time, each with its own model, temperature and prompt")
  func twoSpaces() async throws {
    let folder = try AssistantProcess.newFolder()
    let (webex, first) = try await Self.start(folder: folder)
    let desk = try await webex.group("Deploy desk")
    let club = try await webex.group("Reading club")
    let wishes: [(SimulatedWebex.Room, [String: String])] = [
      (desk, ["model": "scripted-slow", "temperature": "0.2", "prompt": "pirate"]),
      (club, ["model": "scripted-fast", "temperature": "1.6", "promptText": "CLUB PROMPT"]),
    ]
    for (room, wish) in wishes {
      let (root, card) = try await webex.open("/chat", in: room, as: alice)
      try await webex.press("Save", on: card, with: wish, as: alice)
      _ = try await webex.card(under: root, in: room, as: alice) {
        $0.text.contains("Settings saved")
      }
    }
    func check(_ round: Int) async throws {
      async let one = Self.ask(webex, "desk \(round)", in: desk, as: alice)
      async let two = Self.ask(webex, "club \(round)", in: club, as: bob)
      let (desks, clubs) = try await (one, two)
      #expect(desks["model"] == "scripted-slow" && clubs["model"] == "scripted-fast")
      #expect(desks["temperature"]?.numberValue == 0.2)
      #expect(clubs["temperature"]?.numberValue == 1.6)
      #expect(
        desks["system"]?.stringValue?.hasPrefix("PIRATE PROMPT for Alice Example") == true)
      #expect(clubs["system"]?.stringValue?.hasPrefix("CLUB PROMPT") == true)
    }
    try await check(1)
    await first.kill()
    let second = try await AssistantProcess.start(
      webex, folder: folder, ["PROMPTS_DIR": try Self.prompts().path])
    try await check(2)
    #expect(await second.stop() == 0)
  }

  @Test("a model that disappeared: the default answers, with one notice, and the card says so")
  func modelGone() async throws {
    let folder = try AssistantProcess.newFolder()
    let (webex, first) = try await Self.start(folder: folder)
    let room = try await webex.directRoom(of: "alice")
    let chosen = try await webex.post("/model scripted-fast", in: room, as: alice)
    try await webex.says("from now on", under: chosen, in: room, as: alice)
    #expect(try await Self.ask(webex, "one", in: room, as: alice)["model"] == "scripted-fast")
    #expect(await first.stop() == 0)
    try await webex.models(["scripted", "scripted-echo"])
    let second = try await AssistantProcess.start(
      webex, folder: folder, ["PROMPTS_DIR": try Self.prompts().path])
    #expect(try await Self.ask(webex, "two", in: room, as: alice)["model"] == "scripted")
    #expect(try await Self.ask(webex, "three", in: room, as: alice)["model"] == "scripted")
    let notices = try await webex.watched(in: room).filter {
      $0.text.contains("no longer offered")
    }
    #expect(notices.count == 1)
    let (_, card) = try await webex.open("/chat", in: room, as: alice)
    #expect(card.text.contains("no longer offered"))
    #expect(await second.stop() == 0)
  }

  @Test("LiteLLM down: the card opens with what is known, and says so")
  func modelsDown() async throws {
    let (webex, assistant) = try await Self.start()
    let room = try await webex.directRoom(of: "alice")
    try await Self.ask(webex, "one", in: room, as: alice)
    try await webex.faults(["rest": [["path": "/llm/*", "status": 503]]])
    let (root, card) = try await webex.open("/chat", in: room, as: alice)
    #expect(card.fields.count >= 6)
    // Saving what needs no list works.
    try await webex.press("Save", on: card, with: ["length": "Brief"], as: alice)
    _ = try await webex.card(under: root, in: room, as: alice) {
      $0.text.contains("Settings saved")
    }
    #expect(await assistant.stop() == 0)

    let fresh = try await AssistantProcess.start(webex)
    let (_, bare) = try await webex.open("/chat", in: room, as: alice)
    #expect(bare.text.contains("LiteLLM does not answer"))
    #expect(await fresh.stop() == 0)
  }

  @Test("many models are found by a part of their name")
  func manyModels() async throws {
    let webex = try await SimulatedWebex.start()
    try await webex.script(["text": "An answer.", "speed": 0, "delay": 0])
    try await webex.models(
      .array(
        (1...60).map { .string("vendor/model-\($0)") } + [
          ["name": "vendor/embedder", "mode": "embedding"]
        ]))
    let assistant = try await AssistantProcess.start(webex)
    let room = try await webex.directRoom(of: "alice")
    let (root, card) = try await webex.open("/chat", in: room, as: alice)
    #expect(try #require(card.field("model")).choices.count <= 30)
    try await webex.press(
      "Show matching models", on: card, with: ["modelFilter": "model-5"], as: alice)
    let found = try await webex.card(under: root, in: room, as: alice, "the filtered card") {
      $0.messageID != card.messageID
        && $0.field("model")?.choices.contains { $0.value == "vendor/model-57" } == true
    }
    let names = try #require(found.fields.first { $0.id == "model" }).choices.map(\.value)
    #expect(names.filter { !$0.isEmpty }.allSatisfy { $0.contains("model-5") })
    try await webex.press("Save", on: found, with: ["model": "vendor/model-57"], as: alice)
    _ = try await webex.card(under: root, in: room, as: alice) {
      $0.text.contains("Settings saved")
    }
    let request = try await Self.ask(webex, "which?", in: room, as: alice)
    #expect(request["model"]?.stringValue == "vendor/model-57")
    #expect(await assistant.stop() == 0)
  }

  @Test("a model that takes no temperature: refused on the card, and never sent one")
  func noTemperature() async throws {
    let (webex, assistant) = try await Self.start()
    let room = try await webex.directRoom(of: "alice")
    let (root, card) = try await webex.open("/chat", in: room, as: alice)
    try await webex.press(
      "Save", on: card, with: ["model": "scripted-fixed", "temperature": "0.7"], as: alice)
    let again = try await webex.card(under: root, in: room, as: alice, "a polite refusal") {
      $0.text.contains("takes no temperature")
    }
    try await webex.press("Save", on: again, with: ["temperature": ""], as: alice)
    _ = try await webex.card(under: root, in: room, as: alice) {
      $0.text.contains("Settings saved")
    }
    let request = try await Self.ask(webex, "one", in: room, as: alice)
    #expect(request["model"] == "scripted-fixed" && request["temperature"] == nil)
    // One whose catalog does not tell: asked once more without.
    let back = try await webex.post("/model scripted", in: room, as: alice)
    try await webex.says("from now on", under: back, in: room, as: alice)
    let (second, next) = try await webex.open("/chat", in: room, as: alice)
    try await webex.press("Save", on: next, with: ["temperature": "0.7"], as: alice)
    _ = try await webex.card(under: second, in: room, as: alice) {
      $0.text.contains("Settings saved")
    }
    try await webex.script(
      ["text": "An answer.", "speed": 0, "delay": 0, "refuseTemperature": true])
    let last = try await Self.ask(webex, "two", in: room, as: alice)
    #expect(last["temperature"] == nil)
    #expect(await assistant.stop() == 0)
  }

  @Test("memory, length and footer do what they say")
  func others() async throws {
    let (webex, assistant) = try await Self.start()
    let room = try await webex.directRoom(of: "alice")
    func set(_ wish: [String: String]) async throws {
      let (root, card) = try await webex.open("/chat", in: room, as: alice)
      try await webex.press("Save", on: card, with: wish, as: alice)
      _ = try await webex.card(under: root, in: room, as: alice) {
        $0.text.contains("Settings saved")
      }
    }
    func count(_ request: JSONValue) -> Int? { request["body"]?["messages"]?.arrayValue?.count }
    let plain = try await Self.ask(webex, "one", in: room, as: alice)
    #expect(count(plain) == 2)
    #expect(count(try await Self.ask(webex, "two", in: room, as: alice)) == 4)
    try await set(["memory": "None"])
    #expect(count(try await Self.ask(webex, "three", in: room, as: alice)) == 2)
    try await set(["memory": "This thread", "length": "Brief", "footer": "On"])
    let root = try await webex.post("four", in: room, as: alice)
    let answer = try await webex.says("An answer.", under: root, in: room, as: alice)
    #expect(answer.contains("`scripted` ·"))
    let inThread = try await Self.ask(webex, "five", in: room, as: alice, parentID: root)
    #expect(count(inThread) == 4)
    let system = try #require(inThread["system"]?.stringValue)
    #expect(system.hasPrefix("DEFAULT PROMPT") && system != plain["system"]?.stringValue)
    #expect(count(try await Self.ask(webex, "six", in: room, as: alice)) == 2)
    #expect(await assistant.stop() == 0)
  }

  @Test("a prompt of the folder that changes is used as it is now; a bad one hurts no other")
  func promptFiles() async throws {
    let folder = try Self.prompts()
    let (webex, assistant) = try await Self.start(["PROMPTS_DIR": folder.path])
    let room = try await webex.directRoom(of: "alice")
    let chosen = try await webex.post("/prompt pirate", in: room, as: alice)
    try await webex.says("from now on", under: chosen, in: room, as: alice)
    let first = try await Self.ask(webex, "one", in: room, as: alice)
    #expect(first["system"]?.stringValue?.hasPrefix("PIRATE PROMPT for Alice") == true)
    #expect(first["temperature"]?.numberValue == 1.3)
    try "---\nname: pirate\n---\nA NEW PROMPT.".write(
      to: folder.appending(path: "pirate.md"), atomically: true, encoding: .utf8)
    try "---\nname: [broken\n---\nx".write(
      to: folder.appending(path: "broken.md"), atomically: true, encoding: .utf8)
    var number = 1
    try await eventually("the new prompt", within: .seconds(30)) {
      number += 1
      let request = try await Self.ask(webex, "again \(number)", in: room, as: alice)
      return request["system"]?.stringValue?.hasPrefix("A NEW PROMPT.") == true ? () : nil
    }
    #expect(assistant.process.isRunning)
    #expect(await assistant.stop() == 0)
  }
}

extension AssistantProcess {
  /// Makes every card on record older, while no process uses the file.
  static func ageCards(in folder: URL, byHours hours: Int) async throws {
    let queue = try DatabaseQueue(path: folder.appending(path: "assistant.sqlite").path)
    let changed = try await queue.write { db in
      try db.execute(
        sql: """
          UPDATE card SET sentAt = strftime('%Y-%m-%d %H:%M:%f', sentAt, ?),
            expiresAt = strftime('%Y-%m-%d %H:%M:%f', expiresAt, ?)
          """, arguments: ["-\(hours) hours", "-\(hours) hours"])
      return db.changesCount
    }
    try queue.close()
    try #require(changed > 0)
  }
}
