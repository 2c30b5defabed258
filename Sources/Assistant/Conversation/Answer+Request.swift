// What the model is sent: prompt, as much of the history as fits, and the question.

import FoundationEssentials
import LLMClient
import Logging

extension Answer {
  func request(for model: AnsweringModel, share: Double) async throws -> ChatRequest {
    let question = question
    let prompt = environment.prompts.systemPrompt(
      PromptVariables(
        date: environment.now().formatted(.iso8601.year().month().day()), model: model.name,
        person: question.speaker, isDirect: question.isDirect))
    let window = ContextWindow(
      inputTokens: model.inputTokens ?? environment.configuration.assumedInputTokens,
      outputTokens: model.outputTokens)
    let history = window.history(
      try await newest(for: question), prompt: prompt, question: question.text,
      keepsNewest: question.isContinuation, share: share)
    var messages = [ChatMessage.system(prompt)]
    messages += history.map { $0.role == .user ? .user($0.text) : .assistant($0.text) }
    messages.append(.user(question.text))
    logger.debug("asking", metadata: ["model": "\(model.name)", "history": "\(history.count)"])
    return ChatRequest(
      model: model.name, messages: messages, endUserID: question.email, sessionID: spaceID,
      callID: turnID)
  }

  /// The history before the question, newest first.
  private func newest(for question: Question) async throws -> [HistoryMessage] {
    let store = environment.store
    switch question.kind {
    case .fresh:
      return try await store.newestMessages(spaceID: spaceID, limit: Self.maximumHistory)
    case .again(let past, _):
      return try await store.newestMessages(
        spaceID: spaceID, before: past.id, limit: Self.maximumHistory)
    case .goingOn(let past):
      // The cut answer is the last thing said, whatever followed it elsewhere in the space.
      let cut = try await store.messages(of: past.id).reversed()
      return cut
        + (try await store.newestMessages(
          spaceID: spaceID, before: past.id, limit: Self.maximumHistory))
    }
  }
}
