import Testing

@testable import Assistant

/// Plays a model and Webex against the machine, on a clock of its own.
struct ReplyRehearsal {
  var machine: ReplyMachine
  var now: Duration = .zero
  /// What a reader sees: message id and text, in order of posting.
  var messages: [(id: String, text: String)] = []
  var edits: [String: Int] = [:]
  var sends: [(at: Duration, id: String)] = []
  var outcome: ReplyOutcome?
  var latency: Duration = .milliseconds(100)
  /// Decides about a send: nil lets it succeed.
  var fault: (_ action: ReplyAction, _ count: Int) -> SendResult? = { _, _ in nil }
  private var queue: [(at: Duration, input: ReplyMachine.Input)] = []
  private var wakes: Set<Duration> = []
  private var sendCount = 0

  static let notice = "_thinking_"

  init(limit: Int = 7439, timing: ReplyTiming = ReplyTiming()) {
    machine = ReplyMachine(timing: timing, limit: limit, notice: Self.notice)
    queue = [(.zero, .tick)]
  }

  mutating func at(_ time: Duration, _ input: ReplyMachine.Input) {
    queue.append((time, input))
  }

  /// Tokens at a steady speed; returns when the last one came.
  mutating func stream(_ text: String, from start: Duration, perToken: Duration) -> Duration {
    var time = start
    var rest = Substring(text)
    while !rest.isEmpty {
      at(time, .text(String(rest.prefix(4))))
      rest = rest.dropFirst(4)
      time += perToken
    }
    return time
  }

  mutating func run() {
    var steps = 0
    while outcome == nil, !queue.isEmpty {
      steps += 1
      precondition(steps < 200_000, "the reply never ends")
      var first = 0
      for index in queue.indices where queue[index].at < queue[first].at { first = index }
      let (time, input) = queue.remove(at: first)
      now = max(now, time)
      for action in machine.handle(input, at: now) { perform(action) }
    }
  }

  private mutating func perform(_ action: ReplyAction) {
    switch action {
    case .wake(let time):
      if wakes.insert(time).inserted { queue.append((time, .tick)) }
      return
    case .finished(let result):
      outcome = result
      return
    case .post, .edit, .delete: break
    }
    sendCount += 1
    let result = fault(action, sendCount) ?? apply(action)
    queue.append((now + latency, .sent(result)))
  }

  private mutating func apply(_ action: ReplyAction) -> SendResult {
    switch action {
    case .post(let text):
      let id = "m\(sendCount)"
      messages.append((id, text))
      sends.append((now, id))
      return .posted(messageID: id)
    case .edit(let id, let text, _):
      guard let index = messages.firstIndex(where: { $0.id == id }) else { return .rejected }
      edits[id, default: 0] += 1
      guard edits[id, default: 0] <= 10 else { return .rejected }
      messages[index].text = text
      sends.append((now, id))
      return .edited
    case .delete(let id):
      messages.removeAll { $0.id == id }
      return .deleted
    default: return .failed
    }
  }

  var texts: [String] { messages.map(\.text) }
}

@Suite("What happens to a reply")
struct ReplyMachineTests {
  @Test("a fast answer is one message without an edit")
  func fast() {
    var reply = ReplyRehearsal()
    let end = reply.stream(
      "Hello, this is all.", from: .milliseconds(200), perToken: .milliseconds(20))
    reply.at(end, .end(ReplyEnding()))
    reply.run()
    #expect(reply.texts == ["Hello, this is all."])
    #expect(reply.edits.isEmpty)
    #expect(reply.outcome == .delivered)
  }

  @Test("a slow first token is bridged by one notice, which becomes the answer")
  func slowFirstToken() {
    var reply = ReplyRehearsal()
    let end = reply.stream("An answer at last.", from: .seconds(100), perToken: .milliseconds(10))
    reply.at(end, .end(ReplyEnding()))
    reply.run()
    #expect(reply.texts == ["An answer at last."])
    #expect(reply.sends.first?.at == .seconds(2))
    #expect(Set(reply.sends.map(\.id)).count == 1)
  }

