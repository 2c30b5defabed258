// The arguments of a command, read from what a person typed behind its keyword, or from a form.
// A turn calls it before a command runs.

import WebexAPI

/// Why arguments cannot be used. `Sentences.argumentProblem` says it.
enum ArgumentProblem: Error, Equatable, Sendable {
  /// Required ones were not given. `given` are the others, read, for a form that asks for the rest.
  case missing([CommandArgument], given: [String: JSONValue])
  /// A value is not what was declared; `reason` completes "`name` …".
  case invalid(name: String, reason: String)
  case unknownOption(String, known: [String])
  /// The first word for which there is no argument.
  case tooMany(String)
}

enum CommandArguments {
  /// Shell-like: quotes keep words together, `--name value` and `--name=value` give options, `--`
  /// ends them. Others follow by position; a `.text` takes the rest verbatim, so options stand
  /// before it.
  static func parse(
    _ text: String, _ declared: [CommandArgument]
  ) -> Result<[String: JSONValue], ArgumentProblem> {
    do {
      return .success(try read(text, declared))
    } catch let problem as ArgumentProblem {
      return .failure(problem)
    } catch {
      return .failure(.invalid(name: "", reason: "\(error)"))
    }
  }

  private static func read(
    _ text: String, _ declared: [CommandArgument]
  ) throws -> [String: JSONValue] {
    var tokens = ArgumentTokens(text)
    var values: [String: JSONValue] = [:]
    var positions = declared.filter { !$0.isOption }[...]
    let options = declared.filter(\.isOption)
    var takesOptions = true
    while let token = tokens.next() {
      if takesOptions, !token.isQuoted, let name = ArgumentTokens.optionName(token.text) {
        if name.isEmpty {
          takesOptions = false
          continue
        }
        // A dash at the front of plain text, where nothing has options, is text.
        if !options.isEmpty || positions.first?.kind != .text {
          try readOption(name, &tokens, options, &values)
          continue
        }
      }
      guard let argument = positions.popFirst() else { throw ArgumentProblem.tooMany(token.text) }
      guard argument.kind == .text else {
        values[argument.name] = try validate(token.text, for: argument).get()
        continue
      }
      let rest = String(text[token.start...])
      values[argument.name] = try validate(rest, for: argument).get()
      return try complete(values, declared)
    }
    return try complete(values, declared)
  }

  private static func readOption(
    _ word: Substring, _ tokens: inout ArgumentTokens, _ options: [CommandArgument],
    _ values: inout [String: JSONValue]
  ) throws {
    let sign = word.firstIndex(of: "=")
    let name = word[..<(sign ?? word.endIndex)].lowercased()
    guard let argument = options.first(where: { $0.name.lowercased() == name }) else {
      throw ArgumentProblem.unknownOption(
        String(word[..<(sign ?? word.endIndex)]), known: options.map(\.name))
    }
    guard values[argument.name] == nil else {
      throw ArgumentProblem.invalid(name: argument.name, reason: Sentences.givenTwice)
    }
    if let sign {
      let value = String(word[word.index(after: sign)...])
      values[argument.name] = try validate(value, for: argument).get()
      return
    }
    if argument.kind == .boolean {
      values[argument.name] = true
      return
    }
    var ahead = tokens
    guard let value = ahead.next(),
      value.isQuoted || ArgumentTokens.optionName(value.text) == nil
    else { throw ArgumentProblem.invalid(name: argument.name, reason: Sentences.needsValue) }
    tokens = ahead
    values[argument.name] = try validate(value.text, for: argument).get()
  }

  /// Fills in the defaults.
  private static func complete(
    _ given: [String: JSONValue], _ declared: [CommandArgument]
  ) throws -> [String: JSONValue] {
    var values = given
    for argument in declared where values[argument.name] == nil {
      guard let typed = argument.defaultValue else { continue }
      values[argument.name] = try validate(typed, for: argument).get()
    }
    let missing = declared.filter { $0.isRequired && values[$0.name] == nil }
    guard missing.isEmpty else { throw ArgumentProblem.missing(missing, given: values) }
    return values
  }

  /// Reads one value, as typed in a message or in a form's input.
  static func validate(
    _ typed: String, for argument: CommandArgument
  ) -> Result<JSONValue, ArgumentProblem> {
    func invalid(_ reason: String) -> Result<JSONValue, ArgumentProblem> {
      .failure(.invalid(name: argument.name, reason: reason))
    }
    let value = typed.trimmingWhitespace()
    guard !value.isEmpty else { return invalid(Sentences.needsValue) }
    // What combines with a character makes it no longer, however much it is.
    guard value.count <= argument.maximumLength,
      value.unicodeScalars.count <= 8 * argument.maximumLength
    else {
      return invalid(Sentences.tooLongValue(argument.maximumLength))
    }
    let isLong = argument.kind == .text
    guard value.unicodeScalars.allSatisfy({ isAllowed($0, inText: isLong) }) else {
      return invalid(Sentences.unprintable)
    }
    switch argument.kind {
    case .word, .text:
      return .success(.string(value))
    case .integer:
      return Int64(value).map { .success(.integer($0)) } ?? invalid(Sentences.noInteger)
    case .number:
      if let whole = Int64(value) { return .success(.integer(whole)) }
      guard let number = Double(value), number.isFinite, !value.lowercased().contains("x") else {
        return invalid(Sentences.noNumber)
      }
      return .success(.number(number))
    case .boolean:
      switch value.lowercased() {
      case "true", "yes", "on", "1": return .success(true)
      case "false", "no", "off", "0": return .success(false)
      default: return invalid(Sentences.noBoolean)
      }
    case .choice(let choices):
      let found =
        choices.first { $0 == value } ?? choices.first { $0.lowercased() == value.lowercased() }
      return found.map { .success(.string($0)) } ?? invalid(Sentences.noChoice(choices))
    }
  }

  private static func isAllowed(_ scalar: Unicode.Scalar, inText: Bool) -> Bool {
    if inText, scalar == "\n" || scalar == "\t" || scalar == "\r" { return true }
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: return false
    default: return true
    }
  }
}
