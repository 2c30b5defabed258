// Values of secrets, hidden in whatever is shown or logged.

import FoundationEssentials

/// Replaces secrets in texts, also where they are percent-encoded, in JSON or in Base64.
struct SecretMask: Sendable, Equatable {
  /// Shorter values are not hidden: they stand in ordinary words.
  static let shortest = 4

  /// Longest first, so that no part of a longer one stays.
  private(set) var secrets: [String] = []

  init(_ values: some Sequence<String> = []) {
    var all: Set<String> = []
    for value in values where value.count >= Self.shortest {
      all.insert(value)
      all.insert(TemplateDestination.percentEncoded(value))
      all.insert(TemplateDestination.url.escaped(TemplateDestination.percentEncoded(value)))
      all.insert(TemplateDestination.jsonEscaped(value))
      all.insert(Data(value.utf8).base64EncodedString())
    }
    secrets = all.sorted { ($0.count, $0) > ($1.count, $1) }
  }

  func hiding(_ text: String) -> String {
    guard !secrets.isEmpty else { return text }
    var hidden = text
    for secret in secrets where hidden.contains(secret) {
      hidden = hidden.replacing(secret, with: Sentences.hidden)
    }
    return hidden
  }

  /// How many bytes at the end of `text` may be the beginning of a secret that goes on.
  func openBytes(atEndOf text: String) -> Int {
    let bytes = Array(text.utf8)
    var longest = 0
    for secret in secrets {
      let secret = Array(secret.utf8)
      var length = min(secret.count - 1, bytes.count)
      while length > longest {
        if bytes.suffix(length).elementsEqual(secret.prefix(length)) { longest = length }
        length -= 1
      }
    }
    return longest
  }
}
