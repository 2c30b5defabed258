// One event from its plaintext to the end of its reply. Called by the conversation's mailbox; what it
// asks the model is in `Turn+Questions.swift`.

import CrashPoints
import FoundationEssentials
import LLMClient
import Logging
import MercuryClient
import WebexAPI

struct Turn: Sendable {
  let environment: TurnEnvironment
  let job: Job
  /// The hold that /stop and an edited question have on this turn's answer.
  let running: RunningAnswer
  /// Also the reference id of its error sentences, shortened.
  let id = UUID().uuidString.lowercased()

  /// After this many attempts at one event, over restarts too, it is given up with a sentence.
  static let maximumAttempts = 5

  var reference: String { String(id.prefix(8)) }
  var store: Store { environment.store }

  var logger: Logger {
    var logger = environment.logger
    logger[metadataKey: "turn"] = "\(reference)"
    logger[metadataKey: "space"] = "\(job.spaceID)"
    return logger
  }

  func run() async {
    var failures = 0
    do {
      let begin = try await environment.storing("event's begin") {
        try await store.beginEvent(job.activity.id, at: environment.now())
      }
      // Deleted or edited while it waited for its next try.
      guard let begin else { return }
      failures = begin.failures
      CrashPoint.claimed.reached()
      // Reading it ended the process, time and again.
      guard begin.attempt <= Self.maximumAttempts + 3 else { return await giveUpUnread() }
      if job.kind == .added {
        return await finish(try await Greeting(environment: environment, job: job).welcome())
      }
      if job.kind == .missed { return try await tellMissed() }
      let read = try await MessageReader(environment: environment).read(job)
      CrashPoint.fetched.reached()
      try Task.checkCancellation()
      try await handle(read, attempt: begin.attempt)
    } catch {
      await setBack(error, failures: failures)
    }
  }

  func finish(_ outcome: String) async {
    await MessageReader(environment: environment).finish(job, outcome)
  }

  /// The question is gone: what an earlier attempt began to answer goes too.
  func removeReplies() async {
    try? await environment.sends.resolve(activityID: job.activity.id)
    for reply in (try? await store.replies(toActivity: job.activity.id)) ?? [] {
      await remove(reply)
    }
  }

  func remove(_ reply: PostedReply) async {
    do {
      try await MessageReader(environment: environment).persistently(
        "deleting a reply", failures: 12
      ) {
        try await environment.webex.deleteMessage(reply.id)
      }
    } catch let error as WebexError where error.code == .notFound {
      // Gone already: deleting is idempotent.
    } catch {
      return logger.warning("reply not deleted", metadata: ["error": "\(error)"])
    }
    _ = try? await store.forgetReply(reply.id)
  }

  private func giveUpUnread() async {
    logger.error("given up before it was read")
    await tell(Sentences.internalFailure(reference: reference))
    await fail("each try to read it ended the program")
  }

  /// The message could not be had, but where it stands is known from its activity.
  func tell(_ sentence: String) async {
    guard let room = job.activity.roomID, job.kind != .added, job.kind != .missed,
      await environment.access.decide(
        AccessSubject(of: job.activity, spaceID: job.spaceID)
      ).isAllowed
    else { return }
    var threadID = job.threadID
    if job.kind == .press, let card = job.activity.messageID?.uuid {
      threadID = (try? await store.card(card))?.threadID
    }
    do {
      try await environment.say(
        sentence, in: room.encoded, spaceID: job.spaceID, threadID: threadID,
        activityID: job.activity.id, after: job.activity.published)
    } catch {
      logger.error("failure not told", metadata: ["error": "\(error)"])
    }
  }

  // MARK: Take up

