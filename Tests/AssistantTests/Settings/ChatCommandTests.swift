import FoundationEssentials
import LLMClient
import Testing
import WebexAPI

@testable import Assistant

@Suite("The settings card, on a real SQLite file")
struct ChatCommandTests {
  private static let prompts = [
    "default.md": "---\ndescription: For any question\n---\nDefault.",
    "writer.md": "---\ndescription: Writes\ntemperature: 0.9\n---\nYou write.",
    "board.md": "---\nvisibility: admins\n---\nFor the board.",
    "secret.md": "---\nvisibility: hidden\n---\nFor commands.",
  ]

  private func command(_ room: SettingsRehearsal, isAdmin: Bool = false) -> ChatCommand {
    ChatCommand(desk: room.desk, isAdmin: { _ in isAdmin })
  }

  private func open(_ room: SettingsRehearsal, isAdmin: Bool = false) async throws -> CommandCard {
    let reply = try await command(room, isAdmin: isAdmin).run(room.context())
    return try #require(reply.card)
  }

  private func press(
    _ title: String, _ entered: [String: String] = [:], on card: CommandCard,
    _ room: SettingsRehearsal, by person: CommandPerson = SettingsRehearsal.anna,
    isAdmin: Bool = false
  ) async throws -> CommandCard {
    let press = CardPress(
      inputs: try card.card.pressed(title, entered), state: try #require(card.state))
    let reply = try await command(room, isAdmin: isAdmin).press(press, room.context(by: person))
    return try #require(reply.replacement)
  }

  @Test("the card shows every setting, the current one marked, and where each value comes from")
  func opens() async throws {
    let room = try SettingsRehearsal(Self.prompts) { $0.model = "house-model" }
    defer { room.remove() }
    try await room.save(.temperature(.value(0.4)), .prompt(.named("writer")))
    let sent = try await open(room)
    let card = sent.card
    #expect(
      card.inputs.map(\.id)
        == ["model", "temperature", "prompt", "promptText", "memory", "length", "footer"])
    #expect(card.actions.map(\.title) == ["Save", "Reset to defaults", "Cancel"])
    let models = try #require(card.choices("model"))
    #expect(
      models.choices.map(\.title) == [
        "Default: house-model",
        "gpt-5 · 272k in, 128k out · $1.25 in, $10 out per 1M",
        "claude-sonnet · 200k in · $3 in, $15 out per 1M",
        "✓ house-model",
      ])
    #expect(models.choices.map(\.value) == ["", "gpt-5", "claude-sonnet", "house-model"])
    #expect(models.value == "")
    let temperature = try #require(card.choices("temperature"))
    #expect(temperature.value == "0.4")
    #expect(temperature.choices[0].title == "Default: 0.9, from the prompt writer")
    #expect(temperature.choices.compactMap { Double($0.value) } == SettingsCard.temperatures)
    #expect(card.choices("prompt")?.value == "named:writer")
    #expect(card.choices("prompt")?.choices.map(\.value) == ["", "named:writer", "written"])
    for source in [
      "Now house-model, the operator's default",
      "Now 0.4, set in this space by Anna on 12 Nov",
      "Now writer, set in this space by Anna on 12 Nov",
      "Now this space, the default", "Now off, the operator's default",
    ] {
      #expect(card.texts.contains(source), "\(source)")
    }
    #expect(sent.presser == .anyone && !sent.isReusable)
    for line in ["**Model:** house-model", "`/model <name>`"] {
      #expect(sent.fallback.contains(line))
    }
  }

  @Test("what is saved holds in its space, and the card says what and by whom")
  func saves() async throws {
    let room = try SettingsRehearsal(Self.prompts)
    defer { room.remove() }
    let card = try await open(room)
    let done = try await press(
      "Save",
      [
        "model": "claude-sonnet", "temperature": "1.3", "prompt": "named:writer",
        "memory": "thread", "length": "detailed", "footer": "on",
      ], on: card, room)
    #expect(done.state == nil)
    #expect(done.card.inputs.isEmpty && done.card.buttons.isEmpty)
    #expect(done.card.text.contains("Settings saved"))
    #expect(done.card.text.contains("• Model: claude-sonnet\n"))
    #expect(done.card.text.contains("By Anna on 12 Nov"))
    let settings = try await room.store.settings(spaceID: "s")
    #expect(settings.model?.value == "claude-sonnet")
    #expect(settings.temperature?.value == .value(1.3))
    #expect(settings.prompt?.value == .named("writer"))
    #expect(settings.memory?.value == .thread)
    #expect(settings.length?.value == .detailed)
    #expect(settings.footer?.value == true)
    #expect(try await room.store.settings(spaceID: "other").isEmpty)
  }

  @Test("cancel and save without a change leave everything; reset goes back to the defaults")
  func cancelsAndResets() async throws {
    let room = try SettingsRehearsal(Self.prompts)
    defer { room.remove() }
    try await room.save(.model("claude-sonnet"), .memory(.thread))
    let card = try await open(room)
    for button in ["Cancel", "Save"] {
      let entered = button == "Cancel" ? ["model": "house-model"] : [:]
      let done = try await press(button, entered, on: card, room)
      #expect(done.card.text.contains("Everything stays as it was"))
      #expect(try await room.store.settings(spaceID: "s").model?.value == "claude-sonnet")
    }
    let done = try await press("Reset to defaults", on: card, room)
    #expect(done.card.text.contains("reset to the defaults"))
    #expect(done.card.text.contains("Model: gpt-5, the first that LiteLLM lists"))
    #expect(done.card.buttons.isEmpty)
    #expect(try await room.store.settings(spaceID: "s").isEmpty)
  }

  /// What was entered, and what is said beside which field.
  private static let refused: [(entered: [String: String], reason: String)] = [
    (["model": "gpt-9"], "No model gpt-9 is offered"),
    (["model": "embed"], "No model embed is offered"),
    (["temperature": "3"], "from 0 to 2"),
    (["temperature": "warm"], "from 0 to 2"),
    (["temperature": "nan"], "from 0 to 2"),
    (["model": "gpt-5", "temperature": "0.4"], "gpt-5 takes no temperature"),
    (["prompt": "written", "promptText": "  "], "write the prompt"),
    (["prompt": "written", "promptText": String(repeating: "é", count: 4_001)], "4001 characters"),
    (["prompt": "named:nothing"], "no prompt nothing"),
    (["prompt": "named:board"], "for admins to choose"),
    (["prompt": "named:secret"], "no prompt secret"),
    (["memory": "world"], "none of the choices"),
    (["length": "epic"], "none of the choices"),
    (["footer": "maybe"], "none of the choices"),
  ]

  @Test(
    "what cannot be set keeps the card, with the reason and what was entered", arguments: refused)
  func refuses(_ row: (entered: [String: String], reason: String)) async throws {
    let room = try SettingsRehearsal(Self.prompts)
    defer { room.remove() }
    let card = try await open(room)
    var entered = row.entered
    entered["length"] = entered["length"] ?? "brief"
    let again = try await press("Save", entered, on: card, room)
    #expect(try await room.store.settings(spaceID: "s").isEmpty)
    #expect(again.card.text.contains(row.reason), "\(again.card.text)")
    #expect(again.card.choices("length")?.value == entered["length"])
    #expect(again.card.textInput("promptText")?.value == entered["promptText"] ?? "")
    // The reason stands with its field, in the same box.
    let boxes = again.card.body.filter {
      if case .container(let box) = $0.content { box.style == .attention } else { false }
    }
    #expect(boxes.count == 1)
    // Mended on the same card, it is saved.
    let mended = try await press(
      "Save",
      [
        "model": "claude-sonnet", "temperature": "", "prompt": "", "promptText": "", "memory": "",
        "length": "brief", "footer": "",
      ], on: again, room)
    #expect(mended.card.text.contains("Settings saved"))
    #expect(try await room.store.settings(spaceID: "s").model?.value == "claude-sonnet")
  }

  @Test("a temperature that is set already is refused too when the new model takes none")
  func temperatureOfBefore() async throws {
    let room = try SettingsRehearsal(Self.prompts)
    defer { room.remove() }
    try await room.save(.model("claude-sonnet"), .temperature(.value(0.4)))
    let again = try await press("Save", ["model": "gpt-5"], on: try await open(room), room)
    #expect(again.card.text.contains("gpt-5 takes no temperature"))
    let done = try await press("Save", ["temperature": "model"], on: again, room)
    #expect(done.card.text.contains("Settings saved"))
    #expect(try await room.store.settings(spaceID: "s").model?.value == "gpt-5")
  }

  @Test("an admin may choose what is for admins")
  func admins() async throws {
    let room = try SettingsRehearsal(Self.prompts)
    defer { room.remove() }
    let card = try await open(room, isAdmin: true)
    #expect(
      card.card.choices("prompt")?.choices.map(\.value)
        == ["", "named:board", "named:writer", "written"])
    _ = try await press("Save", ["prompt": "named:board"], on: card, room, isAdmin: true)
    #expect(try await room.store.settings(spaceID: "s").prompt?.value == .named("board"))
    // Someone else's save of something else leaves it.
    let other = try await open(room)
    #expect(other.card.choices("prompt")?.value == "named:board")
    let done = try await press("Save", ["length": "brief"], on: other, room)
    #expect(done.card.text.contains("Settings saved"))
    #expect(try await room.store.settings(spaceID: "s").prompt?.value == .named("board"))
  }

  @Test("a text is taken as the prompt whether or not \"Own text\" was chosen")
  func writtenPrompt() async throws {
    let room = try SettingsRehearsal(Self.prompts)
    defer { room.remove() }
    _ = try await press(
      "Save", ["promptText": "Be a pirate.\nArr."], on: try await open(room), room)
    #expect(
      try await room.store.settings(spaceID: "s").prompt?.value == .written("Be a pirate.\nArr."))
    let card = try await open(room)
    #expect(card.card.choices("prompt")?.value == "written")
    #expect(card.card.textInput("promptText")?.value == "Be a pirate.\nArr.")
    _ = try await press("Save", ["promptText": "Be a poet."], on: card, room)
    #expect(try await room.store.settings(spaceID: "s").prompt?.value == .written("Be a poet."))
    // Back to the list: the text goes.
    _ = try await press("Save", ["prompt": "named:writer"], on: try await open(room), room)
    #expect(try await room.store.settings(spaceID: "s").prompt?.value == .named("writer"))
  }

  @Test("only what a person changed is saved: two cards do not undo each other")
  func twoCards() async throws {
    let room = try SettingsRehearsal(Self.prompts)
    defer { room.remove() }
    let first = try await open(room)
    let second = try await open(room)
    let bob = CommandPerson(id: "BOB", email: nil, name: "Bob")
    _ = try await press("Save", ["model": "house-model"], on: first, room)
    _ = try await press("Save", ["memory": "none"], on: second, room, by: bob)
    let settings = try await room.store.settings(spaceID: "s")
    #expect(settings.model?.value == "house-model" && settings.model?.by == "Anna")
    #expect(settings.memory?.value == MemoryScope.none && settings.memory?.by == "Bob")
  }

  @Test("a press with nothing, or with nonsense, changes nothing")
  func forged() async throws {
    let room = try SettingsRehearsal(Self.prompts)
    defer { room.remove() }
    try await room.save(.model("claude-sonnet"))
    let card = try await open(room)
    let forgeries: [[String: WebexAPI.JSONValue]] = [
      [:], ["settings": "save"], ["settings": ["save"]], ["settings": "drop", "model": "gpt-5"],
      ["settings": "save", "model": ["gpt-5"], "footer": nil, "promptText": 7, "spaceID": "other"],
    ]
    for inputs in forgeries {
      let press = CardPress(inputs: inputs, state: try #require(card.state))
      let reply = try await command(room).press(press, room.context())
      #expect(reply.replacement != nil)
    }
    let settings = try await room.store.settings(spaceID: "s")
    #expect(settings.model?.value == "claude-sonnet")
    #expect(settings.footer == nil)
  }

  // MARK: LiteLLM

  @Test("LiteLLM down: the card opens with what is known and says so")
  func down() async throws {
    let room = try SettingsRehearsal(Self.prompts, models: ScriptedModels(down: nil)) {
      $0.model = "house-model"
    }
    defer { room.remove() }
    let card = try await open(room)
    #expect(card.card.text.contains("LiteLLM does not answer"))
    #expect(!card.card.text.contains("internal"))
    #expect(card.card.choices("model")?.choices.map(\.value) == [""])
    let done = try await press("Save", ["length": "brief"], on: card, room)
    #expect(done.card.text.contains("Settings saved"))
    let refused = try await press("Save", ["model": "gpt-5"], on: card, room)
    #expect(refused.card.text.contains("cannot tell whether"))
    #expect(try await room.store.settings(spaceID: "s").model == nil)
  }

  @Test("LiteLLM down after it was up: the old list is there, with a warning")
  func wentDown() async throws {
    let room = try SettingsRehearsal(Self.prompts)
    defer { room.remove() }
    room.models.goDown()
    let card = try await open(room)
    #expect(card.card.text.contains("may be out of date"))
    _ = try await press("Save", ["model": "claude-sonnet"], on: card, room)
    #expect(try await room.store.settings(spaceID: "s").model?.value == "claude-sonnet")
  }

  @Test("a model that disappeared is named on the card and can be left")
  func gone() async throws {
    let room = try SettingsRehearsal(Self.prompts)
    defer { room.remove() }
    try await room.save(.model("claude-sonnet"))
    room.models.offer([CatalogModel(id: "house-model", mode: "chat")])
    let card = try await open(room)
    #expect(card.card.text.contains("claude-sonnet is no longer offered to me, so house-model"))
    #expect(card.card.choices("model")?.value == "claude-sonnet")
    #expect(
      card.card.choices("model")?.choices.map(\.title)
        == ["Default: house-model", "claude-sonnet · no longer offered", "✓ house-model"])
    _ = try await press("Save", ["model": ""], on: card, room)
    #expect(try await room.store.settings(spaceID: "s").model == nil)
  }

  @Test("many models are found by a part of their name; the chosen one stays in the list")
  func many() async throws {
    let many = (1...140).map { CatalogModel(id: "vendor-\($0 % 7)/model-\($0)", mode: "chat") }
    let room = try SettingsRehearsal(Self.prompts, models: ScriptedModels(many))
    defer { room.remove() }
    let first = try await open(room)
    #expect(first.card.choices("model")?.choices.count == 26)
    #expect(first.card.textInput("modelFilter")?.label == "Find a model (140 are offered)")
    #expect(first.card.text.contains("115 more match"))
    #expect(try first.card.bytes() < 20_000)
    let filtered = try await press(
      "Show matching models", ["modelFilter": "vendor-3 model-11", "length": "brief"], on: first,
      room)
    #expect(
      filtered.card.choices("model")?.choices.map(\.value) == [
        "", "vendor-3/model-115",
      ])
    #expect(filtered.card.choices("length")?.value == "brief")
    #expect(try await room.store.settings(spaceID: "s").isEmpty)
    let done = try await press("Save", ["model": "vendor-3/model-115"], on: filtered, room)
    #expect(done.card.text.contains("vendor-3/model-115"))
    let settings = try await room.store.settings(spaceID: "s")
    #expect(settings.model?.value == "vendor-3/model-115" && settings.length?.value == .brief)
    let later = try await open(room)
    #expect(
      later.card.choices("model")?.choices.contains { $0.value == "vendor-3/model-115" } == true)
    // A name that is typed and saved at once is taken if it is one, asked about if it is several.
    _ = try await press("Save", ["modelFilter": "model-42"], on: later, room)
    #expect(try await room.store.settings(spaceID: "s").model?.value == "vendor-0/model-42")
    let several = try await press(
      "Save", ["modelFilter": "vendor-5"], on: try await open(room), room)
    #expect(several.card.text.contains("Several models match"))
    #expect(
      several.card.choices("model")?.choices.contains { $0.value == "vendor-5/model-5" } == true)
  }

  @Test("a card that Webex hands back is the one that was sent")
  func roundTrip() async throws {
    let room = try SettingsRehearsal(Self.prompts)
    defer { room.remove() }
    let card = try await open(room)
    let cards = [
      card, try await press("Save", ["model": "gpt-9"], on: card, room),
      try await press("Save", ["length": "brief"], on: card, room),
    ]
    for sent in cards {
      let back = try JSONDecoder().decode(
        AdaptiveCard.self, from: try JSONEncoder().encode(sent.card))
      #expect(back == sent.card)
    }
  }

  @Test("foreign names format nothing, make no links and stay short")
  func foreign() async throws {
    let nasty = "**[x](https://evil.example)** {{DATE(2026-11-21T00:00:00Z,SHORT)}} <@all> `\n# y"
    let room = try SettingsRehearsal(
      Self.prompts, models: ScriptedModels([CatalogModel(id: nasty, mode: "chat")]))
    defer { room.remove() }
    try await room.desk.save(
      [.model(nasty), .memory(.thread)], in: SettingsRehearsal.space("s"),
      by: CommandPerson(id: "X", email: nil, name: nasty + String(repeating: "x", count: 5_000)),
      at: SettingsRehearsal.now)
    let sent = try await open(room)
    #expect(try sent.card.bytes() < 12_000)
    for element in sent.card.elements {
      // Runs show text as it is; a TextBlock would read it as Markdown.
      if case .textBlock = element.content { Issue.record("a text block") }
    }
    #expect(!sent.card.text.contains("{{"))
    #expect(!sent.card.text.contains("[x](https://evil.example)** {{"))
    #expect(!sent.fallback.contains("<@all>"))
    let text = try await ModelCommand(desk: room.desk, mayChange: { _ in .allowed(.everyone) })
      .run(room.context()).text
    #expect(text?.contains("<@all>") == false)
    #expect(text?.contains("# y\n") == false)
  }
}
