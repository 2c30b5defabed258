// What changes something outside is done once: whatever is pressed twice, edited, or changed between a
// card and its press.

import Foundation
import HTTPTypes
import Testing
import WebexAPI

private let alice = "sim-alice-token"

@Suite("Effects of commands", .serialized)
struct CommandEffectTests {
  /// Each run of `/note` leaves a line in a file.
  private struct Notebook {
    let folder: URL
    var path: String { folder.appending(path: "notes").path }
    var commands: URL { folder.appending(path: "commands.yaml") }

    init(_ more: String = "") throws {
      folder = try AssistantProcess.newFolder()
      try declare(more)
    }

    func declare(_ more: String, word: String = "noted") throws {
      try """
      commands:
        - keyword: /note
          help: Writes something down
          form: true
          \(more)
          arguments:
            - name: words
              type: text
          run:
            program: /bin/sh
            arguments: ["-c", "echo \\"$0\\" >> \(path); echo \(word)", "{{arguments.words}}"]
      """.write(to: commands, atomically: true, encoding: .utf8)
    }

    var lines: [String] {
      ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "")
        .split(separator: "\n").map(String.init)
    }

    func start(_ webex: SimulatedWebex) async throws -> AssistantProcess {
      try await AssistantProcess.start(webex, folder: folder, ["COMMANDS_FILE": commands.path])
    }
  }

  @Test("a second click on a form's Send does not touch the confirmation in its place")
  func formIntoConfirmation() async throws {
    let notebook = try Notebook("confirm: true")
    let webex = try await SimulatedWebex.start()
    try await webex.faults(["cardEdits": "allowed"])
    let assistant = try await notebook.start(webex)
    let room = try await webex.directRoom(of: "alice")
    let (root, form) = try await webex.open("/note", in: room, as: alice)
    let send = try form.inputs(pressing: "Send", ["words": "milk"])
    try await webex.press(form.messageID, send, as: alice)
    let confirmation = try await webex.card(under: root, in: room, as: alice, "confirmation") {
      $0.button("Confirm") != nil
    }
    #expect(confirmation.messageID == form.messageID)
    // Another client of hers still shows the form.
    try await webex.press(form.messageID, send, as: alice)
    try await webex.says("already used", under: root, in: room, as: alice)
    #expect(notebook.lines.isEmpty)
    try await webex.press("Confirm", on: confirmation, as: alice)
    try await webex.says("noted", under: root, in: room, as: alice)
    #expect(notebook.lines == ["milk"])
    #expect(await assistant.stop() == 0)
  }

  @Test("an edited command runs once: not again, and not if the first wording was no command")
  func edited() async throws {
    let notebook = try Notebook()
    let webex = try await SimulatedWebex.start()
    let assistant = try await notebook.start(webex)
    let room = try await webex.directRoom(of: "alice")
    let first = try await webex.post("/note milk", in: room, as: alice)
    try await webex.says("noted", under: first, in: room, as: alice)
    try await webex.edit(first, to: "/note milk and bread", in: room, as: alice)
    try await webex.says(
      "editing the message does not run it again", under: first, in: room, as: alice)
    #expect(notebook.lines == ["milk"])
    // A slip of the pen, put right, and then put right again.
    let second = try await webex.post("/ntoe eggs", in: room, as: alice)
    try await webex.says("/note", under: second, in: room, as: alice)
    try await webex.edit(second, to: "/note eggs", in: room, as: alice)
    try await webex.says("noted", under: second, in: room, as: alice)
    try await webex.edit(second, to: "/note six eggs", in: room, as: alice)
    try await webex.says(
      "editing the message does not run it again", under: second, in: room, as: alice)
    #expect(notebook.lines == ["milk", "eggs"])
    #expect(await assistant.stop() == 0)
  }

  @Test("a command that was changed after its confirmation was asked for is not run")
  func changedMeanwhile() async throws {
    let notebook = try Notebook("confirm: true")
    let webex = try await SimulatedWebex.start()
    let assistant = try await notebook.start(webex)
    let room = try await webex.directRoom(of: "alice")
    let (root, card) = try await webex.open("/note milk", in: room, as: alice)
    try notebook.declare("confirm: true", word: "something else")
    try await eventually("the change") {
      assistant.process.stderr.contains("commands read again") ? () : nil
    }
    try await webex.press("Confirm", on: card, as: alice)
    let after = try await webex.card(under: root, in: room, as: alice) {
      $0.text.contains("was changed since I asked")
    }
    #expect(after.buttons.isEmpty)
    #expect(notebook.lines.isEmpty)
    #expect(await assistant.stop() == 0)
  }

  @Test("a question that is edited into a command while it is answered runs the command")
  func questionIntoCommand() async throws {
    let notebook = try Notebook()
    let webex = try await SimulatedWebex.start()
    try await webex.script(["text": "A long answer that nobody wants any more.", "speed": 1])
    let assistant = try await notebook.start(webex)
    let room = try await webex.directRoom(of: "alice")
    let question = try await webex.post("note milk", in: room, as: alice)
    try await eventually("the model is asked") {
      try await webex.modelRequests().isEmpty ? nil : ()
    }
    try await webex.edit(question, to: "/note milk", in: room, as: alice)
    try await webex.says("noted", under: question, in: room, as: alice)
    #expect(notebook.lines == ["milk"])
    #expect(try await webex.modelRequests().count == 1)
    #expect(await assistant.stop() == 0)
  }

  @Test("two confirmations of one edited message are good for one run")
  func twoConfirmations() async throws {
    let notebook = try Notebook("confirm: true")
    let webex = try await SimulatedWebex.start()
    let assistant = try await notebook.start(webex)
    let room = try await webex.directRoom(of: "alice")
    let (root, first) = try await webex.open("/note milk", in: room, as: alice)
    try await webex.edit(root, to: "/note bread", in: room, as: alice)
    let second = try await webex.card(under: root, in: room, as: alice, "the second card") {
      $0.messageID != first.messageID && $0.button("Confirm") != nil
    }
    try await webex.press("Confirm", on: second, as: alice)
    try await webex.says("noted", under: root, in: room, as: alice)
    try await webex.press("Confirm", on: first, as: alice)
    try await webex.says("I ran `/note` already", under: root, in: room, as: alice)
    #expect(notebook.lines == ["bread"])
    #expect(await assistant.stop() == 0)
  }

  @Test("where the message that asked was deleted, the result stands in the space")
  func deletedRoot() async throws {
    let notebook = try Notebook("confirm: true")
    let webex = try await SimulatedWebex.start()
    let assistant = try await notebook.start(webex)
    let room = try await webex.directRoom(of: "alice")
    let (root, card) = try await webex.open("/note milk", in: room, as: alice)
    _ = try await webex.call(.delete, "/v1/messages/\(root)", token: alice)
    try await webex.press("Confirm", on: card, as: alice)
    try await eventually("the result") {
      let texts = try await webex.messages(in: room, as: alice).filter { $0.parentID == nil }
        .map { $0.markdown + $0.text }
      return texts.contains { $0.contains("noted") }
        && texts.contains { $0.contains("Confirmed by") } ? () : nil
    }
    #expect(notebook.lines == ["milk"])
    #expect(try await !webex.cards(in: room, as: alice).contains { $0.button("Confirm") != nil })
    #expect(await assistant.stop() == 0)
  }

  @Test("a form and a confirmation that are two days old do nothing, and say so")
  func old() async throws {
    let notebook = try Notebook("confirm: true")
    let webex = try await SimulatedWebex.start()
    let first = try await notebook.start(webex)
    let room = try await webex.directRoom(of: "alice")
    let (formRoot, form) = try await webex.open("/note", in: room, as: alice)
    let (cardRoot, card) = try await webex.open("/note milk", in: room, as: alice)
    #expect(await first.stop() == 0)
    try await AssistantProcess.ageCards(in: notebook.folder, byHours: 48)
    let second = try await notebook.start(webex)
    try await webex.press("Send", on: form, with: ["words": "bread"], as: alice)
    try await webex.says("too old", under: formRoot, in: room, as: alice)
    try await webex.press("Confirm", on: card, as: alice)
    try await webex.says("too old", under: cardRoot, in: room, as: alice)
    #expect(notebook.lines.isEmpty)
    #expect(await second.stop() == 0)
  }
}
