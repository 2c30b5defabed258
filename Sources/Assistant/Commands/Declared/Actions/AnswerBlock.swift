// An answer without a template: its front, in a code block. Answers may have 10 MB, so no more is made
// of them than is shown.

import FoundationEssentials
import WebexAPI

enum AnswerBlock {
  /// In bytes.
  static let limit = 3_000

  static func markdown(_ text: String, _ mask: SecretMask) -> String {
    block(LongReply.front(of: text, limit), isCut: text.utf8.count > limit, mask)
  }

  static func markdown(_ value: JSONValue, _ mask: SecretMask) -> String {
    var writer = Writer()
    writer.write(value, indent: 0)
    return block(
      LongReply.front(of: writer.text, limit), isCut: writer.text.utf8.count > limit, mask)
  }

  private static func block(_ bytes: [UInt8], isCut: Bool, _ mask: SecretMask) -> String {
    var shown = mask.hiding(String(decoding: bytes, as: UTF8.self))
    if isCut {
      // Half a secret at the end would not be found.
      let open = mask.openBytes(atEndOf: shown)
      shown = String(decoding: Array(shown.utf8).dropLast(open), as: UTF8.self) + "\n…"
    }
    return "```\n\(MarkdownEscaping.insideFence(shown))\n```"
  }

  /// JSON as `JSONEncoder` writes it for people, until there is enough of it.
  private struct Writer {
    var text = ""
    private var isFull: Bool { text.utf8.count > AnswerBlock.limit }

    mutating func write(_ value: JSONValue, indent: Int) {
      guard !isFull else { return }
      switch value {
      case .array(let items):
        list(items, "[", "]", indent) { $0.write($1, indent: indent + 2) }
      case .object(let members):
        list(members.sorted { $0.key < $1.key }, "{", "}", indent) { writer, member in
          writer.text += "\(TemplateStyle.json(.string(member.key))) : "
          writer.write(member.value, indent: indent + 2)
        }
      case .string(let text) where text.utf8.count > AnswerBlock.limit:
        let front = String(decoding: text.utf8.prefix(AnswerBlock.limit), as: UTF8.self)
        self.text += TemplateStyle.json(.string(front))
      default: text += TemplateStyle.json(value)
      }
    }

    private mutating func list<Item>(
      _ items: [Item], _ open: String, _ close: String, _ indent: Int,
      _ write: (inout Self, Item) -> Void
    ) {
      text += open
      for (index, item) in items.enumerated() {
        guard !isFull else { return }
        text += (index == 0 ? "\n" : ",\n") + String(repeating: " ", count: indent + 2)
        write(&self, item)
      }
      if !items.isEmpty { text += "\n" + String(repeating: " ", count: indent) }
      text += close
    }
  }
}
