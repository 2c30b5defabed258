import FoundationEssentials
import MercuryClient
import Synchronization
import Testing
import WebexAPI

@testable import Assistant

/// The manager with work that the test lets end; what it did is on record.
private final class Workshop: Sendable {
  struct Record {
    var begun: [String] = []
    var ended: [String] = []
    var finished: [String: String] = [:]
    var refused: [String] = []
    var waits: [String: Int] = [:]
    var reads: [String] = []
    var drains = 0
    var rooms = 0
  }

  private let record = Mutex(Record())
  private let decisions = Mutex<[String: Decision]>([:])
  /// Jobs that go on until they are stopped or released.
  private let gates = Mutex<[String: CheckedContinuation<Void, Never>]>([:])
  private let held = Mutex<Set<String>>([])
  private let endingsHeld = Mutex<Set<String>>([])
  let health = HealthBoard()

  var seen: Record { record.withLock { $0 } }

  func decide(_ decision: Decision, for id: String) {
    decisions.withLock { $0[id] = decision }
  }

  func manager(running: Int = 10, waiting: Int = 10, held: Int = 1_000) -> ConversationManager {
    ConversationManager(
      limits: .init(running: running, waitingPerConversation: waiting, waitingPerPerson: waiting),
      maximumHeld: held, health: health,
      work: .init(
        read: { job in
          self.record.withLock { $0.reads.append(job.activity.id) }
          return try await job.letter.read { try await self.read(job) }
        },
        run: { job, answer in await self.run(job, answer) },
        finish: { job, outcome in
          self.record.withLock { $0.finished[job.activity.id] = outcome }
        },
        refuse: { job, _ in self.record.withLock { $0.refused.append(job.activity.id) } },
        waits: { conversation, jobs in
          self.record.withLock { $0.waits[conversation] = jobs.count }
        },
        drains: { self.record.withLock { $0.drains += 1 } },
        hasRoom: { self.record.withLock { $0.rooms += 1 } }))
  }

  private func read(_ job: Job) async throws -> ReadMessage {
    let id = job.activity.id
    if held.withLock({ $0.contains(id) }) { try await waitAtGate("reading \(id)") }
    return Self.read(id, decisions.withLock { $0[id] } ?? .ask(id, hasFiles: false))
  }

  static func read(_ id: String, _ decision: Decision) -> ReadMessage {
    ReadMessage(
      message: Message(id: id, roomID: "R", roomType: .direct, personID: "ann"),
      inbound: Inbound(text: id, isDirect: true), decision: decision, speaker: "Ann",
      subject: AccessSubject(email: "ann@example.com", spaceID: "space", isDirect: true))
  }

  func holdEnding(of id: String) { endingsHeld.withLock { _ = $0.insert(id) } }
  func holdReading(of id: String) { held.withLock { _ = $0.insert(id) } }

  private func run(_ job: Job, _ answer: RunningAnswer) async {
    let id = job.activity.id
    record.withLock { $0.begun.append(id) }
    if decisions.withLock({ $0[id] }) == .stop {
      record.withLock { $0.ended.append("\(id): nothing to stop") }
      return
    }
    while true {
      do {
        try await answer.interruptible { try await self.waitAtGate(id) }
      } catch {
        switch answer.takeIntent() {
        case .restart:
          record.withLock { $0.ended.append("\(id) restarted") }
          continue
        case .drop: record.withLock { $0.ended.append("\(id) dropped") }
        case .stop: record.withLock { $0.ended.append("\(id) stopped") }
        case nil: record.withLock { $0.ended.append("\(id) cancelled") }
        }
        if endingsHeld.withLock({ $0.contains(id) }) {
          try? await waitAtGate("ending \(id)")
          record.withLock { $0.ended.append("ending \(id)") }
        }
        _ = answer.end()
        return
      }
      _ = answer.end()
      record.withLock { $0.ended.append(id) }
      return
    }
  }

