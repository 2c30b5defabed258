// What a person reads about models, prompts and the settings of a space.

import FoundationEssentials

extension Sentences {
  // MARK: Answers

  /// Under the first answer of a space whose model has disappeared.
  static func modelGone(_ gone: String, instead model: String) -> String {
    "_The model \(code(gone)) is no longer offered to me, so \(code(model)) answers. `/model` chooses another._"
  }

  static func noSuchPrompt(_ name: String) -> String {
    "There is no prompt \(code(name)). `/prompt` lists them."
  }

  // MARK: Words

  /// Something that is not ours, in one line of code: it can neither format nor ping.
  static func code(_ text: String, longest: Int = 80) -> String {
    let line = PromptVariables.name(text, longest: longest)
    let safe = line.filter { $0 != "`" && $0 != "<" && $0 != ">" }
    return safe.isEmpty ? "?" : "`\(safe)`"
  }
}
