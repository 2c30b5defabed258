// Plays a space against a waiting sign. Used by `WaitingSignTests`.

import Testing

@testable import Assistant

/// A space in which the sign stands: performs its actions on a clock of its own.
struct SignRehearsal {
  /// Three deletes, so that the stories stay short.
  var sign = WaitingSign(timing: .init(maximumDeletes: 3))
  var now: Duration = .zero
  var latency: Duration = .milliseconds(100)
  /// What a reader sees: message id → count and thread.
  var visible: [String: (count: Int, threadID: String?)] = [:]
  /// Every send, as a reader of the record would list them.
  var log: [(at: Duration, action: WaitingSign.Action)] = []
  /// Decides about a send; nil lets it succeed.
  var fault: (_ action: WaitingSign.Action, _ number: Int) -> SendResult? = { _, _ in nil }
  private var queue: [(at: Duration, input: WaitingSign.Input)] = []
  var mostVisible = 0
  var inFlight = 0

  /// From now on questions wait in these threads.
  mutating func at(_ seconds: Double, _ threads: String...) {
    let time = Duration.seconds(seconds)
    at(time, threads.map { .init(id: $0, threadID: $0, since: time) })
  }

  mutating func at(_ time: Duration, _ questions: [WaitingSign.Question]) {
    queue.append((time, .waiting(questions)))
  }

  mutating func run() {
    var steps = 0
    while !queue.isEmpty {
      steps += 1
      precondition(steps < 100_000, "the sign never ends")
      var first = 0
      for index in queue.indices where queue[index].at < queue[first].at { first = index }
      let (time, input) = queue.remove(at: first)
      now = time
      if case .sent = input { inFlight -= 1 }
      for action in sign.handle(input, at: now) { perform(action) }
    }
  }

  private mutating func perform(_ action: WaitingSign.Action) {
    if case .wake(let time) = action {
      #expect(time > now)
      queue.append((time, .tick))
      return
    }
    log.append((now, action))
    inFlight += 1
    #expect(inFlight == 1, "two sends at once")
    let result = fault(action, log.count) ?? apply(action)
    queue.append((now + latency, .sent(result)))
    mostVisible = max(mostVisible, visible.count)
  }

  private mutating func apply(_ action: WaitingSign.Action) -> SendResult {
    switch action {
    case .post(let count, let threadID):
      visible["m\(log.count)"] = (count, threadID)
      return .posted(messageID: "m\(log.count)")
    case .edit(let id, let count):
      guard visible[id] != nil else { return .rejected }
      visible[id]?.count = count
      return .edited
    case .delete(let id): return visible.removeValue(forKey: id) == nil ? .rejected : .deleted
    case .wake: return .failed
    }
  }

  /// Such as `4.0 post 2 space`.
  var story: [String] {
    log.map { entry in
      let at = Double(entry.at / .milliseconds(100)).rounded() / 10
      return switch entry.action {
      case .post(let count, let thread): "\(at) post \(count) \(thread ?? "space")"
      case .edit(_, let count): "\(at) edit \(count)"
      case .delete: "\(at) delete"
      case .wake: ""
      }
    }
  }
}
