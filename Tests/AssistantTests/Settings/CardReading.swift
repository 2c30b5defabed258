// Reads a card as a client does: its inputs, its buttons, its texts; and presses a button.

import FoundationEssentials
import Testing
import WebexAPI

@testable import Assistant

extension AdaptiveCard {
  /// All elements, those within others too.
  var elements: [CardElement] { Self.flat(body) }

  private static func flat(_ elements: [CardElement]) -> [CardElement] {
    elements.flatMap { element -> [CardElement] in
      if case .container(let container) = element.content {
        return [element] + flat(container.items)
      }
      return [element]
    }
  }

  var inputs: [CardInput] {
    elements.compactMap { if case .input(let input) = $0.content { input } else { nil } }
  }

  var buttons: [CardAction] {
    elements.flatMap { element -> [CardAction] in
      if case .actionSet(let set) = element.content { set.actions } else { [] }
    } + actions
  }

  /// Every text that a reader sees, but for inputs and buttons.
  var texts: [String] {
    elements.compactMap { element in
      switch element.content {
      case .richTextBlock(let block): block.inlines.map(\.text).joined()
      case .textBlock(let block): block.text
      default: nil
      }
    }
  }

  var text: String { texts.joined(separator: "\n") }

  func choices(_ id: String) -> ChoiceSetInput? {
    inputs.lazy.compactMap { input -> ChoiceSetInput? in
      if case .choiceSet(let set) = input, set.id == id { set } else { nil }
    }.first
  }

  func textInput(_ id: String) -> TextInput? {
    inputs.lazy.compactMap { input -> TextInput? in
      if case .text(let text) = input, text.id == id { text } else { nil }
    }.first
  }

  func bytes() throws -> Int { try JSONEncoder().encode(self).count }

  /// What a client sends when the button is pressed: the inputs as they stand, with the button's
  /// data; `entered` is what the person changed.
  func pressed(_ title: String, _ entered: [String: String] = [:]) throws -> [String: JSONValue] {
    let button = try #require(buttons.first { $0.title == title }, "no button \(title)")
    guard case .submit(let data) = button.content else { return [:] }
    var sent = data?.objectValue ?? [:]
    for input in inputs {
      let value: String? =
        switch input {
        case .text(let field): field.value
        case .choiceSet(let field): field.value
        case .toggle(let field): field.value
        case .number(let field): field.value.map { "\($0)" }
        case .date(let field): field.value
        case .time(let field): field.value
        }
      sent[input.id] = .string(entered[input.id] ?? value ?? "")
    }
    return sent
  }
}

extension CommandReply {
  /// The one card with which a press or a command was answered.
  var card: CommandCard? {
    guard parts.count == 1 else { return nil }
    switch parts[0] {
    case .card(let card), .replacement(let card): return card
    default: return nil
    }
  }

  var replacement: CommandCard? {
    if parts.count == 1, case .replacement(let card) = parts[0] { card } else { nil }
  }

  var text: String? {
    if parts.count == 1, case .text(let text) = parts[0] { text } else { nil }
  }
}
