// Decoding for a wire that nobody specified: what is odd is absent, never fatal.

import FoundationEssentials

extension KeyedDecodingContainer {
  /// nil when absent, null or of another kind.
  func lenient<Value: Decodable>(_ type: Value.Type, _ key: Key) -> Value? {
    (try? decodeIfPresent(type, forKey: key)) ?? nil
  }
}

/// An array that leaves out the elements it cannot read.
struct Lossy<Element: Codable>: Codable {
  var elements: [Element]

  init(_ elements: [Element]) { self.elements = elements }

  init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    var elements: [Element] = []
    while !container.isAtEnd {
      if let element = try? container.decode(Element.self) {
        elements.append(element)
      } else {
        _ = try container.decode(Ignored.self)
      }
    }
    self.elements = elements
  }

  func encode(to encoder: any Encoder) throws { try elements.encode(to: encoder) }
}

/// Any JSON value, unread.
struct Ignored: Codable {
  init(from decoder: any Decoder) throws {}
  func encode(to encoder: any Encoder) throws {}
}

/// ISO 8601 with milliseconds, as Webex writes it; without a fraction is read too.
enum WireDate {
  private static let withFraction = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
  private static let withoutFraction = Date.ISO8601FormatStyle()

  static func parse(_ string: String) -> Date? {
    (try? withFraction.parse(string)) ?? (try? withoutFraction.parse(string))
  }

  /// The style truncates; half a millisecond more makes it round, so that a date survives the trip.
  static func format(_ date: Date) -> String {
    date.addingTimeInterval(0.0005).formatted(withFraction)
  }
}
