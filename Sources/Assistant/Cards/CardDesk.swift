// Sends cards, keeps them on record, and puts one in the place of another. Called by turns that run
// commands.

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
  /// What an earlier attempt at the turn has left.
  var left: [PostedReply] = []
  let logger: Logger

  private var store: Store { environment.store }
  private var sender: WebexSender { environment.sender(for: job, turnID: turnID) }

  /// Posts a card. It is on record, as a message of the turn and for its presses, when this returns.
  /// One that an earlier attempt at the turn posted, and that says the same, stays where it is.
  func post(_ card: CommandCard, meaning: CardMeaning, to destination: ReplyDestination)
    async throws -> String
  {
    if let standing = try await standing(card, in: destination) { return standing }
    let record = try record(card, meaning: meaning, in: destination)
    var attempts = 0
    while true {
      do {
        return try await sender.post(card, record: record, to: destination)
      } catch let error as WebexError where Self.maySendAgain(error) {
        attempts += 1
        guard attempts < 3 else { throw error }
        logger.warning("card sent again", metadata: ["error": "\(error)"])
      }
    }
  }

  private func standing(_ card: CommandCard, in destination: ReplyDestination) async throws
    -> String?
  {
    let content = MessageContent(of: WebexSender.draft(of: card, to: destination))
    guard !left.isEmpty, let shown = content.shown else { return nil }
    return try await store.replies(showing: shown, of: turnID).first { id in
      left.contains { $0.id == id && $0.threadID == destination.parentID }
    }
  }

  /// Webex itself says that it failed, or the card was looked for and is not there.
  private static func maySendAgain(_ error: WebexError) -> Bool {
    switch error.code {
    case .serverFailure: true
    case .unreachable, .timedOut: !error.mayHaveArrived
    default: false
    }
  }

  /// - Parameter earlier: the card that stands in the message; else there is none yet.
  /// - Returns: nil for a card that nobody is expected to press.
  private func record(
    _ card: CommandCard, meaning: CardMeaning, in destination: ReplyDestination,
    after earlier: SentCard? = nil
  ) throws -> SentCard? {
    guard let state = card.state else { return nil }
    let now = environment.now()
    return SentCard(
      uuid: earlier?.uuid ?? "", messageID: earlier?.messageID ?? "", spaceID: job.spaceID,
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
      madeByName: earlier?.claimedByName)
  }

  /// Puts a card in the place of one that was pressed: edited if Webex allows it; else posted anew,
  /// and the old one deleted.
  ///
  /// - Returns: the message that the card stands in.
  /// - Throws: `WebexError`: the old card still stands.
  func replace(
    _ old: SentCard, with card: CommandCard, meaning: CardMeaning, in destination: ReplyDestination
  ) async throws -> String {
    if try await edit(old, to: card, meaning: meaning, in: destination) { return old.messageID }
    let id = try await post(card, meaning: meaning, to: destination)
    do {
      try await environment.webex.deleteMessage(old.messageID)
    } catch let error as WebexError where error.code == .notFound {
      // A person with the right to did so before.
    } catch let error as WebexError {
      // Its presses are told that it was used.
      logger.warning("card not deleted", metadata: ["error": "\(error)"])
    }
    return id
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
    var old = old
    old.claimedBy = job.activity.id
    if let record = try record(card, meaning: meaning, in: destination, after: old) {
      try await environment.storing("card") { try await store.recordCard(record) }
    }
    return true
  }
}
