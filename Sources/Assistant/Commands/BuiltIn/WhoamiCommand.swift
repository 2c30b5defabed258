// /whoami: who Webex says that the person is, where, and why the assistant answers.

struct WhoamiCommand: Command {
  /// Why the person may use the assistant, as the rest of "You may use me because …".
  let admission: @Sendable (CommandContext) async -> String
  /// Whether the person may change the settings of this space.
  let mayChange: @Sendable (CommandContext) async -> AccessDecision

  let keyword = "/whoami"
  let help = "shows your name, address and ids, and why you may use me"
  let isRepeatable = true

  func run(_ context: CommandContext) async throws -> CommandReply {
    .text(
      Sentences.whoami(
        context, admission: await admission(context), mayChange: await mayChange(context).isAllowed)
    )
  }
}
