import Foundation
import HTTPTypes
import Testing
import WebexAPI

private let alice = "sim-alice-token"
private let bob = "sim-bob-token"

@Suite("Settings of a space", .serialized)
struct SpaceSettingsTests {
  @Test("two spaces answer at the same time, each with its own model, temperature and prompt")
  func twoSpaces() async throws {
    let folder = try AssistantProcess.newFolder()
    let (webex, first) = try await SettingsFixture.start(folder: folder)
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
      async let one = SettingsFixture.ask(webex, "desk \(round)", in: desk, as: alice)
      async let two = SettingsFixture.ask(webex, "club \(round)", in: club, as: bob)
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
      webex, folder: folder, ["PROMPTS_DIR": try SettingsFixture.prompts().path])
    try await check(2)
    #expect(await second.stop() == 0)
  }

  @Test("a model that disappeared: the default answers, with one notice, and the card says so")
  func modelGone() async throws {
    let folder = try AssistantProcess.newFolder()
    let (webex, first) = try await SettingsFixture.start(folder: folder)
    let room = try await webex.directRoom(of: "alice")
    let chosen = try await webex.post("/model scripted-fast", in: room, as: alice)
    try await webex.says("from now on", under: chosen, in: room, as: alice)
    #expect(
      try await SettingsFixture.ask(webex, "one", in: room, as: alice)["model"] == "scripted-fast")
    #expect(await first.stop() == 0)
    try await webex.models(["scripted", "scripted-echo"])
    let second = try await AssistantProcess.start(
      webex, folder: folder, ["PROMPTS_DIR": try SettingsFixture.prompts().path])
    #expect(try await SettingsFixture.ask(webex, "two", in: room, as: alice)["model"] == "scripted")
    #expect(
      try await SettingsFixture.ask(webex, "three", in: room, as: alice)["model"] == "scripted")
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
    let (webex, assistant) = try await SettingsFixture.start()
    let room = try await webex.directRoom(of: "alice")
    try await SettingsFixture.ask(webex, "one", in: room, as: alice)
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
    let request = try await SettingsFixture.ask(webex, "which?", in: room, as: alice)
    #expect(request["model"]?.stringValue == "vendor/model-57")
    #expect(await assistant.stop() == 0)
  }

  @Test("a model that takes no temperature: refused on the card, and never sent one")
  func noTemperature() async throws {
    let (webex, assistant) = try await SettingsFixture.start()
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
    let request = try await SettingsFixture.ask(webex, "one", in: room, as: alice)
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
    let last = try await SettingsFixture.ask(webex, "two", in: room, as: alice)
    #expect(last["temperature"] == nil)
    #expect(await assistant.stop() == 0)
  }

  @Test("memory, length and footer do what they say")
  func others() async throws {
    let (webex, assistant) = try await SettingsFixture.start()
    let room = try await webex.directRoom(of: "alice")
    func set(_ wish: [String: String]) async throws {
      let (root, card) = try await webex.open("/chat", in: room, as: alice)
      try await webex.press("Save", on: card, with: wish, as: alice)
      _ = try await webex.card(under: root, in: room, as: alice) {
        $0.text.contains("Settings saved")
      }
    }
    func count(_ request: JSONValue) -> Int? { request["body"]?["messages"]?.arrayValue?.count }
    let plain = try await SettingsFixture.ask(webex, "one", in: room, as: alice)
    #expect(count(plain) == 2)
    #expect(count(try await SettingsFixture.ask(webex, "two", in: room, as: alice)) == 4)
    try await set(["memory": "None"])
    #expect(count(try await SettingsFixture.ask(webex, "three", in: room, as: alice)) == 2)
    try await set(["memory": "This thread", "length": "Brief", "footer": "On"])
    let root = try await webex.post("four", in: room, as: alice)
    let answer = try await webex.says("An answer.", under: root, in: room, as: alice)
    #expect(answer.contains("`scripted` ·"))
    let inThread = try await SettingsFixture.ask(webex, "five", in: room, as: alice, parentID: root)
    #expect(count(inThread) == 4)
    let system = try #require(inThread["system"]?.stringValue)
    #expect(system.hasPrefix("DEFAULT PROMPT") && system != plain["system"]?.stringValue)
    #expect(count(try await SettingsFixture.ask(webex, "six", in: room, as: alice)) == 2)
    #expect(await assistant.stop() == 0)
  }

  @Test("a prompt of the folder that changes is used as it is now; a bad one hurts no other")
  func promptFiles() async throws {
    let folder = try SettingsFixture.prompts()
    let (webex, assistant) = try await SettingsFixture.start(["PROMPTS_DIR": folder.path])
    let room = try await webex.directRoom(of: "alice")
    let chosen = try await webex.post("/prompt pirate", in: room, as: alice)
    try await webex.says("from now on", under: chosen, in: room, as: alice)
    let first = try await SettingsFixture.ask(webex, "one", in: room, as: alice)
    #expect(first["system"]?.stringValue?.hasPrefix("PIRATE PROMPT for Alice") == true)
    #expect(first["temperature"]?.numberValue == 1.3)
    try "---\nname: pirate\n---\nA NEW PROMPT.".write(
      to: folder.appending(path: "pirate.md"), atomically: true, encoding: .utf8)
    try "---\nname: [broken\n---\nx".write(
      to: folder.appending(path: "broken.md"), atomically: true, encoding: .utf8)
    var number = 1
    try await eventually("the new prompt", within: .seconds(30)) {
      number += 1
      let request = try await SettingsFixture.ask(webex, "again \(number)", in: room, as: alice)
      return request["system"]?.stringValue?.hasPrefix("A NEW PROMPT.") == true ? () : nil
    }
    #expect(assistant.process.isRunning)
    #expect(await assistant.stop() == 0)
  }
}
