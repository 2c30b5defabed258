// A message for which its conversation has no room: one sentence a minute in place of silence.

import Logging
import MercuryClient
import WebexAPI

struct Overflow: Sendable {
  let environment: TurnEnvironment
  let job: Job
  let admission: Mailboxes<Job>.Admission

  func tell() async {
    let activity = job.activity
    environment.logger.warning(
      "no room", metadata: ["space": "\(job.spaceID)", "why": "\(admission)"])
    await say()
    do {
      try await environment.store.finishEvent(
        activity.id, outcome: "\(admission)", at: environment.now())
    } catch {
      environment.logger.error("event not finished", metadata: ["error": "\(error)"])
    }
  }

  private func say() async {
    let activity = job.activity
    do {
      let subject = AccessSubject(of: activity, spaceID: job.spaceID)
      if await environment.access.decide(subject).isAllowed,
        let room = activity.roomID, let threadID = job.threadID,
        await environment.busyNotices.allows(job.spaceID + job.personID)
      {
        try await environment.say(
          admission == .personFull ? Sentences.personFull : Sentences.conversationFull,
          in: room.encoded, spaceID: job.spaceID, threadID: threadID, activityID: activity.id,
          after: activity.published)
      }
    } catch {
      environment.logger.error("overflow not told", metadata: ["error": "\(error)"])
    }
  }
}
