// Who works next: a conversation's messages one at a time and in order, many conversations at once,
// the places shared fairly between people. Pure. `ConversationManager` calls it.

import DequeModule

/// The waiting messages of all conversations. No call's cost grows with the number of people or
/// conversations by more than its logarithm.
struct Mailboxes<Job: Sendable>: Sendable {
  struct Limits: Equatable, Sendable {
    /// Messages being answered at once, of all conversations together.
    var running: Int
    /// Of one conversation, not counting the one being answered.
    var waitingPerConversation: Int
    /// Of one person in all conversations, not counting those being answered.
    var waitingPerPerson: Int
  }

  enum Admission: Equatable, Sendable { case accepted, conversationFull, personFull }

  private struct Message {
    let id: String
    let person: String
    let job: Job
    let submittedAt: Int
  }

  private struct Mailbox {
    var waiting: Deque<Message> = []
    /// Whose message is being answered.
    var runningFor: String?
    var finishedAt = 0
    /// In whose line the conversation stands: the author's of its first message.
    var standsFor: String?
  }

  private struct Person {
    var waiting = 0
    var running = 0
    var servedAt = 0
    /// Conversations that could go on with a message of this person, by how long they could.
    var ready = Line<Int>()
  }

  /// Fewer running answers first, then who has waited longest since an answer of theirs began.
  private struct Rank: Comparable {
    let running: Int
    let since: Int

    static func < (left: Rank, right: Rank) -> Bool {
      left.running == right.running ? left.since < right.since : left.running < right.running
    }
  }

  let limits: Limits
  private var mailboxes: [String: Mailbox] = [:]
  private var people: [String: Person] = [:]
  /// Those with a ready conversation.
  private var line = Line<Rank>()
  /// Counts calls: which of two things came first.
  private var clock = 0
  private(set) var running = 0
  private(set) var waiting = 0

  init(limits: Limits) {
    self.limits = Limits(
      running: max(1, limits.running),
      waitingPerConversation: max(1, limits.waitingPerConversation),
      waitingPerPerson: max(1, limits.waitingPerPerson))
  }

  var isIdle: Bool { running == 0 && waiting == 0 }

  /// Whether a message of the conversation is being answered or waits.
  func isBusy(_ conversation: String) -> Bool { mailboxes[conversation] != nil }

  /// In their order.
  func waiting(in conversation: String) -> [Job] {
    mailboxes[conversation]?.waiting.map(\.job) ?? []
  }

  /// - Parameter isBounded: false for what was accepted before a restart.
  mutating func submit(
    _ job: Job, id: String, to conversation: String, from person: String, isBounded: Bool = true
  ) -> Admission {
    if isBounded {
      let ahead = mailboxes[conversation]?.waiting.count ?? 0
      guard ahead < limits.waitingPerConversation else { return .conversationFull }
      guard people[person]?.waiting ?? 0 < limits.waitingPerPerson else { return .personFull }
    }
    clock += 1
    mailboxes[conversation, default: Mailbox()].waiting.append(
      Message(id: id, person: person, job: job, submittedAt: clock))
    people[person, default: Person()].waiting += 1
    waiting += 1
    lineUp(conversation)
    return .accepted
  }

  /// The next message to answer, if there is a place for one more.
  mutating func next() -> (conversation: String, job: Job)? {
    guard running < limits.running, let person = line.first?.id,
      let conversation = people[person]?.ready.first?.id,
      let message = mailboxes[conversation]?.waiting.popFirst()
    else { return nil }
    clock += 1
    mailboxes[conversation]?.runningFor = person
    people[person]?.waiting -= 1
    people[person]?.running += 1
    people[person]?.servedAt = clock
    waiting -= 1
    running += 1
    lineUp(conversation)
    return (conversation, message.job)
  }

