// What a declaration says, as a short text: a card that asks for a confirmation must not confirm
// another declaration than the one it showed.

import Yams

/// FNV-1a over a declaration's nodes. Stable over restarts, and the same wherever it stands in the file.
struct DeclarationHash {
  private var value: UInt64 = 0xcbf2_9ce4_8422_2325

  /// - Parameter addresses: what `${NAME}` stands for where that decides what is reached.
  static func of(_ node: Node, addresses: [String]) -> String {
    var hash = Self()
    hash.add(node)
    for address in addresses { hash.add(address, mark: 4) }
    let digits = String(hash.value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  private mutating func add(_ node: Node) {
    switch node {
    case .scalar(let scalar):
      // `"true"` and `true` differ.
      add(scalar.string, mark: scalar.style == .plain ? 0 : 1)
    case .mapping(let mapping):
      add("\(mapping.count)", mark: 2)
      for (key, value) in mapping {
        add(key)
        add(value)
      }
    case .sequence(let items):
      add("\(items.count)", mark: 3)
      for item in items { add(item) }
    case .alias: break
    }
  }

  private mutating func add(_ text: String, mark: UInt8) {
    for byte in [mark] + Array(text.utf8) + [0xFF] {
      value = (value ^ UInt64(byte)) &* 0x100_0000_01b3
    }
  }
}
