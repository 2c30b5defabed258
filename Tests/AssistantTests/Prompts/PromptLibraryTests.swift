import FoundationEssentials
import Testing

@testable import Assistant

/// A folder of prompts that a test changes.
private struct PromptFolder {
  let url = URL.temporaryDirectory.appending(path: "prompts-\(UUID().uuidString)")

  init(_ files: [String: String]) throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    for (name, text) in files { try write(name, text) }
  }

  func write(_ name: String, _ text: String) throws {
    try Data(text.utf8).write(to: url.appending(path: name))
  }

  func delete(_ name: String) throws {
    try FileManager.default.removeItem(at: url.appending(path: name))
  }

  func remove() { try? FileManager.default.removeItem(at: url) }

  func problems(_ library: PromptLibrary) -> [String] {
    library.problems().map { $0.description.replacing(url.path + "/", with: "") }
  }
}

@Suite("The prompts of a folder")
struct PromptLibraryTests {
  private let variables = PromptVariables(
    date: "2026-11-21", model: "m", person: "Anna", space: "Team", isDirect: false)

  @Test("every file is a prompt, the default one first; other files are none")
  func reads() throws {
    let folder = try PromptFolder([
      "writer.md":
        "---\nname: Writer\ndescription: Writes\nmodel: gpt-5\ntemperature: 1\nvisibility: admins\n---\nYou write for {{space}}.",
      "default.md": "Default.", "plain.md": "No front matter.", "README.md": "About", "x.txt": "x",
      "_draft.md": "Draft", ".hidden.md": "Hidden",
      "crlf.md": "---\r\nname: windows\r\n---\r\nText.\r\n",
      "bom.md": "\u{FEFF}---\nname: marked\n---\nText.",
    ])
    defer { folder.remove() }
    let library = PromptLibrary(directory: folder.url.path)
    #expect(library.prompts().map(\.name) == ["default", "marked", "plain", "windows", "writer"])
    #expect(folder.problems(library).isEmpty)
    let writer = try #require(library.prompt("WRITER"))
    #expect(writer.description == "Writes")
    #expect(writer.model == "gpt-5")
    #expect(writer.temperature == 1)
    #expect(writer.visibility == .admins)
    #expect(writer.render(variables) == "You write for Team.")
    #expect(library.prompt("windows")?.render(variables) == "Text.")
  }

  @Test(
    "a bad file is named with line and reason, and harms no other",
    arguments: [
      ("---\nname: x\ncolour: red\n---\nText", "bad.md:3: knows only name, description"),
      ("---\ntemperature: hot\n---\nText", "bad.md:2: temperature is a number from 0 to 2"),
      ("---\ntemperature: 2.5\n---\nText", "bad.md:2: temperature is a number from 0 to 2"),
      ("---\nvisibility: some\n---\nText", "bad.md:2: visibility is everyone, admins or hidden"),
      ("---\nmodel: [a, b]\n---\nText", "bad.md:2: model is a text"),
      ("---\nname: \"a\n---\nText", "its front matter is not YAML"),
      ("---\nname: a\nname: b\n---\nText", "its front matter has a key twice"),
      ("---\n- a\n---\nText", "bad.md:2: its front matter is no list of keys and values"),
      ("---\nname: x\nText", "bad.md:1: its front matter has no end"),
      ("---\nname: a b\n---\nText", "a prompt's name has small letters"),
      ("---\nname: default\n---\nText", "another file is named default already"),
      ("---\nname: x\n---\n\n", "has no text"), ("", "has no text"),
      ("---\nname: x\n---\nOne\n{{persn}}", "bad.md:5: {{persn}} is not known"),
      ("One\n\n{{#direct}}\nTwo", "is not a Mustache template"),
      ("{{> default}}", "{{> default}} is not known"),
      (String(repeating: "x", count: 70_000), "is longer than 64 KB"),
    ])
  func bad(_ text: String, _ problem: String) throws {
    let folder = try PromptFolder(["bad.md": text, "default.md": "Default.", "good.md": "Good."])
    defer { folder.remove() }
    let library = PromptLibrary(directory: folder.url.path)
    #expect(library.prompts().map(\.name) == ["default", "good"])
    let problems = folder.problems(library)
    #expect(problems.count == 1)
    #expect(problems.first?.contains(problem) == true, "\(problems)")
  }

  @Test("a change is seen at once; a broken one keeps the old and is named; a deleted file is gone")
  func reloads() throws {
    let folder = try PromptFolder(["default.md": "One.", "writer.md": "Writes."])
    defer { folder.remove() }
    let library = PromptLibrary(directory: folder.url.path)
    #expect(library.systemPrompt(variables) == "One.")
    try folder.write("default.md", "Two.")
    #expect(library.systemPrompt(variables) == "Two.")
    try folder.write("default.md", "{{#direct}}Three.")
    #expect(library.systemPrompt(variables) == "Two.")
    #expect(library.problems().count == 1)
    try folder.write("default.md", "Four.")
    #expect(library.systemPrompt(variables) == "Four.")
    #expect(library.problems().isEmpty)
    try folder.write("new.md", "New.")
    try folder.delete("writer.md")
    #expect(library.prompts().map(\.name) == ["default", "new"])
    try folder.delete("default.md")
    #expect(library.systemPrompt(variables).contains("helpful assistant"))
    #expect(folder.problems(library) == ["default.md: is not there, a built-in prompt answers"])
  }

  @Test(
    "a section of a name is shown where the name is known",
    arguments: [("Team", "In \"Team\"."), ("", "Alone."), (" \n", "Alone.")])
  func sections(_ space: String, _ expected: String) throws {
    let folder = try PromptFolder([
      "default.md": "{{#space}}In \"{{space}}\".{{/space}}{{^space}}Alone.{{/space}}"
    ])
    defer { folder.remove() }
    var variables = variables
    variables.space = space
    #expect(PromptLibrary(directory: folder.url.path).systemPrompt(variables) == expected)
  }

  @Test("the shipped prompts are all good, and mention the author's names in a group")
  func shipped() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let library = PromptLibrary(directory: root.appending(path: "prompts").path)
    #expect(library.problems().isEmpty)
    #expect(
      library.prompts().map(\.name)
        == ["default", "engineer", "summariser", "support-triage", "translator", "writer"])
    for prompt in library.prompts() {
      #expect(prompt.description != nil)
      #expect(prompt.model == nil)
      var variables = variables
      let group = prompt.render(variables)
      #expect(group.contains("\"Anna\"") && group.contains("begins with its author's name"))
      #expect(group.contains("2026-11-21"))
      variables.isDirect = true
      let direct = prompt.render(variables)
      #expect(!direct.contains("begins with its author's name"))
      #expect(!(group + direct).contains("{{") && !(group + direct).contains("\n\n\n"))
      #expect(group.count < 4_000)
    }
  }
}
