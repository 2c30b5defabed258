// How a turn speaks: one reply that grows, a sentence, and the turn's end on record.

import CrashPoints
import FoundationEssentials
import Logging
import MercuryClient
import WebexAPI

extension Turn {
  func reply(_ plan: ReplyPlan, to destination: ReplyDestination, notice: ReplyDestination? = nil)
    -> ReplyStream
  {
    ReplyStream(
      sender: environment.sender(for: job, turnID: id),
      journal: StoreJournal(
        store: store, storing: environment.storing, turnID: id, logger: logger),
      destination: destination,
      noticeDestination: notice, plan: plan, clock: environment.clock, logger: logger)
  }

  var plan: ReplyPlan {
    ReplyPlan(
      timing: environment.configuration.timing, limit: WebexLimits.maximumMessageBytes,
      notice: Sentences.notice)
  }

  /// - Parameter failure: makes the event a dead letter, for this reason.
  func say(_ sentence: String, in thread: Thread, outcome: String, failure: String? = nil)
    async throws
  {
    _ = running.end()
    var plan = plan
    plan.replaces = thread.replaces
    let stream = reply(plan, to: thread.destination)
    let delivery = try await stream.run { yield in
      yield(.text(sentence))
      yield(.end(ReplyEnding()))
    }
    try await finishTurn(TurnEnd(outcome: outcome, failure: failure), delivery, in: thread)
  }

  func finishTurn(_ end: TurnEnd, _ delivery: ReplyOutcome, in thread: Thread) async throws {
    var end = end
    if delivery == .undelivered {
      end.outcome += ", undelivered"
      end.failure = "Webex did not take the reply"
      logger.error("reply undelivered")
      // Perhaps it was the text that Webex did not take.
      _ = try? await environment.say(
        Sentences.undelivered(reference: reference), in: thread.destination.roomID,
        spaceID: job.spaceID, threadID: thread.threadID, activityID: job.activity.id,
        after: job.activity.published)
    }
    // A delivered answer is on record even if the process is being stopped right now.
    let record = end
    try await Task { [environment, opening = opening(thread.threadID)] in
      CrashPoint.finishing.reached()
      try await environment.storing("turn's end") {
        try await environment.store.finishTurn(opening, record, at: environment.now())
      }
      CrashPoint.finished.reached()
    }.value
    var metadata: Logger.Metadata = ["outcome": "\(end.outcome)"]
    if let tokens = end.completionTokens { metadata["tokens"] = "\(tokens)" }
    if let model = end.model { metadata["model"] = "\(model)" }
    logger.info("turn finished", metadata: metadata)
  }
}

/// Records the messages of a reply, so that a killed process's successor finds them.
private struct StoreJournal: ReplyJournal {
  let store: Store
  let storing: StoreRetry
  let turnID: String
  let logger: Logger

  func closed(_ messageID: String, place: ReplyPlace) async {
    await note { try await store.recordPlace(place, messageID: messageID) }
  }

  func edited(_ messageID: String, count: Int, place: ReplyPlace?) async {
    await note {
      try await store.recordEdits(count, messageID: messageID, turnID: turnID, place: place)
    }
  }

  func deleted(_ messageID: String) async {
    await note { try await store.forgetReply(messageID) }
  }

  private func note(_ write: () async throws -> Void) async {
    do { try await storing("reply", write) } catch {
      logger.error("reply not recorded", metadata: ["error": "\(error)"])
    }
  }
}
