// The three date forms that RFC 9110 §5.6.7 makes a recipient accept, always GMT.

import FoundationEssentials

enum HTTPDate {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` or
  /// `Sun Nov  6 08:49:37 1994`. The day's name is not checked.
  static func parse(_ text: String) -> Date? {
    let words = text.split(whereSeparator: { " ,-".contains($0) }).map(String.init)
    switch words.count {
    case 6 where words[5] == "GMT" || words[5] == "UTC":
      return date(day: words[1], month: words[2], year: words[3], time: words[4])
    case 5:
      return date(day: words[2], month: words[1], year: words[4], time: words[3])
    default:
      return nil
    }
  }

  private static func date(day: String, month: String, year: String, time: String) -> Date? {
    let clock = time.split(separator: ":", omittingEmptySubsequences: false).map { UInt($0) }
    guard let day = UInt(day), (1...31).contains(day),
      let month = months.firstIndex(of: month),
      var fullYear = UInt(year), fullYear < 10_000,
      clock.count == 3, let hour = clock[0], let minute = clock[1], let second = clock[2],
      hour < 24, minute < 60, second <= 60
    else { return nil }
    // RFC 850's two digits: the facts of life since 1994 make 70…99 the past.
    if year.utf8.count == 2 { fullYear += fullYear < 70 ? 2000 : 1900 }
    guard fullYear >= 1970 else { return nil }
    let days = daysSince1970(year: Int(fullYear), month: month + 1, day: Int(day))
    return Date(
      timeIntervalSince1970: Double(days) * 86_400 + Double(hour * 3_600 + minute * 60 + second))
  }

  /// Days from the civil calendar, March-based so that the leap day comes last.
  private static func daysSince1970(year: Int, month: Int, day: Int) -> Int {
    let shifted = month > 2 ? year : year - 1
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}
