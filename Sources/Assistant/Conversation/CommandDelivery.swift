// Delivers the parts of a command's reply, in their order: text grows, cards are kept on record for
// their presses. One for each run of a command; made by `Turn+Commands.swift`.

import FoundationEssentials
import Logging
import MercuryClient
import Synchronization
import WebexAPI

final class CommandDelivery {
  let turn: Turn
  private(set) var thread: Turn.Thread
  let meaning: CardMeaning
  /// The card whose press led here.
  let pressed: SentCard?
  private(set) var outcome = ReplyOutcome.delivered

  init(turn: Turn, thread: Turn.Thread, meaning: CardMeaning, pressed: SentCard? = nil) {
    self.turn = turn
    self.thread = thread
    self.meaning = meaning
    self.pressed = pressed
  }

  private var store: Store { turn.store }
  private var desk: CardDesk {
    CardDesk(
      environment: turn.environment, job: turn.job, turnID: turn.id, left: thread.left,
      logger: turn.logger)
  }

  func deliver(_ part: CommandReply.Part) async throws {
    switch part {
    case .text(let text):
      if try await show(Self.stream(of: text)) == .undelivered, leaveThread() {
        outcome = try await show(Self.stream(of: text))
      }
    case .stream(let stream): try await show(stream)
    case .card(let card):
      try await orText(card.fallback, "card") {
        stands(try await desk.post(card, meaning: meaning, to: thread.destination))
      }
    case .replacement(let card):
      guard let pressed else { return try await deliver(.card(card)) }
      try await orText(card.fallback, "card") {
        stands(
          try await desk.replace(pressed, with: card, meaning: meaning, in: thread.destination))
      }
    case .file(let file): try await send(file)
    // The turn asks.
    case .question: break
    }
  }

  /// It may be one that an earlier attempt had posted.
  private func stands(_ messageID: String) { thread.left.removeAll { $0.id == messageID } }

  /// What an earlier attempt at this event had posted, and nothing took the place of.
  func removeLeft() async {
    let left = thread.left
    thread.left = []
    for reply in left { await turn.remove(reply) }
  }

  /// The press led to nothing: the card may be used again.
  func release() async {
    guard let pressed, !pressed.isReusable else { return }
    do {
      try await turn.environment.storing("claim") {
        try await store.releaseCard(pressed.uuid, from: turn.job.activity.id)
      }
    } catch {
      turn.logger.error("card not released", metadata: ["error": "\(error)"])
    }
  }

  private static func stream(of text: String) -> AsyncThrowingStream<String, any Error> {
    AsyncThrowingStream { continuation in
      continuation.yield(text)
      continuation.finish()
    }
  }

  /// The message that began the thread may have been deleted: then its space is spoken to.
  private func leaveThread() -> Bool {
    guard thread.destination.parentID != nil else { return false }
    thread.destination.parentID = nil
    return true
  }

  // MARK: Parts

  /// /stop ends the stream; what was written stays.
  @discardableResult
  private func show(_ stream: AsyncThrowingStream<String, any Error>) async throws -> ReplyOutcome {
    var plan = turn.plan
    plan.replaces = thread.replaces
    thread.left = []
    let (running, reference, logger) = (turn.running, turn.reference, turn.logger)
    let keyword = meaning.command
    let reply = turn.reply(plan, to: thread.destination)
    let shown = try await reply.run { yield in
      let hasText = Mutex(false)
      do {
        try await running.interruptible {
          for try await text in stream where !text.isEmpty {
            hasText.withLock { $0 = true }
            yield(.text(text))
          }
          try Task.checkCancellation()
        }
        yield(.end(ReplyEnding()))
      } catch is CancellationError {
        // Without an intent the process ends, and so does the reply.
        guard case .stop(let person)? = running.takeIntent() else { return }
        let note = Sentences.stopped(by: person, hasText: false)
        yield(.end(ReplyEnding(note: note, isCut: hasText.withLock { $0 })))
      } catch {
        let own = error as? CommandError
        logger.warning(
          "command failed while it answered",
          metadata: ["command": "\(keyword)", "why": "\(own?.reason ?? "\(error)")"])
        let sentence = own.map { "\($0.sentence) \(Sentences.reference(reference))" }
        yield(
          .end(
            ReplyEnding(
              note: sentence ?? Sentences.commandFailed(keyword, reference: reference),
              isCut: true)))
      }
    }
    if shown == .undelivered { outcome = shown }
    return shown
  }

  private func send(_ file: FileUpload) async throws {
    try await orText(Sentences.fileUnsent(file.filename), "file") {
      let sender = turn.environment.sender(for: turn.job, turnID: turn.id)
      _ = try await sender.post(file, to: thread.destination)
    }
  }

  private func orText(_ fallback: String, _ what: String, _ send: () async throws -> Void)
    async throws
  {
    do {
      try await send()
    } catch let error as WebexError where error.code == .notFound && leaveThread() {
      try await orText(fallback, what, send)
    } catch let error as WebexError where error.code != .cancelled && error.code != .unauthorized {
      turn.logger.warning("\(what) not sent", metadata: ["error": "\(error)"])
      try await deliver(.text(fallback))
    }
  }
}
