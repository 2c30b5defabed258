// What the stream adds to the machine: where sends go, what is on record, what is not torn apart.

import Logging
import Synchronization
import Testing
import WebexAPI

@testable import Assistant

@Suite("A reply's sends and their record")
struct ReplyStreamTests {
  private let webex = ScriptedSender()
  private let journal = RecordingJournal()

  private func stream(
    _ webex: ScriptedSender? = nil, _ change: (inout ReplyPlan) -> Void = { _ in }
  ) -> ReplyStream {
    var plan = ReplyPlan(limit: 7_439, notice: { _ in "_waiting_" })
    change(&plan)
    return ReplyStream(
      sender: webex ?? self.webex, journal: journal,
      destination: ReplyDestination(roomID: "room", isDirect: true),
      noticeDestination: ReplyDestination(roomID: "room", parentID: "retry", isDirect: true),
      plan: plan, clock: LeapingClock(), logger: Logger(label: "test"))
  }

  @Test("a POST that Webex says it failed on is tried again as long as it takes; a lost one is not")
  func lostPost() async throws {
    for (code, mayHaveArrived, sends) in [
      (WebexError.Code.serverFailure, true, 6), (.timedOut, false, 6), (.timedOut, true, 3),
    ] {
      let webex = ScriptedSender()
      webex.onPost { _ in
        guard webex.log.count >= 6 else {
          throw WebexError(code, message: "", mayHaveArrived: mayHaveArrived)
        }
        return "m1"
      }
      let outcome = try await stream(webex).run { yield in
        yield(.text("Hello."))
        yield(.end(ReplyEnding()))
      }
      #expect(webex.log.count == sends, "\(code)")
      #expect(outcome == (sends == 6 ? .delivered : .undelivered), "\(code)")
    }
  }

  @Test("each attempted edit is on record, on top of those of an earlier answer")
  func countsAttempts() async throws {
    let attempts = Mutex(0)
    webex.onEdit { _ in
      let attempt = attempts.withLock {
        $0 += 1
        return $0
      }
      if attempt == 1 { throw WebexError(.serverFailure, message: "", mayHaveArrived: true) }
    }
    let outcome = try await stream { $0.replaces = [ReplacedMessage(id: "e1", edits: 5)] }
      .run { yield in
        yield(.text("Anew."))
        yield(.end(ReplyEnding()))
      }
    #expect(outcome == .delivered)
    #expect(webex.log == ["edit e1 Anew. final", "edit e1 Anew. final"])
    #expect(journal.entries == ["edited e1 6", "edited e1 7"])
  }

  @Test("an edit that the reply's end tears apart is on record")
  func cancelledEdit() async throws {
    let (started, start) = AsyncStream.makeStream(of: Void.self)
    webex.onEdit { _ in
      start.yield()
      try await Task.sleep(for: .seconds(3_600))
    }
    let stream = stream { $0.replaces = [ReplacedMessage(id: "e1", edits: 0)] }
    let reply = Task {
      try await stream.run { yield in
        yield(.text("Anew."))
        yield(.end(ReplyEnding()))
      }
    }
    for await _ in started { break }
    reply.cancel()
    await #expect(throws: CancellationError.self) { try await reply.value }
    #expect(journal.entries == ["edited e1 1"])
  }

  @Test("a notice beside an earlier answer goes to its own thread")
  func noticeDestination() async throws {
    let (posted, post) = AsyncStream.makeStream(of: Void.self)
    webex.onPost { _ in
      post.yield()
      return "n1"
    }
    let stream = stream {
      $0.replaces = [ReplacedMessage(id: "e1", edits: 0)]
      $0.keepsUntilText = true
      $0.doneNotice = "Done."
    }
    let outcome = try await stream.run { yield in
      for await _ in posted { break }
      yield(.text("Anew."))
      yield(.end(ReplyEnding()))
    }
    #expect(outcome == .delivered)
    #expect(
      webex.log == ["post _waiting_ in retry", "edit e1 Anew. final", "edit n1 Done. final"])
  }

  @Test("what Webex will not take is not tried again; what it may take later is")
  func refusals() async throws {
    for (code, sends) in [(WebexError.Code.badRequest, 1), (.forbidden, 1), (.rateLimited, 4)] {
      let webex = ScriptedSender()
      webex.onPost { text in
        guard webex.log.count >= 4 else { throw WebexError(code, message: "") }
        return "m1"
      }
      let stream = ReplyStream(
        sender: webex, journal: journal,
        destination: ReplyDestination(roomID: "room", isDirect: true),
        plan: ReplyPlan(limit: 7_439, notice: { _ in "_waiting_" }), clock: LeapingClock(),
        logger: Logger(label: "test"))
      let outcome = try await stream.run { yield in
        yield(.text("Hello."))
        yield(.end(ReplyEnding()))
      }
      #expect(webex.log.count == sends, "\(code)")
      #expect(outcome == (sends == 1 ? .undelivered : .delivered), "\(code)")
    }
  }
}

/// Webex as the test says.
private final class ScriptedSender: MessageSender {
  private struct State {
    var log: [String] = []
    var post: @Sendable (String) async throws -> String = { _ in "m1" }
    var edit: @Sendable (String) async throws -> Void = { _ in }
  }

  private let state = Mutex(State())

  var log: [String] { state.withLock { $0.log } }
  func onPost(_ post: @escaping @Sendable (String) async throws -> String) {
    state.withLock { $0.post = post }
  }
  func onEdit(_ edit: @escaping @Sendable (String) async throws -> Void) {
    state.withLock { $0.edit = edit }
  }

  private func note(_ line: String) { state.withLock { $0.log.append(line) } }

  func post(_ markdown: String, place: ReplyPlace?, to destination: ReplyDestination) async throws
    -> String
  {
    note("post \(markdown) in \(destination.parentID ?? "-")")
    return try await state.withLock { $0.post }(markdown)
  }

  func attach(_ file: CodeAttachment, place: ReplyPlace?, to destination: ReplyDestination)
    async throws -> String
  {
    note("attach \(file.name)")
    return try await state.withLock { $0.post }(file.name)
  }

  func edit(_ messageID: String, roomID: String, markdown: String, isFinal: Bool) async throws
    -> EditOutcome
  {
    note("edit \(messageID) \(markdown) \(isFinal ? "final" : "progress")")
    try await state.withLock { $0.edit }(markdown)
    return .edited(
      Message(id: messageID, roomID: roomID, roomType: .direct, markdown: markdown, personID: "bot")
    )
  }

  func delete(_ messageID: String) async throws { note("delete \(messageID)") }
}

private final class RecordingJournal: ReplyJournal {
  private let state = Mutex<[String]>([])
  var entries: [String] { state.withLock { $0 } }

  func closed(_ messageID: String, place: ReplyPlace) async {}
  func edited(_ messageID: String, count: Int, place: ReplyPlace?) async {
    state.withLock { $0.append("edited \(messageID) \(count)") }
  }
  func deleted(_ messageID: String) async { state.withLock { $0.append("deleted \(messageID)") } }
}

/// A clock on which every sleep is over at once, and the time is what was slept for.
private final class LeapingClock: Clock {
  struct Instant: InstantProtocol {
    var offset: Duration = .zero
    func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    func duration(to other: Instant) -> Duration { other.offset - offset }
    static func < (a: Instant, b: Instant) -> Bool { a.offset < b.offset }
  }

  private let time = Mutex(Instant())
  var now: Instant { time.withLock { $0 } }
  var minimumResolution: Duration { .zero }

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    try Task.checkCancellation()
    time.withLock { $0 = max($0, deadline) }
  }
}
