// /chat: the settings card, and what its buttons do. `/chat <question>` is asked like any message and
// does not come here.

import FoundationEssentials
import LLMClient

struct ChatCommand: Command {
  let desk: SettingsDesk
  /// Whether the person may choose prompts that are for admins.
  let isAdmin: @Sendable (CommandContext) async -> Bool

  let keyword = "/chat"
  let help = "opens the settings of this space; with a question, asks it"
  let arguments = [CommandArgument("question", .text, isRequired: false)]
  let access = CommandAccess.settings
  let isRepeatable = true

  func run(_ context: CommandContext) async throws -> CommandReply {
    let view = try await desk.view(context, isAdmin: await isAdmin(context))
    return .card(SettingsCard(view: view).commandCard())
  }

  func press(_ press: CardPress, _ context: CommandContext) async throws -> CommandReply {
    let isAdmin = await isAdmin(context)
    let view = try await desk.view(context, isAdmin: isAdmin)
    let form = SettingsForm(press)
    switch form.button {
    case .cancel:
      return finished(Sentences.cancelledTitle, [Sentences.nothingChanged], context)
    case .reset:
      try await desk.reset(spaceID: context.space.id)
      let now = try await desk.view(context, isAdmin: isAdmin)
      let lines = SettingName.allCases.map {
        "- **\(Sentences.label($0)):** \(Sentences.plain(Sentences.source(now, $0)))"
      }
      return finished(Sentences.resetTitle, lines, context)
    case .save: return try await save(form, view, isAdmin: isAdmin, context)
    case .filter, nil: return again(form, view, problems: [:])
    }
  }

  private func save(
    _ form: SettingsForm, _ view: SettingsView, isAdmin: Bool, _ context: CommandContext
  ) async throws -> CommandReply {
    var (changes, problems) = form.changes(
      in: view, may: { $0.visibility == .everyone || isAdmin }, library: desk.prompts.prompts())
    let after = desk.resolve(view.space.changed(by: changes, at: context.now), view.known)
    // A temperature that the prompt brings is left out silently; one that a person wants is not.
    if after.refusedTemperature != nil, problems[.temperature] == nil,
      case .value? = view.space.changed(by: changes, at: context.now).temperature?.value,
      changes.contains(where: { [.model, .temperature].contains($0.name) })
    {
      problems[.temperature] = Sentences.takesNoTemperature(after.model.value ?? "This model")
    }
    guard problems.isEmpty else { return again(form, view, problems: problems) }
    guard !changes.isEmpty else {
      return finished(Sentences.cancelledTitle, [Sentences.nothingChanged], context)
    }
    try await desk.save(changes, in: context.space, by: context.person, at: context.now)
    let now = try await desk.view(context, isAdmin: isAdmin)
    return finished(Sentences.savedTitle, Sentences.saved(changes, view: now), context)
  }

  /// The same card with what was entered. What it showed stays the measure of what is a change.
  private func again(_ form: SettingsForm, _ view: SettingsView, problems: [SettingName: String])
    -> CommandReply
  {
    var card = SettingsCard(view: view, values: form.values, problems: problems).commandCard()
    let shown = Dictionary(uniqueKeysWithValues: form.shown.map { ($0.rawValue, $1) })
    card.state = SettingsCard.state(shown: shown, filter: form.values[.modelFilter] ?? "")
    return .replacement(card)
  }

  private func finished(_ title: String, _ lines: [String], _ context: CommandContext)
    -> CommandReply
  {
    let by = Sentences.changedBy(context.person.name, at: context.now, now: context.now)
    let text = (lines + [by]).joined(separator: "\n")
    return .replacement(
      CommandCard(
        FinishedCard.card(title: title, text: text),
        fallback: FinishedCard.fallback(title: title, text: text)))
  }
}
