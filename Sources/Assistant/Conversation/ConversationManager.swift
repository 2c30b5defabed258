// One mailbox per conversation. Intake submits jobs; each is worked on in a task of its own. Messages
// that arrive in a busy conversation are looked at ahead of their turn, so that /stop and an edited
// question reach the answer that runs.

import DequeModule
import MercuryClient

actor ConversationManager {
  /// What the manager has done for it; the rooms behind it know how.
  struct Work: Sendable {
    var read: @Sendable (Job) async throws -> ReadMessage
    var run: @Sendable (Job, RunningAnswer, ConversationManager) async -> Void
    /// Ends an event that led to no turn of its own.
    var finish: @Sendable (Job, _ outcome: String) async -> Void
    /// There was no room for this job.
    var refuse: @Sendable (Job, Mailboxes<Job>.Admission) async -> Void
    /// These wait in a conversation now; `version` grows, as the calls may overtake each other.
    var waits: @Sendable (_ conversation: String, [Job], _ version: Int) async -> Void
    /// What waits is left to the next start.
    var drains: @Sendable () async -> Void
  }

  private struct Look: Sendable {
    var job: Job
    var admission: Mailboxes<Job>.Admission
  }

  private var mailboxes: Mailboxes<Job>
  private var running: [String: (job: Job, answer: RunningAnswer)] = [:]
  private var looks: Deque<Look> = []
  private var looking = 0
  /// Urgent jobs work beside their conversation's own.
  private var urgent: Deque<Job> = []
  /// Conversations that were said to wait, and how often something changed.
  private var waitingIn: Set<String> = []
  private var changes = 0
  private let work: Work
  private let health: HealthBoard
  private let signal: AsyncStream<Void>
  private let wake: AsyncStream<Void>.Continuation
  private var idleWaiters: [CheckedContinuation<Void, Never>] = []

  /// Requests that look ahead at the same moment; more would be in the way of the answers.
  private static let maximumLooking = 8
  /// Beyond this a flood is on, and messages are read when their turn comes.
  private static let maximumLooks = 1_000

  init(limits: Mailboxes<Job>.Limits, health: HealthBoard, work: Work) {
    mailboxes = Mailboxes(limits: limits)
    self.work = work
    self.health = health
    (signal, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// - Parameter isBounded: false for what was accepted before a restart.
  func submit(_ job: Job, isBounded: Bool = true) {
    let isBusy = mailboxes.isBusy(job.spaceID)
    let admission = mailboxes.submit(
      job, id: job.activity.id, to: job.spaceID, from: job.personID, isBounded: isBounded)
    if isBusy, job.kind != .added, looks.count < Self.maximumLooks {
      looks.append(Look(job: job, admission: admission))
    } else if admission != .accepted {
      Task { [work] in await work.refuse(job, admission) }
    }
    changed(job.spaceID)
  }

  /// Works until cancelled; cancels what runs then.
  func run() async {
    await withDiscardingTaskGroup { group in
      for await _ in signal {
        while let (conversation, job) = mailboxes.next() {
          let answer = RunningAnswer()
          running[conversation] = (job, answer)
          changed(conversation)
          group.addTask {
            await self.work.run(job, answer, self)
            await self.finished(conversation)
          }
        }
        while let job = urgent.popFirst() {
          group.addTask { await self.work.run(job, RunningAnswer(), self) }
        }
        while looking < Self.maximumLooking, let look = looks.popFirst() {
          looking += 1
          group.addTask { await self.lookAhead(look) }
        }
      }
      group.cancelAll()
    }
  }

  /// Ends the running answer of a conversation; what was written stays.
  ///
  /// - Parameter activityID: of the command itself, which cannot stop itself.
  /// - Returns: false if none runs.
  func stop(in conversation: String, by person: String?, except activityID: String) -> Bool {
    guard let (job, answer) = running[conversation], job.activity.id != activityID else {
      return false
    }
    return answer.request(.stop(by: person))
  }

  /// A person deleted a message: nobody wants its answer any more.
  func deleted(_ messageUUID: String, in conversation: String) async {
    if let (job, answer) = running[conversation], job.messageUUID == messageUUID {
      _ = answer.request(.stop(by: nil))
    }
    for job in mailboxes.waiting(in: conversation) where job.messageUUID == messageUUID {
      guard withdraw(job) else { continue }
      await work.finish(job, "deleted before its turn")
    }
  }

  /// Starts nothing new and returns when what runs has ended.
  func drain() async {
    mailboxes.dropWaiting()
    looks = []
    note()
    await work.drains()
    guard !mailboxes.isIdle else { return }
    await withTaskCancellationHandler {
      await withCheckedContinuation { idleWaiters.append($0) }
    } onCancel: {
      Task { await self.releaseWaiters() }
    }
  }

  // MARK: Looking ahead

  private func lookAhead(_ look: Look) async {
    let isDone = await isUrgent(look.job)
    if !isDone, look.admission != .accepted { await work.refuse(look.job, look.admission) }
    looking -= 1
    wake.yield()
  }

  /// - Returns: true if the job needs no place in its mailbox any more.
  private func isUrgent(_ job: Job) async -> Bool {
    // Where it cannot be read, its turn says so.
    guard let read = try? await work.read(job) else { return false }
    switch (job.kind, read.decision) {
    case (.message, .stop):
      // Its turn may have come meanwhile.
      guard withdraw(job) else { return true }
      urgent.append(job)
      wake.yield()
      return true
    case (.edit, .ask):
      guard let outcome = reach(read, with: job) else { return false }
      _ = withdraw(job)
      await work.finish(job, outcome)
      return true
    default: return false
    }
  }

  /// An edited question that is being answered, or waits, is answered as it now is.
  private func reach(_ read: ReadMessage, with edit: Job) -> String? {
    guard let message = edit.messageUUID else { return nil }
    func isOriginal(_ job: Job) -> Bool {
      job.messageUUID == message && job.activity.id != edit.activity.id
    }
    if let (job, answer) = running[edit.spaceID], isOriginal(job) {
      return answer.request(.restart(read)) ? "restarted the answer" : nil
    }
    guard let waiting = mailboxes.waiting(in: edit.spaceID).first(where: isOriginal) else {
      return nil
    }
    waiting.letter.forget()
    return "edited before its turn"
  }

  /// - Returns: false if its turn has begun.
  private func withdraw(_ job: Job) -> Bool {
    if running[job.spaceID]?.job.activity.id == job.activity.id { return false }
    _ = mailboxes.withdraw(job.activity.id, from: job.spaceID)
    changed(job.spaceID)
    return true
  }

  // MARK: State

  private func finished(_ conversation: String) {
    running[conversation] = nil
    mailboxes.finished(conversation)
    changed(conversation)
    if mailboxes.running == 0 { releaseWaiters() }
  }

  private func releaseWaiters() {
    for waiter in idleWaiters { waiter.resume() }
    idleWaiters = []
  }

  private func changed(_ conversation: String) {
    note()
    wake.yield()
    let waiting = mailboxes.waiting(in: conversation)
    guard !waiting.isEmpty || waitingIn.contains(conversation) else { return }
    if waiting.isEmpty { waitingIn.remove(conversation) } else { waitingIn.insert(conversation) }
    changes += 1
    Task { [work, changes] in await work.waits(conversation, waiting, changes) }
  }

  private func note() {
    let (running, waiting) = (mailboxes.running, mailboxes.waiting)
    health.update {
      $0.runningAnswers = running
      $0.waitingMessages = waiting
    }
  }
}
