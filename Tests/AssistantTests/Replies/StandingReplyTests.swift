// A process is killed after the answer's last token: its successor delivers the kept text, and sends
// nothing again that stands for good.

import Testing

@testable import Assistant

@Suite("Taking up a whole answer")
struct StandingReplyTests {
  @Test("what stands for good is not sent again, and the message that grew gets its last words")
  func goesOn() {
    let text = SampleText.prose(12_000)
    var reply = ReplyRehearsal(limit: 1_000)
    reply.answer(text, perSecond: 400, note: "Cut by its length.")
    reply.killedAfter = 4
    reply.run()
    let before = reply.webex.visible.map(\.id)
    let closed = reply.records.filter { $0.place?.part.isText == true }.map(\.id)
    #expect(closed.count > 3)
    var next = reply.takenUp()
    next.run()
    #expect(next.complaints == [])
    #expect(next.webex.visible.prefix(before.count).map(\.id) == before)
    for send in next.sends {
      if case .edit(let id, _, _) = send.action { #expect(!closed.contains(id)) }
    }
  }

  @Test("everything stood already: nothing is sent")
  func nothingLeft() {
    var reply = ReplyRehearsal(limit: 1_000)
    reply.answer(SampleText.prose(3_000) + SampleText.code(400), perSecond: 100, note: "A note.")
    reply.run()
    #expect(reply.outcome == .delivered)
    var next = reply.takenUp()
    next.run()
    #expect(next.complaints == [])
    #expect(next.sends.isEmpty)
  }

  @Test("a message with one edit left gets its last words in place")
  func lastEdit() {
    var reply = ReplyRehearsal()
    reply.plan.standing = StandingReply([PostedReply(id: "e1", edits: 9)], in: nil)
    reply = ReplyRehearsal { plan in
      plan.standing = StandingReply([PostedReply(id: "e1", edits: 9)], in: nil)
    }
    reply.webex = RehearsedWebex(limit: 7_439, earlier: [ReplacedMessage(id: "e1", edits: 9)])
    reply.at(.zero, .kept("The answer.", ReplyEnding()))
    reply.run()
    #expect(reply.complaints == [])
    #expect(reply.webex.texts == ["The answer."])
    #expect(reply.webex.counts == [.finalEdit: 1])
  }

  @Test("killed anywhere, the reader has the answer once and whole", arguments: 0..<8)
  func anywhere(batch: Int) {
    var resumed = 0
    for seed in (batch * 100)..<(batch * 100 + 100) {
      var random = ReplyRandomness(state: UInt64(seed))
      var stream = RandomStream(seed: seed)
      var reply = stream.rehearsal()
      // A restart makes another text, which a turn that is taken up is not given.
      guard !reply.script.contains(where: { if case .restart = $0.input { true } else { false } }),
        !reply.webex.faults.contains(where: { $0.kind == .post || $0.kind == .attach })
      else { continue }
      // What says nothing is not kept.
      guard !reply.expected.text.isBlank else { continue }
      reply.killedAfter = random.number(0...12)
      reply.run()
      var next = reply.takenUp()
      // Killed once more.
      if random.chance(40) {
        next.killedAfter = random.number(0...4)
        next.run()
        next = next.takenUp()
      }
      next.run()
      resumed += 1
      #expect(next.complaints == [], "seed \(seed)")
      #expect(next.outcome == .delivered, "seed \(seed)")
    }
    #expect(resumed > 20)
  }
}
