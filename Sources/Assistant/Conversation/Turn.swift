// One event from its plaintext to the end of its reply. Called by the conversation's mailbox.

import FoundationEssentials
import LLMClient
import Logging
import MercuryClient
import WebexAPI

/// What every turn needs.
struct TurnEnvironment: Sendable {
  var configuration: AssistantConfiguration
  var bot: Person
  var webex: WebexClient
  var resolver: ActivityResolver
  var llm: LLMClient
  var models: ModelDirectory
  var store: Store
  var prompts: PromptLibrary
  var denials: NoticeLimiter
  var busyNotices: NoticeLimiter
  var echoes: EchoBoard
  var health: HealthBoard
  var clock: any Clock<Duration> = ContinuousClock()
  var now: @Sendable () -> Date = { Date() }
  var logger: Logger
}

struct Turn: Sendable {
  let environment: TurnEnvironment
  let job: Job
  /// Also the reference id of its error sentences, shortened.
  let id = UUID().uuidString.lowercased()

  /// After this many attempts at one event, over restarts too, it is given up with a sentence.
  static let maximumAttempts = 5
  /// Failures of Webex that pass: worth trying again for as long as it takes.
  private static func passes(_ error: WebexError) -> Bool {
    switch error.code {
    case .unreachable, .timedOut, .serverFailure, .rateLimited, .unauthorized: true
    // A broken answer, not a strange one.
    case .undecodable: error.underlying != nil
    default: false
    }
  }
  /// At a minute each, about ten minutes.
  private static let maximumServerFailures = 12

  var reference: String { String(id.prefix(8)) }
  private var store: Store { environment.store }

  private var logger: Logger {
    var logger = environment.logger
    logger[metadataKey: "turn"] = "\(reference)"
    logger[metadataKey: "space"] = "\(job.spaceID)"
    return logger
  }

  func run() async {
    do {
      try await store.beginEvent(job.activity.id)
      let message = try await fetchMessage()
      try Task.checkCancellation()
      try await handle(message)
    } catch is CancellationError {
      // The event stays open: the next start takes it up.
    } catch let error as WebexError where [.unauthorized, .cancelled].contains(error.code) {
      // Not the question's fault: it stays open for a start with a good token.
      logger.error("Webex refused the token", metadata: ["error": "\(error)"])
    } catch let error as WebexError where error.code == .notFound {
      // Deleted meanwhile, or never meant for us.
      logger.notice("message not visible", metadata: ["error": "\(error)"])
      await finish("not visible")
    } catch let error as WebexError {
      logger.error("Webex refused", metadata: ["error": "\(error)"])
      await finish("refused: \(error.code)")
    } catch let error as MercuryError {
      logger.error("activity names no message", metadata: ["error": "\(error)"])
      await finish("unreadable")
    } catch {
      logger.error("turn failed", metadata: ["error": "\(error)"])
    }
  }

  /// A question is not lost because Webex is out of reach for an hour: waits grow to a minute.
  /// A single thing that Webex fails on for ever must not hold up its space, though.
  private func persistently<Value>(_ what: String, _ call: () async throws -> Value) async throws
    -> Value
  {
    var wait: Duration = .seconds(2)
    var serverFailures = 0
    while true {
      do {
        return try await call()
      } catch let error as WebexError where Self.passes(error) {
        if ![.unreachable, .timedOut, .rateLimited].contains(error.code) { serverFailures += 1 }
        guard serverFailures < Self.maximumServerFailures else { throw error }
        logger.warning("\(what) failed, trying again", metadata: ["error": "\(error)"])
        try await environment.clock.sleep(for: wait)
        wait = min(wait * 3, .seconds(60))
      }
    }
  }

  private func fetchMessage() async throws -> Message {
    try await persistently("fetching the message") {
      do {
        return try await environment.resolver.message(for: job.activity)
      } catch let error as WebexError where error.code == .notFound {
        // REST can be seconds behind the event; the resolver has waited a few already.
        try await environment.clock.sleep(for: .seconds(10))
        return try await environment.resolver.message(for: job.activity)
      }
    }
  }

