// What every turn needs, put together once by the service.

import FoundationEssentials
import LLMClient
import Logging
import MercuryClient
import WebexAPI

struct TurnEnvironment: Sendable {
  var configuration: AssistantConfiguration
  var bot: Person
  var webex: WebexClient
  var resolver: ActivityResolver
  var llm: LLMClient
  var models: ModelDirectory
  var store: Store
  var prompts: PromptLibrary
  var denials: NoticeLimiter
  var busyNotices: NoticeLimiter
  var echoes: EchoBoard
  var health: HealthBoard
  var clock: any Clock<Duration> = ContinuousClock()
  var now: @Sendable () -> Date = { Date() }
  var logger: Logger

  /// Posts a sentence that is no answer: a greeting, a notice.
  ///
  /// - Returns: the message's id.
  @discardableResult
  func say(_ sentence: String, in roomID: String, threadID: String? = nil) async throws -> String {
    let draft = MessageDraft(roomID: roomID, parentID: threadID, markdown: sentence)
    let id = try await webex.createMessage(draft).id
    await echoes.claim(id)
    return id
  }
}
