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
  var sends: SendLedger
  var health: HealthBoard
  var retries = RetryBell()
  var retrySchedule = RetrySchedule.ofProcess
  var clock: any Clock<Duration> = ContinuousClock()
  var now: @Sendable () -> Date = { Date() }
  var logger: Logger

  var storing: StoreRetry { StoreRetry(health: health, logger: logger, clock: clock) }

  /// What a turn posts is on record as its own.
  func sender(for job: Job, turnID: String) -> WebexSender {
    WebexSender(
      webex: webex, sends: sends,
      purpose: SendPurpose(
        role: .reply, activityID: job.activity.id, turnID: turnID, spaceID: job.spaceID,
        notBefore: job.activity.published))
  }

  /// Posts a sentence that is no answer: a greeting, a notice. A lost response is looked for.
  ///
  /// - Parameters:
  ///   - activityID: the event that the sentence is about.
  ///   - date: the message is younger than this. Webex's clock.
  /// - Returns: the message's id.
  @discardableResult
  func say(
    _ sentence: String, as role: SendRole = .sentence, in roomID: String, spaceID: String,
    threadID: String? = nil, activityID: String? = nil, after date: Date?
  ) async throws -> String {
    try await sends.post(
      MessageDraft(roomID: roomID, parentID: threadID, markdown: sentence),
      SendPurpose(role: role, activityID: activityID, spaceID: spaceID, notBefore: date),
      to: ReplyDestination(roomID: roomID, parentID: threadID, isDirect: false))
  }
}
