// The turns that run commands: access, arguments, a confirmation, the run, and its reply.

import CrashPoints
import FoundationEssentials
import Logging
import MercuryClient
import WebexAPI

extension Turn {
  func run(_ call: CommandCall, _ read: ReadMessage, in thread: Thread) async throws {
    guard let command = environment.commands.command(call.keyword) else {
      return try await say(
        Sentences.unknownCommand(call.keyword, suggestions: []), in: thread,
        outcome: "command is gone")
    }
    if let reason = await refusal(of: command, read) {
      return try await say(
        Sentences.mayNot(command.keyword, reason), in: thread, outcome: "command denied")
    }
    var context = await context(read, thread, text: call.text)
    switch CommandArguments.parse(call.text, command.arguments) {
    case .success(let arguments): context.arguments = arguments
    case .failure(.missing(_, let given)) where command.asksForArguments:
      let form = FormCard.card(for: command, values: given, problems: [:])
      return try await send(
        CommandCard(
          form, fallback: FormCard.fallback(for: command, problems: [:]),
          state: ["text": .string(call.text)], presser: .requester),
        of: command, as: .form, read, in: thread)
    case .failure(let problem):
      return try await say(
        Sentences.argumentProblem(problem, usage: command.usage), in: thread,
        outcome: "bad arguments")
    }
    try await confirmOrPerform(command, context, read, in: thread)
  }

  func refusal(of command: any Command, _ read: ReadMessage) async -> AccessReason? {
    let decision = await environment.access.mayRun(
      command.access, keyword: command.keyword, read.subject, roomID: read.message.roomID)
    return decision.isAllowed ? nil : decision.reason
  }

  func context(_ read: ReadMessage, _ thread: Thread, text: String) async
    -> CommandContext
  {
    CommandContext(
      person: CommandPerson(
        id: job.activity.personID?.encoded ?? read.message.personID, email: read.inbound.email,
        name: read.speaker),
      space: CommandSpace(
        id: job.spaceID, roomID: read.message.roomID,
        title: await title(read),
        isDirect: read.inbound.isDirect, threadID: thread.threadID),
      text: text, reference: reference, now: environment.now(), logger: logger)
  }

  /// Of a direct space its person's name, which Webex need not be asked for.
  func title(_ read: ReadMessage) async -> String {
    read.inbound.isDirect
      ? read.speaker : await environment.titles.title(of: read.message.roomID)
  }

  /// For effects: the message, edited or not; of a press its event.
  private var cause: String { job.messageUUID ?? job.activity.id }

  // MARK: Cards of the framework

  private func send(
    _ card: CommandCard, of command: any Command, as purpose: CardPurpose, _ read: ReadMessage,
    in thread: Thread
  ) async throws {
    let delivery = CommandDelivery(
      turn: self, thread: thread,
      meaning: CardMeaning(
        command: command.keyword, purpose: purpose, cause: cause, requesterID: job.personID,
        requesterName: read.speaker))
    try await delivery.deliver(.card(card))
    try await finish(delivery, outcome: "\(purpose) of \(command.keyword)")
  }

  func confirmOrPerform(
    _ command: any Command, _ context: CommandContext, _ read: ReadMessage, in thread: Thread,
    replacing card: SentCard? = nil
  ) async throws {
    guard let question = command.confirmation(context) else {
      return try await perform(command, context, read, in: thread, replacing: card)
    }
    let confirmation = CommandCard(
      ConfirmCard.card(question: question, command: command.keyword),
      fallback: ConfirmCard.fallback(question: question, command: command.keyword),
      state: [
        "text": .string(context.text), "arguments": .object(context.arguments),
        "fingerprint": .string(command.fingerprint),
      ],
      presser: .requester, lifetime: .seconds(3_600))
    let delivery = CommandDelivery(
      turn: self, thread: thread,
      meaning: CardMeaning(
        command: command.keyword, purpose: .confirmation, cause: card?.cause ?? cause,
        requesterID: job.personID,
        requesterName: read.speaker),
      pressed: card)
    try await delivery.deliver(card == nil ? .card(confirmation) : .replacement(confirmation))
    try await finish(delivery, outcome: "confirmation of \(command.keyword)")
  }

