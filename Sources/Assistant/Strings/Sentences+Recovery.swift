// What people read after the assistant has been out of reach.

import FoundationEssentials

extension Sentences {
  /// For /stop while questions wait for another try.
  static let stoppedParked = "Stopped. I will not come back to what I could not read yet."

  /// For messages that came too long ago to be answered. Times are in UTC: nobody knows the reader's.
  static func missed(_ span: ClosedRange<Date>) -> String {
    let first = moment(span.lowerBound)
    let last = moment(span.upperBound)
    let what =
      first == last
      ? "What you wrote here on \(last) UTC came"
      : "What you wrote here between \(first) and \(last) UTC came"
    return "I was out of reach for a while. \(what) too long ago for an answer now. "
      + "Please ask again if it still matters."
  }

  /// `12 Nov 2026, 09:10`
  private static func moment(_ date: Date) -> String {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute], from: date)
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let time = [parts.hour ?? 0, parts.minute ?? 0].map { $0 < 10 ? "0\($0)" : "\($0)" }
    return "\(parts.day ?? 0) \(months[(parts.month ?? 1) - 1]) \(parts.year ?? 0), "
      + time.joined(separator: ":")
  }
}
