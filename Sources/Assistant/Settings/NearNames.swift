// Finds the name that a person meant: `gpt5` is gpt-5, `sonet` is near sonnet. Pure.

enum NearNames {
  enum Match: Sendable, Equatable {
    case one(String)
    /// In the list's order.
    case several([String])
    /// The nearest, at most three.
    case none(near: [String])
  }

  /// Exactly the name; else without regard to case and marks; else as a part of it.
  static func find(_ text: String, in names: [String]) -> Match {
    let text = String(text.prefix(100))
    if names.contains(text) { return .one(text) }
    let folded = fold(text)
    if !folded.isEmpty {
      for matches in [
        names.filter { $0.lowercased() == text.lowercased() },
        names.filter { fold($0) == folded }, names.filter { contains($0, text) },
      ] where !matches.isEmpty {
        return matches.count == 1 ? .one(matches[0]) : .several(matches)
      }
    }
    let near = names.map { ($0, EditDistance.between(folded, fold($0))) }
      .filter { $0.1 <= max(2, folded.count / 3) }
      .sorted { $0.1 < $1.1 }.prefix(3).map(\.0)
    return .none(near: near)
  }

  /// Every word of `text` stands somewhere in the name.
  static func contains(_ name: String, _ text: String) -> Bool {
    let folded = fold(name)
    let words = text.split(separator: " ").map { fold(String($0)) }.filter { !$0.isEmpty }
    return !words.isEmpty && words.allSatisfy { folded.contains($0) }
  }

  private static func fold(_ text: String) -> String {
    text.lowercased().filter { $0.isLetter || $0.isNumber }
  }
}
