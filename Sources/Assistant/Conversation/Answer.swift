// Asks the model and feeds the reply: prompt, history and question in, text and one ending out. Waits
// where the model is busy, trims where it finds the history too long, and can be stopped.

import CrashPoints
import FoundationEssentials
import LLMClient
import Logging
import Synchronization

/// One answer of the model.
final class Answer: Sendable {
  typealias Yield = @Sendable (ReplyMachine.Input) -> Void

  struct State {
    var question: Question
    var text = ""
    var end: TurnEnd
    /// Tells reasoning from text only where it changes.
    var isReasoning = false
    var answeredBy: String?
    var footer: ReplyFooter = []
    /// A sentence about the space's settings, such as that its model is gone.
    var notice: String?
    /// The space's model that another stands in for.
    var goneModel: String?
    var isWorthAFooter = false
    var isReworded = false
    /// The last writing of the text so far.
    var keeping: Task<Void, Never>?
    var keptAt: Date?
  }

  let environment: TurnEnvironment
  let turnID: String
  let spaceID: String
  /// The uuid of the message that the turn is about.
  let messageID: String?
  /// Where the answer goes.
  let threadID: String?
  let running: RunningAnswer
  /// What an earlier process had come to.
  let kept: KeptAnswer?
  let logger: Logger
  /// The question's new wording after an edit.
  private let reworded: @Sendable (ReadMessage) -> String?
  let state: Mutex<State>

  /// An answer longer than this is cut: nobody reads a megabyte in a chat.
  static let maximumBytes = 512 << 10
  /// History messages read from the store; more never fit in a window.
  static let maximumHistory = 400

  init(
    environment: TurnEnvironment, turnID: String, spaceID: String, question: Question,
    messageID: String?, threadID: String?, running: RunningAnswer, kept: KeptAnswer?,
    logger: Logger, reworded: @escaping @Sendable (ReadMessage) -> String?
  ) {
    self.environment = environment
    self.turnID = turnID
    self.spaceID = spaceID
    self.messageID = messageID
    self.threadID = threadID
    self.running = running
    self.kept = kept
    self.logger = logger
    self.reworded = reworded
    state = Mutex(State(question: question, end: Self.open(question)))
  }

  private static func open(_ question: Question) -> TurnEnd {
    TurnEnd(outcome: "interrupted", remembering: question.remembering)
  }

  /// What to record, once `stream` has returned.
  var end: TurnEnd { state.withLock { $0.end } }

  var question: Question { state.withLock { $0.question } }
  var reference: String { String(turnID.prefix(8)) }

  /// Notes the question in the store, so that it can be asked again.
  func record() async throws {
    let question = question
    switch question.kind {
    case .goingOn, .standalone: return
    case .fresh, .again: break
    }
    var messageID = messageID
    if case .again(let past, _) = question.kind { messageID = past.questionMessageID }
    try await environment.storing("question") {
      try await environment.store.recordQuestion(
        question.text, messageID: messageID, threadID: threadID, turnID: turnID)
    }
  }

  // MARK: From the first try to the ending

  func stream(to yield: @escaping Yield) async {
    let started = ContinuousClock.now
    if let whole = wholeAnswer {
      switch running.end() {
      // A stop that came after the last token changes nothing.
      case .stop?, nil:
        state.withLock { $0.end = whole.end }
        logger.info("delivering the answer that was kept")
        return yield(.kept(kept?.text ?? "", whole.ending))
      case .drop?: return yield(.end(dropped()))
      case .restart(let edited)?: await restart(with: edited)
      }
    }
    while true {
      var ending = await attempt(started: started, yield)
      // Nothing may get lost between the last token and the end: a request that came is obeyed.
      let intent = ending == nil ? running.takeIntent() : running.end()
      switch intent {
      case .stop(let person):
        // A stop that came after the last token changes nothing.
        if ending == nil, !hasText { takeUpKeptText(yield) }
        ending = ending ?? stopped(by: person)
        _ = running.end()
      case .drop:
        ending = dropped()
        _ = running.end()
      case .restart(let edited):
        await restart(with: edited)
        yield(.restart)
        continue
      case nil: break
      }
      // Without an ending the reply is over: the process ends.
      guard var ending else { return }
      ending = await withFooter(ending, after: ContinuousClock.now - started)
      await keep(ending)
      return yield(.end(ending))
    }
  }

  /// - Returns: nil if it was interrupted.
  private func attempt(started: ContinuousClock.Instant, _ yield: @escaping Yield) async
    -> ReplyEnding?
  {
    do {
      return try await running.interruptible {
        try await self.askPatiently(started: started, yield)
      }
    } catch let error as LLMError {
      if !hasText { takeUpKeptText(yield) }
      return failed(error)
    } catch is CancellationError {
      return nil
    } catch let error as CommandError {
      // Such as a prompt that is not there any more.
      logger.warning("answer failed", metadata: ["why": "\(error.reason)"])
      state.withLock { $0.end.outcome = "failed: \(error.reason)" }
      return ReplyEnding(
        note: "\(error.sentence) \(Sentences.reference(reference))", isCut: true)
    } catch {
      logger.error("answer failed", metadata: ["error": "\(error)"])
      state.withLock { $0.end.outcome = "failed: internal" }
      return ReplyEnding(
        note: Sentences.internalFailure(reference: reference), isCut: true)
    }
  }

