// Every sentence that a person on Webex reads, but for failures (`Sentences+Failures.swift`).

enum Sentences {
  /// Shown until the answer's first words. Durations are since the question, or since the model
  /// began to think.
  static func notice(_ wait: ReplyWait) -> String {
    switch wait {
    case .model(let time) where time < .seconds(8): "_Thinking…_"
    case .model(let time): "_Waiting for the model… \(Self.time(time))_"
    case .reasoning(let time) where time < .seconds(4): "_Thinking…_"
    case .reasoning(let time): "_Thinking… \(Self.time(time))_"
    case .busy(let time):
      "_The model is busy. I try again in \(Self.time(max(time, .seconds(1))))._"
    }
  }

  static let filesUnread =
    "_I cannot read files yet, so this answers only what you wrote._"
  static let onlyFiles =
    "I cannot read files yet. Please put your question, or the text itself, into a message."
  static let denied = "Sorry, I am not allowed to answer you here. Please ask my operator."

  // MARK: Commands

  static func greeting(model: String?, isDirect: Bool) -> String {
    let ask =
      isDirect
      ? "Write to me as you would to a colleague; each answer comes into the thread of its question."
      : "Mention me with a question, and I answer in its thread. I see only messages that mention me."
    return "Hello! I am an assistant\(model.map { ", and `\($0)` answers" } ?? ""). \(ask) "
      + "`/help` shows what else I can do."
  }

  static func nothingSaid(model: String?) -> String {
    "Yes? Write your question into the same message\(model.map { ", and `\($0)` answers" } ?? ""). "
      + "`/help` shows what else I can do."
  }

  static func unknownCommand(_ keyword: String, suggestions: [String]) -> String {
    let list = suggestions.map { "`\($0)`" }.joined(separator: " or ")
    let hint =
      list.isEmpty ? "`/help` lists the commands." : "Did you mean \(list)?"
    return
      "I do not know the command `\(keyword.prefix(40))`. \(hint) "
      + "To send the text to the model as it is, begin it with `//`."
  }

  static func reset(forgotten: Int) -> String {
    forgotten == 0
      ? "There was nothing to forget in this space."
      : "Forgotten. I start afresh in this space."
  }

  static let nothingToStop = "I am not writing an answer here at the moment."
  static let nothingToRetry = "There is no question here that I could answer again."
  static let nothingToContinue =
    "There is nothing to go on with: the last answer here is whole. `/retry` answers it again."
  static let answeredAgain = "_Answered again, above._"

  /// Under an answer that a person ended, or in its place.
  ///
  /// - Parameter person: who did; nil where it can only have been the reader.
  static func stopped(by person: String?, hasText: Bool) -> String {
    let shown = person.map(name) ?? ""
    let who = shown.isEmpty ? "" : " by \(shown)"
    return hasText ? "_Stopped\(who). `/continue` goes on._" : "_Stopped\(who)._"
  }

  static let cutByLength =
    "_The answer ends here because the model reached its length limit. `/continue` goes on._"
  static let tooLong = "_The answer ends here because it grew too long for a chat._"

  // MARK: Waiting

  /// One message for all that wait in a conversation.
  static func waiting(_ count: Int) -> String {
    count == 1
      ? "_Received. I answer as soon as what was asked before is answered._"
      : "_Received. \(count) messages wait here; I answer them in order._"
  }

  // Said once a minute: the messages after this one are not taken either.
  static let conversationFull =
    "Too many messages wait here already, so I take no new ones until some are answered. Please ask again then."
  static let personFull =
    "Too many messages of yours wait for me already, so I take no new ones until some are answered. Please ask again then."

  // MARK: Footer

  /// One line under an answer, such as `gpt-5 · 1,204 tokens · $0.0031 · 8.2 s`; nil without a part.
  static func footer(_ parts: [String]) -> String? {
    parts.isEmpty ? nil : "_\(parts.joined(separator: " · "))_"
  }

  // MARK: Words

  /// A display name inside our own sentence: it must neither format nor ping.
  static func name(_ name: String) -> String {
    String(name.filter { $0.isLetter || $0.isNumber || " .-'’".contains($0) }.prefix(60))
      .trimmingWhitespace()
  }

  static func time(_ duration: Duration) -> String {
    let seconds = duration.components.seconds
    return seconds < 60
      ? "\(seconds) s"
      : seconds % 60 == 0 ? "\(seconds / 60) min" : "\(seconds / 60) min \(seconds % 60) s"
  }
}
