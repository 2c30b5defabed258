// Asks for a command's arguments. Each input has its argument's name; the buttons send
// `{".form": "submit"}`, a name that no argument has, or `"cancel"`. What comes back is checked by `CommandArguments`.

import WebexAPI

enum FormCard {
  /// The client's own checks are left out: they would hold the Cancel button back too.
  ///
  /// - Parameters:
  ///   - values: what is known already, by argument.
  ///   - problems: sentences in Markdown, by argument.
  static func card(
    for command: any Command, values: [String: JSONValue], problems: [String: String]
  ) -> AdaptiveCard {
    let fields = command.arguments.flatMap { argument in
      field(argument, value: values[argument.name], problem: problems[argument.name])
    }
    return AdaptiveCard(
      body: [
        CardText.title(CardText.data(command.keyword)),
        CardText.aside(CardText.data(command.help, longest: 200)),
      ] + fields,
      actions: [
        .submit(Sentences.sendButton, data: [".form": "submit"], style: .positive),
        .submit(Sentences.cancelButton, data: [".form": "cancel"]),
      ])
  }

  static func fallback(for command: any Command, problems: [String: String]) -> String {
    let reasons = command.arguments.compactMap { argument in
      problems[argument.name].map { "- \(Sentences.code(argument.name)): \($0)" }
    }
    return (["\(Sentences.use) \(Sentences.code(command.usage, longest: 300))"] + reasons)
      .joined(separator: "\n")
  }

  private static func field(
    _ argument: CommandArgument, value: JSONValue?, problem: String?
  ) -> [CardElement] {
    let name = CardText.data(argument.help ?? argument.name, longest: 100)
    let label = argument.isRequired ? name + " *" : name
    let given = text(value) ?? argument.defaultValue
    return CardField.elements(
      .input(input(argument, label: label, value: given)), problem: problem, source: nil)
  }

  private static func input(_ argument: CommandArgument, label: String, value: String?)
    -> CardInput
  {
    switch argument.kind {
    case .word, .text:
      var input = TextInput(id: argument.name)
      input.label = label
      input.value = value
      input.isMultiline = argument.kind == .text ? true : nil
      input.maxLength = argument.maximumLength
      return .text(input)
    case .integer, .number:
      // A value that is no number cannot stand in a number's input, and should not get lost.
      guard value == nil || value.flatMap(Double.init)?.isFinite == true else {
        return .text(id: argument.name, label: label, value: value)
      }
      var input = NumberInput(id: argument.name)
      input.label = label
      input.value = value.flatMap(Double.init)
      return .number(input)
    case .boolean:
      var input = ToggleInput(id: argument.name, title: label)
      input.value = value == "true" ? "true" : "false"
      input.wrap = true
      return .toggle(input)
    case .choice(let choices):
      var shown = choices.map { ChoiceSetInput.Choice(CardText.data($0), value: $0) }
      if !argument.isRequired { shown.insert(.init(Sentences.noChoice, value: ""), at: 0) }
      return .choices(
        id: argument.name, label: label, shown,
        value: value ?? (argument.isRequired ? nil : ""), style: .compact)
    }
  }

  private static func text(_ value: JSONValue?) -> String? {
    switch value {
    case .string(let text): text
    case .bool(let flag): flag ? "true" : "false"
    case .integer(let number): "\(number)"
    case .number(let number): "\(number)"
    default: nil
    }
  }
}
