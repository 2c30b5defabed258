// Messages: create, edit, delete, read, list.

import CurlHTTP
public import FoundationEssentials
import HTTPTypes

extension WebexClient {
  /// Posts a message. Not repeated once it may have arrived: the error then says so
  /// (`mayHaveArrived`), and the caller can look for the message before it posts again.
  public func createMessage(_ draft: MessageDraft) async throws -> Message {
    try draft.validate()
    var call = Call(.post, "/messages", priority: .answer)
    call.body = try draft.requestBody()
    if draft.file != nil { call.timeouts = uploadTimeouts }
    return try await decoded(call)
  }

  /// Replaces a message's markdown. Webex allows `WebexLimits.maximumEdits` per message, none of a
  /// message with a card or a file, and wants the space's id with each.
  public func editMessage(
    _ id: String, roomID: String, markdown: String, priority: EditPriority = .progress
  ) async throws -> EditOutcome {
    try MessageDraft.checkLength(markdown)
    var call = Call(
      .put, "/messages/\(Self.pathSegment(id))",
      priority: priority == .final ? .answer : .progress)
    call.editedMessage = id
    call.body = .json(try RequestJSON.encode(["roomId": roomID, "markdown": markdown]))
    guard let answer = try await perform(call) else { return .superseded }
    return .edited(try decode(answer, of: .put))
  }

  /// Replaces a message's card. Documented as refused (400: "a message with files or attachments");
  /// some report that it works, so ask once and look at the answer's card.
  public func editCard(_ id: String, roomID: String, markdown: String, card: AdaptiveCard)
    async throws -> Message
  {
    let draft = MessageDraft(roomID: roomID, markdown: markdown, card: card)
    try draft.validate()
    var call = Call(.put, "/messages/\(Self.pathSegment(id))", priority: .answer)
    call.body = try draft.requestBody()
    return try await decoded(call)
  }

  /// Deletes one of the bot's own messages.
  public func deleteMessage(_ id: String) async throws {
    try await delete("/messages/\(Self.pathSegment(id))")
  }

  public func message(_ id: String) async throws -> Message {
    try await decoded(Call(.get, "/messages/\(Self.pathSegment(id))"))
  }

  /// A space's messages, newest first. A bot must say `mentionedMe` in a group space.
  /// - Parameters:
  ///   - parentID: only the replies of that thread.
  ///   - before: only messages sent before that time.
  ///   - max: messages per page, not altogether; 100 at most with `mentionedMe`.
  public func messages(
    roomID: String, parentID: String? = nil, mentionedMe: Bool = false, before: Date? = nil,
    beforeMessage: String? = nil, max: Int = 50, priority: CallPriority = .ordinary
  ) -> Paged<Message> {
    let page = mentionedMe ? min(max, WebexLimits.maximumMentionPage) : max
    return paged(
      "/messages",
      [
        ("roomId", roomID), ("parentId", parentID), ("mentionedPeople", mentionedMe ? "me" : nil),
        ("before", before.map(WebexDate.format)), ("beforeMessage", beforeMessage),
        ("max", "\(page)"),
      ], priority: priority)
  }

  /// The messages of the direct space with that person.
  public func directMessages(personEmail: String, parentID: String? = nil) -> Paged<Message> {
    paged("/messages/direct", [("personEmail", personEmail), ("parentId", parentID)])
  }

  /// The messages of the direct space with that person.
  public func directMessages(personID: String, parentID: String? = nil) -> Paged<Message> {
    paged("/messages/direct", [("personId", personID), ("parentId", parentID)])
  }

  /// What was entered on a card.
  public func attachmentAction(_ id: String) async throws -> AttachmentAction {
    try await decoded(Call(.get, "/attachment/actions/\(Self.pathSegment(id))"))
  }
}
