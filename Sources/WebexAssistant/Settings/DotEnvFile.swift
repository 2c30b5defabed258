// Reads `.env`: one KEY=value per line, as docker compose and the shells' `source` agree on it.
// swift-configuration's own reader drops malformed lines silently; here they stop the start.

/// The lines of a `.env` file.
struct DotEnvFile: Sendable {
  struct Entry: Hashable, Sendable {
    var key: String
    var value: String
    /// From 1.
    var line: Int
  }

  var entries: [Entry] = []
  var problems: [ConfigurationProblem] = []

  init(_ text: some StringProtocol) {
    for (index, rawLine) in text.split(
      omittingEmptySubsequences: false, whereSeparator: \.isNewline
    ).enumerated() {
      var line = rawLine.trimmed
      if index == 0, line.hasPrefix("\u{FEFF}") { line = String(line.dropFirst()).trimmed }
      if line.isEmpty || line.hasPrefix("#") { continue }
      if line.hasPrefix("export ") { line = String(line.dropFirst(7)).trimmed }
      // The line is not shown: it may hold a secret.
      guard let equals = line.firstIndex(of: "="), equals != line.startIndex,
        Self.isName(line[..<equals].trimmed)
      else {
        reject("is not a KEY=value line", line: index + 1)
        continue
      }
      let key = line[..<equals].trimmed
      guard let value = Self.unquoted(line[line.index(after: equals)...].trimmed) else {
        reject("has an unclosed quotation mark", key: key, line: index + 1)
        continue
      }
      entries.append(Entry(key: key, value: value, line: index + 1))
    }
  }

  private mutating func reject(_ finding: String, key: String = ".env", line: Int) {
    problems.append(
      ConfigurationProblem(
        key: key, origin: .dotEnv(line: line), finding: finding,
        accepted: "KEY=value, KEY=\"value\", or a comment after #"))
  }

  private static func isName(_ text: String) -> Bool {
    text.utf8.allSatisfy {
      switch $0 {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
  }

  /// The value without its quotes, or up to ` #`, where a comment begins. nil: a quote stays open.
  private static func unquoted(_ text: String) -> String? {
    guard let quote = text.first, quote == "\"" || quote == "'" else {
      guard let comment = text.firstRange(of: " #") else { return text }
      return text[..<comment.lowerBound].trimmed
    }
    let rest = text.dropFirst()
    guard let end = rest.firstIndex(of: quote) else { return nil }
    let after = rest[rest.index(after: end)...].trimmed
    return after.isEmpty || after.hasPrefix("#") ? String(rest[..<end]) : nil
  }
}

extension StringProtocol {
  /// Without white space and line ends around it.
  var trimmed: String {
    guard let first = firstIndex(where: { !$0.isWhitespace }),
      let last = lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(self[first...last])
  }
}
