// How an answer ends: what the reader is told under it, and what is remembered of it.

import LLMClient
import Logging
import Synchronization

extension Answer {
  func ended(_ outcome: ChatOutcome?, model: AnsweringModel, note: String?) -> ReplyEnding {
    let (text, own) = state.withLock { state in
      state.end.model = model.name
      state.answeredBy = outcome?.model ?? model.name
      return (state.text, state.question.note)
    }
    let wasLength = note != nil
    guard text.contains(where: { !$0.isWhitespace }) else {
      state.withLock { $0.end.outcome = "empty" }
      return ReplyEnding(note: Sentences.emptyAnswer(reference: reference, wasLength: wasLength))
    }
    remember(wasLength ? "answered, cut by length" : "answered", cut: wasLength ? .length : nil)
    return ReplyEnding(note: Self.paragraphs([note, own]), isCut: wasLength)
  }

  func failed(_ error: LLMError) -> ReplyEnding {
    // Not the message: a provider's words may quote the prompt.
    logger.warning(
      "model call failed",
      metadata: [
        "code": "\(error.code)", "status": "\(error.status.map(String.init) ?? "none")",
        "call": "\(error.callID ?? "none")",
      ])
    guard hasText else {
      state.withLock { $0.end.outcome = "failed: \(error.code)" }
      return ReplyEnding(note: Sentences.failure(error, reference: reference))
    }
    remember("failed: \(error.code)", cut: .interrupted)
    return ReplyEnding(note: Sentences.interrupted(error, reference: reference), isCut: true)
  }

  func stopped(by person: String?) -> ReplyEnding {
    logger.info("stopped")
    let hasText = hasText
    if hasText {
      remember("stopped", cut: .stopped)
    } else {
      state.withLock { $0.end.outcome = "stopped" }
    }
    return ReplyEnding(note: Sentences.stopped(by: person, hasText: hasText), isCut: true)
  }

  /// The question was deleted: what stands may stay, and nothing is remembered.
  func dropped() -> ReplyEnding {
    logger.info("question deleted")
    state.withLock {
      $0.end = TurnEnd(outcome: "question deleted", remembering: $0.question.remembering)
    }
    return ReplyEnding(note: Sentences.stopped(by: nil, hasText: false), isCut: true)
  }

  var hasText: Bool { state.withLock { $0.text.contains { !$0.isWhitespace } } }

  private func remember(_ outcome: String, cut: Cut?) {
    state.withLock {
      $0.end.outcome = outcome
      $0.isWorthAFooter = true
      guard $0.question.command == nil else { return }
      $0.end.question = $0.question.text
      $0.end.answer = $0.text
      $0.end.cut = cut
    }
  }

  func withFooter(_ ending: ReplyEnding, after time: Duration) async -> ReplyEnding {
    let state = state.withLock { $0 }
    guard state.isWorthAFooter else { return ending }
    let parts = state.footer.parts(state.end, model: state.answeredBy, time: time)
    var ending = ending
    ending.note = Self.paragraphs(
      [ending.note, state.notice, await goneNotice(state), Sentences.footer(parts)])
    return ending
  }

  private func goneNotice(_ state: State) async -> String? {
    guard let gone = state.goneModel, let model = state.end.model else { return nil }
    return try? await environment.settings.goneNotice(
      gone, instead: model, spaceID: spaceID, at: environment.now())
  }

  private static func paragraphs(_ sentences: [String?]) -> String? {
    let there = sentences.compactMap { $0 }
    return there.isEmpty ? nil : there.joined(separator: "\n\n")
  }
}
