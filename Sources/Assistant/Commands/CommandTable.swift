// Which command a message means: a pure look-up. The router asks it before anything goes to a model.

/// What a text is among the commands.
enum CommandLookup: Sendable {
  /// - Parameter text: what followed the keyword; of a partial match the whole message.
  case command(any Command, text: String)
  /// It could be any of these keywords.
  case ambiguous([String])
  /// It looks like a command and is none; the nearest keywords, nearest first.
  case unknown(String, suggestions: [String])
  /// Text for the model.
  case none
}

/// All commands. Exact keywords come before prefixes, those before partial ones; longer before
/// shorter. Case never matters.
struct CommandTable: Sendable {
  private struct Entry: Sendable {
    var command: any Command
    var keyword: String
    /// The keyword's words in lower case.
    var words: [String]
  }

  /// Longest first.
  private let entries: [Entry]

  private static let maximumSuggestions = 5

  /// Of two commands with the same keyword and kind of match the first counts.
  init(_ commands: [any Command]) {
    var seen: Set<String> = []
    entries =
      commands
      .map {
        let words = $0.keyword.lowercased().split(whereSeparator: \.isWhitespace).map(String.init)
        return Entry(command: $0, keyword: words.joined(separator: " "), words: words)
      }
      .filter { !$0.words.isEmpty && seen.insert("\($0.command.match) \($0.keyword)").inserted }
      .sorted { ($1.keyword.count, $0.keyword) < ($0.keyword.count, $1.keyword) }
  }

  /// - Parameter mayRun: a partial keyword and a keyword without a slash stand in ordinary sentences,
  ///   and mean nothing from who may not run them; nor are those suggested.
  func match(_ text: String, mayRun: (any Command) -> Bool = { _ in true }) -> CommandLookup {
    let text = text.trimmingWhitespace()
    // `//…` goes to the model as it is.
    guard !text.isEmpty, !text.hasPrefix("//") else { return .none }
    let typed = text.split(whereSeparator: \.isWhitespace)
    let lowered = typed.map { $0.lowercased() }

    for entry in entries where entry.command.match == .exact && lowered.starts(with: entry.words) {
      guard counts(entry, mayRun) else { continue }
      return .command(entry.command, text: text[typed[entry.words.count - 1].endIndex...].trimmed)
    }
    for entry in entries where entry.command.match == .prefix {
      guard let rest = Self.rest(of: text, typed, after: entry.words), counts(entry, mayRun) else {
        continue
      }
      return .command(entry.command, text: rest)
    }
    let partial = entries.filter {
      $0.command.match == .partial && Self.contains($0.words, lowered) && mayRun($0.command)
    }
    if let longest = partial.first {
      let equals = partial.filter { $0.keyword.count == longest.keyword.count }
      return equals.count == 1
        ? .command(longest.command, text: text) : .ambiguous(equals.map(\.command.keyword))
    }
    return suggestions(for: lowered, mayRun: mayRun)
  }

  private func counts(_ entry: Entry, _ mayRun: (any Command) -> Bool) -> Bool {
    entry.keyword.hasPrefix("/") || mayRun(entry.command)
  }

  // MARK: Matching

  /// What follows the last word's letters: `/build42` begins with `/build`.
  private static func rest(of text: String, _ typed: [Substring], after words: [String]) -> String?
  {
    let index = words.count - 1
    guard typed.count > index, let last = words.last,
      zip(typed, words.dropLast()).allSatisfy({ $0.lowercased() == $1 }),
      typed[index].lowercased().hasPrefix(last)
    else { return nil }
    let end = typed[index].index(
      typed[index].startIndex, offsetBy: last.count, limitedBy: typed[index].endIndex)
    return text[(end ?? typed[index].endIndex)...].trimmed
  }

  /// Words of their own: punctuation around them does not matter, `jira` is not in `jiraffe`.
  private static func contains(_ words: [String], _ typed: [String]) -> Bool {
    guard typed.count >= words.count else { return false }
    return (0...(typed.count - words.count)).contains { start in
      words.indices.allSatisfy { index in
        let word = typed[start + index]
        return word == words[index] || bare(word) == bare(words[index])
      }
    }
  }

  /// Without punctuation at its ends; a slash is part of a keyword.
  private static func bare(_ word: String) -> Substring {
    func isKept(_ character: Character) -> Bool {
      character.isLetter || character.isNumber || character.isSymbol
        || "/#@-_".contains(character)
    }
    guard let first = word.firstIndex(where: isKept), let last = word.lastIndex(where: isKept)
    else { return word[...] }
    return word[first...last]
  }

  // MARK: Near misses

  /// A text that looks like a command goes to no model.
  private func suggestions(for typed: [String], mayRun: (any Command) -> Bool) -> CommandLookup {
    guard let first = typed.first.flatMap(Self.commandWord) else { return .none }
    let words = [first] + typed.dropFirst().map { String(Self.bare($0)) }
    let candidates = entries.filter { $0.keyword.hasPrefix("/") && mayRun($0.command) }

    // `/jira`, `/jira serch`: the first words are right, the next ones are not.
    let family = candidates.filter { $0.words.count > 1 && $0.words[0] == first }
    if !family.isEmpty {
      let shown = words.prefix(2).joined(separator: " ")
      let near = nearest(family, to: words)
      if words.count > 1, !near.isEmpty { return .unknown(shown, suggestions: near) }
      let all = family.map(\.command.keyword).sorted()
      return all.count > 1 ? .ambiguous(all) : .unknown(first, suggestions: all)
    }
    return .unknown(first, suggestions: nearest(candidates, to: words))
  }

  /// The keywords within two typing errors, or begun with what was typed; nearest first.
  private func nearest(_ candidates: [Entry], to words: [String]) -> [String] {
    let joined = words[0].filter { $0 != "-" && $0 != "_" }
    var found: [(distance: Int, words: Int, keyword: String)] = []
    for entry in candidates {
      let same = words.prefix(entry.words.count).joined(separator: " ")
      // `/jira-search` and `/jirasearch` mean `/jira search`.
      let glued = entry.words.joined().filter { $0 != "-" && $0 != "_" }
      var distance = min(
        EditDistance.between(same, entry.keyword), EditDistance.between(joined, glued))
      // Of short keywords, two errors make any word.
      if distance > (entry.keyword.count <= 4 ? 1 : 2) {
        guard words[0].count > 1, entry.keyword.hasPrefix(same) else { continue }
        distance = 3
      }
      found.append((distance, -entry.words.count, entry.command.keyword))
    }
    return found.sorted { $0 < $1 }
      .prefix(Self.maximumSuggestions).map(\.keyword)
  }

  /// A slash and a word; a path such as `/etc/hosts` and `/ 2` are no commands. `/stop!` is nearly one.
  private static func commandWord(_ word: String) -> String? {
    var word = word[...]
    while let last = word.last, ".,;:!?".contains(last) { word = word.dropLast() }
    guard word.first == "/", word.dropFirst().first?.isLetter == true,
      word.dropFirst().allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" })
    else { return nil }
    return String(word)
  }
}

extension Substring {
  fileprivate var trimmed: String { String(self).trimmingWhitespace() }
}
