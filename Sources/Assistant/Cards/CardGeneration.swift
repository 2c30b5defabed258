// Tells the buttons of an edited card from those that stood there before: without it, a second click
// on Send would press the confirmation that has taken the form's place.

import WebexAPI

enum CardGeneration {
  /// No argument and no setting has such a name.
  private static let key = ".generation"

  /// Of a card that was never edited: 0.
  static func of(_ inputs: [String: JSONValue]) -> Int {
    switch inputs[key] {
    case .string(let text): Int(text) ?? 0
    case let value?: value.integerValue ?? 0
    case nil: 0
    }
  }

  /// The card with the generation in the data of each of its buttons.
  static func marked(_ card: AdaptiveCard, _ generation: Int) -> AdaptiveCard {
    var card = card
    card.actions = card.actions.map { marked($0, generation) }
    card.selectAction = card.selectAction.map { marked($0, generation) }
    card.body = card.body.map { marked($0, generation) }
    return card
  }

  private static func marked(_ action: CardAction, _ generation: Int) -> CardAction {
    var action = action
    switch action.content {
    case .submit(let data):
      var members = data?.objectValue ?? [:]
      // Text as data has no place for more; such a button belongs to no card of ours.
      guard data == nil || data?.objectValue != nil else { return action }
      members[key] = .integer(Int64(generation))
      action.content = .submit(data: .object(members))
    case .showCard(let card): action.content = .showCard(marked(card, generation))
    case .openURL, .toggleVisibility, .unknown: break
    }
    return action
  }

  private static func marked(_ element: CardElement, _ generation: Int) -> CardElement {
    var element = element
    switch element.content {
    case .actionSet(var set):
      set.actions = set.actions.map { marked($0, generation) }
      element.content = .actionSet(set)
    case .container(var container):
      container.items = container.items.map { marked($0, generation) }
      container.selectAction = container.selectAction.map { marked($0, generation) }
      element.content = .container(container)
    case .columnSet(var set):
      set.columns = set.columns.map { column in
        var column = column
        column.items = column.items.map { marked($0, generation) }
        column.selectAction = column.selectAction.map { marked($0, generation) }
        return column
      }
      set.selectAction = set.selectAction.map { marked($0, generation) }
      element.content = .columnSet(set)
    case .image(var image):
      image.selectAction = image.selectAction.map { marked($0, generation) }
      element.content = .image(image)
    case .textBlock, .richTextBlock, .imageSet, .factSet, .input, .unknown: break
    }
    return element
  }
}
