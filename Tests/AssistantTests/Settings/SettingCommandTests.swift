import FoundationEssentials
import LLMClient
import Testing
import WebexAPI

@testable import Assistant

@Suite("/model, /prompt, /settings and /whoami")
struct SettingCommandTests {
  private static let prompts = [
    "default.md": "Default.", "writer.md": "---\ndescription: Writes *well*\n---\nYou write.",
    "engineer.md": "Code.", "board.md": "---\nvisibility: admins\n---\nFor the board.",
    "secret.md": "---\nvisibility: hidden\n---\nFor commands.",
  ]

  private func model(_ text: String, _ room: SettingsRehearsal, mayChange: Bool = true) async throws
    -> String
  {
    let command = ModelCommand(
      desk: room.desk,
      mayChange: { _ in
        mayChange ? .allowed(.everyone) : .refused(.notModerator)
      })
    return try #require(try await command.run(room.context(text: text)).text)
  }

  private func prompt(
    _ text: String, _ room: SettingsRehearsal, mayChange: Bool = true, isAdmin: Bool = false
  ) async throws -> String {
    let command = PromptCommand(
      desk: room.desk,
      mayChange: { _ in
        mayChange ? .allowed(.everyone) : .refused(.notModerator)
      }, isAdmin: { _ in isAdmin })
    return try #require(try await command.run(room.context(text: text)).text)
  }

  @Test(
    "/model takes a name as people type it",
    arguments: [
      ("claude-sonnet", "claude-sonnet"), ("`Claude-Sonnet`", "claude-sonnet"),
      ("“gpt5”", "gpt-5"), (" GPT 5 ", "gpt-5"), ("claude", "claude-sonnet"),
      ("house", "house-model"), ("azure/gpt-7", "azure/gpt-7"),
    ])
  func setsModel(_ typed: String, _ name: String) async throws {
    let offered = SettingsRehearsal.usual + [CatalogModel(id: "azure/*")]
    let room = try SettingsRehearsal(Self.prompts, models: ScriptedModels(offered))
    defer { room.remove() }
    let reply = try await model(typed, room)
    #expect(reply.hasPrefix("`\(name)` answers in this space from now on, set by Anna."))
    #expect(try await room.store.settings(spaceID: "s").model?.value == name)
  }

  @Test(
    "/model does not guess",
    arguments: [
      ("gtp-5", "Did you mean `gpt-5`"), ("claud-sonet", "Did you mean `claude-sonnet`"),
      ("embed", "No model `embed`"), ("e", "Several models match"),
      ("x`<@all>", "No model `x'‹@all›`"), (String(repeating: "a", count: 5_000), "No model"),
    ])
  func refusesModel(_ typed: String, _ reason: String) async throws {
    let room = try SettingsRehearsal(Self.prompts)
    defer { room.remove() }
    let reply = try await model(typed, room)
    #expect(reply.contains(reason), "\(reply)")
    #expect(reply.count < 400)
    #expect(try await room.store.settings(spaceID: "s").isEmpty)
  }

  @Test("/model alone shows the models without the right to change, and changes nothing")
  func showsModels() async throws {
    let room = try SettingsRehearsal(Self.prompts)
    defer { room.remove() }
    let shown = try await model("", room, mayChange: false)
    #expect(shown.contains("**Model:** gpt-5, the first that LiteLLM lists"))
    #expect(
      shown.contains(
        "- `gpt-5` · 272k in, 128k out · $1.25 in, $10 out per 1M **← answers here**"))
    #expect(shown.contains("- `house-model`\n"))
    #expect(!shown.contains("embed"))
    #expect(try await model("house-model", room, mayChange: false).contains("Only moderators"))
    #expect(try await prompt("writer", room, mayChange: false).contains("Only moderators"))
    #expect(try await room.store.settings(spaceID: "s").isEmpty)
  }

  @Test("/model default goes back, and a temperature that is not taken is mentioned")
  func modelDefault() async throws {
    let room = try SettingsRehearsal(Self.prompts) { $0.model = "house-model" }
    defer { room.remove() }
    try await room.save(.temperature(.value(0.4)))
    #expect(try await model("gpt-5", room).contains("takes no temperature, so 0.4 is not sent"))
    #expect(try await model("default", room).contains("`house-model` answers"))
    #expect(try await room.store.settings(spaceID: "s").model == nil)
  }

  @Test("/model with LiteLLM down shows what is known and sets nothing")
  func modelDown() async throws {
    let room = try SettingsRehearsal(Self.prompts, models: ScriptedModels(down: nil))
    defer { room.remove() }
    #expect(try await model("", room).contains("LiteLLM does not answer"))
    #expect(try await model("gpt-5", room).contains("cannot tell whether"))
    #expect(try await room.store.settings(spaceID: "s").isEmpty)
  }

  @Test("/prompt lists, sets, goes back, and keeps hidden ones to itself")
  func prompts() async throws {
    let room = try SettingsRehearsal(Self.prompts)
    defer { room.remove() }
    let shown = try await prompt("", room)
    #expect(
      shown.contains("- `default` **← used here**\n- `engineer`\n- `writer` · Writes \\*well\\*"))
    #expect(!shown.contains("board") && !shown.contains("secret"))
    #expect(try await prompt("Writer", room).contains("`writer` is used in this space"))
    #expect(try await room.store.settings(spaceID: "s").prompt?.value == .named("writer"))
    #expect(try await prompt("writter", room).contains("Did you mean `writer`?"))
    #expect(try await prompt("secret", room).contains("no prompt `secret`"))
    #expect(try await prompt("board", room).contains("for admins"))
    #expect(try await prompt("board", room, isAdmin: true).contains("`board` is used"))
    #expect(try await prompt("secret", room, isAdmin: true).contains("no prompt `secret`"))
    #expect(try await prompt("default", room).contains("Back to the default prompt"))
    #expect(try await room.store.settings(spaceID: "s").prompt == nil)
  }

  @Test("/settings tells every effective value and its source")
  func settings() async throws {
    let room = try SettingsRehearsal([
      "default.md": "---\ntemperature: 0.2\nmodel: claude-sonnet\n---\nDefault."
    ]) { $0.footer = [.model, .cost] }
    defer { room.remove() }
    try await room.save(.memory(.thread))
    let shown = try await SettingsCommand(desk: room.desk).run(room.context()).text
    #expect(
      shown == """
        Settings of this space:

        - **Model:** claude-sonnet, from the prompt default
        - **Temperature:** 0.2, from the prompt default
        - **System prompt:** default, the operator's default
        - **Memory:** this thread, set in this space by Anna on 12 Nov
        - **Answer length:** normal, the default
        - **Line under answers:** on · model, cost, the operator's default

        `/chat` opens them as a card.
        """)
  }

  @Test("/whoami tells who, where and why, as data")
  func whoami() async throws {
    let room = try SettingsRehearsal(Self.prompts)
    defer { room.remove() }
    let command = WhoamiCommand(
      admission: { _ in "your address is on the list" }, mayChange: { _ in .refused(.notAdmin) })
    let bob = CommandPerson(id: "Y2lz", email: "bob@example.com", name: "Bob **<@all>**")
    let shown = try #require(try await command.run(room.context(by: bob)).text)
    #expect(
      shown == """
        - **Name:** Bob all
        - **E-mail:** `bob@example.com`
        - **Person id:** `Y2lz`
        - **Here:** the space Team s, space id `ROOM-s`
        - **You may use me because** your address is on the list
        - **You may not change the settings here**
        """)
  }
}