  // MARK: Run

  func perform(
    _ command: any Command, _ context: CommandContext, _ read: ReadMessage, in thread: Thread,
    replacing card: SentCard? = nil, hasBegun: Bool = false
  ) async throws {
    let delivery = CommandDelivery(
      turn: self, thread: thread,
      meaning: CardMeaning(
        command: command.keyword, purpose: command.keyword == CommandList.help ? .help : .own,
        requesterID: job.personID, requesterName: read.speaker),
      pressed: card)
    if !hasBegun { guard try await begins(command, in: thread) else { return } }
    try await answer(command, delivery, read) { try await command.run(context) }
  }

  /// What changes something outside is done once for a message, edited or not, and once for a press.
  ///
  /// - Returns: false if it was begun before; its person was told so.
  func begins(_ command: any Command, in thread: Thread) async throws -> Bool {
    try await mayRun(command, try await start(of: command), in: thread)
  }

  /// - Parameter card: the pressed one; an earlier card of the same message counts as that message.
  func start(of command: any Command, after card: SentCard? = nil) async throws -> EffectStart {
    guard !command.isRepeatable else { return .begun }
    let start = try await environment.storing("effect") {
      try await store.beginEffect(
        of: card?.cause ?? cause, by: job.activity.id, at: environment.now())
    }
    CrashPoint.effectBegun.reached()
    return start
  }

  func mayRun(_ command: any Command, _ start: EffectStart, in thread: Thread) async throws -> Bool
  {
    // What the killed process has shown of it stays: it may be all that tells what was done.
    var below = thread
    below.left = []
    switch start {
    case .begun: return true
    case .interrupted:
      // It was done, and only what it said did not arrive.
      if let kept = thread.kept, let whole = kept.whole {
        below.left = thread.left.filter { $0.edits < EditBudget.limit }
        try await deliver(kept.text, whole, in: below)
        return false
      }
      try await say(
        Sentences.commandInterrupted(command.keyword), in: below, outcome: "interrupted")
    case .doneBefore:
      try await say(Sentences.ranAlready(command.keyword), in: below, outcome: "ran already")
    }
    return false
  }

  /// Runs a part of a command that /stop may end, and delivers what it answers.
  func answer(
    _ command: any Command, _ delivery: CommandDelivery, _ read: ReadMessage,
    _ work: @escaping @Sendable () async throws -> CommandReply
  ) async throws {
    let reply: CommandReply
    do {
      reply = try await running.interruptible(work)
      if !command.isRepeatable { CrashPoint.effectDone.reached() }
    } catch is CancellationError {
      // A deletion or an edit comes too late for a command.
      guard case .stop(let person)? = running.takeIntent() else { throw CancellationError() }
      await delivery.release()
      reply = .text(Sentences.stopped(by: person, hasText: false))
    } catch let error as CommandError {
      logger.warning(
        "command failed", metadata: ["command": "\(command.keyword)", "why": "\(error.reason)"])
      await delivery.release()
      // Sentences about a service have it already.
      reply = .text(
        error.sentence.contains(reference)
          ? error.sentence : "\(error.sentence) \(Sentences.reference(reference))")
    } catch {
      logger.error(
        "command failed", metadata: ["command": "\(command.keyword)", "error": "\(error)"])
      await delivery.release()
      reply = .text(Sentences.commandFailed(command.keyword, reference: reference))
    }
    if !command.isRepeatable, reply.parts.count == 1, case .text(let text) = reply.parts[0] {
      await keep(text, outcome: "command \(command.keyword)")
    }
    for part in reply.parts {
      if case .question(let question) = part {
        // It ends the turn, and is the last part in any case.
        return try await ask(question, read, in: delivery.thread)
      }
      try await delivery.deliver(part)
    }
    try await finish(delivery, outcome: "command \(command.keyword)")
  }

  func finish(_ delivery: CommandDelivery, outcome: String) async throws {
    _ = running.end()
    await delivery.removeLeft()
    try await finishTurn(TurnEnd(outcome: outcome), delivery.outcome, in: delivery.thread)
  }
}