  /// The process was killed while it worked on this, time and again. What there is of an answer is
  /// shown once; if showing it is what kills, only the sentence.
  private func giveUp(_ read: ReadMessage, isFirst: Bool) async throws {
    logger.error("given up")
    let thread = try await open(read)
    let sentence = Sentences.givenUp(reference: reference)
    if isFirst, let kept = thread.kept, let whole = kept.whole {
      return try await deliver(kept.text, whole, in: thread)
    }
    guard isFirst, let text = thread.kept?.text, !text.isBlank,
      case .ask(let question, _) = read.decision
    else {
      return try await say(sentence, in: thread, outcome: "given up", failure: Self.endedProgram)
    }
    let asked = asked(question, read)
    try await environment.storing("question") {
      try await store.recordQuestion(
        asked, messageID: job.messageUUID, threadID: thread.threadID, turnID: id)
    }
    let end = TurnEnd(
      outcome: "given up", failure: Self.endedProgram, question: asked, answer: text,
      cut: .interrupted)
    try await deliver(
      text,
      WholeAnswer(
        question: asked, ending: ReplyEnding(note: sentence, isCut: true), end: end),
      in: thread)
  }

  private static let endedProgram = "each try to answer it ended the program"

  /// Delivers what is known already.
  func deliver(_ text: String, _ whole: WholeAnswer, in thread: Thread) async throws {
    _ = running.end()
    var plan = plan
    plan.standing = StandingReply(thread.left, in: thread.threadID)
    let delivery = try await reply(plan, to: thread.destination).run { yield in
      yield(.kept(text, whole.ending))
    }
    try await finishTurn(whole.end, delivery, in: thread)
  }

  /// What a command that must not run twice has said is kept before it is sent.
  func keep(_ text: String, outcome: String) async {
    do {
      try await store.keepAnswer(
        text,
        whole: WholeAnswer(
          question: "", ending: ReplyEnding(), end: TurnEnd(outcome: outcome)),
        turnID: id, at: environment.now())
    } catch {
      logger.error("reply not kept", metadata: ["error": "\(error)"])
    }
  }

  // MARK: Decide

  private func handle(_ read: ReadMessage, attempt: Int) async throws {
    guard read.message.personID != environment.bot.id else { return await finish("own message") }
    logger.info("message", metadata: ["decision": "\(read.decision.label)"])

    switch read.decision {
    case .ignore(let reason): return await finish("ignored: \(reason)")
    case .denied:
      guard let sentence = await environment.access.denial(of: read.subject) else {
        return await finish("denied")
      }
      return try await say(sentence, in: try await open(read), outcome: "denied")
    default: break
    }
    if attempt > Self.maximumAttempts {
      logger.error("given up", metadata: ["attempts": "\(attempt - 1)"])
      return try await giveUp(read, isFirst: attempt == Self.maximumAttempts + 1)
    }
    // A press on a button may ask as well, or stop; then its kind has done its part.
    if job.kind == .edit, !read.decision.isCommand,
      let past = try await store.question(askedBy: job.messageUUID ?? "")
    {
      return try await edited(past, read)
    }
    if job.kind == .edit, let message = job.messageUUID {
      // What was asked first waits for another try: it is asked here, as it now is, and in the
      // messages that a killed process had begun.
      try await environment.sends.resolve(activityID: message)
      _ = try await environment.storing("parked question") {
        try await store.finishParked(
          message, outcome: "edited before its turn", successor: job.activity.id,
          at: environment.now())
      }
    }
    let thread = try await open(read)
    async let greeting: Void = Greeting(environment: environment, job: job).firstContact(read)
    try await answer(read, in: thread)
    await greeting
  }

  /// Where a turn answers, and what an earlier attempt at it has left.
  struct Thread {
    var destination: ReplyDestination
    var left: [PostedReply] = []
    var kept: KeptAnswer?

    var threadID: String? { destination.parentID }
    /// What is to be replaced by what is said here.
    var replaces: [ReplacedMessage] { left.map { $0.replaced(in: threadID, isOwn: true) } }
  }

  func open(_ read: ReadMessage) async throws -> Thread {
    let message = read.message
    return try await open(
      ReplyDestination(
        roomID: message.roomID, parentID: message.parentID ?? message.id,
        isDirect: read.inbound.isDirect))
  }

