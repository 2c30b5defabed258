// Every sentence that a person on Webex reads. What happened, whether trying again helps, and a
// reference id that the log has too; never a host, a key or a stack trace.

import LLMClient

enum Sentences {
  static let thinking = "_Thinking…_"

  static let filesUnread =
    "_I cannot read files yet, so this answers only what you wrote._"
  static let onlyFiles =
    "I cannot read files yet. Please put your question, or the text itself, into a message."
  static let denied = "Sorry, I am not allowed to answer you here. Please ask my operator."
  static let busy =
    "Too many messages are waiting here already, so I skipped this one. Please ask again in a moment."
  static let interrupted = "the answer was interrupted"

  static func nothingSaid(model: String?) -> String {
    "Yes? " + help(model: model)
  }

  static func help(model: String?) -> String {
    let answers = model.map { " `\($0)` answers." } ?? ""
    return """
      I answer questions in a thread: write to me directly, or mention me in a space.\(answers)

      - `/ask <question>` asks, like any other message
      - `/reset` forgets what was said in this space
      - `/help` shows this
      """
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

  static func internalFailure(reference: String) -> String {
    "Something went wrong on my side. Please ask again. \(Self.reference(reference))"
  }

  static func emptyAnswer(reference: String, wasLength: Bool) -> String {
    (wasLength
      ? "The model used up its length before it said anything. A shorter question may help. "
      : "The model sent an empty answer. Trying again may help. ") + Self.reference(reference)
  }

  static func cutByLength() -> String {
    "_The answer ends here because the model reached its length limit._"
  }

  /// The sentence for a failed model call.
  static func failure(_ error: LLMError, reference: String) -> String {
    let sentence =
      switch error.code {
      case .unauthorized:
        "My access to the model was refused. Trying again does not help; my operator has to look at the key."
      case .providerUnauthorized:
        "The model's provider refused the request. Trying again does not help; my operator has to look at it."
      case .modelUnavailable:
        "The model is not available to me. Trying again does not help; my operator has to choose another."
      case .budgetExceeded:
        "The budget for the model is used up. Trying again does not help until it is renewed."
      case .rateLimited:
        "The model is busy: too many requests. \(wait(error.retryAfter))"
      case .contextTooLong:
        "This is too long for the model. `/reset` clears what was said before; or ask a shorter question."
      case .contentRefused:
        "The model's provider refused this content. Please put it differently."
      case .badRequest:
        "The model did not accept the request. Trying again does not help; my operator has to look at it."
      case .timeout:
        "The model took too long. Trying again may help."
      case .cutOff:
        "The answer was cut off in the middle. Please ask again."
      case .unreachable:
        "The model cannot be reached at the moment. Please try again in a few minutes."
      case .upstreamFailed:
        "The model failed. Trying again may help."
      default:
        "The model's answer could not be understood. Trying again may help."
      }
    return "\(sentence) \(Self.reference(reference))"
  }

  static func reference(_ id: String) -> String { "_(reference \(id))_" }

  private static func wait(_ duration: Duration?) -> String {
    guard let seconds = duration?.components.seconds, seconds > 0 else {
      return "Please try again in a minute."
    }
    return seconds < 90
      ? "Please try again in \(seconds) seconds."
      : "Please try again in \(seconds / 60 + 1) minutes."
  }
}
