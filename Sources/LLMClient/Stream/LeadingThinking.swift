// Thinking that a model writes into its answer, `<think>…</think>` in front of the text, told apart
// from the answer. Part of ChatStreamAssembler, one for each completion.

/// Splits the content of a completion into thinking and answer, however the deltas cut it.
///
/// Local reasoning models (DeepSeek R1, Qwen) write the tags where the server does not take them
/// out, and LiteLLM writes them under `merge_reasoning_content_in_choices`. Only a tag at the very
/// start counts, blanks aside: later ones, in a code block for instance, are the answer's own.
struct LeadingThinking: Sendable {
  enum Piece: Hashable, Sendable {
    case answer(String)
    case thinking(String)
  }

  private enum State {
    /// Nothing but blanks and the beginning of the opening tag so far, held back.
    case start
    /// What may be the beginning of the closing tag is held back.
    case thinking
    /// Behind the closing tag, where blanks only separate.
    case gap
    case answer
  }

  private var state = State.start
  private var held: [UInt8] = []

  /// Takes the next piece of content. No piece that comes out is empty.
  mutating func take(_ text: String) -> [Piece] {
    if case .answer = state { return text.isEmpty ? [] : [.answer(text)] }
    held += text.utf8
    var pieces: [Piece] = []
    while step(&pieces) {}
    return pieces
  }

  /// The completion is over: what was held back was no tag.
  mutating func end() -> [Piece] {
    guard !held.isEmpty else { return [] }
    let rest = takeHeld(held.count)
    defer { state = .answer }
    if case .thinking = state { return [.thinking(rest)] }
    return [.answer(rest)]
  }

  /// Moves on by one state where what is held decides it.
  private mutating func step(_ pieces: inout [Piece]) -> Bool {
    switch state {
    case .start:
      let blanks = held.prefix(while: Self.isBlank).count
      let word = held[blanks...]
      // An answer that begins with pages of blanks must come out some time.
      guard blanks <= Self.maximumBlanks else {
        state = .answer
        return true
      }
      if word.starts(with: Self.opening) {
        held.removeFirst(blanks + Self.opening.count)
        state = .thinking
        return true
      }
      if Self.opening.starts(with: word) { return false }
      state = .answer
      return true
    case .thinking:
      if let tag = held.firstRange(of: Self.closing) {
        if tag.lowerBound > 0 { pieces.append(.thinking(takeHeld(tag.lowerBound))) }
        held.removeFirst(Self.closing.count)
        state = .gap
        return true
      }
      let length = held.count - beginningOfClosingTag()
      if length > 0 { pieces.append(.thinking(takeHeld(length))) }
      return false
    case .gap:
      held.removeFirst(held.prefix(while: Self.isBlank).count)
      if held.isEmpty { return false }
      state = .answer
      return true
    case .answer:
      if !held.isEmpty { pieces.append(.answer(takeHeld(held.count))) }
      return false
    }
  }

  /// How many bytes at the end of what is held may begin the closing tag.
  private func beginningOfClosingTag() -> Int {
    let longest = min(held.count, Self.closing.count - 1)
    return (1...max(longest, 1)).last { length in
      length <= longest && Self.closing.starts(with: held.suffix(length))
    } ?? 0
  }

  private mutating func takeHeld(_ count: Int) -> String {
    defer { held.removeFirst(count) }
    return String(decoding: held[..<count], as: UTF8.self)
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0D).contains(byte)
  }

  private static let opening = Array("<think>".utf8)
  private static let closing = Array("</think>".utf8)
  private static let maximumBlanks = 256
}
