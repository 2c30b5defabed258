// What the model is sent: prompt, as much of the history as fits, and the question.

import FoundationEssentials
import LLMClient
import Logging

extension Answer {
  func request(with settings: AnswerSettings, share: Double) async throws -> ChatRequest {
    let question = question
    let (model, prompt) = (settings.model, settings.systemPrompt)
    let window = ContextWindow(
      inputTokens: model.inputTokens ?? environment.configuration.assumedInputTokens,
      outputTokens: model.outputTokens)
    let history = window.history(
      try await newest(for: question, settings.memory), prompt: prompt, question: question.text,
      keepsNewest: question.isContinuation, share: share)
    var messages = [ChatMessage.system(prompt)]
    messages += history.map { $0.role == .user ? .user($0.text) : .assistant($0.text) }
    messages.append(.user(question.text))
    logger.debug("asking", metadata: ["model": "\(model.name)", "history": "\(history.count)"])
    return ChatRequest(
      model: model.name, messages: messages, temperature: settings.temperature,
      endUserID: question.email, sessionID: spaceID,
      callID: turnID)
  }

  /// The history before the question, newest first.
  private func newest(for question: Question, _ memory: MemoryScope) async throws
    -> [HistoryMessage]
  {
    switch question.kind {
    case .fresh: return try await newest(before: nil, memory)
    case .again(let past, _): return try await newest(before: past.id, memory)
    case .standalone: return []
    case .goingOn(let past):
      // The cut answer is the last thing said, whatever followed it elsewhere in the space.
      let cut = try await environment.store.messages(of: past.id).reversed()
      return cut + (try await newest(before: past.id, memory))
    }
  }

  private func newest(before turnID: String?, _ memory: MemoryScope) async throws
    -> [HistoryMessage]
  {
    guard memory != .none else { return [] }
    return try await environment.store.newestMessages(
      spaceID: spaceID, threadID: memory == .thread ? threadID : nil, before: turnID,
      limit: Self.maximumHistory)
  }
}
