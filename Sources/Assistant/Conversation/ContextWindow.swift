// Which part of a space's history fits in front of a question. Pure.

/// Fills a model's window: system prompt and question always, then whole turns, newest first.
struct ContextWindow: Sendable {
  /// Tokens that the model takes in.
  let inputTokens: Int
  /// Of these, left free for the answer.
  let answerTokens: Int

  /// - Parameters:
  ///   - inputTokens: `max_input_tokens` of the model.
  ///   - outputTokens: its longest answer, if known. At most a quarter of the window is kept free,
  ///     since many models count the answer into the same window.
  init(inputTokens: Int, outputTokens: Int?) {
    self.inputTokens = max(256, inputTokens)
    answerTokens = min(outputTokens ?? 1_024, self.inputTokens / 4)
  }

  /// A cautious estimate, since the model's own tokenizer is not known here: English has about four
  /// bytes a token, code and other scripts nearer to three. Each message costs a few more.
  static func estimate(_ text: String) -> Int {
    (text.utf8.count + 2) / 3 + 4
  }

  /// - Parameters:
  ///   - newestFirst: the history as stored, newest message first.
  ///   - keepsNewest: the newest turn goes in at any rate, of its answer the end if need be: the
  ///     model is to go on with it.
  ///   - share: of the room, how much may be used; below 1 after the model refused the length.
  /// - Returns: the messages to send between prompt and question, oldest first.
  func history(
    _ newestFirst: [HistoryMessage], prompt: String, question: String, keepsNewest: Bool = false,
    share: Double = 1
  ) -> [HistoryMessage] {
    var room = Int(Double(inputTokens - answerTokens) * share)
    room -= Self.estimate(prompt) + Self.estimate(question)
    var taken: [HistoryMessage] = []
    var rest = newestFirst[...]
    while let turnID = rest.first?.turnID {
      // A turn goes in whole or not at all: an answer without its question misleads the model.
      let turn = rest.prefix { $0.turnID == turnID }
      let cost = turn.reduce(0) { $0 + Self.estimate($1.text) }
      guard cost <= room else {
        if keepsNewest, taken.isEmpty { taken = Self.shortened(turn, tokens: max(room, 256)) }
        break
      }
      room -= cost
      taken += turn
      rest = rest.dropFirst(turn.count)
    }
    return taken.reversed()
  }

  /// The end of the answer and the beginning of its question; newest first, as given.
  private static func shortened(_ turn: ArraySlice<HistoryMessage>, tokens: Int)
    -> [HistoryMessage]
  {
    // `estimate` backwards, an eighth of it for the question.
    let bytes = max(0, tokens - 8) * 3
    return turn.map { message in
      var message = message
      if message.role == .user {
        message.text = String(Substring(message.text).utf8Prefix(bytes / 8))
      } else {
        let tail = message.text.utf8.suffix(bytes - bytes / 8).drop { $0 & 0xC0 == 0x80 }
        message.text = String(decoding: tail, as: UTF8.self)
      }
      return message
    }
  }
}
