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

struct StopCommand: ConversationCommand {
  let keyword = "/stop"
  let help = "ends the answer that I am writing"
  let isRepeatable = true

  func decision(_ text: String, hasFiles: Bool) -> Decision? { .stop }
}

struct RetryCommand: ConversationCommand {
  let keyword = "/retry"
  let help = "answers the last question again"
  let isRepeatable = true

  func decision(_ text: String, hasFiles: Bool) -> Decision? { .retry }
}

struct ContinueCommand: ConversationCommand {
  let keyword = "/continue"
  let help = "goes on with an answer that was cut"
  let isRepeatable = true

  func decision(_ text: String, hasFiles: Bool) -> Decision? { .goOn }
}

struct ResetCommand: ConversationCommand {
  let keyword = "/reset"
  let help = "forgets what was said in this space"
  let isRepeatable = true

  func decision(_ text: String, hasFiles: Bool) -> Decision? { .reset }
}
