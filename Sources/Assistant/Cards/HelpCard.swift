// /help: what this person may run here, a line and a button each. A press sends `{"run": "/keyword"}`.

import WebexAPI

enum HelpCard {
  /// Webex draws up to five; four of these fit on one line.
  static let buttonsInRow = 4
  /// More commands than this stand in the text form only.
  static let maximumCommands = 40

  /// - Parameters:
  ///   - commands: those that the person may run here.
  ///   - model: the one that answers, if known.
  static func card(_ commands: [any Command], model: String?, isDirect: Bool) -> CommandCard {
    let shown = commands.prefix(maximumCommands)
    var body = [
      CardText.title(Sentences.helpTitle),
      CardText.aside(
        Sentences.helpIntroduction(model: model.map { CardText.data($0) }, isDirect: isDirect)),
    ]
    for (index, command) in shown.enumerated() {
      body.append(line(command).spacing(index == 0 ? .medium : .small))
    }
    if commands.count > shown.count {
      body.append(CardText.aside(Sentences.moreCommands(commands.count - shown.count)))
    }
    for start in stride(from: 0, to: shown.count, by: buttonsInRow) {
      let row = shown[start..<min(start + buttonsInRow, shown.count)].map(button)
      body.append(.actions(Array(row)).spacing(start == 0 ? .medium : .small))
    }
    var card = CommandCard(
      AdaptiveCard(body: body), fallback: text(commands, model: model, isDirect: isDirect),
      state: .object([:]))
    card.isReusable = true
    return card
  }

  /// For clients without cards.
  static func text(_ commands: [any Command], model: String?, isDirect: Bool) -> String {
    let lines = commands.map {
      "- \(Sentences.code($0.usage, longest: 300)) \(Sentences.plain($0.help))"
    }
    return Sentences.helpIntroduction(model: model.map { Sentences.code($0) }, isDirect: isDirect)
      + "\n\n" + lines.joined(separator: "\n") + "\n\n" + Sentences.editHint
  }

  private static func line(_ command: any Command) -> CardElement {
    .richText([
      CardText.run(CardText.data(command.usage, longest: 120), isBold: true),
      CardText.run("  " + CardText.data(command.help, longest: 200), isSubtle: true),
    ])
  }

  private static func button(_ command: any Command) -> CardAction {
    .submit(
      CardText.data(command.keyword, longest: 40), data: ["run": .string(command.keyword)])
  }
}
