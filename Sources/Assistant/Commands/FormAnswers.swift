// What came back from a form: each value checked like a typed one. Used by turns.

import WebexAPI

/// Values that cannot be used as they are; the form is shown again with both.
struct RefusedForm: Error, Equatable, Sendable {
  var values: [String: JSONValue]
  /// Sentences by argument.
  var problems: [String: String]
}

enum FormAnswers {
  /// - Parameter inputs: as pressed; anything may be in them.
  static func read(_ inputs: [String: JSONValue], _ declared: [CommandArgument]) -> Result<
    [String: JSONValue], RefusedForm
  > {
    var values: [String: JSONValue] = [:]
    var shown: [String: JSONValue] = [:]
    var problems: [String: String] = [:]
    let press = CardPress(inputs: inputs, state: .null)
    for argument in declared {
      let typed = press.text(argument.name).trimmingWhitespace()
      shown[argument.name] = .string(String(typed.prefix(argument.maximumLength)))
      guard !typed.isEmpty else {
        if let value = argument.defaultValue {
          values[argument.name] = try? CommandArguments.validate(value, for: argument).get()
        } else if argument.isRequired {
          problems[argument.name] = Sentences.needsValue
        }
        continue
      }
      switch CommandArguments.validate(typed, for: argument) {
      case .success(let value): values[argument.name] = value
      case .failure(.invalid(_, let reason)): problems[argument.name] = reason
      case .failure: problems[argument.name] = Sentences.unprintable
      }
    }
    return problems.isEmpty
      ? .success(values) : .failure(RefusedForm(values: shown, problems: problems))
  }
}

extension Command {
  /// The command as it is run, in one line of Markdown.
  func summary(_ context: CommandContext) -> String {
    let values = arguments.compactMap { argument -> String? in
      let value = CardPress(inputs: context.arguments, state: .null).text(argument.name)
      // What nobody wrote need not be read.
      let isUsual = value == argument.defaultValue || argument.kind == .boolean && value == "false"
      return value.isEmpty || isUsual
        ? nil : "\(Sentences.code(argument.name)) \(Sentences.code(value))"
    }
    return ([Sentences.code(keyword)] + values).joined(separator: " · ")
  }
}
