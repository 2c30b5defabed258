// From a job to the meaning of its message: one GET, tried again for as long as it takes, and the
// router's decision. Called by turns and by the look ahead for urgent commands.

import FoundationEssentials
import Logging
import MercuryClient
import WebexAPI

struct MessageReader: Sendable {
  let environment: TurnEnvironment

  /// Failures of a single thing: after about ten seconds its event is parked and the others go on.
  private static let maximumServerFailures = 3

  /// - Throws: `WebexError` if Webex does not hand the message over, `MercuryError` if the activity
  ///   names none, `CancellationError`.
  func read(_ job: Job) async throws -> ReadMessage {
    try await job.letter.read {
      job.kind == .press ? try await press(job) : try await message(job)
    }
  }

  private func message(_ job: Job) async throws -> ReadMessage {
    let message = try await fetch(job)
    try Task.checkCancellation()
    let subject = AccessSubject(
      of: job.activity, spaceID: job.spaceID, email: message.personEmail,
      isDirect: message.roomType == .direct)
    let inbound = await inbound(of: message, job, subject)
    return ReadMessage(
      message: message, inbound: inbound,
      decision: await decide(inbound, subject, roomID: message.roomID),
      speaker: speaker(job, subject), subject: subject)
  }

  private func decide(_ inbound: Inbound, _ subject: AccessSubject, roomID: String) async
    -> Decision
  {
    let commands = environment.commands
    let table = commands.table
    let first = Router(commands: table) { _ in true }.decide(inbound)
    // What a person may run needs looking up only for a suggestion, and where a keyword stands in an
    // ordinary sentence; a command itself looks when it runs.
    switch first {
    case .unknownCommand, .ambiguousCommand: break
    case .command(let call):
      guard commands.command(call.keyword)?.isLoose == true else { return first }
    default: return first
    }
    let shown = Set(
      await environment.access.runnable(commands.all, by: subject, roomID: roomID)
        .map(\.keyword))
    return Router(commands: table) { shown.contains($0.keyword) }.decide(inbound)
  }

  private func speaker(_ job: Job, _ subject: AccessSubject) -> String {
    // A name is data: line breaks in it could pose as rules of the system prompt.
    PromptVariables.line(
      job.activity.actor?.displayName ?? subject.email ?? "Someone",
      longest: PromptVariables.longestName)
  }

  // MARK: Presses

  /// The card's record tells what a press means and where it belongs; only a press that counts is
  /// worth asking Webex for its inputs.
  private func press(_ job: Job) async throws -> ReadMessage {
    guard let cardID = job.activity.messageID else {
      throw MercuryError(.badRequest, "the press names no card")
    }
    let card = try await card(cardID)
    let isDirect = card?.isDirect ?? job.activity.target?.isDirect ?? false
    let subject = AccessSubject(
      of: job.activity, spaceID: job.spaceID, email: try await pressersAddress(job),
      isDirect: isDirect)
    var inbound = Inbound(
      text: "", isDirect: isDirect, isMentioned: true, email: subject.email,
      roomUUID: job.spaceID)
    inbound.isAllowed = await environment.access.admits(subject, what: "press").isAllowed
    var decision: Decision = .denied
    if inbound.isAllowed {
      decision = try await pressed(card, job, &inbound, subject)
    }
    return ReadMessage(
      message: Message(
        // The root of the thread: what is answered here goes there, wherever the card stands.
        id: try await root(card, cardID, isKnown: decision != .press(.unknown)),
        roomID: card?.roomID ?? job.activity.roomID?.encoded ?? "",
        roomType: isDirect ? .direct : .group, personID: job.activity.personID?.encoded ?? "",
        personEmail: subject.email),
      inbound: inbound, decision: decision, speaker: speaker(job, subject), subject: subject)
  }

  /// A card can be pressed before its own turn has put it on record: presses wait for no turn.
  private func card(_ id: WebexID) async throws -> SentCard? {
    var wait: Duration = .milliseconds(100)
    while true {
      let card = try await environment.storing("card") {
        try await environment.store.card(id.uuid)
      }
      guard card == nil, wait < .seconds(3) else { return card }
      try await environment.clock.sleep(for: wait)
      wait *= 2
    }
  }

