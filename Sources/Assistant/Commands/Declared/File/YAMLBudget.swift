// YAML's aliases can make a small file into an endless one. Asked by `CommandFile` before and after a
// file is parsed.

import Yams

enum YAMLBudget {
  /// Of a whole file, each alias counted as what it stands for.
  static let maximumNodes = 10_000
  /// So many cannot grow into much, wherever they stand.
  private static let harmlessAliases = 12

  /// The line of an alias within a mapping's key. The parser compares keys, and with aliases of
  /// aliases in them that takes for ever.
  static func lineOfAliasInKey(_ text: String) -> Int? {
    let anchors = names(behind: "&", in: text.utf8)
    guard !anchors.isEmpty else { return nil }
    let uses = names(behind: "*", in: text.utf8).filter(Set(anchors).contains)
    guard uses.count > harmlessAliases else { return nil }
    let aliases = Set(uses)
    let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    return lines.firstIndex { hasLargeKey($0, aliases) }.map { $0 + 1 }
  }

  /// What stands behind each mark, up to a blank or a bracket.
  private static func names(
    behind mark: Unicode.Scalar, in bytes: some Collection<UInt8>
  ) -> [[UInt8]] {
    let ends = Set(" \t\r\n,[]{}&*".utf8)
    var names: [[UInt8]] = []
    var name: [UInt8]?
    for byte in bytes {
      if byte == UInt8(ascii: mark) || ends.contains(byte) {
        if let name, !name.isEmpty { names.append(name) }
        name = byte == UInt8(ascii: mark) ? [] : nil
      } else {
        name?.append(byte)
      }
    }
    if let name, !name.isEmpty { names.append(name) }
    return names
  }

  /// `*name : …`, `[*name]: …`, `{x: *name}: …`, and the explicit `? …`. Quoted texts are passed over.
  private static func hasLargeKey(_ line: Substring.UTF8View, _ aliases: Set<[UInt8]>) -> Bool {
    let (blanks, ends) = (Set(" \t\r".utf8), Set(" \t\r,[]{}".utf8))
    let quotes = Set("\"'".utf8)
    var before: UInt8 = 0x20
    // The last that is no blank, and the last word.
    var solid: UInt8 = 0
    var word: [UInt8] = []
    var hasAlias = false
    var isAlias = false
    var quote: UInt8?
    var rest = line[...]
    while let byte = rest.popFirst() {
      defer { before = byte }
      if let open = quote {
        if byte == open { quote = nil }
        continue
      }
      let isLast = rest.first.map(blanks.contains) ?? true
      if quotes.contains(byte), !isWordy(before) { quote = byte }
      if byte == UInt8(ascii: "?"), isLast, !isWordy(before) { return true }
      let isColon = byte == UInt8(ascii: ":") && isLast
      if isColon || ends.contains(byte) {
        if !word.isEmpty {
          isAlias = word.first == UInt8(ascii: "*") && aliases.contains(Array(word.dropFirst()))
          hasAlias = hasAlias || isAlias
          word = []
        }
        let isBehindBracket = solid == UInt8(ascii: "]") || solid == UInt8(ascii: "}")
        if isColon, isAlias || hasAlias && isBehindBracket { return true }
        if !blanks.contains(byte) { isAlias = false }
      } else {
        word.append(byte)
      }
      if !blanks.contains(byte) { solid = byte }
    }
    return false
  }

  private static func isWordy(_ byte: UInt8) -> Bool {
    !" \t,[{-:".utf8.contains(byte)
  }

  /// Whether the tree has more nodes than a file may have. Looks at no more than that.
  static func isExceeded(by root: Node) -> Bool {
    var rest = [root]
    var count = 0
    while let node = rest.popLast() {
      count += 1
      guard count + rest.count <= maximumNodes else { return true }
      switch node {
      case .mapping(let mapping):
        guard count + rest.count + 2 * mapping.count <= maximumNodes else { return true }
        for (key, value) in mapping { rest += [key, value] }
      case .sequence(let items):
        guard count + rest.count + items.count <= maximumNodes else { return true }
        rest += items
      case .scalar, .alias: break
      }
    }
    return false
  }
}
