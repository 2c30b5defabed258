// The first contact: one short message per space, when the bot is added to it or first written to.

import Logging
import MercuryClient
import WebexAPI

struct Greeting: Sendable {
  let environment: TurnEnvironment
  let job: Job

  /// A person added the bot to a space.
  ///
  /// - Returns: what is recorded of the event.
  func welcome() async throws -> String {
    guard let room = job.activity.roomID else { return "ignored: no space" }
    let isDirect = job.activity.target?.isDirect ?? false
    try await environment.store.touchSpace(
      job.spaceID, roomID: room.encoded, isDirect: isDirect, at: environment.now())
    let subject = AccessSubject(of: job.activity, spaceID: job.spaceID, isDirect: isDirect)
    if try await gate.left(spaceID: job.spaceID, roomID: room.encoded, isDirect: isDirect) {
      return "left"
    }
    guard await environment.access.admits(subject, what: "added").isAllowed
    else { return "added by someone who may not use it" }
    return await greet(room.encoded, isDirect: isDirect) ? "greeted" : "known space"
  }

  private var gate: SpaceGate {
    SpaceGate(
      configuration: environment.configuration, bot: environment.bot, webex: environment.webex,
      logger: environment.logger
    ) { sentence, roomID in
      try await environment.say(
        sentence, in: roomID, spaceID: job.spaceID, activityID: job.activity.id,
        after: job.activity.published)
    }
  }

  /// A person's first message in a space.
  func firstContact(_ read: ReadMessage) async {
    switch read.decision {
    case .denied, .ignore: return
    // These say the same themselves.
    case .nothingSaid: _ = await claim()
    case .command(let call) where call.keyword == CommandList.help: _ = await claim()
    default: _ = await greet(read.message.roomID, isDirect: read.inbound.isDirect)
    }
  }

  /// At most once, also if the process is killed between the claim and the post.
  private func claim() async -> Bool {
    do {
      return try await environment.store.claimGreeting(
        spaceID: job.spaceID, at: environment.now())
    } catch {
      environment.logger.error("greeting not recorded", metadata: ["error": "\(error)"])
      return false
    }
  }

  private func greet(_ roomID: String, isDirect: Bool) async -> Bool {
    guard await claim() else { return false }
    guard environment.configuration.greets else { return false }
    let model = try? await environment.models.answering().name
    do {
      try await environment.say(
        Sentences.greeting(model: model, isDirect: isDirect), as: .greeting, in: roomID,
        spaceID: job.spaceID, activityID: job.activity.id, after: job.activity.published)
    } catch {
      environment.logger.warning("not greeted", metadata: ["error": "\(error)"])
      if (error as? WebexError)?.mayHaveArrived == false {
        try? await environment.store.releaseGreeting(spaceID: job.spaceID)
      }
    }
    return true
  }
}
