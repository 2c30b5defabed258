// The operator's commands at start and after a change of their file: what is checked before they are
// used. Called by the service's run.

import Logging
import WebexAPI

extension AssistantService {
  func warn(about commands: [DeclaredCommand], _ prompts: PromptLibrary) {
    for command in commands {
      for name in command.prompts where prompts.prompt(name) == nil {
        logger.warning(
          "a command names a prompt that is not there",
          metadata: [
            "place": "\(command.promptPlace)", "command": "\(command.keyword)",
            "prompt": "\(name)",
          ])
      }
    }
  }

  /// Of commands that were read again. A title among their rooms leaves the old ones in place.
  func mayDeclare(_ commands: [DeclaredCommand], _ access: AccessDesk) async -> Bool {
    do {
      try await check(commands, access)
      return true
    } catch is CancellationError {
      return false
    } catch {
      logger.error(
        "the changed commands are not used, the old ones stay", metadata: ["problem": "\(error)"])
      return false
    }
  }

  /// Waits for a Webex that is out of reach.
  func check(_ commands: [DeclaredCommand], _ access: AccessDesk) async throws {
    for command in commands {
      guard case .only(let policy) = command.access else { continue }
      try await whenReachable {
        try await access.check(policy, setting: "approved_rooms of \(command.keyword)")
      }
    }
  }

  func whenReachable(_ look: () async throws -> Void) async throws {
    var wait: Duration = .seconds(1)
    while true {
      do {
        return try await look()
      } catch let error as WebexError where error.code != .unauthorized {
        logger.warning(
          "the bot's spaces cannot be listed yet",
          metadata: ["error": "\(error)", "wait": "\(wait)"])
        try await clock.sleep(for: wait)
        wait = min(wait * 2, .seconds(60))
      }
    }
  }
}
