// From a job to the meaning of its message: one GET, tried again for as long as it takes, and the
// router's decision. Called by turns and by the look ahead for urgent commands.

import Logging
import MercuryClient
import WebexAPI

struct MessageReader: Sendable {
  let environment: TurnEnvironment

  /// At a minute each, about ten minutes.
  private static let maximumServerFailures = 12

  /// - Throws: `WebexError` if Webex does not hand the message over, `MercuryError` if the activity
  ///   names none, `CancellationError`.
  func read(_ job: Job) async throws -> ReadMessage {
    try await job.letter.read {
      let message = try await fetch(job)
      try Task.checkCancellation()
      let inbound = inbound(of: message, job)
      let router = Router(access: environment.configuration.access)
      return ReadMessage(
        message: message, inbound: inbound, decision: router.decide(inbound),
        speaker: Self.oneLine(job.activity.actor?.displayName ?? inbound.email ?? "Someone"))
    }
  }

  /// Ends an event that needs no turn.
  func finish(_ job: Job, _ outcome: String) async {
    do {
      try await environment.storing("event's end") {
        try await environment.store.finishEvent(
          job.activity.id, outcome: outcome, at: environment.now())
      }
    } catch {
      environment.logger.error("event not finished", metadata: ["error": "\(error)"])
    }
  }

  private func fetch(_ job: Job) async throws -> Message {
    try await persistently("fetching the message") {
      do {
        return try await environment.resolver.message(for: job.activity)
      } catch let error as WebexError where error.code == .notFound && job.kind == .message {
        // REST can be seconds behind the event; the resolver has waited a few already. What was
        // edited has been there before.
        try await environment.clock.sleep(for: .seconds(10))
        return try await environment.resolver.message(for: job.activity)
      }
    }
  }

  private func inbound(of message: Message, _ job: Job) -> Inbound {
    Inbound(
      text: MessageText.text(of: message, botID: environment.bot.id),
      isDirect: message.roomType == .direct,
      hasFiles: !message.files.isEmpty || job.activity.verb == "share",
      isMentioned: mentionsBot(message),
      email: message.personEmail ?? job.activity.actor?.emailAddress, roomUUID: job.spaceID)
  }

  /// A name is data: line breaks in it could pose as rules of the system prompt.
  static func oneLine(_ name: String) -> String {
    var line = String.UnicodeScalarView()
    for scalar in name.unicodeScalars.prefix(80) {
      let category = scalar.properties.generalCategory
      let breaks: Set<Unicode.GeneralCategory> = [.control, .lineSeparator, .paragraphSeparator]
      line.append(breaks.contains(category) ? " " : scalar)
    }
    return String(line).trimmingWhitespace()
  }

  private func mentionsBot(_ message: Message) -> Bool {
    let botUUID = WebexID(environment.bot.id)?.uuid
    return message.mentionedPeople.contains {
      $0 == environment.bot.id || (botUUID != nil && WebexID($0)?.uuid == botUUID)
    }
  }

  /// A question is not lost because Webex is out of reach for an hour: waits grow to a minute.
  /// A single thing that Webex fails on for ever must not hold up its space, though.
  func persistently<Value>(_ what: String, _ call: () async throws -> Value) async throws -> Value {
    var wait: Duration = .seconds(2)
    var serverFailures = 0
    while true {
      do {
        return try await call()
      } catch let error as WebexError where Self.passes(error) {
        if ![.unreachable, .timedOut, .rateLimited].contains(error.code) { serverFailures += 1 }
        guard serverFailures < Self.maximumServerFailures else { throw error }
        environment.logger.warning(
          "\(what) failed, trying again", metadata: ["error": "\(error)"])
        try await environment.clock.sleep(for: wait)
        wait = min(wait * 3, .seconds(60))
      }
    }
  }

  /// Failures of Webex that pass: worth trying again for as long as it takes.
  private static func passes(_ error: WebexError) -> Bool {
    switch error.code {
    case .unreachable, .timedOut, .serverFailure, .rateLimited, .unauthorized: true
    // A broken answer, not a strange one.
    case .undecodable: error.underlying != nil
    default: false
    }
  }
}
