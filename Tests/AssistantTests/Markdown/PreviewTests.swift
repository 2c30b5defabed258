import Testing

@testable import Assistant

@Suite("What a reader sees of an answer that grows")
struct PreviewTests {
  private func preview(_ text: String) -> String {
    var answer = AnswerText()
    answer.append(text)
    return answer.preview(from: 0, fence: nil)
  }

  @Test(
    "what is unfinished is held back or closed",
    arguments: [
      ("Hello wor", "Hello wor"),
      ("see [the docs](https://a.exam", "see"),
      ("see [the do", "see"),
      ("see ![the do", "see"),
      ("this is **very imp", "this is"),
      ("this is **very** imp", "this is **very** imp"),
      ("a `code sp", "a"),
      ("a ~~str", "a"),
      ("2 * 3 and snake_ca", "2 * 3 and snake_ca"),
      ("text\n``", "text"),
      ("text\n```swi", "text"),
      ("text\n```swift\nlet a", "text\n```swift\nlet a\n```"),
      ("text\n```swift\nlet a\n``", "text\n```swift\nlet a\n```"),
      ("text\n-", "text"),
      ("text\n\n- ", "text"),
      ("text\n\n1", "text"),
      ("text\n\n1. one\n2.", "text\n\n1. one"),
      ("text\n\n## ", "text"),
      ("text\n--", "text"),
      ("- [", ""),
      ("- [x", ""),
      ("- [x] do", "- ☑ do"),
      ("a <deta", "a"),
      ("a <@al", "a"),
      ("| a | b |\n", ""),
      ("| a | b |\n|---|---|\n| 1 |", ""),
      ("| a | b |\n|---|---|\n| 1 | 2 |\n| 3", "```\na | b\n--+--\n1 | 2\n```"),
      ("", ""),
      ("\n\n", ""),
    ])
  func unfinished(given: String, expected: String) { #expect(preview(given) == expected) }

  @Test("a long emphasis is closed instead of held back")
  func longEmphasis() {
    let text = "**" + String(repeating: "word ", count: 50)
    #expect(preview(text) == text.dropLast() + "**")
  }

  @Test("behind an offset inside of a block, its fence is opened again")
  func offset() throws {
    var answer = AnswerText()
    answer.append("```swift\nlet a = 1\nlet b = 2\n")
    let fence = try #require(CodeFence(opening: "```swift"))
    #expect(answer.preview(from: 19, fence: fence) == "```swift\nlet b = 2\n```")
    #expect(answer.preview(from: 10_000, fence: fence) == "")
  }

  @Test(
    "a text that begins with the line that closes its fence shows no empty block",
    arguments: [
      ("```\nmore", "more"), ("\n```\n\nmore", "\nmore"), ("```\n", ""), ("x", "```swift\nx\n```"),
    ])
  func leadingClosingLine(text: String, expected: String) throws {
    let fence = try #require(CodeFence(opening: "```swift"))
    #expect(PreviewTail.shown(text, fence: fence) == expected)
    var answer = AnswerText(fence: fence)
    answer.append(text)
    #expect(answer.preview(from: 0, fence: fence) == expected)
  }

  @Test("a slow long line moves before it ends")
  func slowLine() {
    var answer = AnswerText()
    answer.append(
      "A paragraph that goes on and on, without an end of its line, settles by words. And")
    #expect(answer.text.hasPrefix("A paragraph that goes on and on"))
    #expect(!answer.text.hasSuffix("And"))
  }
}
