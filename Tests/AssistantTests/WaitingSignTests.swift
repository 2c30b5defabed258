import Testing

@testable import Assistant

@Suite("The sign that questions wait")
struct WaitingSignTests {
  @Test("a short wait needs no sign")
  func short() {
    var space = SignRehearsal()
    space.at(0, "t")
    space.at(3.9)
    space.run()
    #expect(space.log.isEmpty)
    #expect(space.sign.isOver)
  }

  @Test("after four seconds it is posted, follows the count, and goes when nothing waits")
  func life() {
    var space = SignRehearsal()
    space.at(1, "t")
    space.at(2, "t", "t")
    space.at(7, "t", "t", "t")
    space.at(8, "t")
    space.at(20, "t", "t")
    space.at(30)
    space.run()
    // Two edits are never closer than five seconds, and the last count wins.
    #expect(
      space.story == ["6.0 post 2 t", "11.1 edit 1", "20.0 edit 2", "30.0 delete"])
    #expect(space.visible.isEmpty)
    #expect(space.sign.isOver)
  }

  @Test("the same count is not sent again, whoever waits")
  func sameCount() {
    var space = SignRehearsal()
    space.at(0, "t")
    space.at(6, "u")
    space.at(8, "t", "u")
    space.at(9, "v")
    space.at(40)
    space.run()
    #expect(space.story == ["4.0 post 1 t", "40.0 delete"])
  }

  @Test(
    "it stands in the thread that all share, else at the top of the space",
    arguments: [(["t", "t"], "t"), (["t"], "t"), (["t", "u"], nil), (["t", "u", "t"], nil)])
  func place(threads: [String], expected: String?) {
    var space = SignRehearsal()
    space.at(.zero, threads.map { .init(id: $0, threadID: $0, since: .zero) })
    space.run()
    #expect(space.log.map(\.action) == [.post(count: threads.count, threadID: expected)])
  }

  @Test("when the wait ends while the post is on its way, it is removed as soon as it lands")
  func postInFlight() {
    var space = SignRehearsal()
    space.latency = .seconds(3)
    space.at(0, "t")
    space.at(5)
    space.run()
    #expect(space.story == ["4.0 post 1 t", "7.0 delete"])
    #expect(space.visible.isEmpty)
  }

  @Test("a new wait that begins while the post is on its way keeps the sign")
  func newWaitInFlight() {
    var space = SignRehearsal()
    space.latency = .seconds(3)
    space.at(0, "t")
    space.at(5)
    space.at(6, "t", "u")
    space.at(30)
    space.run()
    #expect(space.story == ["4.0 post 1 t", "12.0 edit 2", "30.0 delete"])
  }

  @Test("eight edits at most, then it stays as it is until it goes")
  func edits() {
    var space = SignRehearsal()
    for index in 0..<40 {
      space.at(Double(index * 10), "t")
      space.at(Double(index * 10 + 5), "t", "t")
    }
    space.at(500)
    space.run()
    #expect(space.story.count { $0.contains("edit") } == 8)
    #expect(space.story.last == "500.0 delete")
  }

  @Test("a failed post is tried once more after ten seconds, if it is still needed")
  func failedPost() {
    var space = SignRehearsal()
    space.fault = { _, number in number <= 2 ? .failed : nil }
    space.at(0, "t")
    space.at(60, "t", "t")
    // Over, and another wait: a chance of its own.
    space.at(61)
    space.at(100, "t")
    space.at(110)
    space.run()
    #expect(space.story == ["4.0 post 1 t", "14.1 post 1 t", "104.0 post 1 t", "110.0 delete"])

    var over = SignRehearsal()
    over.fault = { _, _ in .failed }
    over.at(0, "t")
    over.at(10)
    over.run()
    #expect(over.story == ["4.0 post 1 t"])
    #expect(over.sign.isOver)
  }

  @Test("a post whose response was lost or that Webex refuses is not sent a second time")
  func lostPost() {
    for result in [SendResult.lost, .rejected] {
      var space = SignRehearsal()
      space.fault = { _, _ in result }
      space.at(0, "t")
      space.at(30, "t", "t")
      space.at(60)
      space.run()
      #expect(space.story == ["4.0 post 1 t"])
      #expect(space.sign.isOver)
    }
  }

  @Test("an edit of unknown fate is sent again; a refused one is the last, and the sign still goes")
  func failedEdit() {
    for (result, expected) in [
      (SendResult.failed, ["4.0 post 1 t", "10.0 edit 2", "15.1 edit 2", "60.0 delete"]),
      (.rejected, ["4.0 post 1 t", "10.0 edit 2", "60.0 delete"]),
    ] {
      var space = SignRehearsal()
      space.fault = { _, number in number == 2 ? result : nil }
      space.at(0, "t")
      space.at(10, "t", "t")
      space.at(60)
      space.run()
      #expect(space.story == expected)
    }
  }

  @Test("a lost edit is followed by one even if the count went back: nobody knows what is shown")
  func unknownCount() {
    var space = SignRehearsal()
    space.fault = { _, number in number == 2 ? .lost : nil }
    space.at(0, "t")
    space.at(10, "t", "t")
    space.at(11, "t")
    space.at(60)
    space.run()
    #expect(space.story == ["4.0 post 1 t", "10.0 edit 2", "15.1 edit 1", "60.0 delete"])
  }

  @Test("a delete is tried three times; what is gone already is not tried again")
  func deletes() {
    for (result, count) in [(SendResult.failed, 3), (.lost, 3), (.rejected, 1)] {
      var space = SignRehearsal()
      space.fault = { action, _ in if case .delete = action { result } else { nil } }
      space.at(0, "t")
      space.at(10)
      space.run()
      #expect(space.story.count { $0.contains("delete") } == count)
      #expect(space.sign.isOver)
    }
  }

  @Test("a sign that could not be removed serves the next wait")
  func reuse() {
    var space = SignRehearsal()
    space.fault = { _, number in (2...4).contains(number) ? .failed : nil }
    space.at(0, "t")
    space.at(10)
    space.at(100, "t", "t")
    space.at(110)
    space.run()
    #expect(
      space.story == [
        "4.0 post 1 t", "10.0 delete", "15.1 delete", "20.2 delete", "100.0 edit 2", "110.0 delete",
      ])
    #expect(space.visible.isEmpty)
  }

  @Test("never two signs and none left at the end, whatever comes", arguments: 0..<300)
  func generated(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var space = SignRehearsal()
    space.latency = .milliseconds(.random(in: 0...8_000, using: &random))
    let faulty = Int.random(in: 0...2, using: &random)
    var faults = SeededGenerator(seed: seed &+ 1_000)
    var failedDeletes = 0
    space.fault = { action, _ in
      guard Int.random(in: 0..<4, using: &faults) < faulty else { return nil }
      switch action {
      // Rejected or lost ones have not landed here.
      case .post: return [.failed, .lost, .rejected].randomElement(using: &faults)
      case .edit: return [.failed, .lost, .rejected, .superseded].randomElement(using: &faults)
      case .delete:
        failedDeletes += 1
        return failedDeletes.isMultiple(of: 3) ? nil : .failed
      case .wake: return nil
      }
    }
    var waiting: [WaitingSign.Question] = []
    var now: Duration = .zero
    for id in 0..<60 {
      now += .milliseconds(.random(in: 0...6_000, using: &random))
      if Bool.random(using: &random) {
        let thread = ["t", "u"].randomElement(using: &random) ?? "t"
        waiting.append(.init(id: "\(id)", threadID: thread, since: now))
      } else if Int.random(in: 0..<5, using: &random) == 0 {
        waiting = []
      } else if !waiting.isEmpty {
        waiting.removeFirst()
      }
      space.at(now, waiting)
    }
    space.at(now + .seconds(1), [])
    space.run()

    #expect(space.mostVisible <= 1)
    #expect(space.visible.isEmpty)
    #expect(space.sign.isOver)
    var edits: [String: Int] = [:]
    for (earlier, later) in zip(space.log, space.log.dropFirst()) {
      guard case .edit(let id, _) = later.action else { continue }
      edits[id, default: 0] += 1
      #expect(later.at - earlier.at >= .seconds(5))
    }
    #expect(edits.values.allSatisfy { $0 <= 8 })
  }
}
