// What a reply does at Webex, behind a protocol so that tests need no network.

import FoundationEssentials
import WebexAPI

/// Where a reply goes.
struct ReplyDestination: Sendable, Equatable {
  var roomID: String
  /// The root of the thread.
  var parentID: String?
  var isDirect: Bool
}

protocol MessageSender: Sendable {
  /// The message is on record when this returns. A lost response was looked for when this throws.
  ///
  /// - Parameter place: which part of an answer it has for good.
  func post(_ markdown: String, place: ReplyPlace?, to destination: ReplyDestination) async throws
    -> String
  /// Posts a file without text.
  func attach(_ file: CodeAttachment, place: ReplyPlace?, to destination: ReplyDestination)
    async throws -> String
  func edit(_ messageID: String, roomID: String, markdown: String, isFinal: Bool) async throws
    -> EditOutcome
  func delete(_ messageID: String) async throws
}

struct WebexSender: MessageSender {
  let webex: WebexClient
  let sends: SendLedger
  let purpose: SendPurpose

  func post(
    _ markdown: String, place: ReplyPlace? = nil, to destination: ReplyDestination
  ) async throws -> String {
    var purpose = purpose
    purpose.place = place
    let draft = MessageDraft(
      roomID: destination.roomID, parentID: destination.parentID, markdown: markdown)
    return try await sends.post(draft, purpose, to: destination)
  }

  /// - Parameter record: of a card that can be pressed, without a message yet.
  func post(_ card: CommandCard, record: SentCard?, to destination: ReplyDestination) async throws
    -> String
  {
    var purpose = purpose
    purpose.card = record
    return try await sends.post(Self.draft(of: card, to: destination), purpose, to: destination)
  }

  func post(
    _ file: FileUpload, place: ReplyPlace? = nil, to destination: ReplyDestination
  ) async throws -> String {
    var purpose = purpose
    purpose.place = place
    let draft = MessageDraft(
      roomID: destination.roomID, parentID: destination.parentID, file: file)
    return try await sends.post(draft, purpose, to: destination)
  }

  func attach(_ file: CodeAttachment, place: ReplyPlace?, to destination: ReplyDestination)
    async throws -> String
  {
    // Whatever the language, it is text: a client that knows the extension shows it as code.
    let upload = FileUpload(
      filename: file.name, contentType: "text/plain", content: .bytes(Array(file.content.utf8)))
    return try await post(upload, place: place, to: destination)
  }

  static func draft(of card: CommandCard, to destination: ReplyDestination) -> MessageDraft {
    MessageDraft(
      roomID: destination.roomID, parentID: destination.parentID,
      markdown: String(Substring(card.fallback).utf8Prefix(WebexLimits.maximumMessageBytes)),
      card: card.card)
  }

  /// Idempotent: an edit says what the message is to show, not what is added, so one whose response
  /// was lost is simply sent again. It costs only its part of the ten that Webex takes.
  func edit(_ messageID: String, roomID: String, markdown: String, isFinal: Bool) async throws
    -> EditOutcome
  {
    try await webex.editMessage(
      messageID, roomID: roomID, markdown: markdown, priority: isFinal ? .final : .progress)
  }

  /// Idempotent: the second time Webex says 404, which is what was wanted.
  func delete(_ messageID: String) async throws {
    try await webex.deleteMessage(messageID)
  }
}
