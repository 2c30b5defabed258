// /prompt: shows which system prompt is used and which there are, or chooses one for the space.

struct PromptCommand: Command {
  let desk: SettingsDesk
  /// Whether the person may change the settings of this space.
  let mayChange: @Sendable (CommandContext) async -> AccessDecision
  /// Whether the person may choose prompts that are for admins.
  let isAdmin: @Sendable (CommandContext) async -> Bool

  let keyword = "/prompt"
  let help = "shows the system prompts, or chooses one for this space"
  let arguments = [CommandArgument("name", .text, isRequired: false, maximumLength: 200)]
  let isRepeatable = true

  func run(_ context: CommandContext) async throws -> CommandReply {
    let view = try await desk.view(context, isAdmin: await isAdmin(context))
    let wanted = SettingWords.argument(context.text)
    guard !wanted.isEmpty else { return .text(Sentences.prompts(view)) }
    let right = await mayChange(context)
    guard right.isAllowed else { return .text(Sentences.mayNotChangeSettings(right.reason)) }
    let names = view.prompts.map(\.name)
    if SettingWords.default.contains(wanted.lowercased()) {
      return try await set(nil, context)
    }
    switch NearNames.find(wanted, in: names) {
    case .one(let name): return try await set(name, context)
    case .several(let names): return .text(Sentences.nearPrompts(wanted, near: names))
    case .none(let near):
      // One for admins may be named to those who are none; a hidden one may not.
      let prompt = desk.prompts.prompt(wanted)
      return .text(
        prompt?.visibility == .admins
          ? Sentences.promptForAdmins(wanted) : Sentences.nearPrompts(wanted, near: near))
    }
  }

  private func set(_ name: String?, _ context: CommandContext) async throws -> CommandReply {
    let choice = name == PromptLibrary.defaultName ? nil : name.map { PromptChoice.named($0) }
    try await desk.save([.prompt(choice)], in: context.space, by: context.person, at: context.now)
    return .text(
      name.map { Sentences.promptSet($0, by: context.person.name) } ?? Sentences.promptUnset)
  }
}