  private func restart(with edited: ReadMessage) async {
    let text = reworded(edited)
    do {
      await state.withLock { $0.keeping }?.value
      try await environment.storing("edited question") {
        try await environment.store.dropAnswer(turnID: turnID)
      }
    } catch {
      logger.error("kept answer not dropped", metadata: ["error": "\(error)"])
    }
    logger.info("question edited, answering anew")
    state.withLock { state in
      state.question.text = text ?? state.question.text
      state.isReworded = true
      state.isWorthAFooter = false
      state.text = ""
      state.isReasoning = false
      state.end = Self.open(state.question)
    }
    do { try await record() } catch {
      logger.error("question not recorded", metadata: ["error": "\(error)"])
    }
  }

  /// Rate limited: waits, visibly, as often as patience lasts.
  private func askPatiently(started: ContinuousClock.Instant, _ yield: Yield) async throws
    -> ReplyEnding
  {
    var waited: Duration = .zero
    var attempt = 0
    while true {
      do {
        return try await ask(share: 1, yield)
      } catch let error as LLMError where error.code == .rateLimited && !error.receivedContent {
        attempt += 1
        // A little more than asked for, and not all at once.
        let spread = Double.random(in: 1.05...1.25)
        let wait = (error.retryAfter ?? .seconds(1 << min(attempt, 5))) * spread
        guard waited + wait <= environment.configuration.rateLimitPatience else { throw error }
        waited += wait
        logger.notice("rate limited", metadata: ["wait": "\(wait)"])
        yield(.waits(.busy(until: ContinuousClock.now - started + wait)))
        try await environment.clock.sleep(for: wait)
        yield(.waits(.model))
      }
    }
  }

  // MARK: The model

  /// Asks with the space's settings, and once more with what the model takes of them.
  private func ask(share: Double, _ yield: Yield) async throws -> ReplyEnding {
    var settings = try await settings()
    do {
      return try await ask(settings, share: share, yield)
    } catch let error as LLMError where !error.receivedContent {
      switch error.code {
      case .badRequest where settings.temperature != nil:
        settings.temperature = nil
        state.withLock { $0.notice = Sentences.temperatureNotTaken(settings.model.name) }
      case .modelUnavailable:
        // Perhaps it was taken away since the catalog was read.
        _ = await environment.models.known(maximumAge: .seconds(5), patience: .seconds(4))
        let fresh = try await self.settings()
        guard fresh.model.name != settings.model.name else { throw error }
        settings = fresh
      default: throw error
      }
      return try await ask(settings, share: share, yield)
    }
  }

  /// As the space has set them at this moment.
  private func settings() async throws -> AnswerSettings {
    let question = question
    let settings = try await environment.settings.answering(
      spaceID: spaceID, question: question.command,
      variables: PromptVariables(
        date: environment.now().formatted(.iso8601.year().month().day()), person: question.speaker,
        space: question.space, isDirect: question.isDirect),
      now: environment.now())
    state.withLock { state in
      state.footer = settings.footer
      state.goneModel = settings.goneModel
    }
    return settings
  }

  /// - Parameter share: of the window for history; less after the model refused the length.
  private func ask(_ settings: AnswerSettings, share: Double, _ yield: Yield) async throws
    -> ReplyEnding
  {
    let model = settings.model
    let request = try await request(with: settings, share: share)
    do {
      var outcome: ChatOutcome?
      for try await event in try await environment.llm.chat(request) {
        switch event {
        case .content(let text):
          CrashPoint.asked.reached()
          let taken = take(text)
          if !taken.isEmpty { yield(.text(taken)) }
          keepSoFar()
          if taken.utf8.count < text.utf8.count {
            return ended(nil, model: model, note: Sentences.tooLong)
          }
        case .reasoning: if begins(reasoning: true) { yield(.waits(.reasoning)) }
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
      CrashPoint.lastToken.reached()
      try Task.checkCancellation()
      if outcome?.finishReason == .contentFilter {
        throw LLMError(code: .contentRefused, message: "filtered", receivedContent: true)
      }
      // A clean end without a finish reason: the upstream was cut, and nobody said so.
      if let outcome, !outcome.isComplete {
        throw LLMError(code: .cutOff, message: "no finish reason", receivedContent: true)
      }
      let isCut = outcome?.finishReason == .length
      return ended(outcome, model: model, note: isCut ? Sentences.cutByLength : nil)
    } catch let error as LLMError where error.code == .contextTooLong && share > 0 {
      // Our estimate was too low for this model: once more with less history, then without.
      guard !error.receivedContent else { throw error }
      return try await ask(settings, share: share == 1 ? 0.4 : 0, yield)
    }
  }

  private func begins(reasoning: Bool) -> Bool {
    state.withLock { state in
      defer { state.isReasoning = reasoning }
      return !state.isReasoning
    }
  }

  private func take(_ text: String) -> String {
    state.withLock { state in
      let taken = Substring(text).utf8Prefix(Self.maximumBytes - state.text.utf8.count)
      state.text += taken
      return String(taken)
    }
  }
}
