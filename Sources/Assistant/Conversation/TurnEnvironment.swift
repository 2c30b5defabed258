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
  var access: AccessDesk
  var commands: CommandRegistry
  var settings: SettingsDesk
  var titles: SpaceTitles
  var cardEditing = CardEditing()
  var busyNotices: NoticeLimiter
  var echoes: EchoBoard
  var health: HealthBoard
  var retries = RetryBell()
  var retrySchedule = RetrySchedule.ofProcess
  var clock: any Clock<Duration> = ContinuousClock()
  var now: @Sendable () -> Date = { Date() }
  var logger: Logger

  var storing: StoreRetry { StoreRetry(health: health, logger: logger, clock: clock) }

  func sender(after date: Date) -> WebexSender {
    WebexSender(webex: webex, echoes: echoes, questionDate: date, clock: clock)
  }

  /// Posts a sentence that is no answer: a greeting, a notice. A lost response is looked for, so that
  /// the message can be removed again.
  ///
  /// - Parameter date: the message is younger than this. Webex's clock.
  /// - Returns: the message's id.
  @discardableResult
  func say(_ sentence: String, in roomID: String, threadID: String? = nil, after date: Date?)
    async throws -> String
  {
    let destination = ReplyDestination(roomID: roomID, parentID: threadID, isDirect: false)
    let sender = sender(after: date ?? now())
    do {
      return try await sender.post(sentence, to: destination)
    } catch let error as WebexError where error.mayHaveArrived {
      guard let id = await sender.findLost(in: destination) else { throw error }
      return id
    }
  }
}
