import Testing

@testable import Assistant

@Suite("Mailboxes: order, bounds and fairness")
struct MailboxesTests {
  private typealias Boxes = Mailboxes<String>

  private func boxes(running: Int = 10, conversation: Int = 10, person: Int = 100) -> Boxes {
    Boxes(
      limits: .init(
        running: running, waitingPerConversation: conversation, waitingPerPerson: person))
  }

  /// `#expect` cannot call a mutating method itself.
  private func expect<Value: Equatable>(
    _ value: Value, _ expected: Value, at location: SourceLocation = #_sourceLocation
  ) {
    #expect(value == expected, sourceLocation: location)
  }

  private func accept(
    _ job: String, to conversation: String, from person: String, in boxes: inout Boxes,
    isBounded: Bool = true, at location: SourceLocation = #_sourceLocation
  ) {
    let admission = boxes.submit(
      job, id: job, to: conversation, from: person, isBounded: isBounded)
    #expect(admission == .accepted, sourceLocation: location)
  }

  /// Everything that may start now.
  private func start(_ boxes: inout Boxes) -> [String] {
    var jobs: [String] = []
    while let job = boxes.next()?.job { jobs.append(job) }
    return jobs
  }

  /// One after the other.
  private func serveAll(_ boxes: inout Boxes) -> [String] {
    var jobs: [String] = []
    while let (conversation, job) = boxes.next() {
      jobs.append(job)
      boxes.finished(conversation)
    }
    return jobs
  }

  @Test("one message of a conversation at a time, in order, whoever wrote them")
  func order() {
    var boxes = boxes()
    for (index, person) in ["ann", "bob", "ann"].enumerated() {
      accept("\(index)", to: "a", from: person, in: &boxes)
    }
    for index in 0..<3 {
      #expect(boxes.isBusy("a"))
      expect(start(&boxes), ["\(index)"])
      expect(boxes.waiting(in: "a"), ["0", "1", "2"].filter { $0 > "\(index)" })
      boxes.finished("a")
    }
    #expect(boxes.isIdle)
    #expect(!boxes.isBusy("a"))
  }

  @Test("a conversation's second message queues behind the other conversations")
  func turns() {
    var boxes = boxes(running: 1)
    for job in ["a0", "a1", "b0"] {
      accept(job, to: String(job.prefix(1)), from: "ann", in: &boxes)
    }
    expect(serveAll(&boxes), ["a0", "b0", "a1"])
  }

  @Test("bounds count waiting messages: of the conversation, and of the person in all of them")
  func bounds() {
    var boxes = boxes(running: 1, conversation: 2, person: 3)
    accept("0", to: "a", from: "ann", in: &boxes)
    expect(start(&boxes), ["0"])
    // The running one does not count.
    accept("1", to: "a", from: "ann", in: &boxes)
    accept("2", to: "a", from: "ann", in: &boxes)
    expect(boxes.submit("3", id: "3", to: "a", from: "bob"), .conversationFull)
    accept("3", to: "b", from: "ann", in: &boxes)
    expect(boxes.submit("4", id: "4", to: "c", from: "ann"), .personFull)
    accept("5", to: "c", from: "bob", in: &boxes)
    expect(boxes.waiting, 4)
    // Room again, after a withdrawal and after a start.
    expect(boxes.withdraw("3", from: "b"), "3")
    accept("6", to: "c", from: "ann", in: &boxes)
    boxes.finished("a")
    expect(boxes.next()?.job, "5")
    boxes.finished("c")
    expect(boxes.next()?.job, "1")
    accept("7", to: "a", from: "bob", in: &boxes)
    expect(boxes.submit("8", id: "8", to: "a", from: "bob"), .conversationFull)
  }

  @Test("what was accepted before a restart is never refused, but counts")
  func unbounded() {
    var boxes = boxes(running: 1, conversation: 2, person: 3)
    for job in 0..<10 { accept("\(job)", to: "a", from: "ann", in: &boxes, isBounded: false) }
    expect(boxes.submit("10", id: "10", to: "a", from: "bob"), .conversationFull)
    expect(boxes.submit("10", id: "10", to: "b", from: "ann"), .personFull)
  }

  @Test("a waiting message can be taken out, a running one not")
  func withdrawal() {
    var boxes = boxes(running: 1)
    for (job, person) in [("0", "ann"), ("1", "ann"), ("2", "bob"), ("3", "ann")] {
      accept(job, to: "a", from: person, in: &boxes)
    }
    expect(start(&boxes), ["0"])
    expect(boxes.withdraw("0", from: "a"), nil)
    expect(boxes.withdraw("1", from: "b"), nil)
    expect(boxes.withdraw("1", from: "a"), "1")
    expect(boxes.withdraw("1", from: "a"), nil)
    boxes.finished("a")
    // The first of the line, so that the next one's author stands in it.
    expect(boxes.withdraw("2", from: "a"), "2")
    expect(start(&boxes), ["3"])
    boxes.finished("a")
    #expect(boxes.isIdle)
  }

