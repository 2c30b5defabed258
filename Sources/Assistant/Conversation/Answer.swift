// Asks the model and feeds the reply: prompt, history and question in, text and one ending out.

import FoundationEssentials
import LLMClient
import Logging
import Synchronization

/// One answer of the model.
final class Answer: Sendable {
  private struct State {
    var text = ""
    var end: TurnEnd
  }

  let environment: TurnEnvironment
  let reference: String
  let callID: String
  let spaceID: String
  let question: String
  let speaker: String
  let isDirect: Bool
  let email: String?
  /// A sentence under the answer, such as the one about files.
  let note: String?
  let logger: Logger
  private let state: Mutex<State>

  /// An answer longer than this is cut: nobody reads a megabyte in a chat.
  static let maximumBytes = 512 << 10
  /// History messages read from the store; more never fit in a window.
  static let maximumHistory = 400

  init(
    environment: TurnEnvironment, reference: String, callID: String, spaceID: String,
    question: String, speaker: String, isDirect: Bool, email: String?, note: String?,
    logger: Logger
  ) {
    self.environment = environment
    self.reference = reference
    self.callID = callID
    self.spaceID = spaceID
    self.question = question
    self.speaker = speaker
    self.isDirect = isDirect
    self.email = email
    self.note = note
    self.logger = logger
    state = Mutex(State(end: TurnEnd(outcome: "interrupted")))
  }

  /// What to record, once `stream` has returned.
  var end: TurnEnd { state.withLock { $0.end } }

  func stream(to yield: @Sendable (ReplyMachine.Input) -> Void) async {
    do {
      let ending = try await ask(share: 1, yield)
      yield(.end(ending))
    } catch let error as LLMError {
      yield(.end(failed(error)))
    } catch is CancellationError {
      // The reply is over: stopped, or the process ends.
    } catch {
      logger.error("answer failed", metadata: ["error": "\(error)"])
      state.withLock { $0.end.outcome = "failed: internal" }
      yield(.end(ReplyEnding(note: Sentences.internalFailure(reference: reference))))
    }
  }

  /// - Parameter share: of the window for history; less after the model refused the length.
  private func ask(share: Double, _ yield: @Sendable (ReplyMachine.Input) -> Void) async throws
    -> ReplyEnding
  {
    let model = try await environment.models.answering()
    let request = try await request(for: model, share: share)
    do {
      var outcome: ChatOutcome?
      for try await event in try await environment.llm.chat(request) {
        switch event {
        case .content(let text):
          let taken = state.withLock { state -> Substring in
            let taken = Substring(text).utf8Prefix(Self.maximumBytes - state.text.utf8.count)
            state.text += taken
            return taken
          }
          yield(.text(String(taken)))
          if taken.utf8.count < text.utf8.count { return ended(nil, model: model) }
        case .usage(let usage):
          state.withLock {
            $0.end.promptTokens = usage.promptTokens
            $0.end.completionTokens = usage.completionTokens
            $0.end.cost = usage.cost
          }
        case .ended(let end): outcome = end
        default: break
        }
      }
      // A clean end without a finish reason: the upstream was cut, and nobody said so.
      if let outcome, !outcome.isComplete {
        throw LLMError(code: .cutOff, message: "no finish reason", receivedContent: true)
      }
      return ended(outcome, model: model)
    } catch let error as LLMError where error.code == .contextTooLong && share > 0 {
      // Our estimate was too low for this model: once more with less history, then without.
      guard !error.receivedContent else { throw error }
      return try await ask(share: share == 1 ? 0.4 : 0, yield)
    }
  }

  private func request(for model: AnsweringModel, share: Double) async throws -> ChatRequest {
    let prompt = environment.prompts.systemPrompt(
      PromptVariables(
        date: environment.now().formatted(.iso8601.year().month().day()), model: model.name,
        person: speaker, isDirect: isDirect))
    let window = ContextWindow(
      inputTokens: model.inputTokens ?? environment.configuration.assumedInputTokens,
      outputTokens: model.outputTokens)
    let newest = try await environment.store.newestMessages(
      spaceID: spaceID, limit: Self.maximumHistory)
    let history = window.history(newest, prompt: prompt, question: question, share: share)
    var messages = [ChatMessage.system(prompt)]
    messages += history.map { $0.role == .user ? .user($0.text) : .assistant($0.text) }
    messages.append(.user(question))
    logger.debug("asking", metadata: ["model": "\(model.name)", "history": "\(history.count)"])
    return ChatRequest(
      model: model.name, messages: messages, endUserID: email, sessionID: spaceID, callID: callID)
  }

  private func ended(_ outcome: ChatOutcome?, model: AnsweringModel) -> ReplyEnding {
    let text = state.withLock { state in
      state.end.model = model.name
      return state.text
    }
    let wasLength = outcome?.finishReason == .length || outcome == nil
    guard text.contains(where: { !$0.isWhitespace }) else {
      state.withLock { $0.end.outcome = "empty" }
      return ReplyEnding(note: Sentences.emptyAnswer(reference: reference, wasLength: wasLength))
    }
    remember(text, outcome: wasLength ? "answered, cut by length" : "answered")
    let notes = [wasLength ? Sentences.cutByLength() : nil, note].compactMap { $0 }
    return ReplyEnding(note: notes.isEmpty ? nil : notes.joined(separator: "\n\n"))
  }

  private func failed(_ error: LLMError) -> ReplyEnding {
    // Not the message: a provider's words may quote the prompt.
    logger.warning(
      "model call failed",
      metadata: [
        "code": "\(error.code)", "status": "\(error.status.map(String.init) ?? "none")",
        "call": "\(error.callID ?? "none")",
      ])
    let text = state.withLock { $0.text }
    if text.contains(where: { !$0.isWhitespace }) {
      remember(text, outcome: "failed: \(error.code)")
    } else {
      state.withLock { $0.end.outcome = "failed: \(error.code)" }
    }
    return ReplyEnding(note: Sentences.failure(error, reference: reference))
  }

  private func remember(_ text: String, outcome: String) {
    state.withLock {
      $0.end.outcome = outcome
      $0.end.question = question
      $0.end.answer = text
    }
  }
}
