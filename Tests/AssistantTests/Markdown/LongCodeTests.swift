import Testing

@testable import Assistant

@Suite("Long code becomes a file")
struct LongCodeTests {
  private func code(_ lines: Int) -> String {
    (1...lines).map { "let value\($0) = compute(\($0))\n" }.joined()
  }

  private func answer(_ text: String, fence: CodeFence? = nil) -> AnswerText {
    var answer = AnswerText(fence: fence)
    answer.append(text)
    answer.finish()
    return answer
  }

  @Test("a block under the limit stays whole, however long its answer")
  func short() {
    let block = "```swift\n" + code(100) + "```\n"
    let text = block + "\n" + block + "\n" + block
    #expect(answer(text).text == text)
    #expect(answer(text).attachments.isEmpty)
  }

  @Test("a longer one is shown by its beginning and attached whole")
  func long() {
    let whole = code(300)
    let result = answer("Look:\n```swift\n\(whole)```\nDone.")
    let shown = whole.split(separator: "\n").prefix(30).joined(separator: "\n")
    #expect(
      result.text
        == "Look:\n```swift\n\(shown)\n```\n_… 270 more lines in_ `code-1.swift`\n\nDone.")
    #expect(result.attachments.map(\.name) == ["code-1.swift"])
    #expect(result.attachments.first?.content == whole)
  }

  @Test("the limit counts the bytes between the fences", arguments: [5_999, 6_000, 6_001])
  func limit(bytes: Int) {
    let whole = String(repeating: String(repeating: "x", count: 99) + "\n", count: 59)
    let result = answer(
      "```\n" + whole + String(repeating: "y", count: bytes - whole.utf8.count - 1) + "\n```\n")
    #expect(result.attachments.count == (bytes > 6_000 ? 1 : 0))
  }

  @Test("files are numbered within the answer; an answer that stops within a block has it too")
  func several() {
    let result = answer("```py\n\(code(300))```\n\n```\n\(code(300))")
    #expect(result.attachments.map(\.name) == ["code-1.py", "code-2.txt"])
    #expect(result.text.hasSuffix("```\n_… 270 more lines in_ `code-2.txt`"))
    #expect(AnswerText.openFence(in: result.text[...], fence: nil) == nil)
  }

  @Test("one line that is too long alone is cut for the excerpt")
  func oneLine() {
    let line = String(repeating: "日本", count: 2_000)
    let result = answer("```json\n\(line)\n```\n")
    #expect(result.text.hasSuffix("\n```\n_… all of it in_ `code-1.json`\n"))
    #expect(result.text.utf8.count < 1_600)
    #expect(result.attachments.first?.content == line + "\n")
  }

  @Test("while it streams it grows, and then counts its lines")
  func preview() {
    var answer = AnswerText()
    answer.append("```swift\n")
    #expect(answer.preview(from: 0, fence: nil) == "")
    answer.append(code(100))
    #expect(answer.preview(from: 0, fence: nil) == "```swift\n" + code(100) + "```")
    answer.append(code(150))
    #expect(
      answer.preview(from: 0, fence: nil).hasSuffix("```\n_… 220 more lines in_ `code-1.swift`"))
    answer.append(code(50))
    #expect(
      answer.preview(from: 0, fence: nil).hasSuffix("```\n_… 270 more lines in_ `code-1.swift`"))
  }

  @Test("once it is known to be long its excerpt is closed, so that a message can end there")
  func excerptEnds() {
    var answer = AnswerText()
    answer.append("```swift\n" + code(300))
    let shown = code(30)
    #expect(answer.text == "```swift\n" + shown + "```\n")
    #expect(answer.preview(from: answer.text.utf8.count, fence: nil).hasPrefix("_… 270 more"))
    #expect(MarkdownSplitter(limit: 7_439).closing(answer.text[...], fence: nil).fenceAfter == nil)
  }

  @Test("while one line grows beyond the limit, it is shown by its beginning")
  func growingLine() {
    var answer = AnswerText()
    answer.append("```\n" + String(repeating: "x", count: 7_000))
    #expect(answer.text == "```\n")
    #expect(
      answer.preview(from: 0, fence: nil)
        == "```\n" + String(repeating: "x", count: 1_500) + "\n```\n_… all of it in_ `code-1.txt`")
  }

  @Test(
    "the language decides about the extension, and only known ones are taken",
    arguments: [
      ("swift", "swift"), ("Python", "py"), ("c++", "cpp"), ("C#", "cs"),
      ("bash title=\"x\"", "sh"),
      ("", "txt"), ("no/../such", "txt"), ("docker-compose.yml", "yml"), ("{.python}", "txt"),
      ("js,run", "js"), ("objective-c", "m"), ("日本", "txt"),
    ])
  func extensions(info: String, expected: String) {
    let name = CodeLanguages.fileExtension(for: info)
    #expect(name == expected || name == "yaml" && expected == "yml")
  }
}
