// What a reply does in each situation, exactly; the rules that hold for all of them are checked by
// the scripted and the random streams (Replies/).

import Testing

@testable import Assistant

@Suite("What happens to a reply")
struct ReplyMachineTests {
  @Test("a model that writes nothing but marks is not looked at as a whole for each token")
  func marksOnly() {
    var machine = ReplyMachine(plan: ReplyPlan(limit: 7_439, notice: { _ in "_waiting_" }))
    var looks = 0
    for _ in 0..<10_000 {
      _ = machine.handle(.text("````"), at: .zero)
      if machine.unseen.bytes == 0 { looks += 1 }
    }
    #expect(!machine.hasOpenText)
    #expect(looks < 1_500, "\(looks) looks at 10,000 tokens")
    // Words after them are seen before the text is a thirty-second longer.
    for _ in 0..<400 where !machine.hasOpenText {
      _ = machine.handle(.text("\nword"), at: .zero)
    }
    #expect(machine.hasOpenText)
  }

  @Test("a fast answer is one message without an edit")
  func fast() {
    var reply = ReplyRehearsal()
    reply.answer("Hello, this is all.", from: .milliseconds(200), perSecond: 50)
    reply.run()
    #expect(reply.sends.map(\.action) == [.post("Hello, this is all.", .answer)])
    #expect(reply.sends.first?.at ?? .zero < .seconds(1))
    #expect(reply.outcome == .delivered)
  }