  private func waitAtGate(_ id: String) async throws {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        if Task.isCancelled {
          continuation.resume()
        } else {
          gates.withLock { $0[id] = continuation }
        }
      }
    } onCancel: {
      self.release(id)
    }
    try Task.checkCancellation()
  }

  func release(_ id: String) { gates.withLock { $0.removeValue(forKey: id) }?.resume() }

  /// Lets a job end once it has begun.
  func finish(_ id: String) async throws {
    try await until("\(id) at its gate") { self.gates.withLock { $0[id] != nil } }
    release(id)
    try await until("\(id) ended") { self.seen.ended.contains(id) }
  }

  func until(_ what: String, _ isTrue: () -> Bool) async throws {
    for _ in 0..<200_000 {
      if isTrue() { return }
      await Task.yield()
    }
    Issue.record("never happened: \(what); \(seen)")
    throw CancellationError()
  }

  static func job(
    _ id: String, in space: String = "s", by person: String = "ann",
    editing edited: String? = nil, kind: ActivityKind? = nil
  ) -> Job {
    Job(
      activity: Activity(
        id: id, verb: kind == .press ? "cardAction" : "post",
        actor: .init(id: person, type: "PERSON"),
        target: .init(id: space), parent: edited.map { .init(id: $0, type: "edit") }),
      spaceID: space, kind: kind ?? (edited == nil ? .message : .edit))
  }
}

@Suite("Conversations at work")
struct ConversationManagerTests {
  private let shop = Workshop()

  private func running(
    _ manager: ConversationManager, _ test: () async throws -> Void
  ) async throws {
    let task = Task { await manager.run() }
    try await test()
    task.cancel()
    await task.value
  }

  @Test("with no room left, what comes stays in the store until what is there has been taken up")
  func room() async throws {
    let manager = shop.manager(held: 4)
    try await running(manager) {
      for id in ["1", "2", "3", "4"] {
        #expect(await manager.admits())
        await manager.submit(Workshop.job(id, in: id))
      }
      #expect(await !manager.admits())
      #expect(await manager.room == 0)
      #expect(shop.seen.rooms == 0)
      try await shop.finish("1")
      try await shop.until("room told") { self.shop.seen.rooms > 0 }
      #expect(await manager.room == 1)
      // What comes now queues behind what stayed in the store.
      #expect(await !manager.admits())
      #expect(await !manager.caughtUp())
      #expect(await manager.admits())
      #expect(await manager.caughtUp())
      for id in ["2", "3", "4"] { try await shop.finish(id) }
    }
  }

  @Test("messages of one conversation one after the other, another conversation at once")
  func order() async throws {
    let manager = shop.manager()
    try await running(manager) {
      for id in ["1", "2"] { await manager.submit(Workshop.job(id)) }
      await manager.submit(Workshop.job("other", in: "t"))
      try await shop.finish("other")
      #expect(!shop.seen.begun.contains("2"))
      try await shop.finish("1")
      try await shop.finish("2")
      #expect(shop.seen.ended == ["other", "1", "2"])
    }
  }

  @Test("a stop in a busy conversation does not wait for its turn")
  func stop() async throws {
    let manager = shop.manager()
    shop.decide(.stop, for: "stop")
    try await running(manager) {
      for id in ["1", "2", "stop"] { await manager.submit(Workshop.job(id)) }
      try await shop.until("its effect") { shop.seen.ended.contains("1 stopped") }
      try await shop.until("its end") { shop.seen.finished["stop"] == "stop" }
      // What waits is answered next.
      try await shop.finish("2")
    }
  }

  @Test("a stop is heard although the conversation takes no more messages")
  func stopWhenFull() async throws {
    let manager = shop.manager(waiting: 1)
    shop.decide(.stop, for: "stop")
    try await running(manager) {
      await manager.submit(Workshop.job("1"))
      try await shop.until("it runs") { shop.seen.begun == ["1"] }
      for id in ["2", "3", "stop"] { await manager.submit(Workshop.job(id)) }
      try await shop.until("its effect") { shop.seen.ended.contains("1 stopped") }
      try await shop.until("the refusal") { shop.seen.refused == ["3"] }
      try await shop.finish("2")
    }
  }

