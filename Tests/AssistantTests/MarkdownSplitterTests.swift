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
  /// Undoes the fence repair: what a piece covers of the source.
  private func source(of pieces: [MarkdownPiece], in text: String) -> String {
    var rest = Substring(text)
    var joined = ""
    var fence: CodeFence?
    for piece in pieces {
      let end = rest.utf8.index(rest.startIndex, offsetBy: piece.sourceBytes)
      let body = String(rest[..<end])
      let reopening = fence.map { $0.opening + "\n" } ?? ""
      #expect(piece.text.hasPrefix(reopening + body), "a piece is its source with fences repaired")
      let closing = piece.text.dropFirst((reopening + body).count)
      if let open = piece.fenceAfter, piece != pieces.last {
        #expect(closing == open.marker || closing == "\n" + open.marker)
      }
      joined += body
      rest = rest[end...]
      fence = piece.fenceAfter
    }
    return joined
  }

  @Test("a text that fits stays whole", arguments: ["", "short", "```swift\nlet a = 1\n```\n"])
  func fits(text: String) {
    let pieces = MarkdownSplitter(limit: 100).split(text)
    #expect(pieces.map(\.text) == (text.isEmpty ? [] : [text]))
  }

  @Test("a paragraph border is preferred to a line, a line to a word")
  func borders() {
    let first = String(repeating: "word ", count: 12) + "\n\n"
    let second = String(repeating: "next ", count: 12)
    let pieces = MarkdownSplitter(limit: 100).split(first + second)
    #expect(pieces.map(\.text) == [first, second])
  }

  @Test("a fence that is cut is closed, and reopened with its language")
  func fences() {
    let code = (1...40).map { "let value\($0) = \($0)\n" }.joined()
    let pieces = MarkdownSplitter(limit: 200).split("Look:\n\n```swift\n\(code)```\nDone.\n")
    #expect(pieces.count > 2)
    for piece in pieces.dropFirst() { #expect(piece.text.hasPrefix("```swift\n")) }
    for piece in pieces.dropLast() { #expect(piece.text.hasSuffix("\n```")) }
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
      let pieces = MarkdownSplitter(limit: limit).split(text)
      for piece in pieces {
        let opens = piece.text.filter { $0 == "[" }.count
        let closes = piece.text.filter { $0 == ")" }.count
        #expect(opens == closes, "limit \(limit): \(piece.text)")
        #expect(piece.text.filter { $0 == "`" }.count.isMultiple(of: 2))
      }
    }
  }

  @Test(
    "hostile text is cut in linear work", arguments: ["[", "`", "![", "<http", "\n", "x", "[a]("])
  func hostile(unit: String) {
    let text = String(repeating: unit, count: 400_000 / unit.utf8.count)
    let pieces = MarkdownSplitter(limit: 7439).split(text)
    #expect(source(of: pieces, in: text) == text)
    #expect(pieces.allSatisfy { $0.text.utf8.count <= 7439 })
  }

  @Test("thousands of generated documents keep every promise", arguments: 0..<25)
  func generated(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed + 1))
    for _ in 0..<60 {
      let text = Self.document(&random)
      let limit = Int.random(in: 60...900, using: &random)
      let pieces = MarkdownSplitter(limit: limit).split(text)
      #expect(source(of: pieces, in: text) == text)
      for piece in pieces {
        #expect(piece.text.utf8.count <= limit)
        #expect(piece.sourceBytes > 0)
      }
    }
  }

  private static func document(_ random: inout SeededGenerator) -> String {
    let words = [
      "word", "Überraschung", "日本語", "👩‍👩‍👧‍👦", "e\u{301}", "`code`", "[link](https://a.example/x)",
      "**bold**", "1.", "- item", "🇩🇪🇫🇷", "a-very-long-word-without-any-border-at-all",
    ]
    var text = ""
    for _ in 0..<Int.random(in: 1...30, using: &random) {
      switch Int.random(in: 0..<7, using: &random) {
      case 0: text += "```swift\n"
      case 1: text += "```\n"
      case 2: text += "~~~~\n"
      case 3: text += "\n\n"
      case 4: text += "- " + (words.randomElement(using: &random) ?? "") + "\n"
      default:
        for _ in 0..<Int.random(in: 1...40, using: &random) {
          text += (words.randomElement(using: &random) ?? "") + " "
        }
        text += "\n"
      }
    }
    return text
  }
}
