// One mailbox per conversation. Intake submits events; each is worked on in a task of its own.

import MercuryClient

/// A stored event and the activity in it.
struct Job: Sendable {
  var activity: Activity
  /// The space's uuid: the conversation it belongs to.
  var spaceID: String
}

actor ConversationManager {
  private var mailboxes: Mailboxes<Job>
  private let work: @Sendable (Job) async -> Void
  private let health: HealthBoard
  private let signal: AsyncStream<Void>
  private let wake: AsyncStream<Void>.Continuation
  private var idleWaiters: [CheckedContinuation<Void, Never>] = []

  init(
    maximumRunning: Int, maximumWaiting: Int, health: HealthBoard,
    work: @escaping @Sendable (Job) async -> Void
  ) {
    mailboxes = Mailboxes(maximumRunning: maximumRunning, maximumWaiting: maximumWaiting)
    self.work = work
    self.health = health
    (signal, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// - Parameter isBounded: false for what was accepted before a restart.
  /// - Returns: false if too many messages wait in this conversation already.
  func submit(_ job: Job, isBounded: Bool = true) -> Bool {
    let isAccepted = mailboxes.submit(job, to: job.spaceID, isBounded: isBounded)
    wake.yield()
    note()
    return isAccepted
  }

  /// Works until cancelled; cancels what runs then.
  func run() async {
    await withDiscardingTaskGroup { group in
      for await _ in signal {
        while let (conversation, job) = mailboxes.next() {
          note()
          group.addTask {
            await self.work(job)
            await self.finished(conversation)
          }
        }
      }
      group.cancelAll()
    }
  }

  /// Starts nothing new and returns when what runs has ended.
  func drain() async {
    mailboxes.dropWaiting()
    note()
    guard !mailboxes.isIdle else { return }
    await withTaskCancellationHandler {
      await withCheckedContinuation { idleWaiters.append($0) }
    } onCancel: {
      Task { await self.releaseWaiters() }
    }
  }

  private func releaseWaiters() {
    for waiter in idleWaiters { waiter.resume() }
    idleWaiters = []
  }

  private func finished(_ conversation: String) {
    mailboxes.finished(conversation)
    note()
    wake.yield()
    if mailboxes.running == 0 { releaseWaiters() }
  }

  private func note() {
    let (running, waiting) = (mailboxes.running, mailboxes.waiting)
    health.update {
      $0.runningAnswers = running
      $0.waitingMessages = waiting
    }
  }
}
