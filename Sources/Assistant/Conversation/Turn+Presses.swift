// The turns of presses on cards: whether a press counts, and what its card was for.

import CrashPoints
import FoundationEssentials
import Logging
import MercuryClient
import WebexAPI

extension Turn {
  func press(_ press: PressDecision, _ read: ReadMessage, in thread: Thread) async throws {
    switch press {
    case .taken(let card, let inputs): try await self.press(card, inputs, read, in: thread)
    case .used(let person):
      try await refuse(Sentences.cardUsed(by: person), "card used before", in: thread)
    case .expired(let command):
      try await refuse(Sentences.cardTooOld(command), "card too old", in: thread)
    case .notYours(let requester):
      try await refuse(Sentences.cardNotYours(requester), "another's card", in: thread)
    case .done: try await finishTurn(TurnEnd(outcome: "press done"), .delivered, in: thread)
    case .unknown: try await refuse(Sentences.cardUnknown, "unknown card", in: thread)
    }
  }

  /// Once a minute for each person and card: whoever goes on pressing fills no space.
  private func refuse(_ sentence: String, _ outcome: String, in thread: Thread) async throws {
    let card = job.activity.messageID?.uuid ?? ""
    guard await environment.busyNotices.allows("\(card) \(job.personID)") else {
      return try await finishTurn(TurnEnd(outcome: outcome), .delivered, in: thread)
    }
    try await say(sentence, in: thread, outcome: outcome)
  }

  private func press(
    _ card: SentCard, _ inputs: [String: JSONValue], _ read: ReadMessage, in thread: Thread
  ) async throws {
    guard let command = environment.commands.command(card.command) else {
      return try await self.press(PressDecision.unknown, read, in: thread)
    }
    if let reason = await refusal(of: command, read) {
      return try await refuse(
        Sentences.mayNot(command.keyword, reason), "press denied", in: thread)
    }
    var card = card
    if !card.isReusable {
      let claimed = try await environment.storing("claim") {
        try await store.claimCard(
          card.uuid, by: job.activity.id, name: read.speaker,
          inputs: String(decoding: try JSONEncoder().encode(inputs), as: UTF8.self),
          at: environment.now())
      }
      guard let claimed, claimed.claimedBy == job.activity.id,
        claimed.generation == card.generation
      else {
        return try await self.press(
          .used(by: claimed?.claimedByName ?? claimed?.madeByName ?? ""), read, in: thread)
      }
      card = claimed
      CrashPoint.pressClaimed.reached()
    }
    let state =
      (try? JSONDecoder().decode(JSONValue.self, from: Data(card.state.utf8))) ?? .object([:])
    var context = await context(read, thread, text: state["text"]?.stringValue ?? "")
    switch card.purpose {
    case .own:
      let delivery = CommandDelivery(
        turn: self, thread: thread,
        meaning: CardMeaning(
          command: card.command, purpose: .own, requesterID: card.requesterID,
          requesterName: card.requesterName), pressed: card)
      guard try await begins(command, in: thread) else { return }
      let press = CardPress(inputs: inputs, state: state)
      let asked = context
      try await answer(command, delivery, read) { try await command.press(press, asked) }
    case .confirmation:
      context.arguments = state["arguments"]?.objectValue ?? [:]
      // Clients may send what a button holds as text.
      switch CardPress(inputs: inputs, state: state).text("confirm") {
      case "true": break
      case "false": return try await cancelled(card, command, read, in: thread)
      default: return try await forged(card, in: thread)
      }
      // What was confirmed is what was declared when it was asked.
      guard state["fingerprint"]?.stringValue == command.fingerprint else {
        let delivery = try await settled(
          card, title: Sentences.changedTitle, Sentences.commandChanged(command.keyword), read,
          in: thread)
        return try await finish(delivery, outcome: "command changed meanwhile")
      }
      try await perform(
        command, context, read, in: thread, after: card,
        title: Sentences.confirmed(by: read.speaker))
    case .form:
      switch inputs[".form"]?.stringValue {
      case "submit": break
      case "cancel": return try await cancelled(card, command, read, in: thread)
      default: return try await forged(card, in: thread)
      }
      try await submitted(inputs, card, command, context, read, in: thread)
    case .help:
      // Its buttons were read as the commands that they name.
      try await self.press(PressDecision.unknown, read, in: thread)
    }
  }

  private func submitted(
    _ inputs: [String: JSONValue], _ card: SentCard, _ command: any Command,
    _ context: CommandContext, _ read: ReadMessage, in thread: Thread
  ) async throws {
    var context = context
    switch FormAnswers.read(inputs, command.arguments) {
    case .success(let values):
      context.arguments = values
      if command.confirmation(context) != nil {
        return try await confirmOrPerform(command, context, read, in: thread, replacing: card)
      }
      try await perform(
        command, context, read, in: thread, after: card,
        title: Sentences.submitted(by: read.speaker))
    case .failure(let refused):
      let form = FormCard.card(for: command, values: refused.values, problems: refused.problems)
      let delivery = CommandDelivery(
        turn: self, thread: thread,
        meaning: CardMeaning(
          command: card.command, purpose: .form, cause: card.cause, requesterID: card.requesterID,
          requesterName: card.requesterName), pressed: card)
      try await delivery.deliver(
        .replacement(
          CommandCard(
            form, fallback: FormCard.fallback(for: command, problems: refused.problems),
            state: ["text": .string(context.text)], presser: .requester)))
      try await finish(delivery, outcome: "form refused")
    }
  }

  /// Runs what a card was asked about; the card says so first, also where an earlier attempt was
  /// killed before it did.
  private func perform(
    _ command: any Command, _ context: CommandContext, _ read: ReadMessage, in thread: Thread,
    after card: SentCard, title: String
  ) async throws {
    let start = try await start(of: command, after: card)
    var thread = thread
    if start != .doneBefore {
      thread = try await settled(card, title: title, command.summary(context), read, in: thread)
        .thread
    }
    guard try await mayRun(command, start, in: thread) else { return }
    try await perform(command, context, read, in: thread, hasBegun: true)
  }

  /// No button of ours sends that.
  private func forged(_ card: SentCard, in thread: Thread) async throws {
    try await environment.storing("claim") {
      try await store.releaseCard(card.uuid, from: job.activity.id)
    }
    try await refuse(Sentences.cardUnknown, "forged press", in: thread)
  }

  private func cancelled(
    _ card: SentCard, _ command: any Command, _ read: ReadMessage, in thread: Thread
  ) async throws {
    let delivery = try await settled(
      card, title: Sentences.cancelled(by: read.speaker), Sentences.cancelledNote, read,
      in: thread)
    try await finish(delivery, outcome: "cancelled \(command.keyword)")
  }

  /// The card shows in place what became of it.
  private func settled(
    _ card: SentCard, title: String, _ text: String?, _ read: ReadMessage, in thread: Thread
  ) async throws -> CommandDelivery {
    let delivery = CommandDelivery(
      turn: self, thread: thread,
      meaning: CardMeaning(
        command: card.command, purpose: card.purpose, requesterID: card.requesterID,
        requesterName: card.requesterName), pressed: card)
    try await delivery.deliver(
      .replacement(
        CommandCard(
          FinishedCard.card(title: title, text: text),
          fallback: FinishedCard.fallback(title: title, text: text))))
    return delivery
  }
}
