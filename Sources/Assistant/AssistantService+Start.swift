// What comes before the first event: who the bot is, what the operator is warned of, what is not kept
// any longer. Called by the service's run.

import FoundationEssentials
import Logging
import WebexAPI

extension AssistantService {
  func identify() async throws -> Person {
    var wait: Duration = .seconds(1)
    while true {
      do {
        let bot = try await webex.me()
        // A person's token would answer that person's messages in their name.
        if bot.kind == .person {
          throw AssistantError(
            .notABot, "WEBEX_API_TOKEN is a person's token; the assistant needs a bot's")
        }
        logger.notice(
          "signed in", metadata: ["bot": "\(bot.displayName ?? "?")", "id": "\(bot.id)"])
        return bot
      } catch let error as WebexError {
        switch error.code {
        case .unauthorized:
          throw AssistantError(
            .unauthorized, "Webex refused the token (401): check WEBEX_API_TOKEN", cause: error)
        case .hostNotAllowed, .forbidden:
          throw AssistantError(.forbidden, "\(error)", cause: error)
        default:
          logger.warning(
            "Webex cannot be reached yet", metadata: ["error": "\(error)", "wait": "\(wait)"])
          board.update { $0.mercury = "waiting for Webex" }
          try await clock.sleep(for: wait)
          wait = min(wait * 2, .seconds(60))
        }
      }
    }
  }

  func warn(about prompts: PromptLibrary) {
    if configuration.access.admitsEveryone {
      logger.warning(
        "everyone who can write to this bot may use it: set APPROVED_USERS, APPROVED_DOMAINS or APPROVED_ROOMS"
      )
    }
    for problem in prompts.problems() {
      logger.warning("prompt unusable", metadata: ["problem": "\(problem)"])
    }
  }

  /// A title among the approved rooms is refused; a Webex that is out of reach is waited for.
  func checkRooms(_ access: AccessDesk) async throws -> Bool {
    try await whenReachable { try await access.check(configuration.access) }
    try await check(declared?.first ?? [], access)
    return true
  }

  /// LiteLLM being down at start is worth a warning, not an exit.
  func checkModel(_ models: ModelDirectory) async {
    do {
      let model = try await models.answering()
      logger.notice("model", metadata: ["name": "\(model.name)"])
    } catch {
      logger.warning("no model can be reached yet", metadata: ["error": "\(error)"])
    }
  }

  /// Once a day, however long the process lives.
  func prune(_ storing: StoreRetry) async {
    while true {
      do { try await prune() } catch { storing.note(error, "pruning") }
      guard (try? await clock.sleep(for: .seconds(86_400))) != nil else { return }
    }
  }

  /// What is only kept for a while.
  private func prune() async throws {
    let now = now()
    try await store.pruneEvents(
      finishedBefore: now.addingTimeInterval(-7 * 86_400),
      failedBefore: now.addingTimeInterval(-30 * 86_400))
    try await store.pruneEffects(begunBefore: now.addingTimeInterval(-30 * 86_400))
    try await store.pruneCards(sentBefore: now.addingTimeInterval(-30 * 86_400))
  }
}
