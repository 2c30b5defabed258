import FoundationEssentials
import Testing

@testable import Assistant

@Suite("Context window")
struct ContextWindowTests {
  private func turn(_ id: String, _ question: String, _ answer: String) -> [HistoryMessage] {
    [
      HistoryMessage(turnID: id, role: .assistant, text: answer),
      HistoryMessage(turnID: id, role: .user, text: question),
    ]
  }

  @Test("the newest turns come along, oldest first")
  func order() {
    let window = ContextWindow(inputTokens: 10_000, outputTokens: nil)
    let history = turn("2", "q2", "a2") + turn("1", "q1", "a1")
    let sent = window.history(history, prompt: "p", question: "q")
    #expect(sent.map(\.text) == ["q1", "a1", "q2", "a2"])
  }

  @Test("only whole turns, never beyond the window", arguments: [256, 300, 500, 1_000, 2_000])
  func fits(tokens: Int) {
    let window = ContextWindow(inputTokens: tokens, outputTokens: 100)
    let long = String(repeating: "word ", count: 40)
    let history = (1...20).reversed().flatMap { turn("\($0)", "q\($0) " + long, "a\($0) " + long) }
    let sent = window.history(history, prompt: "prompt", question: "question")
    #expect(sent.count.isMultiple(of: 2))
    let used = sent.reduce(ContextWindow.estimate("prompt") + ContextWindow.estimate("question")) {
      $0 + ContextWindow.estimate($1.text)
    }
    #expect(used <= window.inputTokens - window.answerTokens)
    if let last = sent.last { #expect(last.text.hasPrefix("a20")) }
  }

  @Test("a question longer than the window is sent alone")
  func longQuestion() {
    let window = ContextWindow(inputTokens: 300, outputTokens: 100)
    let question = String(repeating: "x", count: 5_000)
    #expect(window.history(turn("1", "q", "a"), prompt: "p", question: question).isEmpty)
  }

  @Test("an answer that is to be gone on with is there at any rate, its end if need be")
  func continuation() {
    let window = ContextWindow(inputTokens: 1_000, outputTokens: nil)
    let answer = String(repeating: "é", count: 20_000) + " the end"
    let history = turn("2", String(repeating: "q", count: 9_000), answer) + turn("1", "q1", "a1")
    #expect(window.history(history, prompt: "p", question: "go on").isEmpty)
    let sent = window.history(history, prompt: "p", question: "go on", keepsNewest: true)
    #expect(sent.map(\.role) == [.user, .assistant])
    #expect(sent[1].text.hasSuffix(" the end"))
    #expect(answer.hasSuffix(sent[1].text))
    #expect(sent.reduce(0) { $0 + ContextWindow.estimate($1.text) } < 1_000)
    // Where it fits, it goes in whole, with what came before.
    let small = turn("2", "q2", "a2") + turn("1", "q1", "a1")
    #expect(
      window.history(small, prompt: "p", question: "go on", keepsNewest: true).map(\.text)
        == ["q1", "a1", "q2", "a2"])
  }
}

@Suite("Prompts")
struct PromptTests {
  @Test("variables are filled, front matter is not sent, nothing is escaped")
  func renders() throws {
    let folder = URL.temporaryDirectory.appending(path: "prompts-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(
      "---\nname: default\n---\nFor {{person}} & {{model}} on {{date}}{{#direct}}, alone{{/direct}}{{^direct}}, among others{{/direct}}"
        .utf8
    ).write(to: folder.appending(path: "default.md"))
    let library = PromptLibrary(directory: folder.path)
    #expect(library.problems().isEmpty)
    var variables = PromptVariables(
      date: "2026-11-21", model: "m", person: "A <b>", isDirect: true)
    #expect(library.systemPrompt(variables) == "For A <b> & m on 2026-11-21, alone")
    variables.isDirect = false
    #expect(library.systemPrompt(variables) == "For A <b> & m on 2026-11-21, among others")
  }

  @Test("a missing folder gives way to the built-in prompt, and is named")
  func missing() {
    let library = PromptLibrary(directory: "/nowhere/at/all")
    #expect(library.problems().count == 1)
    let variables = PromptVariables(date: "2026-11-21", model: "m", person: "A", isDirect: true)
    #expect(library.systemPrompt(variables).contains("2026-11-21"))
  }
}
