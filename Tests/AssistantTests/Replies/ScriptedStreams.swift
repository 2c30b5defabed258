// The table of scripted streams: speeds, pauses, errors, faults of Webex, edited questions.

@testable import Assistant

enum ScriptedStreams {
  static let all = speeds + shapes + waits + endings + faults + losses + files + restarts + retries

  // MARK: Speeds and lengths

  static let speeds: [ReplyScript] = [
    ReplyScript(name: "three words at once", messages: 1...1, edits: 0...0) {
      $0.answer("Three small words.", perSecond: 100)
    },
    ReplyScript(name: "three words, one a second", messages: 1...1, edits: 1...4) {
      $0.answer("Three small words.", perSecond: 1)
    },
    ReplyScript(name: "1 token a second for a minute", messages: 1...1, edits: 6...9) {
      $0.answer(SampleText.prose(240), perSecond: 1)
    },
    ReplyScript(name: "5 tokens a second", messages: 1...2) {
      $0.answer(SampleText.prose(2_000), perSecond: 5)
    },
    ReplyScript(name: "20 tokens a second", messages: 1...2) {
      $0.answer(SampleText.prose(5_000), perSecond: 20)
    },
    ReplyScript(name: "80 tokens a second over three messages", messages: 3...4) {
      $0.answer(SampleText.prose(20_000), perSecond: 80)
    },
    ReplyScript(name: "400 tokens a second over six messages", messages: 5...8) {
      $0.answer(SampleText.prose(40_000), perSecond: 400)
    },
    ReplyScript(name: "2,000 tokens a second", messages: 5...8) {
      $0.answer(SampleText.prose(40_000), perSecond: 2_000)
    },
    ReplyScript(name: "a page in one burst", messages: 1...1, edits: 0...0) {
      $0.at(.milliseconds(700), .text(SampleText.prose(6_000)))
      $0.at(.milliseconds(800), .end(ReplyEnding()))
    },
    ReplyScript(name: "100 KB in one burst", messages: 13...30) {
      $0.at(.milliseconds(700), .text(SampleText.prose(100_000)))
      $0.at(.milliseconds(800), .end(ReplyEnding()))
    },
    ReplyScript(name: "20 minutes of slow tokens", messages: 8...14) {
      $0.answer(SampleText.prose(4_800), perSecond: 1)
    },
    // A line settles a hundred characters at a time: until then there is no border to end at.
    ReplyScript(
      name: "20 minutes of a token every ten seconds", longestPause: .seconds(200), messages: 5...14
    ) {
      let tokens = SampleText.prose(480)
      for index in 0..<120 {
        let token = tokens.dropFirst(index * 4).prefix(4)
        $0.at(.seconds(index * 10), .text(String(token)))
      }
      $0.at(.seconds(1_200), .end(ReplyEnding()))
    },
    ReplyScript(name: "bursts with pauses of 40 seconds", messages: 1...4) {
      for burst in 0..<6 {
        $0.stream(SampleText.prose(400), from: .seconds(burst * 40 + 1), perSecond: 200)
      }
      $0.at(.seconds(250), .end(ReplyEnding()))
    },
    ReplyScript(name: "a pause of five minutes in the middle", messages: 1...2) {
      $0.stream(SampleText.prose(400), from: .seconds(1), perSecond: 50)
      $0.answer(SampleText.prose(400), from: .seconds(300), perSecond: 50)
    },
  ]

  // MARK: Shapes

