// Performs what the reply machine decides: sends, timers, and a record of each message in the store.

import Logging
import WebexAPI

/// Keeps the record of posted messages while a reply runs.
protocol ReplyJournal: Sendable {
  func posted(_ messageID: String, position: Int) async
  func edited(_ messageID: String, count: Int) async
  func deleted(_ messageID: String) async
}

struct ReplyStream: Sendable {
  typealias Input = ReplyMachine.Input

  let sender: any MessageSender
  let journal: any ReplyJournal
  let destination: ReplyDestination
  let timing: ReplyTiming
  let clock: any Clock<Duration>
  let logger: Logger

  /// Runs until the reader has the whole answer.
  ///
  /// - Parameter feed: yields text as it comes and one `.end`; cancelled with the task.
  /// - Throws: `CancellationError` only; what was posted stays.
  func run(feed: @escaping @Sendable (@escaping @Sendable (Input) -> Void) async -> Void)
    async throws -> ReplyOutcome
  {
    try await run(on: clock, feed: feed)
  }

  private func run<C: Clock>(
    on clock: C, feed: @escaping @Sendable (@escaping @Sendable (Input) -> Void) async -> Void
  ) async throws -> ReplyOutcome where C.Duration == Duration {
    let start = clock.now
    var machine = ReplyMachine(
      timing: timing, limit: WebexLimits.maximumMessageBytes, notice: Sentences.thinking)
    var nextWake: Duration?
    var posts = 0
    var edits: [String: Int] = [:]
    let (inputs, continuation) = AsyncStream.makeStream(of: Input.self)

    let outcome: ReplyOutcome? = await withDiscardingTaskGroup { group in
      defer { group.cancelAll() }
      group.addTask { await feed { continuation.yield($0) } }
      // The first look at the clock sets the timer of the thinking notice.
      continuation.yield(.tick)
      for await input in inputs {
        let now = start.duration(to: clock.now)
        if case .tick = input, let wake = nextWake, now >= wake { nextWake = nil }
        for action in machine.handle(input, at: now) {
          switch action {
          case .wake(let time):
            if let nextWake, nextWake <= time { continue }
            nextWake = time
            group.addTask {
              try? await clock.sleep(until: start.advanced(by: time), tolerance: nil)
              continuation.yield(.tick)
            }
          case .post(let text):
            posts += 1
            let position = posts
            group.addTask { continuation.yield(.sent(await post(text, position: position))) }
          case .edit(let id, let text, let isFinal):
            edits[id, default: 0] += 1
            let count = edits[id] ?? 1
            group.addTask {
              continuation.yield(.sent(await edit(id, text: text, isFinal: isFinal, count: count)))
            }
          case .delete(let id):
            group.addTask { continuation.yield(.sent(await delete(id))) }
          case .finished(let outcome):
            return outcome
          }
        }
      }
      return nil
    }
    guard let outcome else { throw CancellationError() }
    return outcome
  }

  // MARK: Sends

  private func post(_ text: String, position: Int) async -> SendResult {
    await attempt("post") {
      do {
        // Not torn apart by cancellation: what Webex has must be on record, or the next start
        // answers a second time. The HTTP client's time-outs bound it.
        let id = try await Task { [sender, journal, destination] in
          let id = try await sender.post(text, to: destination)
          await journal.posted(id, position: position)
          return id
        }.value
        return .posted(messageID: id)
      } catch let error as WebexError where error.mayHaveArrived {
        logger.warning("reply: the answer to a post was lost", metadata: ["error": "\(error)"])
        // Never twice: look for it before it is sent again.
        guard let id = await sender.findLost(in: destination) else { return .lost }
        await journal.posted(id, position: position)
        return .posted(messageID: id)
      }
    }
  }

  private func edit(_ id: String, text: String, isFinal: Bool, count: Int) async -> SendResult {
    await attempt("edit") {
      switch try await sender.edit(
        id, roomID: destination.roomID, markdown: text, isFinal: isFinal)
      {
      case .edited:
        await journal.edited(id, count: count)
        return .edited
      case .superseded: return .superseded
      }
    }
  }

  private func delete(_ id: String) async -> SendResult {
    await attempt("delete") {
      try await sender.delete(id)
      await journal.deleted(id)
      return .deleted
    }
  }

  private func attempt(_ what: String, _ send: () async throws -> SendResult) async -> SendResult {
    do {
      return try await send()
    } catch let error as WebexError {
      logger.warning("reply: \(what) failed", metadata: ["error": "\(error)"])
      return result(of: error)
    } catch {
      // Cancelled: nobody listens any more. Anything else may be tried again.
      return .failed
    }
  }

  private func result(of error: WebexError) -> SendResult {
    switch error.code {
    case .badRequest, .forbidden, .notFound, .gone, .hostNotAllowed:
      .rejected
    default: .failed
    }
  }
}
