import FoundationEssentials
import Testing

@testable import Assistant

@Suite("Mailboxes")
struct MailboxesTests {
  /// `#expect` cannot call a mutating method itself.
  private func expect<Value: Equatable>(
    _ value: Value, _ expected: Value, at location: SourceLocation = #_sourceLocation
  ) {
    #expect(value == expected, sourceLocation: location)
  }

  @Test("one conversation at a time, in order")
  func order() {
    var boxes = Mailboxes<Int>(maximumRunning: 10, maximumWaiting: 10)
    for job in 1...3 { expect(boxes.submit(job, to: "a"), true) }
    expect(boxes.next()?.job, 1)
    expect(boxes.next()?.job, nil)
    boxes.finished("a")
    expect(boxes.next()?.job, 2)
    boxes.finished("a")
    expect(boxes.next()?.job, 3)
    boxes.finished("a")
    #expect(boxes.isIdle)
  }

  @Test("a busy conversation does not delay another, and no more run than allowed")
  func fairness() {
    var boxes = Mailboxes<String>(maximumRunning: 2, maximumWaiting: 100)
    for index in 0..<50 { expect(boxes.submit("a\(index)", to: "a"), true) }
    expect(boxes.submit("b", to: "b"), true)
    expect(boxes.submit("c", to: "c"), true)
    expect(boxes.next()?.job, "a0")
    expect(boxes.next()?.job, "b")
    expect(boxes.next()?.job, nil)
    boxes.finished("a")
    // The others come before a's second message.
    expect(boxes.next()?.job, "c")
    boxes.finished("b")
    expect(boxes.next()?.job, "a1")
  }

  @Test("a full mailbox refuses, and takes again once there is room")
  func bound() {
    var boxes = Mailboxes<Int>(maximumRunning: 1, maximumWaiting: 2)
    expect(boxes.submit(1, to: "a"), true)
    expect(boxes.submit(2, to: "a"), true)
    expect(boxes.submit(3, to: "a"), false)
    _ = boxes.next()
    expect(boxes.submit(3, to: "a"), true)
  }

  @Test("what was accepted before a restart is never refused")
  func unbounded() {
    var boxes = Mailboxes<Int>(maximumRunning: 1, maximumWaiting: 2)
    for job in 0..<10 { expect(boxes.submit(job, to: "a", isBounded: false), true) }
    expect(boxes.submit(10, to: "a"), false)
  }

  @Test("a thousand conversations are all served, whatever the order")
  func many() {
    var boxes = Mailboxes<Int>(maximumRunning: 7, maximumWaiting: 10)
    for job in 0..<5_000 { expect(boxes.submit(job, to: "c\(job % 1_000)"), true) }
    var served: [Int] = []
    var running: [(conversation: String, job: Int)] = []
    while true {
      while let next = boxes.next() { running.append(next) }
      guard !running.isEmpty else { break }
      let done = running.removeFirst()
      served.append(done.job)
      boxes.finished(done.conversation)
    }
    #expect(served.sorted() == Array(0..<5_000))
    for conversation in 0..<1_000 {
      let own = served.filter { $0 % 1_000 == conversation }
      #expect(own == own.sorted())
    }
  }
}

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
    #expect(library.problem() == nil)
    var variables = PromptVariables(
      date: "2026-11-21", model: "m", person: "A <b>", isDirect: true)
    #expect(library.systemPrompt(variables) == "For A <b> & m on 2026-11-21, alone")
    variables.isDirect = false
    #expect(library.systemPrompt(variables) == "For A <b> & m on 2026-11-21, among others")
  }

  @Test("a missing folder gives way to the built-in prompt, and is named")
  func missing() {
    let library = PromptLibrary(directory: "/nowhere/at/all")
    #expect(library.problem() != nil)
    let variables = PromptVariables(date: "2026-11-21", model: "m", person: "A", isDirect: true)
    #expect(library.systemPrompt(variables).contains("2026-11-21"))
  }
}
