// Who works next: one message of a conversation at a time, many conversations at once, fairly. Pure.

import DequeModule

/// The waiting messages of all conversations.
struct Mailboxes<Job: Sendable>: Sendable {
  private struct Mailbox {
    var waiting: Deque<Job> = []
    var isRunning = false
  }

  let maximumRunning: Int
  let maximumWaiting: Int
  private var mailboxes: [String: Mailbox] = [:]
  /// Conversations with waiting messages and none running, in the order in which they may go.
  private var ready: Deque<String> = []
  private(set) var running = 0
  private(set) var waiting = 0

  init(maximumRunning: Int, maximumWaiting: Int) {
    self.maximumRunning = max(1, maximumRunning)
    self.maximumWaiting = max(1, maximumWaiting)
  }

  var isIdle: Bool { running == 0 && waiting == 0 }

  /// - Returns: false if the conversation's mailbox is full.
  mutating func submit(_ job: Job, to conversation: String, isBounded: Bool = true) -> Bool {
    var mailbox = mailboxes[conversation] ?? Mailbox()
    guard mailbox.waiting.count < maximumWaiting || !isBounded else { return false }
    if mailbox.waiting.isEmpty, !mailbox.isRunning { ready.append(conversation) }
    mailbox.waiting.append(job)
    mailboxes[conversation] = mailbox
    waiting += 1
    return true
  }

  /// The next message that may be worked on, if there is room for one more.
  mutating func next() -> (conversation: String, job: Job)? {
    guard running < maximumRunning, let conversation = ready.popFirst() else { return nil }
    guard let job = mailboxes[conversation]?.waiting.popFirst() else { return nil }
    mailboxes[conversation]?.isRunning = true
    running += 1
    waiting -= 1
    return (conversation, job)
  }

  /// A conversation's message is done with; its next one queues behind those of the others.
  mutating func finished(_ conversation: String) {
    guard var mailbox = mailboxes[conversation], mailbox.isRunning else { return }
    running -= 1
    mailbox.isRunning = false
    if mailbox.waiting.isEmpty {
      mailboxes[conversation] = nil
    } else {
      mailboxes[conversation] = mailbox
      ready.append(conversation)
    }
  }

  /// Forgets what waits; it stays in the store for the next start.
  mutating func dropWaiting() {
    for key in mailboxes.keys { mailboxes[key]?.waiting = [] }
    mailboxes = mailboxes.filter { $0.value.isRunning }
    ready = []
    waiting = 0
  }
}
