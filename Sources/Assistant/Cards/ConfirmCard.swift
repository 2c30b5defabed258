// Asks before something outside is changed. A press sends `{"confirm": true}` or `false`.

import WebexAPI

enum ConfirmCard {
  /// - Parameters:
  ///   - question: Markdown; values in it are escaped.
  ///   - command: the keyword.
  static func card(question: String, command: String) -> AdaptiveCard {
    AdaptiveCard(
      body: [CardText.title(Sentences.confirmTitle)] + CardText.paragraphs(question)
        + [CardText.aside(CardText.data(command))],
      actions: [
        .submit(Sentences.confirmButton, data: ["confirm": true], style: .positive),
        .submit(Sentences.cancelButton, data: ["confirm": false]),
      ])
  }

  static func fallback(question: String, command: String) -> String {
    "**\(Sentences.confirmTitle)**\n\n\(question)\n\n\(Sentences.needsCards(command))"
  }
}
