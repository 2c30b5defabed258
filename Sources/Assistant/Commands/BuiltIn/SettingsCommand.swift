// /settings: what holds in this space, and where each value comes from.

struct SettingsCommand: Command {
  let desk: SettingsDesk

  let keyword = "/settings"
  let help = "shows what is set here, and where each value comes from"
  let isRepeatable = true

  func run(_ context: CommandContext) async throws -> CommandReply {
    let view = try await desk.view(context, isAdmin: false)
    return .text(Sentences.settings(view) + "\n\n" + Sentences.settingsHint)
  }
}
