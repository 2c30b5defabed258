// Keeps what the answer says as it comes: after a kill the next process goes on from there.

import CrashPoints
import FoundationEssentials
import Logging
import Synchronization

extension Answer {
  /// How often the text so far is written down.
  private static let rhythm: TimeInterval = 3

  /// The answer that an earlier process had come to, if it was asked the same.
  var wholeAnswer: WholeAnswer? {
    kept?.whole.flatMap { $0.question == question.text ? $0 : nil }
  }

  /// Beside the stream: a slow disk does not hold up what its reader sees.
  func keepSoFar() {
    let now = environment.now()
    state.withLock { state in
      guard state.keeping == nil else { return }
      guard let last = state.keptAt else { return state.keptAt = now }
      guard now.timeIntervalSince(last) >= Self.rhythm else { return }
      state.keptAt = now
      state.keeping = Task { [text = state.text] in
        do {
          try await environment.store.keepAnswer(text, turnID: turnID, at: now)
        } catch {
          logger.warning("text so far not kept", metadata: ["error": "\(error)"])
        }
        self.state.withLock { $0.keeping = nil }
      }
    }
  }

  /// Before its last words are sent: from now on the model need not be asked again.
  func keep(_ ending: ReplyEnding) async {
    let state = state.withLock { $0 }
    guard state.isWorthAFooter else { return }
    await state.keeping?.value
    do {
      // Once: a disk that takes nothing now must not keep the answer from its reader.
      try await environment.store.keepAnswer(
        state.text,
        whole: WholeAnswer(question: state.question.text, ending: ending, end: state.end),
        turnID: turnID, at: environment.now())
      CrashPoint.answerKept.reached()
    } catch {
      logger.error("answer not kept", metadata: ["error": "\(error)"])
    }
  }

  /// Where this attempt came to no text: what an earlier one had is better than none.
  func takeUpKeptText(_ yield: Yield) {
    guard let kept, !kept.text.isBlank, !state.withLock({ $0.isReworded }) else { return }
    state.withLock { $0.text = kept.text }
    yield(.text(kept.text))
  }
}
