// One mailbox per conversation. Intake submits jobs; each is worked on in a task of its own. Messages
// that arrive in a busy conversation are looked at ahead of their turn, so that /stop and an edited
// question reach the answer that runs.

import DequeModule
import MercuryClient

#if DEBUG
  import Glibc
#endif

actor ConversationManager {
  /// What the manager has done for it; the rooms behind it know how.
  struct Work: Sendable {
    var read: @Sendable (Job) async throws -> ReadMessage
    var run: @Sendable (Job, RunningAnswer) async -> Void
    /// Ends an event that led to no turn of its own.
    var finish: @Sendable (Job, _ outcome: String) async -> Void
    /// There was no room for this job.
    var refuse: @Sendable (Job, Mailboxes<Job>.Admission) async -> Void
    /// These wait in a conversation now. Called for one change after the other.
    var waits: @Sendable (_ conversation: String, [Job]) async -> Void
    /// What waits is left to the next start.
    var drains: @Sendable () async -> Void
    /// There is room for what stayed in the store.
    var hasRoom: @Sendable () -> Void = {}
  }

  struct Look: Sendable {
    var job: Job
    var admission: Mailboxes<Job>.Admission
    /// What ran when the message came: a /stop means this, not what begins while it is read.
    var answer: RunningAnswer?
  }

  var mailboxes: Mailboxes<Job>
  var running: [String: (job: Job, answer: RunningAnswer)] = [:]
  var looks: Deque<Look> = []
  var looking = 0
  /// Looks of each conversation, those under way included.
  var looksIn: [String: Int] = [:]
  /// Where an edit is looked at: edits of one question must be read in their order.
  var editsIn: Set<String> = []
  /// Stops that were obeyed, by conversation: on record as done only when the stopped answer is. The
  /// first ones stand for the rest.
  var stops: [String: [Job]] = [:]
  /// A stop that found nothing says so at once.
  var urgent: Deque<Job> = []
  /// Presses and quick commands work beside their conversation's own job, one after the other.
  var besides: [String: Deque<Job>] = [:]
  var runningBeside: [String: RunningAnswer] = [:]
  /// Conversations that were said to wait.
  private var waitingIn: Set<String> = []
  private let waits: AsyncStream<(String, [Job])>
  private let waitsChanged: AsyncStream<(String, [Job])>.Continuation
  let work: Work
  private let health: HealthBoard
  private let signal: AsyncStream<Void>
  let wake: AsyncStream<Void>.Continuation
  private var idleWaiters: [CheckedContinuation<Void, Never>] = []
  /// Those whose refusal is being told.
  private var refusing = 0
  /// Something stayed in the store for want of room; what comes now queues behind it.
  private var isOverflowing = false
  private var isDraining = false

  /// Jobs in memory. What is beyond it stays in the store, which needs no memory.
  private let maximumHeld: Int

  /// `WEBEX_ASSISTANT_HELD=50` makes a debug build short of room.
  static var usualHeld: Int {
    #if DEBUG
      if let held = getenv("WEBEX_ASSISTANT_HELD").flatMap({ Int(String(cString: $0)) }) {
        return held
      }
    #endif
    return 2_000
  }
  /// Requests that look ahead at the same moment; more would be in the way of the answers.
  static let maximumLooking = 8
  /// Looks of one conversation: beyond this a flood is on, and messages are read in their turn.
  private static let maximumLooks = 100
  /// Stops of one answer that are kept open until it has ended.
  static let maximumStops = 10
  /// One person's presses and quick commands that wait beside an answer.
  static let maximumBeside = 5
  /// A message that cannot be read for this long gives its place to others, and is waited for beside.
  static let lookLimit: Duration = .seconds(3)

  init(
    limits: Mailboxes<Job>.Limits, maximumHeld: Int = ConversationManager.usualHeld,
    health: HealthBoard, work: Work
  ) {
    mailboxes = Mailboxes(limits: limits)
    self.maximumHeld = maximumHeld
    self.work = work
    self.health = health
    (signal, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    (waits, waitsChanged) = AsyncStream.makeStream()
  }

  // MARK: Room

  private var held: Int {
    mailboxes.waiting + mailboxes.running + looks.count + looking + urgent.count + refusing
      + besides.values.reduce(0) { $0 + $1.count }
  }

  /// For how many jobs there is room; none while the process ends.
  var room: Int { isDraining ? 0 : max(0, maximumHeld - held) }

  /// Whether a new event may come into memory; else it stays in the store.
  func admits() -> Bool {
    if room == 0 { isOverflowing = true }
    return !isOverflowing
  }

  /// Nothing was left in the store: what comes now needs to queue behind nothing.
  ///
  /// - Returns: whether that is no news.
  func caughtUp() -> Bool {
    defer { isOverflowing = false }
    return !isOverflowing
  }

  /// - Parameter isBounded: false for what was accepted before a restart.
  func submit(_ job: Job, isBounded: Bool = true) {
    let isBusy = mailboxes.isBusy(job.spaceID)
    let admission = mailboxes.submit(
      job, id: job.activity.id, to: job.spaceID, from: job.personID, isBounded: isBounded)
    if isBusy, job.kind != .added, job.kind != .missed,
      looksIn[job.spaceID, default: 0] < Self.maximumLooks
    {
      looksIn[job.spaceID, default: 0] += 1
      looks.append(
        Look(job: job, admission: admission, answer: running[job.spaceID]?.answer))
    } else if admission != .accepted {
      refusing += 1
      Task {
        await work.refuse(job, admission)
        refusing -= 1
        note()
      }
    }
    changed(job.spaceID)
  }

  /// Works until cancelled; cancels what runs then.
  func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask {
        for await (conversation, jobs) in self.waits { await self.work.waits(conversation, jobs) }
      }
      for await _ in signal {
        while let (conversation, job) = mailboxes.next() {
          let answer = RunningAnswer { await self.stopBeside(conversation, by: $0) }
          running[conversation] = (job, answer)
          changed(conversation)
          group.addTask {
            await self.work.run(job, answer)
            await self.finished(conversation)
          }
        }
        while let job = urgent.popFirst() {
          group.addTask { await self.work.run(job, RunningAnswer()) }
        }
        for conversation in besides.keys where runningBeside[conversation] == nil {
          guard let job = besides[conversation]?.popFirst() else { continue }
          if besides[conversation]?.isEmpty == true { besides[conversation] = nil }
          let answer = RunningAnswer()
          runningBeside[conversation] = answer
          note()
          group.addTask {
            await self.work.run(job, answer)
            await self.finishedBeside(conversation)
          }
        }
        while let look = nextLook() { group.addTask { await self.lookAhead(look) } }
      }
      group.cancelAll()
    }
  }

  /// A person deleted a message: nobody wants its answer any more.
  func deleted(_ messageUUID: String, in conversation: String) async {
    if let (job, answer) = running[conversation], job.messageUUID == messageUUID {
      _ = answer.request(.drop)
    }
    for job in mailboxes.waiting(in: conversation) where job.messageUUID == messageUUID {
      guard withdraw(job) else { continue }
      await work.finish(job, "deleted before its turn")
    }
  }

  /// Starts nothing new and returns when what runs has ended.
  func drain() async {
    isDraining = true
    mailboxes.dropWaiting()
    looks = []
    looksIn = [:]
    besides = [:]
    note()
    await work.drains()
    guard !mailboxes.isIdle || !runningBeside.isEmpty else { return }
    await withTaskCancellationHandler {
      await withCheckedContinuation { idleWaiters.append($0) }
    } onCancel: {
      Task { await self.releaseWaiters() }
    }
  }

  // MARK: State

  private func finished(_ conversation: String) async {
    for stop in stops.removeValue(forKey: conversation) ?? [] { await work.finish(stop, "stop") }
    running[conversation] = nil
    mailboxes.finished(conversation)
    changed(conversation)
    releaseIfIdle()
  }

  private func finishedBeside(_ conversation: String) {
    runningBeside[conversation] = nil
    note()
    releaseIfIdle()
    wake.yield()
  }

  private func releaseIfIdle() {
    if mailboxes.running == 0, runningBeside.isEmpty { releaseWaiters() }
  }

  private func releaseWaiters() {
    for waiter in idleWaiters { waiter.resume() }
    idleWaiters = []
  }

  func changed(_ conversation: String) {
    note()
    wake.yield()
    let waiting = mailboxes.waiting(in: conversation)
    guard !waiting.isEmpty || waitingIn.contains(conversation) else { return }
    if waiting.isEmpty { waitingIn.remove(conversation) } else { waitingIn.insert(conversation) }
    waitsChanged.yield((conversation, waiting))
  }

  private func note() {
    let (running, waiting) = (mailboxes.running + runningBeside.count, mailboxes.waiting)
    health.update {
      $0.runningAnswers = running
      $0.waitingMessages = waiting
    }
    // Not for each place that is free: loading is cheaper by the hundred.
    if isOverflowing, room >= maximumHeld / 4 { work.hasRoom() }
  }
}
