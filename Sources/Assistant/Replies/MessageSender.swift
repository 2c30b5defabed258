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
  func post(_ markdown: String, to destination: ReplyDestination) async throws -> String
  /// Posts a file without text.
  func attach(_ file: CodeAttachment, to destination: ReplyDestination) async throws -> String
  func edit(_ messageID: String, roomID: String, markdown: String, isFinal: Bool) async throws
    -> EditOutcome
  func delete(_ messageID: String) async throws
  /// Looks for a message whose POST was sent and whose response was lost.
  ///
  /// - Returns: its id, or nil if it does not seem to have arrived.
  func findLost(in destination: ReplyDestination) async -> String?
}

struct WebexSender: MessageSender {
  let webex: WebexClient
  let echoes: EchoBoard
  /// When the question came: a lost reply is younger. Webex's clock.
  let questionDate: Date
  let clock: any Clock<Duration>

  /// An echo usually comes within a second; a Mercury socket may be reconnecting.
  private static let looksForEcho = 40
  private static let lookInterval: Duration = .milliseconds(250)

  func post(_ markdown: String, to destination: ReplyDestination) async throws -> String {
    try await create(
      MessageDraft(
        roomID: destination.roomID, parentID: destination.parentID, markdown: markdown),
      in: destination)
  }

  func post(_ card: CommandCard, to destination: ReplyDestination) async throws -> String {
    try await create(
      MessageDraft(
        roomID: destination.roomID, parentID: destination.parentID,
        markdown: String(Substring(card.fallback).utf8Prefix(WebexLimits.maximumMessageBytes)),
        card: card.card),
      in: destination)
  }

  func post(_ file: FileUpload, to destination: ReplyDestination) async throws -> String {
    try await create(
      MessageDraft(roomID: destination.roomID, parentID: destination.parentID, file: file),
      in: destination)
  }

  func attach(_ file: CodeAttachment, to destination: ReplyDestination) async throws -> String {
    // Whatever the language, it is text: a client that knows the extension shows it as code.
    let upload = FileUpload(
      filename: file.name, contentType: "text/plain", content: .bytes(Array(file.content.utf8)))
    return try await post(upload, to: destination)
  }

  private func create(_ draft: MessageDraft, in destination: ReplyDestination) async throws
    -> String
  {
    guard let (space, thread) = place(of: destination) else {
      return try await webex.createMessage(draft).id
    }
    let send = await echoes.begins(spaceID: space, threadUUID: thread)
    do {
      let id = try await webex.createMessage(draft).id
      await echoes.answered(send, messageID: id)
      return id
    } catch let error as WebexError where error.mayHaveArrived {
      await echoes.lost(send)
      throw error
    } catch {
      await echoes.failed(send)
      throw error
    }
  }

  /// As echoes name it.
  private func place(of destination: ReplyDestination) -> (space: String, thread: String?)? {
    guard let space = WebexID(destination.roomID)?.uuid else { return nil }
    return (space, destination.parentID.map { WebexID($0)?.uuid ?? $0 })
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

  func findLost(in destination: ReplyDestination) async -> String? {
    guard let (space, thread) = place(of: destination) else { return nil }
    for _ in 0..<Self.looksForEcho {
      if let echo = await echoes.takeUnclaimed(
        spaceID: space, threadUUID: thread, after: questionDate)
      {
        return echo.encoded
      }
      guard (try? await clock.sleep(for: Self.lookInterval)) != nil else { break }
    }
    await echoes.givesUp(spaceID: space, threadUUID: thread)
    return nil
  }
}
