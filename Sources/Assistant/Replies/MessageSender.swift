// The three things a reply does at Webex, behind a protocol so that tests need no network.

import WebexAPI

/// Where a reply goes.
struct ReplyDestination: Sendable, Equatable {
  var roomID: String
  /// The root of the thread.
  var parentID: String?
  var isDirect: Bool
}

protocol MessageSender: Sendable {
  func post(_ markdown: String, to destination: ReplyDestination) async throws -> String
  func edit(_ messageID: String, roomID: String, markdown: String, isFinal: Bool) async throws
    -> EditOutcome
  func delete(_ messageID: String) async throws
}

struct WebexSender: MessageSender {
  let webex: WebexClient

  func post(_ markdown: String, to destination: ReplyDestination) async throws -> String {
    let draft = MessageDraft(
      roomID: destination.roomID, parentID: destination.parentID, markdown: markdown)
    return try await webex.createMessage(draft).id
  }

  func edit(_ messageID: String, roomID: String, markdown: String, isFinal: Bool) async throws
    -> EditOutcome
  {
    try await webex.editMessage(
      messageID, roomID: roomID, markdown: markdown, priority: isFinal ? .final : .progress)
  }

  func delete(_ messageID: String) async throws {
    try await webex.deleteMessage(messageID)
  }
}
