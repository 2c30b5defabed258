// A command in a message, and a press on a card: what the router and the reader found out, before
// anything is done.

import FoundationEssentials
import WebexAPI

/// A command as a person wrote it.
struct CommandCall: Equatable, Sendable, Codable {
  /// Of the command that was meant, whatever was typed.
  var keyword: String
  /// What followed it; of a partial match the whole message.
  var text: String
}

/// A built-in command that the conversation itself carries out.
protocol ConversationCommand: Command {
  /// - Returns: nil if it is run like any other command.
  func decision(_ text: String, hasFiles: Bool) -> Decision?
}

extension ConversationCommand {
  func run(_ context: CommandContext) async throws -> CommandReply { .nothing }
}

/// What a press on a card comes to.
enum PressDecision: Equatable, Sendable {
  case taken(SentCard, inputs: [String: JSONValue])
  /// Somebody's press was taken before.
  case used(by: String)
  case expired(command: String)
  /// Only this person may press it.
  case notYours(requester: String)
  /// This press was taken before a restart, and the card shows what came of it.
  case done
  /// Nothing is known of the card.
  case unknown
}

extension PressDecision {
  /// - Parameters:
  ///   - card: as it is on record; nil if it is not.
  ///   - personID: the uuid of who pressed.
  ///   - activityID: the press.
  ///   - inputs: nil before they are fetched, which is only worth it for a press that counts.
  static func of(
    _ card: SentCard?, personID: String, activityID: String, now: Date,
    inputs: [String: JSONValue]?
  ) -> PressDecision? {
    guard let card else { return .unknown }
    if !card.isReusable, let claimed = card.claimedBy, claimed != activityID {
      return .used(by: card.claimedByName ?? "")
    }
    // A press on what stood there before the card was edited in place.
    if let inputs, CardGeneration.of(inputs) != card.generation {
      return card.madeBy == activityID ? .done : .used(by: card.madeByName ?? "")
    }
    // A press that was taken in time is taken after a restart too.
    if let expiry = card.expiresAt, expiry < now, card.claimedBy == nil {
      return .expired(command: card.command)
    }
    if card.presser == .requester, card.requesterID != personID {
      return .notYours(requester: card.requesterName)
    }
    return inputs.map { .taken(card, inputs: $0) }
  }
}
