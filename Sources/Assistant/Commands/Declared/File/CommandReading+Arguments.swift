// `arguments:` of a declared command.

import Yams

extension CommandReading {
  private static let argumentKeys = [
    "name", "type", "choices", "option", "required", "default", "help", "maximum_length",
  ]
  private static let maximumArguments = 20

  func readArguments(_ fields: NodeFields) -> [CommandArgument] {
    guard let node = fields.node("arguments") else { return [] }
    guard case .sequence(let items) = node else {
      note("\"arguments\" must be a list", at: node)
      return []
    }
    if items.count > Self.maximumArguments {
      note("a command has at most \(Self.maximumArguments) arguments", at: node)
    }
    var arguments: [CommandArgument] = []
    for item in items {
      guard let argument = readArgument(item) else { continue }
      if arguments.contains(where: { $0.name.lowercased() == argument.name.lowercased() }) {
        note("the argument \"\(argument.name)\" is declared twice", at: item)
      }
      let positions = arguments.filter { !$0.isOption }
      if !argument.isOption, positions.last?.kind == .text {
        note("nothing can follow an argument of type text, which takes all the rest", at: item)
      }
      if !argument.isOption, argument.isRequired, positions.contains(where: { !$0.isRequired }) {
        note("a required argument cannot follow an optional one", at: item)
      }
      arguments.append(argument)
    }
    return arguments
  }

  private func readArgument(_ node: Node) -> CommandArgument? {
    guard let fields = NodeFields(node, "an argument", keys: Self.argumentKeys, self) else {
      return nil
    }
    guard let name = fields.text("name", upTo: 40), let first = name.first, first.isLetter,
      name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") })
    else {
      note(
        "an argument needs a \"name\" of letters, digits, _ and -, beginning with a letter",
        at: fields.node("name") ?? node)
      return nil
    }
    guard let kind = readKind(fields) else { return nil }
    let isOption = fields.flag("option") ?? false
    let isRequired = fields.flag("required") ?? !(isOption && kind == .boolean)
    let argument = CommandArgument(
      name, kind, isOption: isOption, isRequired: isRequired,
      defaultValue: fields.text("default"), help: fields.text("help", upTo: 200),
      maximumLength: fields.integer("maximum_length", in: 1...10_000) ?? 2_000)
    if let value = argument.defaultValue,
      case .failure(.invalid(_, let reason)) = CommandArguments.validate(value, for: argument)
    {
      note("the default of \"\(name)\" \(reason)", at: fields.node("default"))
    }
    return argument
  }

  private func readKind(_ fields: NodeFields) -> CommandArgument.Kind? {
    let choices = fields.texts("choices")
    guard let type = fields.node("type") else {
      return choices.map { .choice($0) } ?? .word
    }
    if choices != nil, type.scalar?.string != "choice" {
      note("only an argument of type choice has \"choices\"", at: fields.node("choices"))
    }
    switch type.scalar?.string {
    case "word": return .word
    case "text": return .text
    case "integer": return .integer
    case "number": return .number
    case "boolean": return .boolean
    case "choice":
      guard let choices, !choices.isEmpty, choices.count <= 100 else {
        note("an argument of type choice needs \"choices\", 100 at most", at: type)
        return nil
      }
      return .choice(choices)
    default:
      note("the type must be word, text, integer, number, boolean or choice", at: type)
      return nil
    }
  }
}
