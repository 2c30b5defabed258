import Testing

@testable import Assistant

/// Deterministic pseudo-random numbers, so that a failure can be repeated by its seed.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}

@Suite("Splitting answers into messages")
struct MarkdownSplitterTests {
  /// Undoes the fence repair, from the pieces' texts and what they say of the source.
  private func source(of pieces: [MarkdownPiece], in text: String) -> String {
    var rest = text.utf8[...]
    var joined: [UInt8] = []
    var fence: CodeFence?
    for (index, piece) in pieces.enumerated() {
      let body = rest.prefix(piece.sourceBytes)
      var whole = Array((fence.map { $0.opening + "\n" } ?? "").utf8) + body
      // A first line that only closes the block is left out.
      if let open = fence, let size = open.closingLine(in: Substring(body)),
        !piece.text.utf8.starts(with: whole)
      {
        whole = Array(body.dropFirst(size))
      }
      #expect(piece.text.utf8.starts(with: whole), "a piece is its source with fences repaired")
      let closing = String(decoding: piece.text.utf8.dropFirst(whole.count), as: UTF8.self)
      if let open = piece.fenceAfter, index < pieces.count - 1 {
        #expect(closing == open.marker || closing == "\n" + open.marker)
      } else {
        #expect(closing.isEmpty)
      }
      joined += body
      rest = rest.dropFirst(piece.sourceBytes)
      fence = piece.fenceAfter
    }
    return String(decoding: joined, as: UTF8.self)
  }

  @Test("a text that fits stays whole", arguments: ["", "short", "```swift\nlet a = 1\n```\n"])
  func fits(text: String) {
    let pieces = MarkdownSplitter(limit: 100).split(text)
    #expect(pieces.map(\.text) == (text.isEmpty ? [] : [text]))
  }

  @Test(
    "the best border in reach is taken",
    arguments: [
      // A paragraph before a line, a line before a sentence, a sentence before a word.
      ("one two three\nfour five six\n\nseven eight nine. ten", "one two three\nfour five six\n\n"),
      (
        "one two three. four five six\nseven eight nine ten eleven",
        "one two three. four five six\n"
      ),
      ("one two three. four five six. seven eight nine", "one two three. four five six. "),
      (
        "one two three four five six seven eight nine ten",
        "one two three four five six seven eight "
      ),
      // An item before its children, children before lines.
      (
        "- one two three\n- four five\n  - six\n  - seven\n- eight",
        "- one two three\n"
      ),
      (
        "- one two three four\n  - five\n  - six seven eight nine ten",
        "- one two three four\n  - five\n"
      ),
      // What Markdown would read as code does not begin a piece.
      ("- one two\n  - three four\n    - five\n    - six seven", "- one two\n"),
      // No empty block on either side.
      ("one two three four five six\n```sh\nseven eight\n```", "one two three four five six\n"),
    ])
  func borders(text: String, first: String) {
    #expect(MarkdownSplitter(limit: 40).split(text).first?.text == first)
  }

