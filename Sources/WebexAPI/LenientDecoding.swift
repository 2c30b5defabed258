// How answers are read: only an id is insisted upon. A field that is missing, null or of a new
// shape is absent, never a failure of the whole message (Webex adds fields without notice).

package import FoundationEssentials

extension KeyedDecodingContainer {
  /// The value, or nil when it is missing, null, or not of that type.
  package func lenient<T: Decodable>(_ key: Key, as type: T.Type = T.self) -> T? {
    (try? decodeIfPresent(T.self, forKey: key)) ?? nil
  }

  /// The elements that could be read.
  package func lenientArray<T: Decodable>(_ key: Key, of type: T.Type = T.self) -> [T] {
    lenient(key, as: [Lenient<T>].self)?.compactMap(\.value) ?? []
  }

  /// A date as Webex writes it; see `WebexDate`.
  package func lenientDate(_ key: Key) -> Date? {
    lenient(key, as: String.self).flatMap(WebexDate.parse)
  }
}

/// A value that may turn out to be unreadable without spoiling its neighbours.
private struct Lenient<Value: Decodable>: Decodable {
  let value: Value?
  init(from decoder: any Decoder) throws { value = try? Value(from: decoder) }
}

/// ISO 8601 times: with and without a fraction in answers, with milliseconds in requests.
package enum WebexDate {
  package static func parse(_ text: String) -> Date? {
    (try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text))
      ?? (try? Date.ISO8601FormatStyle().parse(text))
  }

  package static func format(_ date: Date) -> String {
    Date.ISO8601FormatStyle(includingFractionalSeconds: true).format(date)
  }
}
