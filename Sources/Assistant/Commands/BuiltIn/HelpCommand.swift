// /help: the commands that the person may run here, as a card with a button each.

struct HelpCommand: Command {
  /// Those that the person may run here, in the order in which they are shown.
  let commands: @Sendable (CommandContext) async -> [any Command]
  /// The model that answers in the space; nil: not known.
  let model: @Sendable (CommandContext) async -> String?

  let keyword = "/help"
  let help = "shows this"
  let isRepeatable = true

  func run(_ context: CommandContext) async throws -> CommandReply {
    .card(
      HelpCard.card(
        await commands(context), model: await model(context), isDirect: context.space.isDirect))
  }
}
