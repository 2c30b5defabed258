import LLMClient
import Testing
import WebexAPI

@testable import Assistant

@Suite("What a person reads")
struct SentencesTests {
  private static let codes: [LLMError.Code] = [
    .unauthorized, .providerUnauthorized, .modelUnavailable, .budgetExceeded, .rateLimited,
    .contextTooLong, .contentRefused, .badRequest, .timeout, .upstreamFailed, .cutOff,
    .unreachable, .undecodable,
  ]

  private func error(_ code: LLMError.Code) -> LLMError {
    LLMError(code: code, message: "http://litellm.internal:4000 sk-1234 hash=abc spend=3.2")
  }

  @Test("every failure of the model has a sentence of its own, with what to do and a reference")
  func failures() {
    let sentences = Self.codes.map { Sentences.failure(error($0), reference: "3f9a01bc") }
    #expect(Set(sentences).count == sentences.count)
    let advice = ["does not help", "/retry", "/reset", "put it differently", "minutes"]
    for sentence in sentences {
      #expect(sentence.contains("reference 3f9a01bc"))
      #expect(advice.contains { sentence.contains($0) }, "\(sentence)")
      // What the proxy said is for the log.
      for secret in ["litellm", "sk-", "hash", "spend"] { #expect(!sentence.contains(secret)) }
    }
  }

  @Test("an answer that broke off says why and how it goes on, unless that is no use")
  func interrupted() {
    for code in Self.codes {
      let sentence = Sentences.interrupted(error(code), reference: "3f9a01bc")
      #expect(sentence.contains("cut off here"))
      #expect(sentence.contains("reference 3f9a01bc"))
      #expect(sentence.contains("/continue") == ![.contentRefused, .budgetExceeded].contains(code))
      #expect(!sentence.contains("litellm"))
    }
  }

  @Test("a wait that the proxy names is passed on, in seconds or minutes")
  func waits() {
    var limited = error(.rateLimited)
    limited.retryAfter = .seconds(40)
    #expect(Sentences.failure(limited, reference: "r").contains("in 40 seconds"))
    limited.retryAfter = .seconds(300)
    #expect(Sentences.failure(limited, reference: "r").contains("in 6 minutes"))
  }

  @Test("a message that Webex does not hand over is said to be unread")
  func unreadable() {
    for code in [WebexError.Code.forbidden, .serverFailure, .badRequest] {
      let error = WebexError(code, message: "secret detail")
      let sentence = Sentences.unreadable(error, reference: "3f9a01bc")
      #expect(sentence.contains("reference 3f9a01bc"))
      #expect(!sentence.contains("secret"))
    }
  }

  @Test(
    "the notice says what is waited for, and for how long once that matters",
    arguments: [
      (ReplyWait.model(for: .seconds(2)), "_Thinking…_"),
      (.model(for: .seconds(30)), "_Waiting for the model… 30 s_"),
      (.reasoning(for: .milliseconds(1_500)), "_Thinking…_"),
      (.reasoning(for: .seconds(75)), "_Thinking… 1 min 15 s_"),
      (.reasoning(for: .seconds(180)), "_Thinking… 3 min_"),
      (.busy(retryIn: .milliseconds(200)), "_The model is busy. I try again in 1 s._"),
    ])
  func notices(wait: ReplyWait, expected: String) {
    #expect(Sentences.notice(wait) == expected)
  }

  @Test(
    "a name inside a sentence of ours neither formats nor pings",
    arguments: [
      ("Ann O'Neil-Maß", "Ann O'Neil-Maß"), ("<@all>", "all"),
      ("**Bob** [x](http://y)", "Bob xhttpy"),
      ("_`~", ""),
    ])
  func names(name: String, expected: String) {
    #expect(Sentences.name(name) == expected)
    let stopped = Sentences.stopped(by: name, hasText: false)
    #expect(stopped == (expected.isEmpty ? "_Stopped._" : "_Stopped by \(expected)._"))
  }
}
