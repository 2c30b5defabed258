// What mailboxes are meant to do, without any cleverness. `MailboxesTests` compares the real ones with it.

@testable import Assistant

/// The definition, by looking at everything each time.
struct NaiveMailboxes {
  struct Message {
    let id, conversation, person, job: String
    let at: Int
  }

  let limits: Mailboxes<String>.Limits
  var waiting: [Message] = []
  var running: [String: String] = [:]
  var servedAt: [String: Int] = [:]
  var finishedAt: [String: Int] = [:]
  var clock = 0

  func waiting(in conversation: String) -> [Message] {
    waiting.filter { $0.conversation == conversation }
  }

  mutating func submit(
    _ job: String, id: String, to conversation: String, from person: String, isBounded: Bool
  ) -> Mailboxes<String>.Admission {
    let ofPerson = waiting.count { $0.person == person }
    if isBounded, waiting(in: conversation).count >= limits.waitingPerConversation {
      return .conversationFull
    }
    if isBounded, ofPerson >= limits.waitingPerPerson { return .personFull }
    clock += 1
    waiting.append(Message(id: id, conversation: conversation, person: person, job: job, at: clock))
    return .accepted
  }

  mutating func next() -> Message? {
    guard running.count < limits.running else { return nil }
    // Of each conversation that may go on, its first message and since when it may.
    let ready = Set(waiting.map(\.conversation)).filter { running[$0] == nil }.map { conversation in
      let message = waiting(in: conversation)[0]
      return (message: message, since: max(message.at, finishedAt[conversation] ?? 0))
    }
    let people = Set(ready.map(\.message.person)).map { person in
      let since = ready.filter { $0.message.person == person }.map(\.since).min() ?? 0
      return (
        name: person, running: running.values.count { $0 == person },
        since: max(since, servedAt[person] ?? 0)
      )
    }
    let person = people.min { ($0.running, $0.since) < ($1.running, $1.since) }?.name
    let mine = ready.filter { $0.message.person == person }
    guard let message = mine.min(by: { $0.since < $1.since })?.message else { return nil }
    clock += 1
    waiting.removeAll { $0.id == message.id }
    running[message.conversation] = message.person
    servedAt[message.person] = clock
    return message
  }

  mutating func finished(_ conversation: String) {
    guard running.removeValue(forKey: conversation) != nil else { return }
    clock += 1
    finishedAt[conversation] = clock
  }

  mutating func withdraw(_ id: String, from conversation: String) -> String? {
    guard let index = waiting.firstIndex(where: { $0.id == id && $0.conversation == conversation })
    else { return nil }
    return waiting.remove(at: index).job
  }
}
