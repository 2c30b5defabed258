// Words of a command's text as people type them, on phones too. Used by `CommandArguments`.

/// One word, or what stands in quotes.
struct ArgumentToken: Equatable {
  var text: String
  /// Where it begins in the text, its quote included.
  var start: String.Index
  /// What stood in quotes is never an option.
  var isQuoted: Bool
  /// Behind it.
  var end: String.Index
}

/// Cuts a text into words, one at a time, so that its rest can be taken verbatim.
struct ArgumentTokens {
  let text: Substring
  private(set) var index: String.Index

  init(_ text: String) {
    self.text = text[...]
    index = text.startIndex
  }

  mutating func next() -> ArgumentToken? {
    skipBlanks()
    guard index < text.endIndex else { return nil }
    let start = index
    if let (inside, end) = Self.quoted(text[index...]) {
      index = end
      return ArgumentToken(text: inside, start: start, isQuoted: true, end: end)
    }
    var end = index
    while end < text.endIndex, !text[end].isWhitespace {
      // `--name="two words"`: the quote begins behind the sign.
      if text[end] == "=", Self.optionName(text[start..<end]) != nil,
        let (inside, after) = Self.quoted(text[text.index(after: end)...])
      {
        index = after
        return ArgumentToken(
          text: "\(text[start...end])\(inside)", start: start, isQuoted: false, end: after)
      }
      end = text.index(after: end)
    }
    index = end
    return ArgumentToken(text: String(text[start..<end]), start: start, isQuoted: false, end: end)
  }

  private mutating func skipBlanks() {
    while index < text.endIndex, text[index].isWhitespace { index = text.index(after: index) }
  }

  /// What follows the dashes; phones make `—` or `–` of two hyphens. Empty for the dashes alone.
  static func optionName(_ word: some StringProtocol) -> Substring? {
    let word = Substring(word)
    for dashes in ["--", "—", "–"] where word.hasPrefix(dashes) {
      let name = word.dropFirst(dashes.count)
      // `–5` is a number, and `–` alone a dash between words.
      if let first = name.first { return first.isLetter ? name : nil }
      return dashes == "–" ? nil : name
    }
    return nil
  }

  private static let doubles: Set<Character> = ["\"", "“", "”", "„"]
  private static let singles: Set<Character> = ["'", "‘", "’", "‚"]

  /// The inside of the quotes at the front, if they are closed before a blank or the end: an
  /// apostrophe is not a quote. `\"` and `\\` stand for themselves between double quotes.
  private static func quoted(_ text: Substring) -> (String, String.Index)? {
    guard let open = text.first else { return nil }
    let closers = doubles.contains(open) ? doubles : singles.contains(open) ? singles : []
    guard !closers.isEmpty else { return nil }
    var inside = ""
    var index = text.index(after: text.startIndex)
    while index < text.endIndex {
      let character = text[index]
      let after = text.index(after: index)
      if character == "\\", closers == doubles, after < text.endIndex,
        text[after] == "\\" || doubles.contains(text[after])
      {
        inside.append(text[after])
        index = text.index(after: after)
        continue
      }
      if closers.contains(character), after == text.endIndex || text[after].isWhitespace {
        return (inside, after)
      }
      inside.append(character)
      index = after
    }
    return nil
  }
}
