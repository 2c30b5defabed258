// A draft as Webex wants it: JSON, or a multipart form when a file goes along.

import CurlHTTP
import FoundationEssentials

extension MessageDraft {
  /// Refuses what Webex would refuse; the message then says which rule.
  func validate() throws(WebexError) {
    func refuse(_ why: String) -> WebexError { WebexError(.badRequest, message: why) }
    let isEmpty = (markdown ?? "").isEmpty && (text ?? "").isEmpty
    guard !isEmpty || file != nil || card != nil else {
      throw refuse("a message needs text, a card or a file")
    }
    guard file == nil || card == nil else { throw refuse("a message takes a card or a file") }
    if card != nil, isEmpty { throw refuse("a card needs a text for clients that draw none") }
    for text in [markdown, text] {
      if let text { try Self.checkLength(text) }
    }
    if case .bytes(let bytes) = file?.content, bytes.count > WebexLimits.maximumFileBytes {
      throw refuse("a file of more than \(WebexLimits.maximumFileBytes) bytes")
    }
  }

  static func checkLength(_ text: String) throws(WebexError) {
    guard text.utf8.count <= WebexLimits.maximumMessageBytes else {
      throw WebexError(
        .badRequest,
        message:
          "\(text.utf8.count) bytes of text; Webex takes \(WebexLimits.maximumMessageBytes)")
    }
  }

  func requestBody() throws -> Call.Body {
    guard let file else { return .json(try RequestJSON.encode(JSONBody(draft: self))) }
    var parts = fields.map { name, value in
      MultipartForm.Part(name: name, content: .bytes(Array(value.utf8)))
    }
    let content: MultipartForm.Part.Content =
      switch file.content {
      case .bytes(let bytes): .bytes(bytes)
      case .path(let path): .file(path: path)
      }
    parts.append(
      MultipartForm.Part(
        name: "files", filename: file.filename, contentType: file.contentType, content: content))
    return .form(MultipartForm(parts: parts))
  }

  /// The fields that both forms of the request share, in the order of Webex's reference.
  private var fields: [(name: String, value: String)] {
    let to =
      switch destination {
      case .room(let id): ("roomId", id)
      case .personEmail(let email): ("toPersonEmail", email)
      case .person(let id): ("toPersonId", id)
      }
    return [
      to, ("parentId", parentID ?? ""), ("text", text ?? ""), ("markdown", markdown ?? ""),
    ].filter { !$0.1.isEmpty }.map { (name: $0.0, value: $0.1) }
  }

  private struct JSONBody: Encodable {
    let draft: MessageDraft

    struct Key: CodingKey {
      let stringValue: String
      let intValue: Int? = nil
      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    func encode(to encoder: any Encoder) throws {
      var object = encoder.container(keyedBy: Key.self)
      for (name, value) in draft.fields {
        try object.encode(value, forKey: Key(stringValue: name))
      }
      guard let card = draft.card else { return }
      try object.encode([Attachment(card: card)], forKey: Key(stringValue: "attachments"))
    }
  }

  private struct Attachment: Encodable {
    let contentType = MessageAttachment.cardContentType
    let content: AdaptiveCard

    init(card: AdaptiveCard) { content = card }
  }
}

/// JSON as this room sends it.
enum RequestJSON {
  static func encode(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    return Array(try encoder.encode(value))
  }
}