  @Test("an error before any text replaces the notice")
  func errorAfterNotice() {
    var reply = ReplyRehearsal()
    reply.at(.seconds(10), .end(ReplyEnding(note: "The model failed.")))
    reply.run()
    #expect(reply.texts == ["The model failed."])
  }

  @Test("a cut-off answer keeps its text, closes its fence and says so")
  func cutOff() {
    var reply = ReplyRehearsal()
    let end = reply.stream("Code:\n```c\nint a;", from: .milliseconds(100), perToken: .seconds(1))
    reply.at(end, .end(ReplyEnding(note: "It was cut off.")))
    reply.run()
    #expect(reply.texts == ["Code:\n```c\nint a;\n```\n\nIt was cut off."])
  }

  @Test(
    "whatever the speed, the final text is exact and no message is edited more than ten times",
    arguments: [1, 5, 20, 80, 400, 2_000], [40, 900, 7_000, 20_000])
  func speeds(tokensPerSecond: Int, characters: Int) {
    let line = "A line of the answer with a number: \n"
    let text = String(
      String(repeating: line, count: characters / line.count + 1).prefix(characters))
    var reply = ReplyRehearsal()
    let end = reply.stream(
      text, from: .milliseconds(300), perToken: .seconds(1) / tokensPerSecond)
    reply.at(end, .end(ReplyEnding()))
    reply.run()
    #expect(reply.texts.joined() == text)
    #expect(reply.edits.values.allSatisfy { $0 <= 10 })
    #expect(reply.texts.allSatisfy { $0.utf8.count <= 7439 })
    #expect(reply.outcome == .delivered)
  }

  @Test("progress never spends the last two edits")
  func reserve() {
    var reply = ReplyRehearsal()
    var progress = 0
    reply.fault = { action, _ in nil }
    let end = reply.stream(
      String(repeating: "word ", count: 1_000), from: .zero, perToken: .milliseconds(500))
    reply.at(end, .end(ReplyEnding()))
    reply.run()
    progress = (reply.edits.values.max() ?? 0) - 1
    #expect(progress == 8)
    #expect(reply.texts.joined() == String(repeating: "word ", count: 1_000))
  }

  @Test("edits of one message are at least a second apart, but for the final one")
  func spacing() {
    var reply = ReplyRehearsal()
    let end = reply.stream(
      String(repeating: "word ", count: 300), from: .zero, perToken: .milliseconds(40))
    reply.at(end, .end(ReplyEnding()))
    reply.run()
    let times = reply.sends.dropLast().map(\.at)
    for (earlier, later) in zip(times, times.dropFirst()) {
      #expect(later - earlier >= .seconds(1))
    }
  }

  @Test("a lost or refused progress edit never costs the final text")
  func lostProgress() {
    for result in [SendResult.failed, .superseded, .rejected] {
      var reply = ReplyRehearsal()
      reply.fault = { action, _ in
        if case .edit(_, _, isFinal: false) = action { result } else { nil }
      }
      let text = String(repeating: "word ", count: 200)
      let end = reply.stream(text, from: .zero, perToken: .milliseconds(50))
      reply.at(end, .end(ReplyEnding()))
      reply.run()
      #expect(reply.texts == [text], "\(result)")
      #expect(reply.outcome == .delivered)
    }
  }

  @Test("a final edit that fails for good becomes a new message, and the old one goes away")
  func finalEditFails() {
    for result in [SendResult.failed, .rejected] {
      var reply = ReplyRehearsal()
      reply.fault = { action, _ in
        if case .edit(_, _, isFinal: true) = action { result } else { nil }
      }
      let end = reply.stream(
        "A rather slow answer.", from: .milliseconds(900), perToken: .milliseconds(700))
      reply.at(end, .end(ReplyEnding()))
      reply.run()
      #expect(reply.texts == ["A rather slow answer."], "\(result)")
    }
  }