  private func finish(_ outcome: String) async {
    do {
      try await store.finishEvent(job.activity.id, outcome: outcome, at: environment.now())
    } catch {
      logger.error("event not finished", metadata: ["error": "\(error)"])
    }
  }

  // MARK: Decide

  private func handle(_ message: Message) async throws {
    let bot = environment.bot
    guard message.personID != bot.id else { return await finish("own message") }
    let isDirect = message.roomType == .direct
    let inbound = Inbound(
      text: MessageText.text(of: message, botID: bot.id), isDirect: isDirect,
      hasFiles: !message.files.isEmpty || job.activity.verb == "share",
      isMentioned: mentionsBot(message),
      email: message.personEmail ?? job.activity.actor?.emailAddress, roomUUID: job.spaceID)
    let decision = Router(access: environment.configuration.access).decide(inbound)
    logger.info("message", metadata: ["decision": "\(decision.label)"])

    switch decision {
    case .ignore(let reason): return await finish("ignored: \(reason)")
    case .denied where !isDirect: return await finish("denied")
    case .denied:
      guard await environment.denials.allows(inbound.email ?? message.personID) else {
        return await finish("denied")
      }
    default: break
    }

    let threadID = message.parentID ?? message.id
    try await store.touchSpace(
      job.spaceID, roomID: message.roomID, isDirect: isDirect, at: environment.now())
    let (attempt, left) = try await store.openTurn(
      id, activityID: job.activity.id, spaceID: job.spaceID, threadID: threadID,
      at: environment.now())
    let destination = ReplyDestination(
      roomID: message.roomID, parentID: threadID, isDirect: isDirect)
    try await remove(left)
    if attempt > Self.maximumAttempts {
      logger.error("given up", metadata: ["attempts": "\(attempt - 1)"])
      return try await say(
        Sentences.internalFailure(reference: reference), at: destination, outcome: "given up")
    }
    try await answer(decision, from: message, inbound: inbound, at: destination)
  }

  private func mentionsBot(_ message: Message) -> Bool {
    let botUUID = WebexID(environment.bot.id)?.uuid
    return message.mentionedPeople.contains {
      $0 == environment.bot.id || (botUUID != nil && WebexID($0)?.uuid == botUUID)
    }
  }

  /// A process that was killed in the middle left part of a reply; the new one replaces it.
  private func remove(_ messageIDs: [String]) async throws {
    for messageID in messageIDs {
      do {
        try await persistently("deleting a partial reply") {
          try await environment.webex.deleteMessage(messageID)
        }
      } catch let error as WebexError where error.code == .notFound {
        // Gone already: deleting is idempotent.
      }
      try await store.forgetReply(messageID)
    }
  }

  private func answer(
    _ decision: Decision, from message: Message, inbound: Inbound, at destination: ReplyDestination
  ) async throws {
    switch decision {
    case .ask(let question, let hasFiles):
      try await ask(question, hasFiles: hasFiles, inbound: inbound, at: destination)
    case .onlyFiles: try await say(Sentences.onlyFiles, at: destination, outcome: "only files")
    case .nothingSaid:
      let model = try? await environment.models.answering().name
      try await say(Sentences.nothingSaid(model: model), at: destination, outcome: "nothing said")
    case .help:
      let model = try? await environment.models.answering().name
      try await say(Sentences.help(model: model), at: destination, outcome: "help")
    case .reset:
      let forgotten = try await store.clearHistory(spaceID: job.spaceID, at: environment.now())
      try await say(Sentences.reset(forgotten: forgotten), at: destination, outcome: "reset")
    case .unknownCommand(let keyword, let suggestions):
      try await say(
        Sentences.unknownCommand(keyword, suggestions: suggestions), at: destination,
        outcome: "unknown command")
    case .denied: try await say(Sentences.denied, at: destination, outcome: "denied")
    case .ignore: break
    }
  }

  // MARK: Reply