  private func pressed(
    _ card: SentCard?, _ job: Job, _ inbound: inout Inbound, _ subject: AccessSubject
  ) async throws -> Decision {
    var card = card
    if let early = decision(card, job, nil) {
      guard case .used = early, let newer = try await edited(card, job) else {
        return .press(early)
      }
      card = newer
    }
    let inputs: [String: JSONValue]
    if let taken = card?.inputs, card?.claimedBy == job.activity.id {
      // Webex forgets a press with its card, and taking one may have been the end of it.
      inputs = (try? JSONDecoder().decode([String: JSONValue].self, from: Data(taken.utf8))) ?? [:]
    } else {
      do {
        inputs = try await persistently("fetching the press") {
          try await environment.resolver.attachmentAction(for: job.activity).inputs
        }
      } catch let error as WebexError where error.code == .notFound {
        return .press(.unknown)
      }
    }
    guard let card, card.purpose == .help else {
      return .press(decision(card, job, inputs) ?? .unknown)
    }
    inbound.text = inputs["run"]?.stringValue ?? ""
    // Whatever a client may send: a button of ours names a command.
    guard let command = environment.commands.command(inbound.text) else {
      return .press(.unknown)
    }
    return (command as? any ConversationCommand)?.decision("", hasFiles: false)
      ?? .command(CommandCall(keyword: command.keyword, text: ""))
  }

  private func decision(_ card: SentCard?, _ job: Job, _ inputs: [String: JSONValue]?)
    -> PressDecision?
  {
    PressDecision.of(
      card, personID: job.personID, activityID: job.activity.id, now: environment.now(),
      inputs: inputs)
  }

  /// A card that was edited a moment ago can be pressed before that is on record.
  ///
  /// - Returns: nil if the press is on what the record says.
  private func edited(_ card: SentCard?, _ job: Job) async throws -> SentCard? {
    guard let card, environment.cardEditing.mayWork,
      let action = try? await environment.resolver.attachmentAction(for: job.activity)
    else { return nil }
    let pressed = CardGeneration.of(action.inputs)
    var wait: Duration = .milliseconds(100)
    while pressed > card.generation, wait < .seconds(3) {
      try await environment.clock.sleep(for: wait)
      wait *= 2
      if let now = try await environment.store.card(card.uuid), now.generation >= pressed {
        return now
      }
    }
    return nil
  }

  private func pressersAddress(_ job: Job) async throws -> String? {
    if let email = job.activity.actor?.emailAddress { return email }
    guard let id = job.activity.personID else { return nil }
    return try await persistently("fetching a person") {
      try await environment.webex.person(id.encoded).emails.first
    }
  }

  private func root(_ card: SentCard?, _ cardID: WebexID, isKnown: Bool) async throws -> String {
    if let card { return card.threadID ?? card.messageID }
    guard !isKnown else { return cardID.encoded }
    let message = try? await environment.webex.message(cardID.encoded)
    return message?.parentID ?? cardID.encoded
  }

  // MARK: Messages

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

  private func inbound(of message: Message, _ job: Job, _ subject: AccessSubject) async
    -> Inbound
  {
    var inbound = Inbound(
      text: MessageText.text(of: message, botID: environment.bot.id),
      isDirect: message.roomType == .direct,
      hasFiles: !message.files.isEmpty || job.activity.verb == "share",
      isMentioned: mentionsBot(message),
      email: subject.email, roomUUID: job.spaceID)
    // Nobody else is spoken to, so nobody else is to be looked up.
    guard inbound.isDirect || inbound.isMentioned else { return inbound }
    inbound.isAllowed = await environment.access.admits(
      subject, what: job.kind == .edit ? "edit" : inbound.hasFiles ? "file" : "message"
    ).isAllowed
    return inbound
  }

  private func mentionsBot(_ message: Message) -> Bool {
    let botUUID = WebexID(environment.bot.id)?.uuid
    return message.mentionedPeople.contains {
      $0 == environment.bot.id || (botUUID != nil && WebexID($0)?.uuid == botUUID)
    }
  }

  /// A question is not lost because Webex is out of reach for an hour: waits grow to a minute.
  /// A single thing that Webex fails on for ever must not hold up its space, though.
  ///
  /// - Parameter failures: how often Webex may fail on it before this throws.
  func persistently<Value>(
    _ what: String, failures: Int = maximumServerFailures, _ call: () async throws -> Value
  ) async throws -> Value {
    var wait: Duration = .seconds(2)
    var serverFailures = 0
    while true {
      do {
        return try await call()
      } catch let error as WebexError where Self.passes(error) {
        if ![.unreachable, .timedOut, .rateLimited].contains(error.code) { serverFailures += 1 }
        guard serverFailures < failures else { throw error }
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