  /// The conversation's message is done with; its next one queues behind those of the others.
  mutating func finished(_ conversation: String) {
    guard let person = mailboxes[conversation]?.runningFor else { return }
    clock += 1
    mailboxes[conversation]?.runningFor = nil
    mailboxes[conversation]?.finishedAt = clock
    people[person]?.running -= 1
    running -= 1
    lineUp(conversation)
    rank(person)
  }

  /// Takes a waiting message out.
  ///
  /// - Returns: nil if it does not wait, for instance because it is being answered already.
  mutating func withdraw(_ id: String, from conversation: String) -> Job? {
    guard let index = mailboxes[conversation]?.waiting.firstIndex(where: { $0.id == id }),
      let message = mailboxes[conversation]?.waiting.remove(at: index)
    else { return nil }
    people[message.person]?.waiting -= 1
    waiting -= 1
    lineUp(conversation)
    rank(message.person)
    return message.job
  }

  /// Forgets what waits; it stays in the store for the next start. For the end of the process:
  /// looks at every conversation.
  mutating func dropWaiting() {
    for conversation in Array(mailboxes.keys) {
      let dropped = mailboxes[conversation]?.waiting ?? []
      mailboxes[conversation]?.waiting = []
      for message in dropped { people[message.person]?.waiting -= 1 }
      lineUp(conversation)
      for message in dropped { rank(message.person) }
    }
    waiting = 0
  }

  // MARK: Lines

  /// Puts a conversation that has changed where it belongs: into the line of the person whose
  /// message is first, or into none while one is being answered.
  private mutating func lineUp(_ conversation: String) {
    guard let mailbox = mailboxes[conversation] else { return }
    let first = mailbox.runningFor == nil ? mailbox.waiting.first : nil
    if let person = mailbox.standsFor, person != first?.person {
      people[person]?.ready.remove(conversation)
      rank(person)
    }
    if let first {
      people[first.person]?.ready.put(
        conversation, at: max(first.submittedAt, mailbox.finishedAt))
      rank(first.person)
    }
    if mailbox.runningFor == nil, mailbox.waiting.isEmpty {
      mailboxes[conversation] = nil
    } else {
      mailboxes[conversation]?.standsFor = first?.person
    }
  }

  private mutating func rank(_ name: String) {
    guard let person = people[name] else { return }
    if let longest = person.ready.first {
      line.put(
        name, at: Rank(running: person.running, since: max(person.servedAt, longest.priority)))
    } else {
      line.remove(name)
    }
    if person.waiting == 0, person.running == 0 { people[name] = nil }
  }
}

/// A priority queue whose members can move and leave; a binary heap that knows where each one is.
private struct Line<Priority: Comparable & Sendable>: Sendable {
  private var heap: [(id: String, priority: Priority)] = []
  private var places: [String: Int] = [:]

  /// The one with the smallest priority.
  var first: (id: String, priority: Priority)? { heap.first }

  /// Lets `id` in, or moves it.
  mutating func put(_ id: String, at priority: Priority) {
    let place = places[id] ?? heap.count
    if place == heap.count {
      heap.append((id, priority))
      places[id] = place
    } else {
      heap[place].priority = priority
    }
    settle(place)
  }

  mutating func remove(_ id: String) {
    guard let place = places.removeValue(forKey: id) else { return }
    let last = heap.removeLast()
    guard place < heap.count else { return }
    heap[place] = last
    places[last.id] = place
    settle(place)
  }

  private mutating func settle(_ start: Int) {
    var place = start
    while place > 0, heap[place].priority < heap[(place - 1) / 2].priority {
      swap(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
    while let child = smallerChild(of: place), heap[child].priority < heap[place].priority {
      swap(place, child)
      place = child
    }
  }

  private func smallerChild(of place: Int) -> Int? {
    let (left, right) = (2 * place + 1, 2 * place + 2)
    guard right < heap.count else { return left < heap.count ? left : nil }
    return heap[right].priority < heap[left].priority ? right : left
  }

  private mutating func swap(_ one: Int, _ other: Int) {
    heap.swapAt(one, other)
    places[heap[one].id] = one
    places[heap[other].id] = other
  }
}