  static let shapes: [ReplyScript] = [
    ReplyScript(name: "an empty answer", messages: 0...0, edits: 0...0) {
      $0.at(.seconds(1), .end(ReplyEnding()))
    },
    ReplyScript(name: "an empty answer after a while, with its sentence", messages: 1...1) {
      $0.at(.seconds(5), .end(ReplyEnding(note: "The model said nothing.")))
    },
    ReplyScript(name: "only white space", messages: 0...0) {
      $0.answer(String(repeating: " \n", count: 50), perSecond: 10)
    },
    ReplyScript(name: "white space first, for longer than the notice", messages: 1...1) {
      $0.stream(String(repeating: "\n", count: 40), from: .milliseconds(300), perSecond: 2)
      $0.answer("Then words.", from: .seconds(12), perSecond: 20)
    },
    ReplyScript(name: "one giant word", messages: 3...4) {
      $0.answer(String(repeating: "x", count: 20_000), perSecond: 200)
    },
    ReplyScript(name: "one giant word, slowly", messages: 1...12) {
      $0.answer(String(repeating: "x", count: 2_000), perSecond: 1)
    },
    ReplyScript(name: "code that fits", messages: 1...2) {
      $0.answer(SampleText.code(60), perSecond: 30)
    },
    ReplyScript(name: "code over several messages, or in a file", longestPause: nil) {
      $0.answer(SampleText.code(600), perSecond: 100)
    },
    ReplyScript(name: "code, slowly", longestPause: nil) {
      $0.answer(SampleText.code(60), perSecond: 2)
    },
    ReplyScript(name: "a table", messages: 1...2) {
      $0.answer(SampleText.table(30), perSecond: 20)
    },
    ReplyScript(name: "a table, slowly", longestPause: nil) {
      $0.answer(SampleText.table(100), perSecond: 2)
    },
    ReplyScript(name: "emoji and wide characters", messages: 1...4) {
      $0.answer(SampleText.unicode, perSecond: 40)
    },
    ReplyScript(name: "a continued answer inside a fence") {
      $0.fence = CodeFence(opening: "```swift")
    } play: {
      $0.answer("let a = 1\nlet b = 2\n```\nThat was it.\n", perSecond: 3)
    },
  ]

  // MARK: Waits

  static let waits: [ReplyScript] = [
    ReplyScript(name: "the first token after 100 seconds", messages: 1...1) {
      $0.answer("An answer at last.", from: .seconds(100), perSecond: 20)
    },
    ReplyScript(name: "the first token after ten minutes, then slowly", messages: 1...3) {
      $0.answer(SampleText.prose(600), from: .seconds(600), perSecond: 2)
    },
    ReplyScript(name: "reasoning for four minutes", messages: 1...2) {
      $0.at(.seconds(3), .waits(.reasoning))
      $0.answer(SampleText.prose(1_000), from: .seconds(240), perSecond: 20)
    },
    ReplyScript(name: "reasoning again in the middle brings no notice back", messages: 1...1) {
      $0.stream(SampleText.prose(300), from: .seconds(1), perSecond: 20)
      $0.at(.seconds(8), .waits(.reasoning))
      $0.answer("More.", from: .seconds(60), perSecond: 20)
    },
    ReplyScript(name: "rate limited three times", messages: 1...1) {
      for round in 0..<3 {
        let start = Duration.seconds(round * 25)
        $0.at(start + .milliseconds(400), .waits(.busy(until: start + .seconds(20))))
        $0.at(start + .seconds(20), .waits(.model))
      }
      $0.answer("Done.", from: .seconds(80), perSecond: 20)
    },
    ReplyScript(name: "waits that alternate every second for two minutes", messages: 1...1) {
      for second in 0..<120 {
        $0.at(.seconds(second), .waits(second % 2 == 0 ? .reasoning : .model))
      }
      $0.answer(SampleText.words(40), from: .seconds(120), perSecond: 5)
    },
  ]

  // MARK: Endings

  static let endings: [ReplyScript] = [
    ReplyScript(name: "an error before any text", messages: 1...1, edits: 0...0) {
      $0.at(.seconds(1), .end(ReplyEnding(note: "The model failed.")))
    },
    ReplyScript(name: "an error while the notice is on its way", messages: 1...1) {
      $0.at(.milliseconds(2_050), .end(ReplyEnding(note: "The model failed.")))
    },
    ReplyScript(name: "an error after the notice", messages: 1...1) {
      $0.at(.seconds(40), .end(ReplyEnding(note: "The model failed.")))
    },
    ReplyScript(name: "an error after the first token", messages: 1...1) {
      $0.at(.milliseconds(500), .text("We"))
      $0.at(.milliseconds(600), .end(ReplyEnding(note: "It was cut off.")))
    },
    ReplyScript(name: "an error inside a fence", messages: 1...1) {
      $0.answer("Code:\n\n```c\nint a;", perSecond: 1, note: "It was cut off.")
    },
    ReplyScript(name: "an error after three messages") {
      $0.answer(SampleText.prose(18_000), perSecond: 100, note: "It was cut off.")
    },
    ReplyScript(name: "an end long after the last token", messages: 1...1) {
      $0.stream(SampleText.prose(200), from: .seconds(1), perSecond: 20)
      $0.at(.seconds(200), .end(ReplyEnding(note: "It was cut off.")))
    },
  ]
}