  @Test("an error before any text replaces the notice")
  func errorAfterNotice() {
    var reply = ReplyRehearsal()
    reply.at(.seconds(5), .end(ReplyEnding(note: "The model failed.")))
    reply.run()
    #expect(
      reply.sends.map(\.action) == [
        .post("⏳ model 2 s", .answer),
        .edit(messageID: "m1", "The model failed.", isFinal: true),
      ])
  }

  @Test("a cut-off answer keeps its text, closes its fence and says so")
  func cutOff() {
    var reply = ReplyRehearsal()
    reply.answer("Code:\n\n```c\nint a;", perSecond: 1, note: "It was cut off.")
    reply.run()
    #expect(reply.webex.texts == ["Code:\n\n```c\nint a;\n```\n\nIt was cut off."])
  }

  @Test(
    "whatever the speed, the final text is exact and no message is edited more than ten times",
    arguments: [1, 5, 20, 80, 400, 2_000], [40, 900, 7_000, 20_000])
  func speeds(tokensPerSecond: Int, characters: Int) {
    let line = "A line of the answer with a number. \n"
    let text = String(
      String(repeating: line, count: characters / line.count + 1).prefix(characters))
    var reply = ReplyRehearsal()
    reply.answer(text, perSecond: tokensPerSecond)
    reply.run()
    #expect(reply.complaints == [])
    #expect(reply.longestPause <= .seconds(31))
    #expect(reply.outcome == .delivered)
  }

  // MARK: The budget

  @Test("edits come ever more slowly, eight of them, and then the answer goes on in a new message")
  func budget() {
    var reply = ReplyRehearsal()
    reply.answer(SampleText.prose(800), perSecond: 1)
    reply.run()
    let isPost = { (action: ReplyAction) in if case .post = action { true } else { false } }
    let second = reply.sends.dropFirst().firstIndex { isPost($0.action) } ?? 0
    let first = reply.sends[..<second]
    let progress = first.filter {
      if case .edit(_, _, isFinal: false) = $0.action { true } else { false }
    }
    let gaps = zip(first, first.dropFirst()).map { ($1.at - $0.at).components.seconds }
    #expect(progress.count == 8)
    #expect(gaps == gaps.sorted())
    #expect(gaps.first == 1)
    #expect(gaps.last == 30)
    // The roll-over, at a border: one of the two edits that were kept.
    #expect(first.last?.action.isFinalEdit == true)
    #expect(reply.webex.texts.first?.trimmingTrailingWhitespace().hasSuffix(".") == true)
    #expect((90...130).contains(first.last?.at.components.seconds ?? 0))
  }

  @Test("progress never spends the last two edits, whatever fails")
  func reserve() {
    for effect in [Fault.Effect.failed, .lost, .arrived] {
      var reply = ReplyRehearsal()
      reply.fails(.every(.edit, effect))
      reply.answer(SampleText.prose(400), perSecond: 1)
      reply.run()
      #expect(reply.webex.entries.allSatisfy { $0.edits <= 10 })
      #expect(reply.webex.counts[.edit, default: 0] == 8)
      #expect(reply.complaints == [])
    }
  }

  @Test("what another edit superseded costs nothing")
  func refund() {
    var budget = EditBudget(timing: ReplyTiming())
    for _ in 0..<20 {
      budget.spend(.progress)
      budget.refund()
    }
    #expect(budget.used == 0)
    #expect(budget.allowsProgress)
    var reply = ReplyRehearsal()
    reply.fails(Fault(.edit, 1...5, .superseded))
    reply.answer(SampleText.prose(1_600), perSecond: 1)
    reply.run()
    // Eight for progress and one for the end all the same.
    #expect(reply.webex.entries.first?.edits == 9)
  }

  @Test("an answer that ends before its next edit is due needs no further message")
  func aboutToEnd() {
    var reply = ReplyRehearsal()
    reply.answer(String(SampleText.prose(440).prefix(440)), perSecond: 1)
    reply.run()
    #expect(reply.webex.texts.count == 1)
    #expect(reply.webex.counts[.edit] == 8)
  }

  @Test("a table that grows for minutes is seen growing, though nothing of it is settled")
  func unsettled() {
    var reply = ReplyRehearsal()
    reply.answer(SampleText.table(100), perSecond: 1)
    reply.run()
    #expect(reply.longestPause <= .seconds(31))
    #expect(reply.webex.texts.count < 5)
    #expect(reply.complaints == [])
  }

  @Test("a line of code without an end is looked at ten times a second, not for each token")
  func looks() {
    var machine = ReplyMachine(plan: ReplyPlan(limit: 7_439, notice: ReplyRehearsal.notice))
    _ = machine.handle(.text("```\n" + String(repeating: "x", count: 7_000)), at: .seconds(2))
    _ = machine.handle(.tick, at: .seconds(3))
    _ = machine.handle(.sent(.posted(messageID: "m1")), at: .seconds(3))
    var looks = 0
    for token in 0..<1_000 {
      let now = Duration.seconds(5) + .milliseconds(token)
      let before = machine.nextLook
      _ = machine.handle(.text(""), at: now)
      if machine.nextLook != before { looks += 1 }
    }
    #expect((9...11).contains(looks))
  }

  // MARK: The notice

  @Test("the notice says for how long, a few times, and its message becomes the answer")
  func notice() {
    var reply = ReplyRehearsal()
    reply.answer("At last.", from: .seconds(400), perSecond: 100)
    reply.run()
    #expect(
      reply.webex.movements.map(\.text) == [
        "⏳ model 2 s", "⏳ model 10 s", "⏳ model 30 s", "⏳ model 75 s", "⏳ model 180 s", "At last.",
      ])
    #expect(reply.webex.entries.count == 1)
  }

  @Test("a model that thinks is said to think, from when it began")
  func reasoning() {
    var reply = ReplyRehearsal()
    reply.at(.seconds(5), .waits(.reasoning))
    reply.answer("At last.", from: .seconds(40), perSecond: 100)
    reply.run()
    #expect(
      reply.webex.movements.map(\.text) == [
        "⏳ model 2 s", "⏳ thinking 0 s", "⏳ thinking 5 s", "⏳ thinking 25 s", "At last.",
      ])
  }

  @Test("a rate limit is shown at once, unless it is over at once")
  func busy() {
    for (until, first) in [(20, "⏳ busy 19 s"), (1, "⏳ model 2 s")] {
      var reply = ReplyRehearsal()
      reply.at(.milliseconds(500), .waits(.busy(until: .seconds(until))))
      reply.at(.seconds(until), .waits(.model))
      reply.answer("At last.", from: .seconds(25), perSecond: 100)
      reply.run()
      #expect(reply.webex.movements.first?.text == first)
      #expect(reply.complaints == [])
    }
  }

  @Test("after the first words nothing brings the notice back")
  func noNoticeAgain() {
    var reply = ReplyRehearsal()
    reply.stream("Some words.", perSecond: 10)
    reply.at(.seconds(5), .waits(.reasoning))
    reply.at(.seconds(6), .waits(.busy(until: .seconds(30))))
    reply.answer(" More.", from: .seconds(60), perSecond: 10)
    reply.run()
    #expect(!reply.webex.movements.contains { $0.text.hasPrefix("⏳") })
  }

  @Test("nor does it come back between two messages, while nothing more is there to show")
  func noNoticeBetween() {
    var reply = ReplyRehearsal(limit: 100)
    reply.at(.milliseconds(300), .text(String(repeating: "x", count: 100) + "          "))
    reply.at(.seconds(20), .waits(.reasoning))
    reply.answer("More.", from: .seconds(60), perSecond: 10)
    reply.run()
    #expect(reply.webex.entries.count == 2)
    #expect(!reply.webex.movements.contains { $0.text.hasPrefix("⏳") })
  }

  @Test("a notice whose words stay the same is not sent again")
  func sameNotice() {
    var reply = ReplyRehearsal { $0.notice = { _ in "⏳" } }
    reply.answer("At last.", from: .seconds(400), perSecond: 100)
    reply.run()
    #expect(reply.sends.count == 2)
  }

  // MARK: Failures

  @Test("a final edit that fails for good becomes a new message, and then the old one goes away")
  func finalEditFails() {
    for (effect, attempts) in [(Fault.Effect.failed, 3), (.rejected, 1)] {
      var reply = ReplyRehearsal()
      reply.fails(.every(.finalEdit, effect))
      reply.stream("A rather slow", from: .milliseconds(900), perSecond: 2)
      reply.at(.milliseconds(2_600), .text(" answer."))
      reply.at(.milliseconds(2_650), .end(ReplyEnding()))
      reply.run()
      #expect(
        reply.sends.suffix(2).map(\.action) == [
          .post("A rather slow answer.", .answer), .delete(messageID: "m1"),
        ])
      #expect(reply.webex.counts[.finalEdit] == attempts)
    }
  }

  @Test("while Webex is out of reach a post is tried again, up to once a minute, until it lands")
  func postFails() {
    var patient = ReplyRehearsal()
    patient.fails(Fault(.post, 1...99, .failed))
    patient.at(.zero, .text("Hi."))
    patient.at(.zero, .end(ReplyEnding()))
    patient.run()
    #expect(patient.webex.texts == ["Hi."])
    #expect(patient.now > .seconds(3_600))
  }

  @Test("a final post that Webex refuses, or loses three times, ends the reply")
  func postRefused() {
    for (effect, attempts) in [(Fault.Effect.rejected, 1), (.lost, 3)] {
      var hopeless = ReplyRehearsal()
      hopeless.fails(.every(.post, effect))
      hopeless.at(.zero, .text("Hi."))
      hopeless.at(.zero, .end(ReplyEnding()))
      hopeless.run()
      #expect(hopeless.outcome == .undelivered)
      #expect(hopeless.webex.counts[.post] == attempts)
    }
  }

  @Test("lost posts with successes between them end no reply")
  func lostNowAndThen() {
    var reply = ReplyRehearsal(limit: 300)
    reply.fails(Fault(.post, 2, .lost), Fault(.post, 4, .lost), Fault(.post, 6, .lost))
    reply.at(.zero, .text(SampleText.words(200)))
    reply.at(.zero, .end(ReplyEnding()))
    reply.run()
    #expect(reply.outcome == .delivered)
    #expect(reply.complaints == [])
  }

  @Test("where Webex refuses progress, the answer comes once, at its end, without a flood")
  func refusedProgress() {
    var reply = ReplyRehearsal()
    reply.fails(.every(.edit, .rejected), .every(.finalEdit, .rejected))
    reply.answer(SampleText.prose(3_000), from: .zero, perSecond: 10)
    reply.run()
    #expect(reply.webex.texts.count == 1)
    #expect(reply.webex.counts[.post] == 2)
  }

  @Test("no message is of white space alone, and the text after it still comes")
  func whiteSpace() {
    var reply = ReplyRehearsal(limit: 100)
    reply.at(.zero, .text("Start." + String(repeating: "\n", count: 350) + "End."))
    reply.at(.zero, .end(ReplyEnding()))
    reply.run()
    #expect(reply.webex.texts.allSatisfy { !$0.isBlank })
    #expect(reply.webex.texts.first?.hasPrefix("Start.") == true)
    #expect(reply.webex.texts.last?.hasSuffix("End.") == true)
  }

  @Test("a block that a message closed is not opened again for its closing line")
  func closingLine() {
    var reply = ReplyRehearsal(limit: 100)
    let code = "```\n" + String(repeating: "x", count: 92) + "\n"
    reply.at(.milliseconds(300), .text(code))
    reply.at(.seconds(9), .text("```\n"))
    reply.at(.seconds(20), .text("\nAfter it.\n"))
    reply.at(.seconds(30), .end(ReplyEnding()))
    reply.run()
    #expect(reply.webex.texts.count == 2)
    #expect(reply.webex.texts.last?.contains("```") == false)
    #expect(reply.complaints == [])
  }

  @Test(
    "a note that comes while a message gets its last word is whole",
    arguments: ["", "\n\n\n", "\n\n\n\n\n\n\n"], [false, true])
  func noteDuringRollOver(space: String, isCut: Bool) {
    var reply = ReplyRehearsal()
    reply.fails(Fault(.finalEdit, 1, .slow(.seconds(9))))
    for word in 0...8 { reply.at(.seconds(40 * word), .text("Word \(word). ")) }
    reply.at(.seconds(360), .text("End." + space))
    reply.at(.seconds(365), .end(ReplyEnding(note: "Stopped. On request.", isCut: isCut)))
    reply.run()
    #expect(reply.webex.texts.count == 2)
    #expect(reply.webex.texts.last?.hasSuffix("Stopped. On request.") == true)
    #expect(reply.complaints == [])
  }

  @Test("an answer without a word leaves no notice behind")
  func nothing() {
    var reply = ReplyRehearsal()
    reply.at(.seconds(5), .end(ReplyEnding()))
    reply.run()
    #expect(reply.webex.texts.isEmpty)
    #expect(reply.outcome == .delivered)
  }
}

extension ReplyAction {
  var messageID: String? {
    switch self {
    case .edit(let id, _, _), .delete(let id): id
    default: nil
    }
  }

  var isFinalEdit: Bool { if case .edit(_, _, isFinal: true) = self { true } else { false } }
}
