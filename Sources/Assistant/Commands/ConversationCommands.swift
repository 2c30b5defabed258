// The built-in commands that act on the conversation itself. What they do is in `Turn`.

/// `/ask <question>`: as a message without it.
struct AskCommand: ConversationCommand {
  let keyword = "/ask"
  let help = "asks, like any other message"
  let arguments = [CommandArgument("question", .text)]
  let isRepeatable = true

  func decision(_ text: String, hasFiles: Bool) -> Decision? {
    text.isEmpty ? .nothingSaid : .ask(text, hasFiles: hasFiles)
  }
}

/// One that takes no arguments; whatever follows the keyword is passed over.
struct ConversationAction: ConversationCommand {
  let keyword: String
  let help: String
  let isRepeatable = true
  private let decision: Decision

  private init(_ keyword: String, _ decision: Decision, help: String) {
    self.keyword = keyword
    self.decision = decision
    self.help = help
  }

  func decision(_ text: String, hasFiles: Bool) -> Decision? { decision }

  static let stop = Self("/stop", .stop, help: "ends the answer that I am writing")
  static let retry = Self("/retry", .retry, help: "answers the last question again")
  static let goOn = Self("/continue", .goOn, help: "goes on with an answer that was cut")
  static let reset = Self("/reset", .reset, help: "forgets what was said in this space")
}
