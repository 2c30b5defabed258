// Seeded random bodies: no crash, no hang, and the chunking never changes the result.

import CurlHTTP
import Testing

@testable import LLMClient

/// SplitMix64: the same seed gives the same inputs everywhere.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

private let pieces: [String] = [
  content("a"), content("ü"), chunk(#"{"reasoning_content":"r"}"#), chunk("{}", finish: "stop"),
  chunk("{}", finish: "tool_calls", id: "x"), usageChunk, done, ": ping\n\n", "\n", "\r", "\r\n",
  "data:", "data: ", "event: x\n", "id: 1\n", "retry: 5\n", "data: null\n\n", "data: {}\n\n",
  chunk(#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}]}"#),
  chunk(#"{"tool_calls":[{"index":0,"id":"b","function":{"name":"f","arguments":"}"}}]}"#),
  chunk(#"{"tool_calls":[{"index":-1,"function":{"arguments":1}}]}"#),
  data(#"{"error":{"message":"m","code":"500"}}"#), data("oops"), "\u{FEFF}", "{", "<", "[1]",
  #"{"choices":[{"message":{"content":"whole"},"finish_reason":"stop"}]}"#,
  data(#"{"choices":[{"delta":{"content":"\ud800"}}]}"#), data("[[[[[["),
  data(#"{"usage":{"prompt_tokens":9223372036854775807,"completion_tokens":1e300}}"#),
  data(#"{"choices":[{"index":0,"delta":{"content":["#), "data: \u{0}\n\n",
  content("<think>"), content("</think>"), content(" <thi"), content("nk>a</"),
  String(repeating: " \n", count: 50),
]

@Suite("Generated streams")
struct GeneratedStreamTests {
  @Test("chunking never changes what comes out", arguments: 0..<40)
  func chunking(_ seed: UInt64) {
    var random = SplitMix64(state: seed)
    for _ in 0..<25 {
      let body = makeBody(&random)
      let end: ChatStreamAssembler.Input =
        Bool.random(using: &random)
        ? .endOfBody : .lost(HTTPError(code: .connectionLost, message: "gone"))
      let whole = assemble([.bytes(body), end])
      for size in [1, 2, 3, 7, 64] {
        let cut = assemble(split(body, upTo: size, &random) + [end])
        #expect(cut.events == whole.events)
        #expect(cut.failure == whole.failure)
      }
      // Exactly one last word.
      let ends = whole.events.filter { if case .ended = $0 { true } else { false } }.count
      #expect(ends + (whole.failure == nil ? 0 : 1) == 1)
    }
  }

  /// Found by fuzzing: the first 64 bytes used to decide, even where they were all blank.
  @Test("blanks in front of a document do not change what it is, however they are cut")
  func blanksBeforeDocument() {
    let body = Array((String(repeating: "\t\n", count: 60) + #"{"error":"x"}"#).utf8)
    for size in [1, 10, 64, 65, body.count] {
      let inputs = stride(from: 0, to: body.count, by: size).map {
        ChatStreamAssembler.Input.bytes(Array(body[$0..<min($0 + size, body.count)]))
      }
      #expect(assemble(inputs + [.endOfBody]).failure?.message == "x")
    }
  }

  /// Pieces of streams in any order, sometimes with a byte changed, dropped or doubled.
  private func makeBody(_ random: inout SplitMix64) -> [UInt8] {
    var body: [UInt8] = []
    for _ in 0..<Int.random(in: 0...12, using: &random) {
      body += Array(pieces.randomElement(using: &random)!.utf8)
    }
    for _ in 0..<Int.random(in: 0...3, using: &random) where !body.isEmpty {
      let position = Int.random(in: 0..<body.count, using: &random)
      switch Int.random(in: 0..<3, using: &random) {
      case 0: body[position] = UInt8.random(in: 0...255, using: &random)
      case 1: body.remove(at: position)
      default: body.insert(body[position], at: position)
      }
    }
    return body
  }

  private func split(
    _ body: [UInt8], upTo size: Int, _ random: inout SplitMix64
  ) -> [ChatStreamAssembler.Input] {
    var inputs: [ChatStreamAssembler.Input] = []
    var position = 0
    while position < body.count {
      let end = min(body.count, position + Int.random(in: 1...size, using: &random))
      inputs.append(.bytes(Array(body[position..<end])))
      position = end
    }
    return inputs
  }
}
