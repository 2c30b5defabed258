// Streams as a model sends them, with what happens to Webex meanwhile; run by ScriptedStreamTests.

import Testing

@testable import Assistant

struct ReplyScript: Sendable, CustomTestStringConvertible {
  var name: String
  /// With 31 seconds, the spacing's maximum and a send; nil where faults hold the text up.
  var longestPause: Duration? = .seconds(31)
  /// Messages of the answer at the end; nil: any number.
  var messages: ClosedRange<Int>?
  var edits: ClosedRange<Int>?
  /// Posts at all, that of a notice included; nil: any number.
  var posts: Int?
  var outcome = ReplyOutcome.delivered
  var files: Int?
  var prepare: @Sendable (inout ReplyPlan) -> Void = { _ in }
  var play: @Sendable (inout ReplyRehearsal) -> Void

  var testDescription: String { name }

  func run() -> ReplyRehearsal {
    var reply = ReplyRehearsal(change: prepare)
    play(&reply)
    reply.run()
    return reply
  }
}

/// Texts of a kind, of about so many characters.
enum SampleText {
  static func words(_ count: Int) -> String {
    (0..<count).map { "word\($0)" }.joined(separator: " ") + "."
  }

  static func prose(_ characters: Int) -> String {
    var text = ""
    var number = 0
    while text.count < characters {
      number += 1
      text += "Sentence \(number) says a little more than the one before it. "
      if number % 5 == 0 { text += "\n\n" }
      if number % 11 == 0 { text += "- one item\n- another item with *emphasis*\n\n" }
    }
    return text
  }

  static func code(_ lines: Int) -> String {
    "Here it is:\n\n```swift\n"
      + (0..<lines).map { "let value\($0) = compute(\($0), with: \"text\")" }.joined(
        separator: "\n")
      + "\n```\n\nThat is all.\n"
  }

  static func table(_ rows: Int) -> String {
    "A table:\n\n| name | value |\n|---|---|\n"
      + (0..<rows).map { "| row \($0) | \($0 * 7) |" }.joined(separator: "\n") + "\n\nAfter it.\n"
  }

  static let unicode = String(
    repeating: "Grüße 👩‍👩‍👧‍👦 aus Zürich, 東京 und 🇨🇭. ", count: 120)
}
