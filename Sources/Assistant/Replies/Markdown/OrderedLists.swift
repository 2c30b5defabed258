// The numbers of ordered lists: models number them 1. 1. 1., and a renderer counts. Cut into
// messages, each would begin at 1 again.

struct OrderedLists: Sendable {
  private struct Level: Equatable {
    var indent: Int
    var delimiter: UInt8
    var number: Int
  }
  private var levels: [Level] = []
  private var isAfterBlank = false

  /// How far the text of the open items stands in; nil outside of lists.
  private(set) var contentIndent: Int?

  /// The number to show for an item.
  mutating func number(written: Int, delimiter: UInt8, indent: Int) -> Int {
    isAfterBlank = false
    levels.removeAll { $0.indent > indent + 1 }
    guard let last = levels.last, last.indent + 1 >= indent, last.delimiter == delimiter else {
      levels.removeAll { $0.indent + 1 >= indent }
      levels.append(Level(indent: indent, delimiter: delimiter, number: written))
      contentIndent = indent + 2
      return written
    }
    let number = written > last.number ? written : last.number + 1
    levels[levels.count - 1].number = number
    contentIndent = indent + 2
    return number
  }

  mutating func bullet(indent: Int) {
    isAfterBlank = false
    levels.removeAll { $0.indent >= indent }
    contentIndent = indent + 2
  }

  mutating func blank() { isAfterBlank = true }

  /// Text, or a block that is not a list item: ends the lists that it does not belong to.
  mutating func other(indent: Int, interrupts: Bool) {
    defer { isAfterBlank = false }
    guard isAfterBlank || interrupts else { return }
    levels.removeAll { indent < $0.indent + 2 }
    if let content = contentIndent, indent < content { contentIndent = indent >= 2 ? indent : nil }
  }
}
