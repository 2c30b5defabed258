// A prompt's text: Mustache, with the five variables and nothing else. A typing error in a variable's
// name would silently leave a hole in the prompt, so it is a problem of the file.

import Mustache

enum PromptTemplate {
  /// - Parameter line: of the text's first line in its file.
  static func parse(_ text: String, path: String, line: Int) throws(PromptProblem)
    -> MustacheTemplate
  {
    guard text.contains(where: { !$0.isWhitespace }) else {
      throw PromptProblem(file: path, reason: "has no text")
    }
    if let (name, place) = unknownTag(text) {
      throw PromptProblem(
        file: path, line: line + place,
        reason: "{{\(name)}} is not known: date, space, person, model, direct are")
    }
    do {
      // Prompts are plain text: nothing may be escaped for HTML.
      return try MustacheTemplate(string: "{{% CONTENT_TYPE:TEXT}}" + text)
    } catch let error as MustacheTemplate.ParserError {
      throw PromptProblem(
        file: path, line: line + error.context.lineNumber - 1,
        reason: "is not a Mustache template: \(error.error)")
    } catch {
      throw PromptProblem(file: path, reason: "is not a Mustache template: \(error)")
    }
  }

  /// The first tag that is none of ours, and how many lines stand above it.
  private static func unknownTag(_ text: String) -> (name: String, line: Int)? {
    for match in text.matches(of: /\{\{\{?([#^\/&!]?)([^}\n]{0,80})\}\}/) {
      let name = String(match.output.2).trimmingWhitespace()
      if match.output.1 == "!" || PromptVariables.names.contains(name) { continue }
      let line = text[..<match.range.lowerBound].count { $0 == "\n" }
      return (String("\(match.output.1)\(name)".prefix(40)), line)
    }
    return nil
  }

  /// A text that a person wrote on the card. It is no template: only the variables' names stand for
  /// their values.
  static func fill(_ text: String, _ variables: PromptVariables) -> String {
    let values = variables.texts
    return text.replacing(/\{\{ ?([a-z]+) ?\}\}/) { match -> String in
      values[String(match.output.1)] ?? String(match.output.0)
    }
  }
}
