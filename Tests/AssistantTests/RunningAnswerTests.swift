import Testing
import WebexAPI

@testable import Assistant

@Suite("The hold on a running answer")
struct RunningAnswerTests {
  private struct Marker: Error {}

  @Test("a request cancels what runs, and is told once")
  func stop() async {
    let answer = RunningAnswer()
    await #expect(throws: CancellationError.self) {
      try await answer.interruptible {
        #expect(answer.request(.stop(by: "Ann")))
        try Task.checkCancellation()
      }
    }
    guard case .stop(by: "Ann") = answer.takeIntent() else {
      Issue.record("the request was lost")
      return
    }
    #expect(answer.takeIntent() == nil)
  }

  @Test("an edit that asks what is asked already changes nothing")
  func sameWording() {
    func read(_ text: String) -> ReadMessage {
      ReadMessage(
        message: Message(id: "m", roomID: "r", roomType: .direct, personID: "p"),
        inbound: Inbound(text: text, isDirect: true), decision: .ask(text, hasFiles: false),
        speaker: "Ann",
        subject: AccessSubject(email: nil, spaceID: "s", isDirect: true))
    }
    let answer = RunningAnswer()
    #expect(answer.request(.restart(read("as it is"))), "before it was read")
    answer.answers(.ask("as it is", hasFiles: false))
    #expect(answer.takeIntent() == nil)
    #expect(answer.request(.restart(read("as it is"))))
    #expect(answer.takeIntent() == nil)
    for _ in 1...2 { #expect(answer.request(.restart(read("anew")))) }
    guard case .restart(let edited) = answer.takeIntent() else {
      Issue.record("the edit was lost")
      return
    }
    #expect(edited.inbound.text == "anew")
    #expect(answer.request(.restart(read("anew"))))
    #expect(answer.takeIntent() == nil)
  }

  @Test("a request that comes before the model is asked holds")
  func early() async {
    let answer = RunningAnswer()
    #expect(answer.request(.stop(by: nil)))
    await #expect(throws: CancellationError.self) {
      try await answer.interruptible { try Task.checkCancellation() }
    }
    #expect(answer.takeIntent() != nil)
  }

  @Test("a command that is edited or deleted leaves its answer alone, a stop does not")
  func command() {
    let answer = RunningAnswer()
    answer.answersCommand()
    #expect(!answer.request(.drop))
    #expect(answer.takeIntent() == nil)
    #expect(answer.request(.stop(by: nil)))
    // Deleted meanwhile, a question is stopped for good.
    let question = RunningAnswer()
    #expect(question.request(.drop))
    #expect(question.request(.stop(by: nil)))
    guard case .drop = question.takeIntent() else {
      Issue.record("the deletion was lost")
      return
    }
  }

  @Test("a request between the last token and the end is not lost, after the end it is refused")
  func late() async throws {
    let answer = RunningAnswer()
    try await answer.interruptible {}
    #expect(answer.request(.stop(by: nil)))
    #expect(answer.end() != nil)
    #expect(answer.end() == nil)
    #expect(!answer.request(.stop(by: nil)))
  }

  @Test("the task's own cancellation cancels the work and is no request")
  func cancelled() async {
    let answer = RunningAnswer()
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      try await answer.interruptible {
        try Task.checkCancellation()
        throw Marker()
      }
    }
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(answer.takeIntent() == nil)
  }
}

@Suite("The footer")
struct ReplyFooterTests {
  private func parts(
    _ footer: ReplyFooter, prompt: Int? = 1_200, completion: Int? = 34_567, cost: Double? = 0.0031,
    time: Duration = .milliseconds(8_240)
  ) -> [String] {
    var end = TurnEnd(outcome: "answered")
    (end.promptTokens, end.completionTokens, end.cost) = (prompt, completion, cost)
    return footer.parts(end, model: "gpt`5", time: time)
  }

  @Test("shows what was chosen, in one order, and leaves out what is not known")
  func parts() {
    #expect(parts(.all) == ["`gpt5`", "35,767 tokens", "$0.0031", "8.2 s"])
    #expect(parts([.seconds, .model]) == ["`gpt5`", "8.2 s"])
    #expect(parts(.all, prompt: nil, cost: nil) == ["`gpt5`", "8.2 s"])
    #expect(parts([]).isEmpty)
    #expect(parts(.cost, cost: 0).isEmpty)
    #expect(parts(.cost, cost: 0.00001) == ["< $0.0001"])
    #expect(parts(.cost, cost: 12.345) == ["$12.35"])
    #expect(parts(.tokens, prompt: 3, completion: 4) == ["7 tokens"])
    #expect(parts(.seconds, time: .milliseconds(119_960)) == ["120.0 s"])
  }
}
