// Every command that is built in, in the order of /help. A command of your own goes into the list at
// the end, or into `AssistantService.init(commands:)`.

enum CommandList {
  static let help = "/help"
  /// Those of `builtIn`.
  static let reserved: Set<String> = [
    "/ask", "/chat", "/model", "/prompt", "/settings", "/stop", "/retry", "/continue", "/reset",
    "/whoami", "/help",
  ]

  /// - Parameter all: every command there is when it is called.
  static func builtIn(
    _ settings: SettingsDesk, _ access: AccessDesk, _ all: @escaping @Sendable () -> [any Command]
  ) -> [any Command] {
    let mayChange: @Sendable (CommandContext) async -> AccessDecision = { context in
      await access.mayChangeSettings(
        AccessSubject(context), roomID: context.space.roomID, what: "settings")
    }
    let isAdmin: @Sendable (CommandContext) async -> Bool = { context in
      await access.isAdmin(context.person.email)
    }
    return [
      AskCommand(),
      ChatCommand(desk: settings, isAdmin: isAdmin),
      ModelCommand(desk: settings, mayChange: mayChange),
      PromptCommand(desk: settings, mayChange: mayChange, isAdmin: isAdmin),
      SettingsCommand(desk: settings),
      ConversationAction.stop,
      ConversationAction.retry,
      ConversationAction.goOn,
      ConversationAction.reset,
      WhoamiCommand(
        admission: { Sentences.admitted(await access.decide(AccessSubject($0)).reason) },
        mayChange: mayChange),
      HelpCommand(
        commands: { context in
          await access.runnable(all(), by: AccessSubject(context), roomID: context.space.roomID)
        },
        model: { try? await settings.effective(spaceID: $0.space.id).model.value }),
    ]
  }
}

/// `/chat <question>` asks; alone it opens the card.
extension ChatCommand: ConversationCommand {
  func decision(_ text: String, hasFiles: Bool) -> Decision? {
    text.isEmpty ? nil : .ask(text, hasFiles: hasFiles)
  }
}

extension AccessSubject {
  /// Who runs a command. Bots among them were admitted before.
  init(_ context: CommandContext) {
    self.init(
      email: context.person.email, personID: context.person.id, spaceID: context.space.id,
      isDirect: context.space.isDirect)
  }
}
