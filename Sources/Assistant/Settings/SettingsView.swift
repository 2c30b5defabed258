// Everything that the settings card and the commands show of a space at one moment.

import FoundationEssentials
import LLMClient

struct SettingsView: Sendable {
  /// What people set here.
  var space: SpaceSettings
  var effective: EffectiveSettings
  /// What would hold for each setting if the space had not set it.
  var defaults: EffectiveSettings
  var known: KnownModels
  /// Those that this person may choose, the default one first.
  var prompts: [Prompt]
  var isDirect: Bool
  var now: Date

  /// A model that no longer answers here, or does not take a temperature, is told by name.
  var modelTakesTemperature: Bool {
    effective.model.value.flatMap { known.catalog?[$0]?.takesTemperature } != false
  }
}

extension SettingsDesk {
  /// - Parameter isAdmin: whether the person may choose prompts that are for admins.
  func view(_ context: CommandContext, isAdmin: Bool) async throws -> SettingsView {
    let space = try await store.settings(spaceID: context.space.id)
    let known = await models.knownForCard()
    return SettingsView(
      space: space, effective: resolve(space, known), defaults: defaults(space, known),
      known: known,
      prompts: prompts.prompts().filter {
        $0.visibility == .everyone || (isAdmin && $0.visibility == .admins)
      }, isDirect: context.space.isDirect, now: context.now)
  }

  /// Each default as it would be with the others as they are: a prompt brings its own temperature.
  private func defaults(_ space: SpaceSettings, _ known: KnownModels) -> EffectiveSettings {
    var defaults = resolve(SpaceSettings(), known)
    var other = space
    other.model = nil
    defaults.model = resolve(other, known).model
    other = space
    other.temperature = nil
    defaults.temperature = resolve(other, known).temperature
    return defaults
  }
}
