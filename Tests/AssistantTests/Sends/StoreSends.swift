// Messages on record, as tests of other rooms need them.

import FoundationEssentials

@testable import Assistant

extension SendRow {
  static func sample(
    _ id: String = "send", role: SendRole = .reply, _ content: MessageContent = .text("Hello."),
    activityID: String? = "a", turnID: String? = "t", spaceID: String = "s",
    threadID: String? = nil, at now: Date = Date(timeIntervalSince1970: 1_800_000_000)
  ) -> SendRow {
    SendRow(
      id: id, activityID: activityID, turnID: turnID, spaceID: spaceID, roomID: spaceID,
      threadID: threadID, place: SendPlace(roomID: spaceID, threadID: threadID).key, role: role,
      kind: content.kind, fingerprint: content.fingerprint, begunAt: now)
  }
}

extension MessageContent {
  static func text(_ text: String) -> MessageContent {
    MessageContent(kind: .text, exact: Fingerprint.of(text), letters: Fingerprint.letters(text))
  }
}

extension Store {
  func recordReply(_ messageID: String, turnID: String, threadID: String?) async throws {
    try await finishSend(
      .sample(turnID: turnID, threadID: threadID), messageID: messageID, at: .distantPast)
  }

  func recordNotice(_ messageID: String, spaceID: String, at now: Date) async throws {
    try await finishSend(.sample(role: .notice, spaceID: spaceID), messageID: messageID, at: now)
  }
}
