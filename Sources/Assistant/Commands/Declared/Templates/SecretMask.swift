// Values of secrets, hidden in whatever is shown or logged.

import FoundationEssentials
import WebexAPI

/// Replaces secrets in texts, also where they are percent-encoded, in JSON or in Base64.
struct SecretMask: Sendable, Equatable {
  /// Shorter values are not hidden: they stand in ordinary words.
  static let shortest = 4

  private var secrets: [[UInt8]] = []
  /// Bytes with which a secret begins.
  private var fronts: Set<UInt8> = []

  init(_ values: some Sequence<String> = []) {
    var all: Set<String> = []
    for value in values where value.count >= Self.shortest {
      all.insert(value)
      all.insert(TemplateDestination.percentEncoded(value))
      all.insert(TemplateDestination.url.escaped(TemplateDestination.percentEncoded(value)))
      all.insert(TemplateDestination.jsonEscaped(value))
      all.insert(String(TemplateStyle.json(.string(value)).dropFirst().dropLast()))
      all.insert(Data(value.utf8).base64EncodedString())
    }
    secrets = all.sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }.map { Array($0.utf8) }
    fronts = Set(secrets.compactMap(\.first))
  }

  /// In bytes: what combines with a secret's last character hides it from a search by characters.
  func hiding(_ text: String) -> String {
    guard !secrets.isEmpty else { return text }
    let bytes = Array(text.utf8)
    var out: [UInt8] = []
    var copied = 0
    var hidden: Range<Int>?
    for index in bytes.indices where fronts.contains(bytes[index]) {
      let found = secrets.first { bytes[index...].starts(with: $0) }
      guard let end = found.map({ index + $0.count }) else { continue }
      // Secrets that overlap become one.
      if let open = hidden, index < open.upperBound {
        hidden = open.lowerBound..<max(open.upperBound, end)
        continue
      }
      give(hidden)
      hidden = index..<end
    }
    give(hidden)
    guard copied > 0 else { return text }
    return String(decoding: out + bytes[copied...], as: UTF8.self)

    func give(_ range: Range<Int>?) {
      guard let range else { return }
      out += bytes[copied..<range.lowerBound]
      out += Sentences.hidden.utf8
      copied = range.upperBound
    }
  }

  /// How many bytes at the end of `text` may be the beginning of a secret that goes on.
  func openBytes(atEndOf text: String) -> Int {
    let bytes = Array(text.utf8)
    var longest = 0
    for secret in secrets {
      var length = min(secret.count - 1, bytes.count)
      while length > longest {
        if bytes.suffix(length).elementsEqual(secret.prefix(length)) { longest = length }
        length -= 1
      }
    }
    return longest
  }
}
