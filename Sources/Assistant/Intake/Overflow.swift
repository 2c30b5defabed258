// A message for which its conversation has no room: one sentence a minute in place of silence.

import Logging
import MercuryClient
import WebexAPI

struct Overflow: Sendable {
  let environment: TurnEnvironment
  let job: Job

  func tell() async {
    let activity = job.activity
    environment.logger.warning("conversation full", metadata: ["space": "\(job.spaceID)"])
    do {
      let access = environment.configuration.access
      if access.admits(email: activity.actor?.emailAddress, roomUUID: job.spaceID),
        let room = activity.roomID, let message = activity.messageID,
        await environment.busyNotices.allows(job.spaceID)
      {
        let draft = MessageDraft(
          roomID: room.encoded, parentID: (activity.threadRootID ?? message).encoded,
          markdown: Sentences.busy)
        let id = try await environment.webex.createMessage(draft).id
        await environment.echoes.claim(id)
      }
      try await environment.store.finishEvent(
        activity.id, outcome: "conversation full", at: environment.now())
    } catch {
      environment.logger.error("overflow not told", metadata: ["error": "\(error)"])
    }
  }
}
