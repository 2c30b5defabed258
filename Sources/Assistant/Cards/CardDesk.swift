// Sends cards, keeps them on record, and puts one in the place of another. Called by turns that run
// commands.

import CrashPoints
import FoundationEssentials
import Logging
import MercuryClient
import Synchronization
import WebexAPI

/// Whether Webex lets a bot edit a card. Documented: no; reports differ; so the first refusal decides
/// until the next start.
final class CardEditing: Sendable {
  private let isRefused = Mutex(false)

  var mayWork: Bool { isRefused.withLock { !$0 } }
  func refused() { isRefused.withLock { $0 = true } }
}

/// What a card means, for its record.
struct CardMeaning: Sendable {
  var command: String
  var purpose: CardPurpose
  /// What asked for it: of two cards with the same one, only one has an effect.
  var cause: String?
  /// The person who ran the command.
  var requesterID: String
  var requesterName: String
}

struct CardDesk: Sendable {
  let environment: TurnEnvironment
  let job: Job
  let turnID: String
  let logger: Logger

  private var store: Store { environment.store }
  private var sender: WebexSender {
    environment.sender(after: job.activity.published ?? environment.now())
  }

  /// Posts a card. It is on record, as a message of the turn and for its presses, when this returns.
  ///
  /// - Throws: `WebexError`; then certainly no card stands there.
  @discardableResult
  func post(_ card: CommandCard, meaning: CardMeaning, to destination: ReplyDestination)
    async throws -> String
  {
    // Not torn apart by cancellation: a card without a record could not be pressed.
    try await Task {
      let id = try await send(card, to: destination)
      CrashPoint.cardPosted.reached()
      try await environment.storing("card") {
        try await store.recordReply(id, turnID: turnID, threadID: destination.parentID)
        // No /retry edits a card.
        try await store.recordEdits(EditBudget.limit, messageID: id, turnID: turnID)
        try await record(card, id: id, meaning: meaning, in: destination)
      }
      return id
    }.value
  }

  /// Where Webex itself says that it failed, and no echo comes, the card is sent again.
  private func send(_ card: CommandCard, to destination: ReplyDestination) async throws -> String {
    var attempts = 0
    while true {
      do {
        return try await sender.post(card, to: destination)
      } catch let error as WebexError where error.mayHaveArrived {
        attempts += 1
        if let found = await sender.findLost(in: destination) { return found }
        guard error.code == .serverFailure, attempts < 3 else { throw error }
        logger.warning("card sent again", metadata: ["error": "\(error)"])
      }
    }
  }

  /// - Parameter earlier: the card that stood in the same message.
  private func record(
    _ card: CommandCard, id: String, meaning: CardMeaning, in destination: ReplyDestination,
    after earlier: SentCard? = nil
  ) async throws {
    guard let state = card.state else { return }
    let now = environment.now()
    try await store.recordCard(
      SentCard(
        uuid: WebexID(id)?.uuid ?? id, messageID: id, spaceID: job.spaceID,
        roomID: destination.roomID, threadID: destination.parentID,
        isDirect: destination.isDirect, command: meaning.command, purpose: meaning.purpose,
        state: String(decoding: try JSONEncoder().encode(state), as: UTF8.self),
        cause: meaning.cause,
        requesterID: meaning.requesterID, requesterName: meaning.requesterName,
        presser: card.presser, isReusable: card.isReusable, sentAt: now,
        expiresAt: card.lifetime.map {
          now.addingTimeInterval(Double($0.components.seconds))
        },
        generation: earlier.map { $0.generation + 1 } ?? 0, madeBy: earlier?.claimedBy,
        madeByName: earlier?.claimedByName))
  }

  /// Puts a card in the place of one that was pressed: edited if Webex allows it; else posted anew,
  /// and the old one deleted.
  ///
  /// - Throws: `WebexError`: the old card still stands.
  func replace(
    _ old: SentCard, with card: CommandCard, meaning: CardMeaning, in destination: ReplyDestination
  ) async throws {
    if try await edit(old, to: card, meaning: meaning, in: destination) { return }
    try await post(card, meaning: meaning, to: destination)
    do {
      try await environment.webex.deleteMessage(old.messageID)
    } catch let error as WebexError where error.code == .notFound {
      // A person with the right to did so before.
    } catch let error as WebexError {
      // Its presses are told that it was used.
      logger.warning("card not deleted", metadata: ["error": "\(error)"])
    }
  }

  private func edit(
    _ old: SentCard, to card: CommandCard, meaning: CardMeaning, in destination: ReplyDestination
  ) async throws -> Bool {
    // An edit too many is refused too, and says nothing about cards.
    guard environment.cardEditing.mayWork, old.generation < WebexLimits.maximumEdits else {
      return false
    }
    let marked = CardGeneration.marked(card.card, old.generation + 1)
    do {
      let edited = try await environment.webex.editCard(
        old.messageID, roomID: old.roomID,
        markdown: String(Substring(card.fallback).utf8Prefix(WebexLimits.maximumMessageBytes)),
        card: marked)
      guard edited.attachments.contains(where: { $0.card == marked }) else {
        environment.cardEditing.refused()
        return false
      }
    } catch let error as WebexError where error.code != .unauthorized && error.code != .cancelled {
      // Of a first edit a refusal is for good; anything else may pass.
      if error.code == .badRequest, old.generation == 0 { environment.cardEditing.refused() }
      return false
    }
    if card.state != nil {
      var old = old
      old.claimedBy = job.activity.id
      let record = old
      try await environment.storing("card") {
        try await self.record(
          card, id: record.messageID, meaning: meaning, in: destination, after: record)
      }
    }
    return true
  }
}
