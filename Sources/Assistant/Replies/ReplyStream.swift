// Performs what the reply machine decides: sends, timers, and a record of each message in the store.

import CrashPoints
import Logging
import WebexAPI

/// Keeps the record of posted messages while a reply runs; the sender has put them there.
protocol ReplyJournal: Sendable {
  /// - Parameters:
  ///   - count: attempted edits, also those that failed: they may have counted at Webex.
  ///   - place: what it has for good, whether or not the edit arrives.
  func edited(_ messageID: String, count: Int, place: ReplyPlace?) async
  /// An edit gave it its last words.
  func closed(_ messageID: String, place: ReplyPlace) async
  func deleted(_ messageID: String) async
}

struct ReplyStream: Sendable {
  typealias Input = ReplyMachine.Input

  let sender: any MessageSender
  let journal: any ReplyJournal
  let destination: ReplyDestination
  /// Where a notice beside an earlier answer goes; nil: to the same thread.
  var noticeDestination: ReplyDestination?
  let plan: ReplyPlan
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
    var machine = ReplyMachine(plan: plan)
    var nextWake: Duration?
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
          case .finished(let outcome): return outcome
          case .close(let id, let place): await journal.closed(id, place: place)
          case .wake(let time):
            if let nextWake, nextWake <= time { continue }
            nextWake = time
            group.addTask {
              try? await clock.sleep(until: start.advanced(by: time), tolerance: nil)
              continuation.yield(.tick)
            }
          case .post, .attach, .edit, .delete:
            let edits = machine.sending.map { machine.edits(of: $0) } ?? 0
            let place = machine.placeOfSend
            group.addTask {
              continuation.yield(.sent(await perform(action, edits: edits, place: place)))
            }
          }
        }
      }
      return nil
    }
    guard let outcome else { throw CancellationError() }
    return outcome
  }

  // MARK: Sends

  /// - Parameter edits: attempted edits of the message, this one included.
  private func perform(_ action: ReplyAction, edits: Int, place: ReplyPlace?) async -> SendResult {
    switch action {
    case .post(let text, let role):
      let to = role == .notice ? noticeDestination ?? destination : destination
      return await post { try await sender.post(text, place: place, to: to) }
    case .attach(let file):
      return await post { try await sender.attach(file, place: place, to: destination) }
    case .edit(let id, let text, let isFinal):
      return await edit(id, text: text, isFinal: isFinal, count: edits, place: place)
    case .delete(let id): return await delete(id)
    case .close, .wake, .finished: return .failed
    }
  }

  private func post(_ send: () async throws -> String) async -> SendResult {
    await attempt("post") {
      do {
        return .posted(messageID: try await send())
      } catch let error as WebexError where error.mayHaveArrived && error.code == .serverFailure {
        // Webex itself says that it failed, and it was not found: an outage is waited for.
        logger.warning("reply: post failed", metadata: ["error": "\(error)"])
        return .failed
      }
    }
  }

  private func edit(
    _ id: String, text: String, isFinal: Bool, count: Int, place: ReplyPlace?
  ) async -> SendResult {
    // On record however the edit ends, and beside it: an answer's last word does not wait.
    let before = place?.part == .aside ? place : nil
    let record = Task { [journal] in await journal.edited(id, count: count, place: before) }
    (isFinal ? CrashPoint.finalEditing : .editing).reached()
    let result = await attempt("edit") {
      switch try await sender.edit(
        id, roomID: destination.roomID, markdown: text, isFinal: isFinal)
      {
      case .edited: .edited
      case .superseded: .superseded
      }
    }
    (isFinal ? CrashPoint.finalEdited : .edited).reached()
    await record.value
    if result == .edited, let place, before == nil { await journal.closed(id, place: place) }
    return result
  }

  private func delete(_ id: String) async -> SendResult {
    await attempt("delete") {
      CrashPoint.deleting.reached()
      try await sender.delete(id)
      CrashPoint.deleted.reached()
      await journal.deleted(id)
      return .deleted
    }
  }

  private func attempt(_ what: String, _ send: () async throws -> SendResult) async -> SendResult {
    do {
      return try await send()
    } catch let error as WebexError {
      logger.warning("reply: \(what) failed", metadata: ["error": "\(error)"])
      return SendResult(of: error)
    } catch {
      // Cancelled: nobody listens any more. Anything else may be tried again.
      return .failed
    }
  }

}

extension SendResult {
  init(of error: WebexError) {
    switch error.code {
    case .badRequest, .forbidden, .notFound, .gone, .hostNotAllowed, .conflict,
      .preconditionRequired, .other:
      self = .rejected
    default: self = error.mayHaveArrived ? .lost : .failed
    }
  }
}
