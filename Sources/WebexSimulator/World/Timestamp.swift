// Instants as Webex writes them: ISO 8601 in UTC with milliseconds.

import FoundationEssentials

/// Milliseconds since 1970, the resolution of every time on Webex's surfaces.
struct Timestamp: Sendable, Hashable, Comparable {
  var milliseconds: Int

  static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }

  static var now: Timestamp { .init(milliseconds: Int(Date().timeIntervalSince1970 * 1000)) }

  /// `2026-11-03T09:15:20.000Z`.
  var iso: String {
    let days = Int((Double(milliseconds) / 86_400_000).rounded(.down))
    let ms = milliseconds - days * 86_400_000
    // Civil date from a day count: Howard Hinnant's algorithm.
    let z = days + 719_468
    let era = (z >= 0 ? z : z - 146_096) / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let mp = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * mp + 2) / 5 + 1
    let month = mp < 10 ? mp + 3 : mp - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let fraction = "\(1000 + ms % 1000)".dropFirst()
    return "\(year)-\(two(month))-\(two(day))T\(two(ms / 3_600_000)):\(two(ms / 60_000 % 60))"
      + ":\(two(ms / 1000 % 60)).\(fraction)Z"
  }

  init(milliseconds: Int) { self.milliseconds = milliseconds }

  /// Nil unless `iso` is ISO 8601 with or without fraction.
  init?(iso: String) {
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    guard let date = (try? style.parse(iso)) ?? (try? Date.ISO8601FormatStyle().parse(iso)) else {
      return nil
    }
    milliseconds = Int((date.timeIntervalSince1970 * 1000).rounded())
  }
}
