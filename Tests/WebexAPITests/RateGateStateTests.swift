// The gate as a table of inputs and actions: no clock, no tasks.

import Testing

@testable import WebexAPI

@Suite("RateGateState")
struct RateGateStateTests {
  private static let origin = Duration.seconds(100)

  private func ticket(_ number: UInt64, _ priority: CallPriority = .ordinary, edits: String? = nil)
    -> RateTicket
  {
    RateTicket(number: number, priority: priority, editedMessage: edits)
  }

  /// A gate that a 429 has just shut for ten seconds; the call that earned it has left.
  private func shutGate() -> RateGateState {
    var gate = RateGateState()
    let first = ticket(1)
    #expect(gate.handle(.enter(first), now: Self.origin) == [.go(first)])
    #expect(
      gate.handle(.rateLimited(first, retryAfter: .seconds(10)), now: Self.origin)
        == [.wake(at: Self.origin + .seconds(10))])
    #expect(gate.handle(.left(first), now: Self.origin) == [])
    return gate
  }

  @Test("an open gate lets everyone go at once")
  func open() {
    var gate = RateGateState()
    for number in 1...100 as ClosedRange<UInt64> {
      let ticket = ticket(number, [.progress, .ordinary, .answer][Int(number % 3)])
      #expect(gate.handle(.enter(ticket), now: .zero) == [.go(ticket)])
    }
    for number in 1...100 as ClosedRange<UInt64> {
      let ticket = ticket(number, [.progress, .ordinary, .answer][Int(number % 3)])
      #expect(gate.handle(.left(ticket), now: .zero) == [])
    }
    #expect(gate.isIdle && gate.isOpen)
  }

  @Test(
    "Webex's wait is 1 to 60 seconds, 5 when it is unreadable",
    arguments: [
      (nil, 5), (0, 1), (1, 1), (4, 4), (60, 60), (61, 60), (86_400, 60),
    ] as [(Int?, Int)])
  func waits(retryAfter: Int?, seconds: Int) {
    #expect(
      RateGateState.wait(forRetryAfter: retryAfter.map { .seconds($0) }) == .seconds(seconds))
  }

  @Test("nobody goes while the gate is shut")
  func shut() {
    var gate = shutGate()
    #expect(gate.handle(.enter(ticket(2, .answer)), now: Self.origin + .seconds(1)) == [])
    #expect(gate.handle(.enter(ticket(3)), now: Self.origin + .seconds(9)) == [])
    // A timer that fires early, as timers may, opens nothing.
    #expect(
      gate.handle(.time, now: Self.origin + .milliseconds(9_999))
        == [.wake(at: Self.origin + .seconds(10))])
    #expect(
      gate.handle(.time, now: Self.origin + .seconds(10))
        == [.go(ticket(2, .answer)), .go(ticket(3))])
    #expect(gate.isOpen)
  }

  @Test("the longest wait of several counts")
  func longestWait() {
    var gate = RateGateState()
    let calls = (1...3).map { ticket($0) }
    for call in calls { _ = gate.handle(.enter(call), now: .zero) }
    #expect(
      gate.handle(.rateLimited(calls[0], retryAfter: .seconds(5)), now: .zero)
        == [.wake(at: .seconds(5))])
    #expect(
      gate.handle(.rateLimited(calls[1], retryAfter: .seconds(9)), now: .seconds(1))
        == [.wake(at: .seconds(10))])
    #expect(
      gate.handle(.rateLimited(calls[2], retryAfter: .seconds(1)), now: .seconds(2)) == [])
  }

  @Test(
    "after the wait the urgent go first, and the older first among equals; looks for gaps go last")
  func order() {
    var gate = shutGate()
    let calls = [
      ticket(2, .background), ticket(3), ticket(4, .answer), ticket(5),
      ticket(6, .answer, edits: "b"), ticket(7, .background),
    ]
    for call in calls.reversed() { #expect(gate.handle(.enter(call), now: Self.origin) == []) }
    var order: [UInt64] = []
    var actions = gate.handle(.time, now: Self.origin + .seconds(10))
    while !actions.isEmpty {
      var next: [RateGateState.Action] = []
      for case .go(let ticket) in actions {
        order.append(ticket.number)
        next += gate.handle(.left(ticket), now: Self.origin + .seconds(10))
      }
      actions = next
    }
    #expect(order == [4, 6, 3, 5, 2, 7])
    #expect(gate.isIdle && gate.isOpen)
  }

  @Test("the gate reopens a few calls at a time, one more for each that passes")
  func window() {
    var gate = shutGate()
    let calls = (2...21).map { ticket($0) }
    for call in calls { #expect(gate.handle(.enter(call), now: Self.origin) == []) }
    let reopened = Self.origin + .seconds(10)
    #expect(
      gate.handle(.time, now: reopened)
        == calls[..<4].map { .go($0) } + [.wake(at: reopened + .seconds(1))])
    #expect(gate.handle(.left(calls[0]), now: reopened) == [.go(calls[4]), .go(calls[5])])
    #expect(gate.handle(.left(calls[1]), now: reopened) == [.go(calls[6]), .go(calls[7])])
    #expect(!gate.isOpen)
  }

  @Test("a call that hangs does not hold up the others for ever")
  func patience() {
    var gate = shutGate()
    let calls = (2...8).map { ticket($0) }
    for call in calls { _ = gate.handle(.enter(call), now: Self.origin) }
    var now = Self.origin + .seconds(10)
    _ = gate.handle(.time, now: now)
    for index in 4...6 {
      now += .seconds(1)
      let wake: [RateGateState.Action] = index < 6 ? [.wake(at: now + .seconds(1))] : []
      #expect(gate.handle(.time, now: now) == [.go(calls[index])] + wake)
    }
    #expect(gate.isOpen)
  }

  @Test("a 429 while the gate reopens shuts it again, and its call keeps its place")
  func limitedAgain() {
    var gate = shutGate()
    let calls = (2...10).map { ticket($0) }
    for call in calls { _ = gate.handle(.enter(call), now: Self.origin) }
    let reopened = Self.origin + .seconds(10)
    _ = gate.handle(.time, now: reopened)
    #expect(
      gate.handle(.rateLimited(calls[0], retryAfter: .seconds(3)), now: reopened)
        == [.wake(at: reopened + .seconds(3))])
    #expect(gate.handle(.enter(calls[0]), now: reopened) == [])
    for call in calls[1...3] { #expect(gate.handle(.left(call), now: reopened) == []) }
    #expect(
      gate.handle(.time, now: reopened + .seconds(3)).first == .go(calls[0]))
  }

  @Test("progress edits do not wait: they are dropped while the gate is shut, and while it reopens")
  func progressIsDropped() {
    var gate = shutGate()
    let early = ticket(2, .progress, edits: "m")
    #expect(gate.handle(.enter(early), now: Self.origin) == [.supersede(early)])
    let calls = (3...12).map { ticket($0) }
    for call in calls { _ = gate.handle(.enter(call), now: Self.origin) }
    _ = gate.handle(.time, now: Self.origin + .seconds(10))
    #expect(!gate.isOpen)
    let late = ticket(20, .progress, edits: "m")
    #expect(gate.handle(.enter(late), now: Self.origin + .seconds(10)) == [.supersede(late)])
    for call in calls { _ = gate.handle(.left(call), now: Self.origin + .seconds(10)) }
    #expect(gate.isOpen && gate.isIdle)
    let next = ticket(21, .progress, edits: "m")
    #expect(gate.handle(.enter(next), now: Self.origin + .seconds(11)) == [.go(next)])
  }

  @Test("a progress edit that earned the 429 itself is dropped, its final edit waits and goes")
  func finalEdit() {
    var gate = RateGateState()
    let progress = ticket(2, .progress, edits: "m")
    let final = ticket(3, .answer, edits: "m")
    let late = ticket(4, .answer, edits: "m")
    #expect(gate.handle(.enter(progress), now: Self.origin) == [.go(progress)])
    _ = gate.handle(.rateLimited(progress, retryAfter: .seconds(10)), now: Self.origin)
    #expect(gate.handle(.enter(progress), now: Self.origin) == [.supersede(progress)])
    #expect(gate.handle(.enter(final), now: Self.origin) == [])
    #expect(gate.handle(.enter(late), now: Self.origin) == [])
    #expect(
      gate.handle(.time, now: Self.origin + .seconds(10)) == [.go(final), .go(late)])
  }

  // MARK: A refused token

  @Test("a refused token shuts the gate; one probe at a time asks, more and more rarely")
  func refused() {
    var gate = RateGateState()
    let call = ticket(1, .answer)
    var now = Self.origin
    #expect(gate.handle(.enter(call), now: now) == [.go(call)])
    #expect(gate.handle(.refused(call), now: now) == [.wake(at: now + .seconds(5))])
    #expect(gate.handle(.enter(call), now: now) == [])
    // Others that were under way change nothing, nor does a 429 among them.
    #expect(gate.handle(.refused(nil), now: now) == [])
    #expect(gate.handle(.rateLimited(ticket(2), retryAfter: .seconds(1)), now: now) == [])
    #expect(gate.isRefused)
    for wait in [10, 20, 40, 80, 160, 300, 300] {
      now += .seconds(300)
      #expect(gate.handle(.time, now: now) == [.probe])
      #expect(
        gate.handle(.probed(isAccepted: false), now: now) == [.wake(at: now + .seconds(wait))])
    }
    #expect(gate.handle(.time, now: now + .seconds(299)) == [.wake(at: now + .seconds(300))])
    #expect(gate.handle(.time, now: now + .seconds(300)) == [.probe])
    #expect(gate.handle(.probed(isAccepted: true), now: now) == [.go(call)])
    #expect(gate.isOpen && !gate.isRefused)
    #expect(gate.handle(.probed(isAccepted: true), now: now) == [])
  }

  @Test("a progress edit that comes back after a newer edit went gives way to it")
  func overtaken() {
    var gate = RateGateState()
    let old = ticket(1, .progress, edits: "m")
    let new = ticket(2, .progress, edits: "m")
    #expect(gate.handle(.enter(old), now: .zero) == [.go(old)])
    #expect(gate.handle(.enter(new), now: .zero) == [.go(new)])
    _ = gate.handle(.left(new), now: .zero)
    _ = gate.handle(.rateLimited(old, retryAfter: .seconds(1)), now: .zero)
    #expect(gate.handle(.enter(old), now: .zero) == [.supersede(old)])
    #expect(gate.isIdle)
  }

  @Test("the same holds for one that comes back after a failure")
  func overtakenAfterFailure() {
    var gate = RateGateState()
    let old = ticket(1, .progress, edits: "m")
    let new = ticket(2, .answer, edits: "m")
    _ = gate.handle(.enter(old), now: .zero)
    _ = gate.handle(.attempted(old), now: .zero)
    #expect(gate.handle(.enter(new), now: .zero) == [.go(new)])
    #expect(gate.handle(.enter(old), now: .zero) == [.supersede(old)])
  }

  @Test("a message's next edit, after all earlier ones have left, is an ordinary one")
  func editsAreForgotten() {
    var gate = RateGateState()
    for number in 1...3 as ClosedRange<UInt64> {
      let edit = ticket(number, .progress, edits: "m")
      #expect(gate.handle(.enter(edit), now: .zero) == [.go(edit)])
      _ = gate.handle(.left(edit), now: .zero)
      #expect(gate.isIdle)
    }
  }

  @Test("a call that is cancelled while it waits does not go")
  func cancelled() {
    var gate = shutGate()
    #expect(gate.handle(.enter(ticket(2)), now: Self.origin) == [])
    #expect(gate.handle(.left(ticket(2)), now: Self.origin) == [])
    #expect(gate.handle(.time, now: Self.origin + .seconds(10)) == [])
    #expect(gate.isIdle)
  }

  /// Every history of a crowd, under seeded chance: no call is lost, none goes while the gate is
  /// shut, finals always go, and only progress is dropped.
  @Test("no call is ever lost", arguments: 0..<200 as Range<UInt64>)
  func chance(seed: UInt64) {
    var random = SplitMix(state: seed)
    var gate = RateGateState()
    var now = Duration.zero
    var shutUntil = Duration.zero
    var wake: Duration?
    var waiting: Set<RateTicket> = []
    var underWay: Set<RateTicket> = []
    var next: UInt64 = 0
    var settled: Set<UInt64> = []

    func perform(_ actions: [RateGateState.Action]) {
      for action in actions {
        switch action {
        case .go(let ticket):
          #expect(now >= shutUntil)
          #expect(waiting.remove(ticket) != nil)
          underWay.insert(ticket)
        case .supersede(let ticket):
          #expect(ticket.priority == .progress)
          #expect(waiting.remove(ticket) != nil)
          #expect(settled.insert(ticket.number).inserted)
        case .wake(let time):
          #expect(time >= now)
          wake = time
        case .probe: Issue.record("no token was refused")
        }
      }
    }

    func step(_ choice: UInt64) {
      switch choice {
      case 0...3 where next < 60:
        next += 1
        let priority: CallPriority =
          [.background, .progress, .ordinary, .answer][Int(random.next() % 4)]
        let edits = priority < .progress || priority == .ordinary ? nil : "m\(random.next() % 3)"
        let ticket = RateTicket(number: next, priority: priority, editedMessage: edits)
        waiting.insert(ticket)
        perform(gate.handle(.enter(ticket), now: now))
      case 4...5:
        guard let ticket = underWay.min(by: { $0.number < $1.number }) else { return }
        underWay.remove(ticket)
        settled.insert(ticket.number)
        perform(gate.handle(.left(ticket), now: now))
      case 6:
        guard next < 60, let ticket = underWay.max(by: { $0.number < $1.number }) else { return }
        underWay.remove(ticket)
        shutUntil = max(shutUntil, now + .seconds(3))
        perform(gate.handle(.rateLimited(ticket, retryAfter: .seconds(3)), now: now))
        waiting.insert(ticket)
        perform(gate.handle(.enter(ticket), now: now))
      default:
        now += .milliseconds(500)
        if let time = wake, time <= now {
          wake = nil
          perform(gate.handle(.time, now: now))
        }
      }
    }

    for _ in 0..<400 { step(random.next() % 9) }
    next = 60
    for index in 0..<400 { step(index % 2 == 0 ? 4 : 8) }
    #expect(waiting.isEmpty && underWay.isEmpty)
    #expect(gate.isIdle && gate.isOpen)
  }
}

/// A small generator whose sequence is the same on every machine.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