  @Test("a stop that was read late does not hit the answer that has begun meanwhile")
  func lateStop() async throws {
    let manager = shop.manager()
    shop.decide(.stop, for: "stop")
    shop.holdReading(of: "stop")
    try await running(manager) {
      await manager.submit(Workshop.job("1"))
      try await shop.until("it runs") { shop.seen.begun == ["1"] }
      for id in ["2", "stop"] { await manager.submit(Workshop.job(id)) }
      try await shop.until("the look") { shop.seen.reads.contains("stop") }
      try await shop.finish("1")
      try await shop.until("the next one runs") { shop.seen.begun.contains("2") }
      shop.release("reading stop")
      try await shop.until("its end") { shop.seen.ended.contains("stop: nothing to stop") }
      try await shop.finish("2")
      #expect(shop.seen.ended.contains("2"))
    }
  }

  @Test("a stop is done only when the answer that it stopped is: killed in between, both are open")
  func stopIsOpen() async throws {
    let manager = shop.manager()
    shop.decide(.stop, for: "stop")
    shop.holdEnding(of: "1")
    try await running(manager) {
      await manager.submit(Workshop.job("1"))
      try await shop.until("it runs") { shop.seen.begun == ["1"] }
      await manager.submit(Workshop.job("stop"))
      try await shop.until("its effect") { shop.seen.ended.contains("1 stopped") }
      #expect(shop.seen.finished["stop"] == nil)
      try await shop.finish("ending 1")
      try await shop.until("its end") { shop.seen.finished["stop"] == "stop" }
    }
  }

  @Test("a message that could not be read ahead is read again in its turn")
  func readAgain() async throws {
    let letter = Letter()
    struct TooEarly: Error {}
    await #expect(throws: TooEarly.self) { try await letter.read { throw TooEarly() } }
    let read = try await letter.read { Workshop.read("x", .nothingSaid) }
    #expect(read.decision == .nothingSaid)
    // From then on it is known.
    #expect(try await letter.read { throw TooEarly() }.decision == .nothingSaid)
    letter.forget()
    await #expect(throws: TooEarly.self) { try await letter.read { throw TooEarly() } }
  }

  @Test("presses and quick commands do not wait behind an answer; questions and others do")
  func beside() async throws {
    let manager = shop.manager()
    shop.decide(.press(.unknown), for: "press")
    shop.decide(.command(CommandCall(keyword: "/help", text: "")), for: "help")
    shop.decide(.command(CommandCall(keyword: "/deploy", text: "")), for: "deploy")
    try await running(manager) {
      await manager.submit(Workshop.job("1"))
      try await shop.until("it runs") { shop.seen.begun == ["1"] }
      await manager.submit(Workshop.job("question"))
      await manager.submit(Workshop.job("deploy"))
      await manager.submit(Workshop.job("press", kind: .press))
      try await shop.until("the press runs") { shop.seen.begun == ["1", "press"] }
      // One after the other: two settings never overtake each other.
      await manager.submit(Workshop.job("help"))
      try await shop.until("it is read") { shop.seen.reads.contains("help") }
      #expect(shop.seen.begun == ["1", "press"])
      try await shop.finish("press")
      try await shop.finish("help")
      #expect(shop.seen.begun == ["1", "press", "help"])
      try await shop.finish("1")
      try await shop.finish("question")
      try await shop.finish("deploy")
      #expect(shop.seen.begun == ["1", "press", "help", "question", "deploy"])
    }
  }

  @Test("a flood of stops in one answer is not kept in memory: the first ones stand for the rest")
  func stopFlood() async throws {
    let manager = shop.manager(waiting: 200)
    let stops = (1...60).map { "stop \($0)" }
    for stop in stops { shop.decide(.stop, for: stop) }
    shop.holdEnding(of: "1")
    try await running(manager) {
      await manager.submit(Workshop.job("1"))
      try await shop.until("it runs") { shop.seen.begun == ["1"] }
      for stop in stops { await manager.submit(Workshop.job(stop)) }
      let kept = ConversationManager.maximumStops
      try await shop.until("the rest") { shop.seen.finished.count == stops.count - kept }
      #expect(await manager.stops["s"]?.count == kept)
      try await shop.finish("ending 1")
      try await shop.until("their end") { shop.seen.finished.count == stops.count }
      #expect(Set(shop.seen.finished.values) == ["stop"])
    }
  }

