// How many typing errors lie between two words. CommandTable asks, for its suggestions.

enum EditDistance {
  /// Longer texts are no typing error of a command; the work grows with the square.
  static let maximumLength = 64

  /// Optimal string alignment: insertions, deletions, substitutions, swapped neighbours.
  static func between(_ a: some StringProtocol, _ b: some StringProtocol) -> Int {
    let (a, b) = (Array(a.prefix(maximumLength + 1)), Array(b.prefix(maximumLength + 1)))
    guard a.count <= maximumLength, b.count <= maximumLength else { return maximumLength }
    var rows = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
    for i in 0...a.count { rows[i][0] = i }
    for j in 0...b.count { rows[0][j] = j }
    for i in 0..<a.count {
      for j in 0..<b.count {
        let cost = a[i] == b[j] ? 0 : 1
        var best = min(rows[i][j + 1] + 1, rows[i + 1][j] + 1, rows[i][j] + cost)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          best = min(best, rows[i - 1][j - 1] + 1)
        }
        rows[i + 1][j + 1] = best
      }
    }
    return rows[a.count][b.count]
  }
}