  @Test("a fence that is cut is closed, and reopened with its language")
  func fences() {
    let code = (1...40).map { "let value\($0) = \($0)\n" }.joined()
    let pieces = MarkdownSplitter(limit: 200).split("Look:\n\n```swift\n\(code)```\nDone.\n")
    #expect(pieces.count > 2)
    for piece in pieces.dropFirst() { #expect(piece.text.hasPrefix("```swift\n")) }
    for piece in pieces.dropLast() { #expect(piece.text.hasSuffix("\n```")) }
  }

  @Test("an info string of 7,000 bytes does not fill every message")
  func longInfo() {
    let info = String(repeating: "info ", count: 1_400)
    let code = String(repeating: "let a = 1\n", count: 1_000)
    let text = "```" + info + "\n" + code + "```\n"
    let pieces = MarkdownSplitter(limit: 7_439).split(text)
    #expect(pieces.count == 3)
    #expect(source(of: pieces, in: text) == text)
  }

  @Test("a tilde fence inside a longer backtick fence does not confuse the repair")
  func nestedFences() {
    let inner = (1...30).map { "~~~ line \($0)\n```\n" }.joined()
    let text = "````markdown\n\(inner)````\nafter\n"
    let pieces = MarkdownSplitter(limit: 150).split(text)
    #expect(source(of: pieces, in: text) == text)
    for piece in pieces.dropFirst().dropLast() { #expect(piece.text.hasPrefix("````markdown\n")) }
  }

  @Test("never inside a link or inline code")
  func spans() {
    let text =
      String(repeating: "a", count: 60)
      + " [a link with a longer text](https://example.com/some/path) and `some inline code` end"
    for limit in 65...150 {
      for piece in MarkdownSplitter(limit: limit).split(text) {
        let opens = piece.text.filter { $0 == "[" }.count
        #expect(opens == piece.text.filter { $0 == ")" }.count, "limit \(limit): \(piece.text)")
        #expect(piece.text.filter { $0 == "`" }.count.isMultiple(of: 2))
      }
    }
  }

  @Test("a line that only closes the fence of the piece before is covered, and not shown")
  func leadingClosingLine() throws {
    let fence = try #require(CodeFence(opening: "```swift"))
    let splitter = MarkdownSplitter(limit: 100)
    for piece in [
      splitter.next("```\n_more_", fence: fence), splitter.closing("```\n_more_\n\n", fence: fence),
    ] {
      #expect(piece.text.trimmingTrailingWhitespace() == "_more_")
      #expect(piece.sourceBytes == 4 + piece.text.utf8.count)
      #expect(piece.fenceAfter == nil)
    }
    #expect(splitter.next("```\n", fence: fence).sourceBytes == 4)
  }

  @Test("a fence on a list marker's line is reopened as a plain one")
  func markerFence() {
    let code = (1...20).map { "   let value\($0) = \($0)\n" }.joined()
    let pieces = MarkdownSplitter(limit: 200).split("1. ```swift\n\(code)   ```\nDone.\n")
    #expect(pieces.count > 2)
    for piece in pieces.dropFirst() { #expect(piece.text.hasPrefix("```swift\n")) }
    #expect(pieces.last?.text.hasSuffix("   ```\nDone.\n") == true)
  }

  @Test(
    "a message out of edits ends at the best border, though all of it fits",
    arguments: [
      ("One para.\n\nAnother that goes", "One para.\n\n"),
      ("One para.\n\nAnother.\n\n", "One para.\n\nAnother.\n\n"),
      ("A line\nand half of", "A line\n"),
      ("A sentence. And half of", "A sentence. "),
      ("Only some wor", "Only some "),
      ("word", "word"),
      ("- ", "- "),
      ("```sh\nls -l\nrm", "```sh\nls -l\n```"),
      ("```sh\nls", "```sh\nls\n```"),
      ("text\n\n```sh\n", "text\n\n"),
    ])
  func closing(text: String, expected: String) {
    let piece = MarkdownSplitter(limit: 100).closing(Substring(text), fence: nil)
    #expect(piece.text == expected)
    #expect(piece.sourceBytes > 0)
  }

  @Test(
    "hostile text is cut in linear work",
    arguments: [
      "[", "`", "![", "<http", "\n", "x", "[a](", "- ", "> ", " ", "*", "1. ", "~~~", "``` ",
      "| a ",
    ])
  func hostile(unit: String) {
    let text = String(repeating: unit, count: 200_000 / unit.utf8.count)
    let pieces = MarkdownSplitter(limit: 7439).split(text)
    #expect(source(of: pieces, in: text) == text)
    #expect(pieces.allSatisfy { $0.text.utf8.count <= 7439 })
  }

  @Test("thousands of generated documents keep every promise", arguments: 0..<20)
  func generated(seed: Int) {
    var documents = MarkdownDocuments(seed: seed)
    for round in 0..<40 {
      let text = documents.document(isPlain: round % 2 == 0, blocks: documents.number(1...6))
      let limit = documents.number(150...1_200)
      check(text, limit: limit, isPlain: round % 2 == 0, "seed \(seed), round \(round)")
    }
  }

  @Test("a document of 100 KB keeps them too", arguments: 100..<103)
  func large(seed: Int) {
    var documents = MarkdownDocuments(seed: seed)
    var text = ""
    while text.utf8.count < 100_000 {
      text += documents.document(isPlain: true, blocks: 20) + "\n\n"
    }
    check(text, limit: 7_439, isPlain: true, "seed \(seed)")
  }

  private func check(_ text: String, limit: Int, isPlain: Bool, _ comment: Comment) {
    let pieces = MarkdownSplitter(limit: limit).split(text)
    #expect(source(of: pieces, in: text).utf8.elementsEqual(text.utf8), comment)
    let whole = Set(text.indices.map { text.utf8.distance(from: text.startIndex, to: $0) })
    var offset = 0
    for piece in pieces {
      #expect(piece.text.utf8.count <= limit, comment)
      #expect(piece.sourceBytes > 0)
      offset += piece.sourceBytes
      #expect(offset == text.utf8.count || whole.contains(offset), "a cluster is cut: \(comment)")
      let isLast = offset == text.utf8.count
      #expect(isLast || piece.text.contains { !$0.isWhitespace }, comment)
      // In plain documents these stand in one line and are whole, or are not there at all.
      guard isPlain, !isLast, piece.fenceAfter == nil else { continue }
      let end = piece.text.split(separator: "\n", omittingEmptySubsequences: false).last ?? ""
      for span in [
        "](https://a.example/x_(y)?q=1", "``a ` b", "`List<String>", "https://d.example/path",
      ] {
        guard let cut = (1..<span.count).first(where: { end.hasSuffix(span.prefix($0)) }) else {
          continue
        }
        #expect(cut < 3, "a span is cut: \(comment): \(end.suffix(40))")
      }
    }
  }
}
