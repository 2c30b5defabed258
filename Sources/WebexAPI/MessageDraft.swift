// A message on its way out. The assistant fills one in; WebexClient.createMessage sends it.

/// What to post, and where.
///
/// Webex takes one file *or* one card per message, and markdown or text of at most
/// `WebexLimits.maximumMessageBytes`; a draft beyond that is refused before it is sent.
public struct MessageDraft: Sendable {
  /// Exactly one, as Webex demands.
  public enum Destination: Sendable, Hashable {
    case room(String)
    /// Opens the direct space if there is none.
    case personEmail(String)
    case person(String)
  }

  public var destination: Destination
  /// The root of the thread to answer in. Only with a room as destination.
  public var parentID: String?
  public var markdown: String?
  /// Plain text; next to markdown or a card, what notifications and old clients show.
  public var text: String?
  public var card: AdaptiveCard?
  public var file: FileUpload?

  public init(
    to destination: Destination, parentID: String? = nil, markdown: String? = nil,
    text: String? = nil, card: AdaptiveCard? = nil, file: FileUpload? = nil
  ) {
    self.destination = destination
    self.parentID = parentID
    self.markdown = markdown
    self.text = text
    self.card = card
    self.file = file
  }

  public init(
    roomID: String, parentID: String? = nil, markdown: String? = nil, text: String? = nil,
    card: AdaptiveCard? = nil, file: FileUpload? = nil
  ) {
    self.init(
      to: .room(roomID), parentID: parentID, markdown: markdown, text: text, card: card, file: file)
  }

  public init(
    toPersonEmail email: String, markdown: String? = nil, text: String? = nil,
    card: AdaptiveCard? = nil, file: FileUpload? = nil
  ) {
    self.init(to: .personEmail(email), markdown: markdown, text: text, card: card, file: file)
  }

  public init(
    toPersonID id: String, markdown: String? = nil, text: String? = nil,
    card: AdaptiveCard? = nil, file: FileUpload? = nil
  ) {
    self.init(to: .person(id), markdown: markdown, text: text, card: card, file: file)
  }
}

/// One file, sent as the multipart field `files`.
public struct FileUpload: Sendable {
  public enum Content: Sendable {
    case bytes([UInt8])
    /// Read from disk while it is sent.
    case path(String)
  }

  public var filename: String
  public var contentType: String
  public var content: Content

  public init(
    filename: String, contentType: String = "application/octet-stream", content: Content
  ) {
    self.filename = filename
    self.contentType = contentType
    self.content = content
  }
}

/// How much an edit matters when Webex makes everyone wait.
public enum EditPriority: Sendable, Hashable {
  /// A step of a growing answer: goes last, and gives way to a newer edit of the same message.
  case progress
  /// The last word: goes first, is never superseded and never dropped.
  case final
}

/// What became of an edit.
public enum EditOutcome: Sendable, Hashable {
  case edited(Message)
  /// A newer edit of the same message took its place at the rate gate; nothing was sent.
  case superseded
}
