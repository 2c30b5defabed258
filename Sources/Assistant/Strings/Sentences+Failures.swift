// What a person reads when something failed: what happened, whether trying again helps, and a
// reference id that the log has too; never a host, a key or a stack trace.

import LLMClient
import WebexAPI

extension Sentences {
  /// The process was killed over it several times.
  static func givenUp(reference: String) -> String {
    "I could not finish this: my program ended in the middle of it, several times in a row. Please ask again, perhaps in other words. \(Sentences.reference(reference))"
  }

  static func internalFailure(reference: String) -> String {
    "Something went wrong on my side. Please ask again. \(Self.reference(reference))"
  }

  static func emptyAnswer(reference: String, wasLength: Bool) -> String {
    (wasLength
      ? "The model used up its length before it said anything. A shorter question may help. "
      : "The model sent an empty answer. `/retry` asks it again. ") + Self.reference(reference)
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
        "The model is busy: too many requests, also after I waited. \(wait(error.retryAfter))"
      case .contextTooLong:
        "This is too long for the model. `/reset` clears what was said before; or ask a shorter question."
      case .contentRefused:
        "The model's provider refused this content. Trying again does not help; please put it differently."
      case .badRequest:
        "The model did not accept the request. Trying again does not help; my operator has to look at it."
      case .timeout:
        "The model took too long. `/retry` asks it again."
      case .cutOff:
        "The answer was cut off before it began. `/retry` asks again."
      case .unreachable:
        "The model cannot be reached at the moment. Please try `/retry` in a few minutes."
      case .upstreamFailed:
        "The model failed. `/retry` asks it again."
      default:
        "The model's answer could not be understood. `/retry` asks again."
      }
    return "\(sentence) \(Self.reference(reference))"
  }

  /// The sentence under an answer that a failure ended in the middle.
  static func interrupted(_ error: LLMError, reference: String) -> String {
    let what =
      switch error.code {
      case .rateLimited: "The model became busy"
      case .timeout: "The model fell silent"
      case .contentRefused: "The model's provider refused to go on"
      case .budgetExceeded: "The budget for the model was used up"
      case .cutOff, .unreachable: "The connection to the model broke"
      default: "The model failed"
      }
    let next =
      error.code == .contentRefused || error.code == .budgetExceeded
      ? "" : " `/continue` goes on, `/retry` starts again."
    return "_\(what), so the answer is cut off here.\(next)_ \(Self.reference(reference))"
  }

  /// The sentence for a message that Webex did not hand over.
  static func unreadable(_ error: WebexError, reference: String) -> String {
    let why =
      switch error.code {
      case .forbidden: "Webex does not let me read your message. My operator has to look at it."
      case .serverFailure: "Webex failed when I asked for your message. Please send it again."
      default: "Your message could not be read. Please send it again."
      }
    return "\(why) \(Self.reference(reference))"
  }

  static func undelivered(reference: String) -> String {
    "Webex did not accept my answer. `/retry` may help. \(Self.reference(reference))"
  }

  static func reference(_ id: String) -> String { "_(reference \(id))_" }

  private static func wait(_ duration: Duration?) -> String {
    guard let seconds = duration?.components.seconds, seconds > 0 else {
      return "Please try `/retry` in a minute."
    }
    return seconds < 90
      ? "Please try `/retry` in \(seconds) seconds."
      : "Please try `/retry` in \(seconds / 60 + 1) minutes."
  }
}
