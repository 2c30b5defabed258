import Testing

@testable import Assistant

@Suite("Nothing that a model writes pings people")
struct MentionTests {
  private func answer(_ text: String, cutAt cut: Int) -> String {
    var answer = AnswerText()
    answer.append(String(String.UnicodeScalarView(text.unicodeScalars.prefix(cut))))
    answer.append(String(String.UnicodeScalarView(text.unicodeScalars.dropFirst(cut))))
    answer.finish()
    return answer.text
  }

  @Test(
    "a mention is broken, however it is written and split",
    arguments: [
      "<@all>", "<@HERE>", "<@all|everyone>", "<@personEmail:a@b.c|A>", "<@PERSONID:x>", "< @all>",
      "<\t@ here>", "<\u{200B}@all>", "<@\u{FE0F}all>", "<@a\u{200D}ll>", "<\\@all>",
      "&lt;@all&gt;",
      "&#60;@all>", "&#x3C;&#64;all>", "<&commat;here>", "<@&#97;ll>", "<@all", "<\u{1}@all>",
    ])
  func broken(mention: String) {
    for fence in ["", "```\n", "`", "| a |\n|---|\n| "] {
      let text = fence + "Hello " + mention
      for cut in 0...text.unicodeScalars.count {
        let shown = answer(text, cutAt: cut)
        #expect(shown.contains("<\u{2060}") || shown.contains(";\u{2060}"), "\(text) cut at \(cut)")
      }
    }
  }

  @Test("Webex's own tags are text", arguments: ["<spark-mention x>", "<WEBEX-mention y>"])
  func tags(tag: String) {
    for cut in 0...tag.count {
      #expect(answer(tag, cutAt: cut).hasPrefix("\\<\u{2060}"))
      #expect(answer("`" + tag + "`", cutAt: cut).hasPrefix("`<\u{2060}"))
    }
  }

  @Test(
    "what is no mention stays as it is",
    arguments: [
      "a < b", "mail <a@b.c> me", "`List<@NonNull T>`", "`Set<@AllOpen T>`", "<@", "if x <  y",
      "&lt;b",
      "a && b", "`<@`", "@all", "<\u{2060}@all>",
    ])
  func harmless(text: String) {
    for cut in 0...text.unicodeScalars.count {
      #expect(answer(text, cutAt: cut) == text)
    }
  }
}
