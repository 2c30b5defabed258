// What tells a message of the bot's own from others: compared when a POST's response was lost. Kept in
// the database as hashes: what was said stands there often enough.

import FoundationEssentials
import WebexAPI

/// FNV-1a, 64 bits: the same over restarts.
enum Fingerprint {
  /// Of a text exactly as it is.
  static func of(_ text: String) -> String { hash(text.utf8) }

  static func hash(_ bytes: some Sequence<UInt8>) -> String {
    var value: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Webex may give markdown back with other white space or marks, but not with other letters.
  static func letters(_ text: String) -> String {
    let letters = String(
      String.UnicodeScalarView(
        text.unicodeScalars.filter {
          $0.properties.isAlphabetic || $0.properties.numericType != nil
        }))
    return of(letters.isEmpty ? text.trimmed : letters)
  }

  static func of(_ card: AdaptiveCard) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return hash((try? encoder.encode(card)) ?? Data())
  }
}

extension String {
  fileprivate var trimmed: String {
    var rest = self[...]
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }
}

/// The content of a message, sent or seen.
struct MessageContent: Hashable, Sendable {
  enum Kind: String, Sendable, Codable { case text, file, card }

  enum Match: Sendable { case same, unclear, different }

  var kind: Kind
  /// Of the markdown, exactly; nil where Webex does not tell.
  var exact: String?
  /// Of its letters.
  var letters: String?
  /// Of the card, or of the file's name; nil where Webex does not tell.
  var attached: String?

  /// - Parameter seen: as Webex shows it.
  func match(_ seen: MessageContent) -> Match {
    guard kind == seen.kind else { return .different }
    switch kind {
    case .text:
      guard let exact = seen.exact else {
        // Only its plain text: a link's address is not in it.
        return letters == seen.letters ? .same : .unclear
      }
      if exact == self.exact { return .same }
      return letters == seen.letters ? .unclear : .different
    case .file:
      guard let name = seen.attached else { return .unclear }
      return name == attached ? .same : .different
    case .card:
      if let card = seen.attached, card == attached { return .same }
      return seen.letters == nil || letters == seen.letters ? .unclear : .different
    }
  }
}

extension MessageContent {
  init(of draft: MessageDraft) {
    let text = draft.markdown ?? draft.text ?? ""
    kind = .text
    exact = Fingerprint.of(text)
    letters = Fingerprint.letters(text)
    if let card = draft.card {
      kind = .card
      attached = Fingerprint.of(card)
    } else if let file = draft.file {
      kind = .file
      attached = Fingerprint.of(file.filename)
    }
  }

  /// - Parameter fileName: what the head of its file says; nil if that cannot be had.
  init(of message: Message, fileName: String?) {
    kind = !message.attachments.isEmpty ? .card : !message.files.isEmpty ? .file : .text
    exact = message.markdown.map(Fingerprint.of)
    letters = (message.markdown ?? message.text).map(Fingerprint.letters)
    switch kind {
    case .text: attached = nil
    case .file: attached = fileName.map(Fingerprint.of)
    case .card: attached = message.attachments.lazy.compactMap(\.card).first.map(Fingerprint.of)
    }
  }

  /// One column of the database.
  var fingerprint: String {
    [exact, letters, attached].map { $0 ?? "" }.joined(separator: " ")
  }

  init(kind: Kind, fingerprint: String) {
    let parts = fingerprint.split(separator: " ", omittingEmptySubsequences: false)
      .map { $0.isEmpty ? nil : String($0) }
    self.kind = kind
    exact = parts.first ?? nil
    letters = parts.count > 1 ? parts[1] : nil
    attached = parts.count > 2 ? parts[2] : nil
  }

  /// Of a card, which nobody edits: what tells that the same one stands there.
  var shown: String? { kind == .card ? attached : nil }
}
