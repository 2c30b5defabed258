// /model: shows which model answers and which there are, or chooses one for the space.

import LLMClient

struct ModelCommand: Command {
  let desk: SettingsDesk
  /// Whether the person may change the settings of this space.
  let mayChange: @Sendable (CommandContext) async -> AccessDecision

  let keyword = "/model"
  let help = "shows the models, or chooses one for this space"
  let arguments = [CommandArgument("name", .text, isRequired: false, maximumLength: 200)]
  let isRepeatable = true

  func run(_ context: CommandContext) async throws -> CommandReply {
    let view = try await desk.view(context, isAdmin: false)
    let wanted = SettingWords.argument(context.text)
    guard !wanted.isEmpty else { return .text(Sentences.models(view)) }
    let right = await mayChange(context)
    guard right.isAllowed else { return .text(Sentences.mayNotChangeSettings(right.reason)) }
    let names = view.known.chat.map(\.id)
    if SettingWords.default.contains(wanted.lowercased()), !names.contains(wanted) {
      try await desk.save([.model(nil)], in: context.space, by: context.person, at: context.now)
      return .text(Sentences.modelUnset(try await desk.view(context, isAdmin: false)))
    }
    guard let catalog = view.known.catalog else { return .text(Sentences.modelsUncheckable) }
    switch NearNames.find(wanted, in: names) {
    case .one(let name): return try await set(name, context)
    // The name itself of a model behind a wildcard, which is on no list.
    case .none where catalog.offers(wanted) && catalog[wanted] == nil:
      return try await set(wanted, context)
    case .several(let names): return .text(Sentences.severalModels(names))
    case .none(let near): return .text(Sentences.unknownModel(wanted, near: near))
    }
  }

  private func set(_ name: String, _ context: CommandContext) async throws -> CommandReply {
    try await desk.save([.model(name)], in: context.space, by: context.person, at: context.now)
    let view = try await desk.view(context, isAdmin: false)
    return .text(Sentences.modelSet(name, view: view, by: context.person.name))
  }
}

enum SettingWords {
  /// What goes back to the default instead of naming a value.
  static let `default`: Set<String> = ["default", "reset"]

  /// A name as people type it: with quotes or code marks around it.
  static func argument(_ text: String) -> String {
    var name = text.trimmingWhitespace()[...]
    while name.count > 1, let first = name.first, let last = name.last,
      "`\"'“”‘’".contains(first), "`\"'“”‘’".contains(last)
    {
      name = name.dropFirst().dropLast()
    }
    return name.trimmingWhitespace()
  }
}
