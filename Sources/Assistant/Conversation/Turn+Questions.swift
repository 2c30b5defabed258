// The turns that ask the model: a question, the last one again, the rest of a cut answer, and a
// question that was edited after it was answered.

import FoundationEssentials
import LLMClient
import Logging
import WebexAPI

extension Turn {
  func ask(_ text: String, hasFiles: Bool, _ read: ReadMessage, in thread: Thread) async throws {
    running.answers(read.decision)
    let question = Question(
      text: asked(text, read), speaker: read.speaker, email: read.inbound.email,
      isDirect: read.inbound.isDirect, note: hasFiles ? Sentences.filesUnread : nil)
    var plan = plan
    plan.replaces = thread.replaces
    try await answer(question, read, plan: plan, in: thread)
  }

  /// A question that a command asks.
  func ask(_ asked: CommandQuestion, _ read: ReadMessage, in thread: Thread) async throws {
    let question = Question(
      text: asked.text, speaker: read.speaker, email: read.inbound.email,
      isDirect: read.inbound.isDirect, kind: .standalone(asked))
    var plan = plan
    plan.replaces = thread.replaces
    try await answer(question, read, plan: plan, in: thread)
  }

  /// In a group the model is told who speaks.
  func asked(_ text: String, _ read: ReadMessage) -> String {
    read.inbound.isDirect ? text : "\(read.speaker): \(text)"
  }

  func retry(_ read: ReadMessage, in thread: Thread) async throws {
    running.answersCommand()
    guard let past = try await pastTurn(read, in: thread) else {
      return try await say(Sentences.nothingToRetry, in: thread, outcome: "nothing to retry")
    }
    let question = Question(
      text: past.question, speaker: read.speaker, email: read.inbound.email,
      isDirect: read.inbound.isDirect, kind: .again(past, isObsolete: false))
    var thread = thread
    let own = thread.left
    let earlier = try await store.replies(of: past.id).map(\.unplaced)
    thread.left += earlier
    var destination = thread.destination
    if thread.left.contains(where: { $0.replaced(in: past.threadID).isEditable }) {
      destination.parentID = past.threadID
    }
    var plan = plan
    plan.replaces =
      own.map { $0.replaced(in: destination.parentID, isOwn: true) }
      + earlier.map { $0.replaced(in: destination.parentID) }
    plan.keepsUntilText = true
    if destination != thread.destination { plan.doneNotice = Sentences.answeredAgain }
    try await answer(question, read, plan: plan, in: thread, destination: destination)
  }

  func goOn(_ read: ReadMessage, in thread: Thread) async throws {
    running.answersCommand()
    guard let past = try await pastTurn(read, in: thread), past.cut != nil,
      let answer = try await store.messages(of: past.id).last(where: { $0.role == .assistant })
    else {
      return try await say(Sentences.nothingToContinue, in: thread, outcome: "nothing to continue")
    }
    let question = Question(
      text: Question.continuation, speaker: read.speaker, email: read.inbound.email,
      isDirect: read.inbound.isDirect, kind: .goingOn(past))
    var plan = plan
    plan.replaces = thread.replaces
    plan.fence = AnswerText.openFence(in: answer.text[...], fence: nil)
    try await self.answer(question, read, plan: plan, in: thread)
  }

  /// The last question of the thread in which the command was written, outside a thread of the space.
  private func pastTurn(_ read: ReadMessage, in thread: Thread) async throws -> PastTurn? {
    try await store.lastQuestion(
      spaceID: job.spaceID, threadID: read.message.parentID == nil ? nil : thread.threadID)
  }

  /// A question was edited after its answer: answered again if it was the last, else only the history
  /// is corrected.
  func edited(_ past: PastTurn, _ read: ReadMessage) async throws {
    guard case .ask(let text, let hasFiles) = read.decision else {
      return await finish("edited into something else")
    }
    running.answers(read.decision)
    let asked = asked(text, read)
    guard asked != past.question else { return await finish("edited without a change") }
    let isLast = try await store.lastQuestion(spaceID: job.spaceID, threadID: nil)?.id == past.id
    guard isLast else {
      try await environment.storing("correction") {
        try await store.correctQuestion(asked, of: past.id)
      }
      return await finish("history corrected")
    }
    var thread = try await open(read)
    thread.destination.parentID = past.threadID
    let question = Question(
      text: asked, speaker: read.speaker, email: read.inbound.email,
      isDirect: read.inbound.isDirect, note: hasFiles ? Sentences.filesUnread : nil,
      kind: .again(past, isObsolete: true))
    var plan = plan
    plan.replaces = thread.replaces
    let earlier = try await store.replies(of: past.id).map(\.unplaced)
    thread.left += earlier
    plan.replaces += earlier.map { $0.replaced(in: thread.threadID) }
    try await answer(question, read, plan: plan, in: thread)
  }

  /// - Parameter destination: where the answer goes, if not into the thread of the message.
  private func answer(
    _ question: Question, _ read: ReadMessage, plan: ReplyPlan, in thread: Thread,
    destination: ReplyDestination? = nil
  ) async throws {
    var question = question
    question.space = await title(read)
    let answer = Answer(
      environment: environment, turnID: id, spaceID: job.spaceID, question: question,
      messageID: job.messageUUID, threadID: (destination ?? thread.destination).parentID,
      running: running, kept: thread.kept, logger: logger
    ) { edited in
      guard case .ask(let text, _) = edited.decision else { return nil }
      return asked(text, edited)
    }
    try await answer.record()
    var plan = plan
    if answer.wholeAnswer != nil {
      plan.standing = StandingReply(
        thread.left, in: (destination ?? thread.destination).parentID)
      plan.replaces = []
    }
    let stream = reply(
      plan, to: destination ?? thread.destination, notice: thread.destination)
    let delivery = try await stream.run { yield in await answer.stream(to: yield) }
    try await finishTurn(answer.end, delivery, in: thread)
  }
}