  @Test("while Webex is out of reach a post is tried again, up to once a minute, until it lands")
  func postFails() {
    var patient = ReplyRehearsal()
    patient.fault = { _, count in count < 100 ? .failed : nil }
    patient.at(.zero, .text("Hi."))
    patient.at(.zero, .end(ReplyEnding()))
    patient.run()
    #expect(patient.texts == ["Hi."])
    #expect(patient.now > .seconds(3_600))
  }

  @Test("a final post that Webex refuses, or loses three times, ends the reply")
  func postRefused() {
    for (result, expected) in [(SendResult.rejected, 1), (.lost, 3)] {
      var attempts = 0
      var hopeless = ReplyRehearsal()
      hopeless.fault = { _, count in
        attempts = count
        return result
      }
      hopeless.at(.zero, .text("Hi."))
      hopeless.at(.zero, .end(ReplyEnding()))
      hopeless.run()
      #expect(hopeless.outcome == .undelivered)
      #expect(attempts == expected)
    }
  }

  @Test("where Webex refuses progress, the answer comes once, at its end, without a flood")
  func refusedProgress() {
    var posts = 0
    var reply = ReplyRehearsal()
    reply.fault = { action, _ in
      if case .post = action { posts += 1 }
      if case .edit = action { return .rejected }
      return nil
    }
    let text = String(repeating: "word ", count: 600)
    let end = reply.stream(text, from: .zero, perToken: .milliseconds(100))
    reply.at(end, .end(ReplyEnding()))
    reply.run()
    #expect(reply.texts == [text])
    #expect(posts == 2)

    var noticeRefused = ReplyRehearsal()
    noticeRefused.fault = { _, count in count == 1 ? .rejected : nil }
    noticeRefused.at(.seconds(5), .text("Late."))
    noticeRefused.at(.seconds(9), .end(ReplyEnding()))
    noticeRefused.run()
    #expect(noticeRefused.texts == ["Late."])
  }

  @Test("no message is of white space alone, and the text after it still comes")
  func whiteSpace() {
    var reply = ReplyRehearsal(limit: 100)
    reply.at(.zero, .text("Start." + String(repeating: "\n", count: 350) + "End."))
    reply.at(.zero, .end(ReplyEnding()))
    reply.run()
    #expect(reply.texts.allSatisfy { $0.contains { !$0.isWhitespace } })
    #expect(reply.texts.first?.hasPrefix("Start.") == true)
    #expect(reply.texts.last?.hasSuffix("End.") == true)
  }

  @Test("an answer without a word leaves no notice behind")
  func nothing() {
    var reply = ReplyRehearsal()
    reply.at(.seconds(5), .end(ReplyEnding()))
    reply.run()
    #expect(reply.texts.isEmpty)
    #expect(reply.outcome == .delivered)
  }

  @Test(
    "a mention that the model writes cannot ping, however it is split over tokens",
    arguments: [
      "<@all>", "<@here>", "<@personEmail:a@b.c|Name>", "<@PersonId:x>", "<SPARK-mention x>",
      "<webex-mention y>",
    ])
  func mentions(mention: String) {
    let text = "Hello \(mention)!"
    for cut in text.indices {
      var answer = AnswerText()
      answer.append(String(text[..<cut]))
      answer.append(String(text[cut...]))
      answer.finish()
      #expect(answer.text.contains("<\u{2060}"), "cut before \(text[cut...])")
      #expect(answer.text.replacing("\u{2060}", with: "") == text)
    }
  }

  @Test(
    "what is no mention stays as it is",
    arguments: [
      "List<@NonNull String>", "a < b", "x <@", "<", "a <spark> b", "mail <@example.com>",
    ])
  func harmlessBrackets(text: String) {
    var answer = AnswerText()
    for character in text { answer.append(String(character)) }
    answer.finish()
    #expect(answer.text == text)
  }

  @Test("a carriage return before a line feed does not hide the line's end")
  func carriageReturns() {
    var answer = AnswerText()
    for delta in ["one\r", "\ntwo\r\n```c\r\nx\r\n"] { answer.append(delta) }
    answer.finish()
    #expect(answer.text == "one\ntwo\n```c\nx\n")
  }
}
