// What a person reads about models, prompts and the settings of a space. Plain text and Markdown; what
// stands on the settings card alone is in `Sentences+Cards.swift`.

import FoundationEssentials
import LLMClient

extension Sentences {
  // MARK: Answers

  /// Under the first answer of a space whose model has disappeared.
  static func modelGone(_ gone: String, instead model: String) -> String {
    "_The model \(code(gone)) is no longer offered to me, so \(code(model)) answers. `/model` chooses another._"
  }

  static func noSuchPrompt(_ name: String) -> String {
    "There is no prompt \(code(name)). `/prompt` lists them."
  }

  static func promptForAdmins(_ name: String) -> String {
    "The prompt \(code(name)) is for admins to choose."
  }

  // MARK: /model

  static func models(_ view: SettingsView) -> String {
    var lines = ["**\(label(.model)):** \(plain(source(view, .model)))"]
    let chat = view.known.chat
    if !chat.isEmpty {
      lines.append("")
      lines += chat.prefix(30).map { model in
        let facts = ([code(model.id)] + facts(model)).joined(separator: " · ")
        return "- \(facts)\(model.id == view.effective.model.value ? " **← answers here**" : "")"
      }
      if chat.count > 30 {
        lines.append("- _and \(chat.count - 30) more: `/model <part of a name>`_")
      }
    }
    lines.append("")
    if view.known.failure != nil { lines.append(modelsUnknown(hasOldOnes: !chat.isEmpty) + " ") }
    lines.append("`/model <name>` chooses one for this space, `/model default` goes back.")
    return lines.joined(separator: "\n")
  }

  static func modelSet(_ name: String, view: SettingsView, by person: String) -> String {
    var sentence = "\(code(name)) answers in this space from now on, set by \(self.name(person))."
    if let refused = view.effective.refusedTemperature {
      sentence += " It takes no temperature, so \(number(refused)) is not sent."
    }
    return sentence
  }

  static func modelUnset(_ view: SettingsView) -> String {
    let model = view.effective.model.value.map { code($0) } ?? "the default model"
    return "Back to the default: \(model) answers in this space."
  }

  static func unknownModel(_ name: String, near: [String] = []) -> String {
    let hint =
      near.isEmpty
      ? "`/model` lists those that there are."
      : "Did you mean \(near.map { code($0) }.joined(separator: " or "))?"
    return "No model \(code(name)) is offered to me. \(hint)"
  }

  static func severalModels(_ names: [String]) -> String {
    let list = names.prefix(15).map { "- \(code($0))" }.joined(separator: "\n")
    let more = names.count > 15 ? "\n- _and \(names.count - 15) more_" : ""
    return "Several models match. Which one?\n\n\(list)\(more)"
  }

  static func modelsUnknown(hasOldOnes: Bool) -> String {
    hasOldOnes
      ? "LiteLLM does not answer at the moment, so the list of models may be out of date."
      : "LiteLLM does not answer at the moment, so I cannot list its models."
  }

  static let modelsUncheckable =
    "LiteLLM does not answer at the moment, so I cannot tell whether it has this model. Please try again in a few minutes."

  // MARK: /prompt

  static func prompts(_ view: SettingsView) -> String {
    var lines = ["**\(label(.prompt)):** \(plain(source(view, .prompt)))"]
    if case .written(let text) = view.effective.prompt.value {
      let short = text.count > 300 ? text.prefix(299) + "…" : text[...]
      lines.append("\n> \(code(String(short), longest: 300))")
    }
    lines.append("")
    let current: String? =
      if case .named(let name) = view.effective.prompt.value { name } else { nil }
    for prompt in view.prompts.prefix(40) {
      let description = prompt.description.map { " · \(plain($0))" } ?? ""
      lines.append(
        "- \(code(prompt.name))\(description)\(prompt.name == current ? " **← used here**" : "")")
    }
    lines.append("")
    lines.append(
      "`/prompt <name>` chooses one for this space, `/prompt default` goes back; `/chat` takes a text of your own."
    )
    return lines.joined(separator: "\n")
  }

  static func promptSet(_ name: String, by person: String) -> String {
    "The prompt \(code(name)) is used in this space from now on, set by \(self.name(person))."
  }

  static let promptUnset = "Back to the default prompt in this space."

  static func nearPrompts(_ name: String, near: [String]) -> String {
    near.isEmpty
      ? noSuchPrompt(name)
      : "There is no prompt \(code(name)). Did you mean \(near.map { code($0) }.joined(separator: " or "))?"
  }

