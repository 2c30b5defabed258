import Testing

@testable import Assistant

@Suite("An answer that ends where it was not meant to")
struct CutAnswerTests {
  @Test(
    "what is open is closed, and nothing is held back",
    arguments: [
      ("1. **Prepare.** x\n2. **Fini", "1. **Prepare.** x\n2. **Fini**"),
      ("a *b", "a *b*"),
      ("a **b *c", "a **b *c***"),
      ("see `x + y", "see `x + y`"),
      ("plain words", "plain words"),
      ("a [link](https://x.exa", "a [link](https://x.exa"),
      ("ends with **", "ends with"),
      ("2 * 3 is 6", "2 * 3 is 6"),
      ("snake_case_na", "snake_case_na"),
      ("**done** and so", "**done** and so"),
      ("2**10 = 1024 and so on", "2**10 = 1024 and so on"),
      ("f(*args, **kwargs) and", "f(*args, **kwargs) and"),
      ("f(a, **kwargs) and", "f(a, **kwargs) and"),
      ("so, **very bold", "so, **very bold**"),
      ("a (**very bold", "a (**very bold**"),
      ("```c\nint *p", "```c\nint *p"),
    ])
  func closed(text: String, expected: String) {
    #expect(PreviewTail.closed(text, fence: nil) == expected)
  }

  @Test("the sentence under it stands in a paragraph of its own, outside of what was open")
  func note() {
    var reply = ReplyRehearsal()
    reply.at(.zero, .text("1. one\n2. **two and"))
    reply.at(.milliseconds(100), .end(ReplyEnding(note: "_Stopped._", isCut: true)))
    reply.run()
    #expect(reply.webex.texts == ["1. one\n2. **two and**\n\n_Stopped._"])
  }

  @Test("a whole answer is not repaired, whatever stands at its end")
  func whole() {
    var reply = ReplyRehearsal()
    reply.at(.zero, .text("A footnote mark: **"))
    reply.at(.milliseconds(100), .end(ReplyEnding(note: "_model_")))
    reply.run()
    #expect(reply.webex.texts == ["A footnote mark: **\n\n_model_"])
  }
}