  @Test("a stop ends the command beside the answer too, and a drain waits for it")
  func stopBeside() async throws {
    let manager = shop.manager()
    shop.decide(.press(.unknown), for: "press")
    shop.decide(.stop, for: "stop")
    try await running(manager) {
      await manager.submit(Workshop.job("1"))
      try await shop.until("it runs") { shop.seen.begun == ["1"] }
      await manager.submit(Workshop.job("press", kind: .press))
      try await shop.until("the press runs") { shop.seen.begun == ["1", "press"] }
      await manager.submit(Workshop.job("stop"))
      try await shop.until("both ends") {
        shop.seen.ended.contains("1 stopped") && shop.seen.ended.contains("press stopped")
      }
    }
  }

  @Test("a flood of presses waits in the mailbox, within its bounds")
  func flood() async throws {
    let manager = shop.manager(waiting: 3)
    let presses = (0..<40).map { "press \($0)" }
    for press in presses { shop.decide(.press(.unknown), for: press) }
    try await running(manager) {
      await manager.submit(Workshop.job("1"))
      try await shop.until("it runs") { shop.seen.begun == ["1"] }
      for press in presses { await manager.submit(Workshop.job(press, kind: .press)) }
      // One runs beside and five wait for it, and at most three wait in the mailbox; which of them
      // are looked at first is not settled.
      try await shop.until("the rest is refused") {
        Set(shop.seen.reads).count == 40 && shop.seen.refused.count >= 31
      }
      #expect(shop.seen.refused.count <= 34)
      #expect(shop.seen.begun.count == 2)
    }
  }

  @Test("a drain waits for what runs beside")
  func drainsBeside() async throws {
    let manager = shop.manager()
    shop.decide(.press(.unknown), for: "press")
    try await running(manager) {
      await manager.submit(Workshop.job("1"))
      try await shop.until("it runs") { shop.seen.begun == ["1"] }
      await manager.submit(Workshop.job("press", kind: .press))
      try await shop.until("the press runs") { shop.seen.begun == ["1", "press"] }
      try await shop.finish("1")
      let isDrained = Mutex(false)
      async let drained: Void = {
        await manager.drain()
        isDrained.withLock { $0 = true }
      }()
      try await shop.until("it begins to wait") { shop.seen.drains == 1 }
      // What tells the service that a drain is worth waiting for.
      #expect(shop.health.current.runningAnswers == 1)
      for _ in 0..<1_000 { await Task.yield() }
      #expect(isDrained.withLock { !$0 })
      try await shop.finish("press")
      await drained
    }
  }

  @Test("a question that is edited into a command is dropped; one that waits is read anew")
  func editedIntoCommand() async throws {
    let manager = shop.manager()
    let deploy = Decision.command(CommandCall(keyword: "/deploy", text: ""))
    shop.decide(deploy, for: "edit 1")
    shop.decide(deploy, for: "edit 2")
    try await running(manager) {
      await manager.submit(Workshop.job("1"))
      try await shop.until("it runs") { shop.seen.begun == ["1"] }
      await manager.submit(Workshop.job("2"))
      await manager.submit(Workshop.job("edit 2", editing: "2"))
      try await shop.until("it is one with its message") {
        shop.seen.finished["edit 2"] == "edited before its turn"
      }
      await manager.submit(Workshop.job("edit 1", editing: "1"))
      try await shop.until("the answer is dropped") { shop.seen.ended.contains("1 dropped") }
      try await shop.finish("2")
      try await shop.finish("edit 1")
    }
  }

  @Test("a button of the help card can stop the answer that runs")
  func stopByButton() async throws {
    let manager = shop.manager()
    shop.decide(.stop, for: "press")
    try await running(manager) {
      await manager.submit(Workshop.job("1"))
      try await shop.until("it runs") { shop.seen.begun == ["1"] }
      await manager.submit(Workshop.job("press", kind: .press))
      try await shop.until("its end") { shop.seen.ended.contains("1 stopped") }
      try await shop.until("the press is done") { shop.seen.finished["press"] == "stop" }
    }
  }

  @Test("a stop where nothing runs says so, and cannot stop itself")
  func nothingToStop() async throws {
    let manager = shop.manager()
    shop.decide(.stop, for: "stop")
    try await running(manager) {
      await manager.submit(Workshop.job("stop"))
      try await shop.until("its end") { shop.seen.ended == ["stop: nothing to stop"] }
    }
  }