  @Test("one person in fifty spaces leaves the places to the others")
  func greed() {
    var boxes = boxes(running: 10)
    for space in 0..<50 { accept("greedy", to: "g\(space)", from: "ann", in: &boxes) }
    // Alone, all places are theirs: nothing is left idle.
    var running: [String] = []
    while let next = boxes.next() { running.append(next.conversation) }
    #expect(running.count == 10)
    for person in 0..<20 { accept("p\(person)", to: "p\(person)", from: "p\(person)", in: &boxes) }
    // Each place that becomes free goes to someone with none, who waited longest; the first person
    // is one of them again once none of their answers runs.
    var served: [String] = []
    for _ in 0..<22 {
      boxes.finished(running.removeFirst())
      guard let next = boxes.next() else { break }
      served.append(next.job)
      running.append(next.conversation)
    }
    let others = (0..<20).map { "p\($0)" }
    let expected = [others[..<9], ["greedy"], others[9...], ["greedy"]].flatMap { $0 }
    #expect(served == expected)
  }

  @Test("with one place, people take turns, however much one of them wrote first")
  func alternation() {
    var boxes = boxes(running: 1)
    for index in 0..<5 { accept("a\(index)", to: "a\(index)", from: "ann", in: &boxes) }
    for index in 0..<2 { accept("b\(index)", to: "b\(index)", from: "bob", in: &boxes) }
    expect(serveAll(&boxes), ["a0", "b0", "a1", "b1", "a2", "a3", "a4"])
  }

  @Test("nothing that waits is left after a drop, and what runs ends as usual")
  func drop() {
    var boxes = boxes(running: 1, conversation: 2, person: 3)
    for conversation in ["a", "b", "c"] {
      accept("1", to: conversation, from: "ann", in: &boxes)
    }
    expect(start(&boxes), ["1"])
    boxes.dropWaiting()
    expect(boxes.waiting, 0)
    expect(boxes.next() == nil, true)
    #expect(!boxes.isIdle)
    boxes.finished("a")
    #expect(boxes.isIdle)
    for conversation in ["a", "b", "c"] {
      accept("2", to: conversation, from: "ann", in: &boxes)
    }
    expect(boxes.next()?.conversation, "a")
  }

  @Test("any sequence of calls does what the definition says", arguments: 0..<40)
  func generated(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let limits = Boxes.Limits(
      running: .random(in: 1...6, using: &random),
      waitingPerConversation: .random(in: 1...5, using: &random),
      waitingPerPerson: .random(in: 1...8, using: &random))
    var boxes = Boxes(limits: limits)
    var model = NaiveMailboxes(limits: limits)
    for step in 0..<600 {
      let conversation = "c\(Int.random(in: 0..<8, using: &random))"
      switch Int.random(in: 0..<100, using: &random) {
      case ..<45:
        let person = "p\(Int.random(in: 0..<5, using: &random))"
        let isBounded = Int.random(in: 0..<10, using: &random) > 0
        let (id, job) = ("\(step)", "job \(step)")
        expect(
          boxes.submit(job, id: id, to: conversation, from: person, isBounded: isBounded),
          model.submit(job, id: id, to: conversation, from: person, isBounded: isBounded))
      case ..<70:
        let (next, expected) = (boxes.next(), model.next())
        expect(next?.job, expected?.job)
        expect(next?.conversation, expected?.conversation)
      case ..<88:
        let ended = model.running.keys.sorted().randomElement(using: &random) ?? conversation
        boxes.finished(ended)
        model.finished(ended)
      case ..<99:
        let id = model.waiting.randomElement(using: &random)?.id ?? "none"
        let place = model.waiting.first { $0.id == id }?.conversation ?? conversation
        expect(boxes.withdraw(id, from: place), model.withdraw(id, from: place))
      default:
        boxes.dropWaiting()
        model.waiting = []
      }
      #expect(boxes.running == model.running.count)
      #expect(boxes.waiting == model.waiting.count)
      expect(boxes.waiting(in: conversation), model.waiting(in: conversation).map(\.job))
      #expect(
        boxes.isBusy(conversation)
          == (model.running[conversation] != nil || !model.waiting(in: conversation).isEmpty))
    }
  }

  @Test("the cost of a call hardly grows with the number of people and conversations")
  func cost() {
    let few = callTime(ready: 500)
    let many = callTime(ready: 16_000)
    // Thirty-two times as many ready: a linear call would take about thirty times as long.
    #expect(many < few * 8, "\(few) a round with 500 ready, \(many) with 16,000")
  }

  /// The time of one finish, next, submit and withdrawal while `ready` conversations are ready, half
  /// of them one person's; the best of several, since the machine has other work.
  private func callTime(ready: Int) -> Duration {
    var boxes = boxes(running: 100, conversation: 10, person: 1_000_000)
    for index in 0..<ready {
      let person = index.isMultiple(of: 2) ? "ann" : "p\(index)"
      _ = boxes.submit("job", id: "\(index)", to: "c\(index)", from: person)
    }
    var running: [String] = []
    while let next = boxes.next() { running.append(next.conversation) }
    var best: Duration = .seconds(1_000)
    for _ in 0..<7 {
      best = min(
        best,
        ContinuousClock().measure {
          for _ in 0..<50 {
            let conversation = running.removeFirst()
            boxes.finished(conversation)
            if let next = boxes.next() { running.append(next.conversation) }
            for id in ["kept", "withdrawn"] {
              _ = boxes.submit("job", id: id, to: conversation, from: "ann")
            }
            _ = boxes.withdraw("withdrawn", from: conversation)
          }
        })
    }
    return best / 50
  }
}