  private func replyStream(_ destination: ReplyDestination) -> ReplyStream {
    ReplyStream(
      sender: WebexSender(
        webex: environment.webex, echoes: environment.echoes,
        questionDate: job.activity.published ?? environment.now(), clock: environment.clock),
      journal: StoreJournal(store: store, turnID: id, logger: logger), destination: destination,
      plan: ReplyPlan(
        timing: environment.configuration.timing, limit: WebexLimits.maximumMessageBytes,
        notice: { _ in Sentences.thinking }), clock: environment.clock, logger: logger)
  }

  private func say(_ sentence: String, at destination: ReplyDestination, outcome: String)
    async throws
  {
    let delivery = try await replyStream(destination).run { yield in
      yield(.text(sentence))
      yield(.end(ReplyEnding()))
    }
    try await finishTurn(TurnEnd(outcome: outcome), delivery)
  }

  private func ask(
    _ question: String, hasFiles: Bool, inbound: Inbound, at destination: ReplyDestination
  ) async throws {
    let speaker = Self.oneLine(job.activity.actor?.displayName ?? inbound.email ?? "Someone")
    let answer = Answer(
      environment: environment, reference: reference, callID: id, spaceID: job.spaceID,
      question: inbound.isDirect ? question : "\(speaker): \(question)", speaker: speaker,
      isDirect: inbound.isDirect, email: inbound.email,
      note: hasFiles ? Sentences.filesUnread : nil, logger: logger)
    let delivery = try await replyStream(destination).run { yield in await answer.stream(to: yield)
    }
    try await finishTurn(answer.end, delivery)
  }

  /// A name is data: line breaks in it could pose as rules of the system prompt.
  static func oneLine(_ name: String) -> String {
    var line = String.UnicodeScalarView()
    for scalar in name.unicodeScalars.prefix(80) {
      let category = scalar.properties.generalCategory
      let breaks: Set<Unicode.GeneralCategory> = [.control, .lineSeparator, .paragraphSeparator]
      line.append(breaks.contains(category) ? " " : scalar)
    }
    return String(line).trimmingWhitespace()
  }

  private func finishTurn(_ end: TurnEnd, _ delivery: ReplyOutcome) async throws {
    var end = end
    if delivery == .undelivered {
      end.outcome += ", undelivered"
      logger.error("reply undelivered")
    }
    // A delivered answer is on record even if the process is being stopped right now.
    let record = end
    try await Task { [store, id, job, now = environment.now()] in
      try await store.finishTurn(
        id, activityID: job.activity.id, spaceID: job.spaceID, record, at: now)
    }.value
    var metadata: Logger.Metadata = ["outcome": "\(end.outcome)"]
    if let tokens = end.completionTokens { metadata["tokens"] = "\(tokens)" }
    if let model = end.model { metadata["model"] = "\(model)" }
    logger.info("turn finished", metadata: metadata)
  }
}

extension Decision {
  /// For logs: never the text.
  var label: String {
    switch self {
    case .ask: "ask"
    case .onlyFiles: "only files"
    case .nothingSaid: "nothing said"
    case .reset: "reset"
    case .help: "help"
    case .unknownCommand: "unknown command"
    case .denied: "denied"
    case .ignore(let reason): "ignore: \(reason)"
    }
  }
}

/// Records the messages of a reply, so that a killed process's successor finds them.
private struct StoreJournal: ReplyJournal {
  let store: Store
  let turnID: String
  let logger: Logger

  func posted(_ messageID: String, position: Int) async {
    await note { try await store.recordReply(messageID, turnID: turnID, position: position) }
  }

  func edited(_ messageID: String, count: Int) async {
    await note { try await store.recordEdits(count, messageID: messageID) }
  }

  func deleted(_ messageID: String) async {
    await note { try await store.forgetReply(messageID) }
  }

  private func note(_ write: () async throws -> Void) async {
    do { try await write() } catch {
      logger.error("reply not recorded", metadata: ["error": "\(error)"])
    }
  }
}
