// YAML's aliases can make a small file into an endless one. Asked by `CommandFile` before and after a
// file is parsed.

import FoundationEssentials
import Yams

enum YAMLBudget {
  /// Of a whole file, each alias counted as what it stands for.
  static let maximumNodes = 10_000
  /// So many cannot grow into much, wherever they stand.
  private static let harmlessAliases = 12

  /// The line of an alias within a mapping's key. The parser compares keys, and with aliases of
  /// aliases in them that takes for ever.
  static func lineOfAliasInKey(_ text: String) -> Int? {
    let anchors = Set(text.matches(of: /&([^\s,\[\]{}]+)/).map(\.output.1))
    guard !anchors.isEmpty else { return nil }
    func isAlias(_ name: Substring) -> Bool { anchors.contains(name) }
    let uses = text.matches(of: /\*([^\s,\[\]{}]+)/).filter { isAlias($0.output.1) }
    guard uses.count > harmlessAliases else { return nil }
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let isExplicit = line.firstMatch(of: /(^|[\s,\[{-])\?\s/) != nil
      let key = line.firstMatch(of: /\*([^\s,\[\]{}]+)([^\n]*[\]}])?\s*:(\s|$)/)
      if isExplicit || key.map({ isAlias($0.output.1) }) == true { return index + 1 }
    }
    return nil
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
