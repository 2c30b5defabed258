// What a person reads about running commands as such, and about pressing cards.

extension Sentences {
  /// Under an answer.
  static func temperatureNotTaken(_ model: String) -> String {
    "_\(code(model)) took no temperature, so it answered with its own. `/chat` changes the setting._"
  }

  static func ambiguousCommand(_ keywords: [String]) -> String {
    let list = keywords.prefix(8).map { "`\($0)`" }.joined(separator: ", ")
    return "Several commands could be meant: \(list). Please write out one of them."
  }

  static func commandFailed(_ keyword: String, reference: String) -> String {
    "`\(keyword)` failed on my side. Trying again may help. \(Self.reference(reference))"
  }

  static func commandInterrupted(_ keyword: String) -> String {
    "I was interrupted while I ran `\(keyword)`, and do not know whether it was done. "
      + "Please look before you run it again."
  }

  static func ranAlready(_ keyword: String) -> String {
    "I ran `\(keyword)` already when you sent it; editing the message does not run it again. "
      + "Send it anew for that."
  }

  static func fileUnsent(_ name: String) -> String {
    "The file \(Self.name(name)) could not be sent."
  }

  // MARK: Presses

  static func cardUsed(by person: String) -> String {
    let name = name(person)
    return "This card was already used\(name.isEmpty ? "" : " by \(name)")."
  }

  static func cardTooOld(_ keyword: String) -> String {
    "This card is too old. `\(keyword)` opens a new one."
  }

  static func cardNotYours(_ requester: String) -> String {
    let name = name(requester)
    return name.isEmpty
      ? "Only the person who asked for this card can use it."
      : "Only \(name) can use this card."
  }

  static let cardUnknown =
    "I do not know this card any more. `/help` shows what I can do."

  static let changedTitle = "Not run"
  static func commandChanged(_ keyword: String) -> String {
    "\(code(keyword)) was changed since I asked. Please run it again."
  }

  static func confirmed(by person: String) -> String { "Confirmed by \(name(person))" }
  static func cancelled(by person: String) -> String { "Cancelled by \(name(person))" }
  static func submitted(by person: String) -> String { "Filled in by \(name(person))" }
  static let cancelledNote = "Nothing was done."
}