  // MARK: /settings

  static func settings(_ view: SettingsView) -> String {
    let lines = SettingName.allCases.map { "- **\(label($0)):** \(plain(source(view, $0)))" }
    var text = "\(settingsTitle(isDirect: view.isDirect)):\n\n" + lines.joined(separator: "\n")
    if let gone = view.effective.goneModel {
      text += "\n\n" + goneOnCard(code(gone), instead: view.effective.model.value.map { code($0) })
    }
    if let gone = view.effective.gonePrompt { text += "\n\n" + promptGoneOnCard(code(gone)) }
    if view.known.failure != nil {
      text += "\n\n" + modelsUnknown(hasOldOnes: !view.known.chat.isEmpty)
    }
    return text
  }

  static let settingsHint = "`/chat` opens them as a card."

  // MARK: /whoami

  static func whoami(_ context: CommandContext, admission: String, mayChange: Bool) -> String {
    let title = name(context.space.title)
    let place =
      context.space.isDirect
      ? "our direct messages" : title.isEmpty ? "a space" : "the space \(title)"
    return """
      - **Name:** \(name(context.person.name))
      - **E-mail:** \(context.person.email.map { code($0) } ?? "not known to me")
      - **Person id:** \(code(context.person.id))
      - **Here:** \(place), space id \(code(context.space.roomID))
      - **You may use me because** \(plain(admission, longest: 200))
      - **You may\(mayChange ? "" : " not") change the settings here**
      """
  }

  // MARK: Words

  /// Foreign text as code inside a sentence: on one line, without marks that end it or ping.
  static func code(_ text: String, longest: Int = 200) -> String {
    // Scalar by scalar: a mark with something combined to it is another Character, but the same mark.
    let line = PromptVariables.line(text, longest: longest).unicodeScalars.map { scalar in
      switch scalar {
      case "`": "'"
      case "<": "‹"
      case ">": "›"
      default: String(scalar)
      }
    }.joined()
    return line.isEmpty ? "?" : "`\(line)`"
  }

  /// A line of someone else's words within our Markdown: its marks are shown, not obeyed.
  static func plain(_ text: String, longest: Int = 200) -> String {
    PromptVariables.line(text, longest: longest).unicodeScalars.map { scalar in
      switch scalar {
      case "<": "‹"
      case ">": "›"
      case "\\", "`", "*", "_", "[", "]", "#", "~", "|": "\\\(scalar)"
      default: String(scalar)
      }
    }.joined()
  }

  /// Such as `272k in, 128k out` and `$1.25 in, $10 out per 1M`, tokens.
  static func facts(_ model: CatalogModel) -> [String] {
    func pair<Value>(_ input: Value?, _ output: Value?, _ word: (Value) -> String) -> String? {
      let parts = [input.map { word($0) + " in" }, output.map { word($0) + " out" }]
      let there = parts.compactMap(\.self)
      return there.isEmpty ? nil : there.joined(separator: ", ")
    }
    let price = pair(model.inputCostPerToken, model.outputCostPerToken) { dollars($0 * 1e6) }
    let isFree = (model.inputCostPerToken ?? 0) == 0 && (model.outputCostPerToken ?? 0) == 0
    return [
      pair(model.maxInputTokens, model.maxOutputTokens, tokens),
      isFree ? nil : price.map { $0 + " per 1M" },
    ].compactMap(\.self)
  }

  private static func tokens(_ count: Int) -> String {
    switch count {
    case ..<1_000: "\(count)"
    case ..<1_000_000: "\(count / 1_000)k"
    default: number((Double(count) / 1e5).rounded() / 10) + "M"
    }
  }

  private static func dollars(_ amount: Double) -> String {
    amount > 0 && amount < 0.01 ? "< $0.01" : "$" + number((amount * 100).rounded() / 100)
  }

  /// Without a needless `.0`.
  static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e9 ? "\(Int(value))" : "\(value)"
  }

  /// Such as `12 Nov`, with the year if it is another. UTC.
  static func day(_ date: Date, now: Date) -> String {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let parts = calendar.dateComponents([.year, .month, .day], from: date)
    let (year, month, day) = (parts.year ?? 0, parts.month ?? 1, parts.day ?? 1)
    let thisYear = calendar.component(.year, from: now)
    return "\(day) \(months[month - 1])\(year == thisYear ? "" : " \(year)")"
  }
}
