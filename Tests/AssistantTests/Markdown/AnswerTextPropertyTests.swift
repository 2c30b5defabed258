import Testing

@testable import Assistant

@Suite("The text of an answer, whatever the model writes")
struct AnswerTextPropertyTests {
  private func answer(_ deltas: [String]) -> AnswerText {
    var answer = AnswerText()
    for delta in deltas { answer.append(delta) }
    answer.finish()
    return answer
  }

  @Test("how the stream is cut makes no difference", arguments: 0..<12)
  func deltaCuts(seed: Int) {
    var documents = MarkdownDocuments(seed: seed)
    for round in 0..<25 {
      let text = documents.document(isPlain: false, blocks: documents.number(1...14))
      let whole = answer([text])
      let cut = answer(documents.deltas(text, longest: documents.pick([1, 4, 30, 400])))
      #expect(whole.text.utf8.elementsEqual(cut.text.utf8), "seed \(seed), round \(round)")
      #expect(whole.attachments == cut.attachments)
    }
  }

  @Test("what needs no rewriting stays byte for byte", arguments: 0..<12)
  func plainDocuments(seed: Int) {
    var documents = MarkdownDocuments(seed: seed)
    for round in 0..<40 {
      let text = documents.document(isPlain: true, blocks: documents.number(1...20))
      let result = answer(documents.deltas(text, longest: documents.pick([4, 50, 2_000]))).text
      #expect(
        result.utf8.elementsEqual(text.utf8),
        "seed \(seed), round \(round): …\(Self.difference(result, text))")
      #expect(answer([text.replacing("\n", with: "\r\n")]).text == result)
    }
  }

  @Test("the text only grows, and a preview is whole and pings nobody", arguments: 0..<12)
  func previews(seed: Int) {
    var documents = MarkdownDocuments(seed: seed)
    for round in 0..<12 {
      let text = documents.document(isPlain: false, blocks: documents.number(1...8))
      var answer = AnswerText()
      var before = ""
      for delta in documents.deltas(text, longest: documents.pick([3, 40])) {
        answer.append(delta)
        let settled = answer.text
        #expect(settled.utf8.starts(with: before.utf8))
        before = settled
        guard documents.chance(4) else { continue }
        let preview = answer.preview(from: 0, fence: nil)
        let problem = Self.problem(in: preview)
        #expect(
          problem == nil,
          "seed \(seed), round \(round): \(problem ?? "") in …\(preview.suffix(300))")
      }
    }
  }

  private static func difference(_ one: String, _ other: String) -> String {
    let same = zip(one.utf8, other.utf8).prefix { $0 == $1 }.count
    let parts = [one, other].map { text in
      String(decoding: text.utf8.dropFirst(max(0, same - 40)).prefix(80), as: UTF8.self)
    }
    return parts.joined(separator: "≠ …")
  }

  /// Independent of the code under test: looks at the preview as a renderer would.
  static func problem(in preview: String) -> String? {
    var fence: String?
    var last = ""
    for line in preview.split(separator: "\n", omittingEmptySubsequences: false) {
      let bare = line.drop(while: \.isWhitespace)
      // A list item may begin with a fence.
      let text = fence == nil ? bare.trimmingPrefix(/([-*+]|\d{1,9}[.)])[ \t]+/) : bare
      if let open = fence {
        let marks = text.prefix { $0 == open.first }
        if marks.count >= open.count, text.dropFirst(marks.count).allSatisfy(\.isWhitespace) {
          fence = nil
        }
      } else if let mark = text.first, mark == "`" || mark == "~" {
        let run = text.prefix { $0 == mark }
        if run.count >= 3, mark == "~" || !text.dropFirst(run.count).contains("`") {
          fence = String(run)
        } else {
          last = String(line)
        }
      }
    }
    if fence != nil { return "an open fence" }
    // Inline code may show anything; what is open ends the line.
    if last.contains(/[^\\]\]\([^\s`)]*$/) { return "half a link" }
    let visible = String(preview.unicodeScalars.filter { $0 != "\u{200B}" && $0 != "\\" })
    for danger in ["<@all>", "< @all", "<@here", "< @here", "<@person", "<spark-mention"]
    where visible.lowercased().contains(danger) { return danger }
    return nil
  }

  @Test(
    "hostile text costs linear work",
    arguments: [
      "[", "`", "![", "<", "<http", "*", "|", "| a ", "\n", "x", "[a](", "](", "&", "&lt;", "<@",
      "> ",
      "1. ", "\\", "[[]", "<b ", "- ", " ", "~~~", "``` ", "<!--", "|-", "\u{301}",
    ])
  func hostile(unit: String) {
    let text = String(repeating: unit, count: 200_000 / unit.utf8.count)
    var answer = AnswerText()
    var rest = Substring(text).utf8
    while !rest.isEmpty {
      answer.append(String(decoding: rest.prefix(5_000), as: UTF8.self))
      rest = rest.dropFirst(5_000)
    }
    answer.finish()
    #expect(answer.text.utf8.count >= text.utf8.count / 8)
  }

  @Test(
    "token by token, with previews, four times the text costs about four times the work",
    arguments: ["[", "`", "<b>", "<x ", "**a ", "| a ", "word ", "[^1]", "- [x]: ", "](", "&lt;"])
  func tokens(unit: String) {
    func cost(bytes: Int) -> Duration {
      ContinuousClock().measure {
        var answer = AnswerText()
        for token in 0..<(bytes / unit.utf8.count) {
          answer.append(unit)
          guard token % 100 == 0 else { continue }
          let settled = answer.text.utf8.count
          #expect(answer.preview(from: max(0, settled - 2_000), fence: nil).utf8.count < 50_000)
        }
      }
    }
    let small = cost(bytes: 5_000)
    let large = cost(bytes: 20_000)
    // The square would be 16 times; other tests take their share of the time.
    #expect(large < small * 10 + .milliseconds(200), "\(small) and \(large)")
  }

  @Test("two megabytes in one line pass", arguments: ["word ", "x", "日本語"])
  func oneLine(unit: String) {
    let text = String(repeating: unit, count: 2_000_000 / unit.utf8.count)
    #expect(answer([text]).text == text)
  }
}