  func open(_ destination: ReplyDestination) async throws -> Thread {
    try await environment.sends.resolve(activityID: job.activity.id)
    let left = try await environment.storing("turn") {
      try await store.touchSpace(
        job.spaceID, roomID: destination.roomID, isDirect: destination.isDirect,
        at: environment.now())
      return try await store.openTurn(opening(destination.parentID), at: environment.now())
    }
    CrashPoint.opened.reached()
    return Thread(destination: destination, left: left.replies, kept: left.answer)
  }

  func opening(_ threadID: String?) -> TurnOpening {
    TurnOpening(
      id: id, activityID: job.activity.id, spaceID: job.spaceID, threadID: threadID)
  }

  private func answer(_ read: ReadMessage, in thread: Thread) async throws {
    switch read.decision {
    case .ask(let question, let hasFiles):
      return try await ask(question, hasFiles: hasFiles, read, in: thread)
    case .retry: return try await retry(read, in: thread)
    case .goOn: return try await goOn(read, in: thread)
    default: break
    }
    // From here on an edit or a deletion comes too late; one that came before counts.
    running.answersCommand()
    switch running.takeIntent() {
    case .restart(let edited)?: return try await answer(edited, in: thread)
    case .stop?, .drop?:
      return try await finishTurn(TurnEnd(outcome: "stopped"), .delivered, in: thread)
    case nil: break
    }
    switch read.decision {
    case .command(let call): return try await run(call, read, in: thread)
    case .press(let press): return try await self.press(press, read, in: thread)
    default: break
    }
    // Nothing of this can be stopped.
    _ = running.end()
    switch read.decision {
    case .onlyFiles: try await say(Sentences.onlyFiles, in: thread, outcome: "only files")
    case .nothingSaid:
      let settings = try? await environment.settings.effective(spaceID: job.spaceID)
      try await say(
        Sentences.nothingSaid(model: settings?.model.value), in: thread, outcome: "nothing said")
    case .reset:
      let forgotten = try await environment.storing("reset") {
        try await store.clearHistory(spaceID: job.spaceID, at: environment.now())
      }
      try await say(Sentences.reset(forgotten: forgotten), in: thread, outcome: "reset")
    case .stop:
      // A stop of an answer never comes here: it does not wait for its turn. A command may run beside.
      if await running.stopOthers(read.inbound.isDirect ? nil : read.speaker) {
        return try await finishTurn(TurnEnd(outcome: "stop"), .delivered, in: thread)
      }
      let parked = try await environment.storing("stop") {
        try await store.stopParked(in: job.spaceID, at: environment.now())
      }
      try await say(
        parked > 0 ? Sentences.stoppedParked : Sentences.nothingToStop, in: thread,
        outcome: parked > 0 ? "stop" : "nothing to stop")
    case .unknownCommand(let keyword, let suggestions):
      try await say(
        Sentences.unknownCommand(keyword, suggestions: suggestions), in: thread,
        outcome: "unknown command")
    case .ambiguousCommand(let keywords):
      try await say(
        Sentences.ambiguousCommand(keywords), in: thread, outcome: "ambiguous command")
    case .ask, .retry, .goOn, .command, .press, .denied, .ignore: break
    }
  }
}

extension Decision {
  /// A question that was edited into one is answered as that.
  var isCommand: Bool {
    switch self {
    case .command, .unknownCommand, .ambiguousCommand: true
    default: false
    }
  }

  /// For logs: never the text.
  var label: String {
    switch self {
    case .ask: "ask"
    case .onlyFiles: "only files"
    case .nothingSaid: "nothing said"
    case .reset: "reset"
    case .stop: "stop"
    case .retry: "retry"
    case .goOn: "continue"
    case .command(let call): "command \(call.keyword)"
    case .ambiguousCommand: "ambiguous command"
    case .press(let press):
      switch press {
      case .taken(let card, _): "press on \(card.command)"
      case .used, .expired, .notYours, .done, .unknown: "press in vain"
      }
    case .unknownCommand: "unknown command"
    case .denied: "denied"
    case .ignore(let reason): "ignore: \(reason)"
    }
  }
}
