// What a card becomes once it was used, confirmed or cancelled: no inputs, no buttons.

import WebexAPI

enum FinishedCard {
  /// - Parameters:
  ///   - title: plain text.
  ///   - text: Markdown; values in it are escaped.
  static func card(title: String, text: String?) -> AdaptiveCard {
    AdaptiveCard(
      body: [
        .container(
          [CardText.title(CardText.data(title, longest: 120))]
            + (text.map { CardText.paragraphs($0) } ?? []), style: .emphasis)
      ])
  }

  static func fallback(title: String, text: String?) -> String {
    let line = "**\(Sentences.plain(title))**"
    return text.map { "\(line)\n\n\($0)" } ?? line
  }
}
