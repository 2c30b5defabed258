import FoundationEssentials
import Testing
import WebexAPI

@testable import Assistant

@Suite("Telling messages apart by their content")
struct MessageContentTests {
  private func sent(
    _ markdown: String? = nil, card: AdaptiveCard? = nil, file: String? = nil
  ) -> MessageContent {
    MessageContent(
      of: MessageDraft(
        roomID: "r", markdown: markdown, card: card,
        file: file.map { FileUpload(filename: $0, content: .bytes([1])) }))
  }

  private func seen(
    _ markdown: String? = nil, text: String? = nil, card: AdaptiveCard? = nil,
    file: String? = nil, isScanned: Bool = true
  ) throws -> MessageContent {
    var message = Message(
      id: "m", roomID: "r", roomType: .group, text: text, markdown: markdown,
      files: file == nil ? [] : ["https://webexapis.com/v1/contents/c"], personID: "bot")
    if let card {
      let content = try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(card))
      message.attachments = [
        MessageAttachment(contentType: MessageAttachment.cardContentType, content: content)
      ]
    }
    return MessageContent(of: message, fileName: isScanned ? file : nil)
  }

  private let card = AdaptiveCard(body: [.textBlock("One?")], actions: [.submit("Go", data: [:])])
  private let other = AdaptiveCard(body: [.textBlock("Two?")], actions: [.submit("Go", data: [:])])

  @Test("the same, perhaps the same, another one")
  func table() throws {
    let table: [(MessageContent, MessageContent, MessageContent.Match)] = [
      (sent("**Hi** there"), try seen("**Hi** there", text: "Hi there"), .same),
      (sent("**Hi** there"), try seen("*Hi* there\n"), .unclear),
      (sent("**Hi** there"), try seen("**Hi** there!!"), .unclear),
      (sent("**Hi** there"), try seen("**Hi** Ann"), .different),
      (sent("**Hi** there"), try seen(text: "Hi there"), .same),
      (sent("[Hi](https://example.com)"), try seen(text: "Hi"), .unclear),
      (sent("👍"), try seen("👎"), .different),
      (sent("👍 "), try seen("👍"), .unclear),
      (sent("Hi"), try seen("Hi", card: card), .different),
      (sent("Hi"), try seen(file: "Hi"), .different),
      (sent("Hi", card: card), try seen("Hi", card: card), .same),
      (sent("Hi", card: card), try seen(text: "Hi", card: card), .same),
      (sent("Hi", card: card), try seen("Hi", card: other), .unclear),
      (sent("Hi", card: card), try seen("Ho", card: other), .different),
      (sent("Hi", card: card), try seen("Hi"), .different),
      (sent(file: "a.swift"), try seen(file: "a.swift"), .same),
      (sent(file: "a.swift"), try seen(file: "b.swift"), .different),
      (sent(file: "a.swift"), try seen(file: "a.swift", isScanned: false), .unclear),
    ]
    for (index, (sent, seen, match)) in table.enumerated() {
      #expect(sent.match(seen) == match, "row \(index)")
    }
  }

  @Test("what the database keeps of it tells the same")
  func stored() throws {
    for content in [sent("Hi **you**"), sent("Hi", card: card), sent(file: "a b.swift")] {
      let stored = MessageContent(kind: content.kind, fingerprint: content.fingerprint)
      #expect(stored == content)
    }
  }

  @Test("a fingerprint is the same in every process")
  func stable() {
    #expect(Fingerprint.of("") == "cbf29ce484222325")
    #expect(Fingerprint.of("a") == "af63dc4c8601ec8c")
  }
}
