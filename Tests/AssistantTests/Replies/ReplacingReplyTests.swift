// Replies that take the place of an earlier one: /retry, an edited question, a process restart.

import Testing

@testable import Assistant

@Suite("A reply in the place of another")
struct ReplacingReplyTests {
  private func reply(
    _ edits: [Int], keeps: Bool = false, done: String? = nil
  ) -> ReplyRehearsal {
    ReplyRehearsal {
      $0.replaces = edits.enumerated().map {
        ReplacedMessage(id: "e\($0.offset + 1)", edits: $0.element)
      }
      $0.keepsUntilText = keeps
      $0.doneNotice = done
    }
  }

  @Test("an earlier message with four edits left is edited in place, one with fewer is deleted")
  func worthTaking() {
    var inPlace = reply([6])
    inPlace.answer("Anew.", perSecond: 20)
    inPlace.run()
    #expect(inPlace.sends.map(\.action) == [.edit(messageID: "e1", "Anew.", isFinal: true)])

    var anew = reply([7])
    anew.answer("Anew.", perSecond: 20)
    anew.run()
    #expect(
      anew.sends.map(\.action) == [.post("Anew.", .answer), .delete(messageID: "e1")])
  }

  @Test("a message with few edits left is not left behind after a few seconds")
  func fewEdits() {
    var slow = reply([6])
    slow.answer(SampleText.words(12), perSecond: 1)
    slow.run()
    #expect(slow.webex.entries.count == 1)
    #expect(slow.webex.entries.first?.edits == 9)
    #expect(slow.complaints == [])
  }

  @Test("an earlier message that someone deleted is passed over, and the text goes on growing")
  func deletedMeanwhile() {
    var growing = reply([0, 0])
    growing.fails(Fault(.edit, 1, .rejected))
    growing.answer(SampleText.words(60), perSecond: 10)
    growing.run()
    let targets = growing.sends.compactMap(\.action.messageID)
    #expect(targets.prefix(4) == ["e1", "e2", "e1", "e2"])
    #expect(growing.webex.entries[1].edits >= 3)
  }

  @Test("what is left of a longer answer is deleted when the new one stands")
  func leftovers() {
    var shorter = reply([0, 0, 0])
    shorter.answer("Anew.", perSecond: 20)
    shorter.run()
    #expect(
      shorter.sends.map(\.action) == [
        .edit(messageID: "e1", "Anew.", isFinal: true), .delete(messageID: "e2"),
        .delete(messageID: "e3"),
      ])
  }

  @Test("without `keepsUntilText` notice and sentence overwrite the earlier answer")
  func overwritten() {
    var failing = reply([0])
    failing.at(.seconds(5), .end(ReplyEnding(note: "The model failed.")))
    failing.run()
    #expect(
      failing.sends.map(\.action) == [
        .edit(messageID: "e1", "⏳ model 2 s", isFinal: false),
        .edit(messageID: "e1", "The model failed.", isFinal: true),
      ])
  }

  @Test("a notice in an earlier message leaves its last edits to the text")
  func noticeLeavesEdits() {
    var slow = reply([4])
    slow.answer(SampleText.words(100), from: .seconds(300), perSecond: 4)
    slow.run()
    let texts = slow.webex.movements.filter { $0.id == "e1" }.map(\.text)
    #expect(texts.count { $0.hasPrefix("⏳") } == 1)
    #expect(slow.webex.entries.first?.edits == 9)
    #expect(slow.complaints == [])
  }

  @Test("with `keepsUntilText` an error without text leaves the earlier answer as it is")
  func kept() {
    var failing = reply([0, 3], keeps: true, done: "Answered again above.")
    failing.at(.seconds(5), .end(ReplyEnding(note: "The model failed.")))
    failing.run()
    #expect(
      failing.sends.map(\.action) == [
        .post("⏳ model 2 s", .notice),
        .edit(messageID: "m3", "The model failed.", isFinal: true),
      ])
    #expect(failing.webex.texts == ["Earlier e1.", "Earlier e2."])
  }

  @Test("at a success the notice says so, or goes away", arguments: ["Answered again above.", nil])
  func doneNotice(done: String?) {
    var good = reply([0], keeps: true, done: done)
    good.answer("Anew.", from: .seconds(5), perSecond: 20)
    good.run()
    #expect(good.webex.texts == ["Anew."])
    #expect(good.webex.asides == [done].compactMap { $0 })
    #expect(good.complaints == [])
  }

  @Test("where the pointer to the answer is not wanted, the answer is delivered all the same")
  func refusedPointer() {
    var good = reply([0], keeps: true, done: "Answered again above.")
    good.fails(.every(.post, .rejected))
    good.answer("Anew.", perSecond: 20)
    good.run()
    #expect(good.webex.texts == ["Anew."])
    #expect(good.outcome == .delivered)
  }

  @Test("text that an edited question made void is no success")
  func voidSuccess() {
    var failing = reply([0], keeps: true, done: "Answered again above.")
    failing.stream("Anew.", from: .seconds(5), perSecond: 20)
    failing.edited(at: .seconds(9)) { failing, start in
      failing.at(start, .end(ReplyEnding(note: "The model failed.")))
    }
    failing.run()
    #expect(failing.webex.texts == ["The model failed."])
    #expect(failing.webex.asides.isEmpty)
  }

  @Test(
    "a success that needed no notice says where the answer stands all the same",
    arguments: ["Answered again above.", nil])
  func noNotice(done: String?) {
    var good = reply([0], keeps: true, done: done)
    good.answer("Anew.", perSecond: 20)
    good.run()
    #expect(good.webex.texts == ["Anew."])
    #expect(good.webex.asides == [done].compactMap { $0 })
    #expect(good.complaints == [])
  }

  @Test("a post that was on its way when the question was edited is taken over")
  func inFlight() {
    var edited = ReplyRehearsal()
    edited.webex.latency = .seconds(1)
    edited.stream("The first answer is long enough.", from: .zero, perSecond: 20)
    edited.edited(at: .milliseconds(1_500)) { reply, start in
      reply.answer("The other.", from: start, perSecond: 20)
    }
    edited.run()
    #expect(edited.webex.entries.map(\.text) == ["The other."])
    #expect(edited.complaints == [])
  }

  @Test("an edit that was on its way has a second to itself before the next")
  func inFlightEdit() {
    var edited = ReplyRehearsal()
    edited.stream(SampleText.words(40), from: .zero, perSecond: 20)
    edited.fails(Fault(.edit, 1, .slow(.seconds(4))))
    edited.edited(at: .milliseconds(2_500)) {
      $0.answer(SampleText.words(40), from: $1, perSecond: 9)
    }
    edited.run()
    // Sent at 2.1 seconds, there at 6.1.
    #expect(edited.sends[2].at >= .milliseconds(7_100))
    #expect(edited.complaints == [])
  }

  @Test("what stands already is not sent again")
  func identical() {
    var edited = ReplyRehearsal()
    edited.stream("The very same.", from: .zero, perSecond: 20)
    edited.edited(at: .seconds(5)) { reply, start in
      reply.answer("The very same.", from: start, perSecond: 20)
    }
    edited.run()
    #expect(edited.sends.map(\.action) == [.post("The very same.", .answer)])
    #expect(edited.outcome == .delivered)
  }

  @Test("after an edited question the old text stands until there is new text, or a notice")
  func restartWaits() {
    var edited = ReplyRehearsal()
    edited.stream("The first answer.", from: .zero, perSecond: 20)
    edited.edited(at: .seconds(5)) { reply, start in
      reply.answer("The other.", from: start + .seconds(6), perSecond: 100)
    }
    edited.run()
    #expect(
      edited.webex.movements.map(\.text) == ["The first answer.", "⏳ model 2 s", "The other."])
    #expect(edited.webex.movements.map(\.at).dropFirst().first == .seconds(7))
  }
}