  @Test("an edit of the question that is being answered restarts the answer, and takes no turn")
  func restart() async throws {
    let manager = shop.manager()
    try await running(manager) {
      await manager.submit(Workshop.job("1"))
      try await shop.until("it runs") { shop.seen.begun == ["1"] }
      await manager.submit(Workshop.job("edit", editing: "1"))
      try await shop.until("the restart") { shop.seen.ended.contains("1 restarted") }
      try await shop.until("its record") { shop.seen.finished["edit"] == "restarted the answer" }
      try await shop.finish("1")
      #expect(shop.seen.begun == ["1"])
    }
  }

  @Test("edits of one question are read one after the other, so that the last one counts")
  func editsInOrder() async throws {
    let manager = shop.manager()
    shop.holdReading(of: "edit 1")
    try await running(manager) {
      await manager.submit(Workshop.job("1"))
      try await shop.until("it runs") { shop.seen.begun == ["1"] }
      for id in ["edit 1", "edit 2"] { await manager.submit(Workshop.job(id, editing: "1")) }
      await manager.submit(Workshop.job("other", in: "t"))
      await manager.submit(Workshop.job("edit other", in: "t", editing: "other"))
      // Another conversation is not held up by it.
      try await shop.until("the other edit") { shop.seen.finished["edit other"] != nil }
      #expect(!shop.seen.reads.contains("edit 2"))
      shop.release("reading edit 1")
      try await shop.until("both") { shop.seen.finished.count == 3 }
      try await shop.finish("1")
      try await shop.finish("other")
    }
  }

  @Test("an edit of a question that waits is read with it, and takes no turn")
  func editedBeforeItsTurn() async throws {
    let manager = shop.manager()
    try await running(manager) {
      for id in ["1", "2"] { await manager.submit(Workshop.job(id)) }
      await manager.submit(Workshop.job("edit", editing: "2"))
      try await shop.until("its record") { shop.seen.finished["edit"] == "edited before its turn" }
      try await shop.finish("1")
      try await shop.finish("2")
      #expect(shop.seen.begun == ["1", "2"])
    }
  }

  @Test("a deleted question is not answered: the running answer stops, a waiting one is dropped")
  func deleted() async throws {
    let manager = shop.manager()
    try await running(manager) {
      for id in ["1", "2", "3"] { await manager.submit(Workshop.job(id)) }
      try await shop.until("it runs") { shop.seen.begun == ["1"] }
      await manager.deleted("2", in: "s")
      await manager.deleted("unknown", in: "s")
      await manager.deleted("1", in: "s")
      try await shop.until("the stop") { shop.seen.ended == ["1 dropped"] }
      try await shop.finish("3")
      #expect(shop.seen.begun == ["1", "3"])
      #expect(shop.seen.finished == ["2": "deleted before its turn"])
    }
  }

  @Test("an edit of another message takes its turn")
  func unrelatedEdit() async throws {
    let manager = shop.manager()
    try await running(manager) {
      await manager.submit(Workshop.job("1"))
      try await shop.until("it runs") { shop.seen.begun == ["1"] }
      await manager.submit(Workshop.job("edit", editing: "long ago"))
      try await shop.finish("1")
      try await shop.finish("edit")
      #expect(shop.seen.finished.isEmpty)
    }
  }

  @Test("what waits is told, and that nothing waits any more")
  func waits() async throws {
    let manager = shop.manager()
    try await running(manager) {
      for id in ["1", "2", "3"] { await manager.submit(Workshop.job(id)) }
      try await shop.until("two wait") { shop.seen.waits["s"] == 2 }
      for id in ["1", "2", "3"] { try await shop.finish(id) }
      try await shop.until("none wait") { shop.seen.waits["s"] == 0 }
      #expect(shop.health.current.waitingMessages == 0)
    }
  }

  @Test("a drain leaves what waits and returns when what runs has ended")
  func drain() async throws {
    let manager = shop.manager()
    try await running(manager) {
      for id in ["1", "2"] { await manager.submit(Workshop.job(id)) }
      try await shop.until("it runs") { shop.seen.begun == ["1"] }
      let drained = Task { await manager.drain() }
      try await shop.finish("1")
      await drained.value
      #expect(shop.seen.begun == ["1"])
    }
  }
}
