import Testing
import WebexSimulator

/// The same sequence on every machine.
private struct Dice: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// What happens to the assistant, at its time of the day.
private enum Trouble: CaseIterable {
  case socketCut, socketClosed, socketReset, shutdown, handshakeRefused, catalogChanged
  case deviceDeleted, sequenceGap, serverErrors, rateLimit

  func strike(_ simulator: Simulator) throws {
    switch self {
    case .socketCut: try simulator.mercury(["action": "close", "code": 1006])
    case .socketClosed: try simulator.mercury(["action": "close", "code": 1011])
    case .socketReset: try simulator.mercury(["action": "reset"])
    case .shutdown: try simulator.mercury(["action": "shutdown"])
    case .handshakeRefused:
      try simulator.setFaults(
        ["mercury": ["handshake": ["status": 429, "retryAfter": 20, "times": 3]]])
      try simulator.mercury(["action": "close", "code": 1001])
    case .catalogChanged:
      try simulator.mercury([
        "action": "send",
        "frame": #"{"id":"catalog","data":{"eventType":"u2c.cache-invalidation"}}"#,
      ])
      try simulator.mercury(["action": "close", "code": 1001])
    case .deviceDeleted: try simulator.removeDevices()
    case .sequenceGap: try simulator.setFaults(["mercury": ["sequenceGap": true]])
    case .serverErrors:
      try simulator.setFaults(["rest": [["path": "/v1/*", "status": 503, "times": 6]]])
    case .rateLimit:
      try simulator.setFaults([
        "rest": [["path": "/v1/*", "status": 429, "retryAfter": 30, "times": 4]]
      ])
    }
  }
}

@Suite("A day of operation on a clock of the test's own", .serialized, .timeLimit(.minutes(5)))
struct SimulatedDayTests {
  private static let hour = Duration.seconds(3_600)

  /// Questions of people at any time, and troubles among them; each is let go its way.
  private func live(
    _ day: Day, _ dice: inout Dice, hours: Int, name: String
  ) async throws -> [Day.Question] {
    let begin = day.now
    var moments: [(at: Duration, trouble: Trouble?)] = []
    for _ in 0..<(hours * 4) {
      moments.append((.seconds(Int.random(in: 0..<(hours * 3_600), using: &dice)), nil))
    }
    for trouble in Trouble.allCases + Trouble.allCases {
      moments.append((.seconds(Int.random(in: 0..<(hours * 3_600), using: &dice)), trouble))
    }
    var questions: [Day.Question] = []
    for moment in moments.sorted(by: { $0.at < $1.at }) {
      try await day.pass(to: begin + moment.at)
      if let trouble = moment.trouble {
        try day.simulator.clearFaults()
        try day.simulator.setFaults(["wdm": ["expireAfterMs": .int(6 * 3_600_000)]])
        try trouble.strike(day.simulator)
      } else {
        let person = Day.people.randomElement(using: &dice) ?? ""
        questions.append(try await day.ask("\(name) \(questions.count)", by: person))
      }
    }
    try await day.pass(to: begin + .seconds(hours * 3_600))
    return questions
  }

  private func expectAnswered(_ questions: [Day.Question], _ day: Day) throws {
    for question in questions {
      let answers = try day.answers(to: question)
      #expect(answers == ["Yes."], "asked at \(question.asked): \(answers)")
    }
  }

  @Test(
    "24 hours with devices that expire, catalogs that change, outages: each question answered once",
    arguments: [1] as [UInt64])
  func day(seed: UInt64) async throws {
    var dice = Dice(state: seed)
    let day = try await Day()
    let assistant = try day.run()
    try await day.pass(to: .seconds(10))
    let questions = try await live(day, &dice, hours: 24, name: "hour")
    try day.simulator.clearFaults()
    try await day.pass(to: day.now + .seconds(1_800))
    try expectAnswered(questions, day)
    #expect(questions.count == 96)
    assistant.cancel()
    try? await assistant.value
    await day.end()
  }

  @Test("a token outage of an hour: few requests, no end, and every question is answered after it")
  func tokenOutage() async throws {
    let day = try await Day()
    let assistant = try day.run()
    try await day.pass(to: .seconds(30))
    var questions = [try await day.ask("before", by: "alice")]
    try await day.pass(to: .seconds(60))
    try day.simulator.setToken(
      ["token": .string(Day.botToken), "revoked": true, "closeSockets": true])
    let before = day.simulator.traffic.passed
    for minute in 1...60 {
      try await day.pass(to: .seconds(60 + minute * 60))
      guard minute.isMultiple(of: 10) else { continue }
      questions.append(try await day.ask("during \(minute)", by: Day.people[minute / 10 % 3]))
    }
    // Probes at 5, 10, 20, 40, 80, 160, 300, 300 … s. A request counts twice, coming and going.
    #expect(day.simulator.traffic.passed - before < 70)
    #expect(try day.answers(to: questions[1]).isEmpty)
    try day.simulator.setToken(["token": .string(Day.botToken), "revoked": false])
    try await day.pass(to: day.now + .seconds(900))
    questions.append(try await day.ask("after", by: "bob"))
    try await day.pass(to: day.now + .seconds(60))
    try expectAnswered(questions, day)
    #expect(day.lines.contains { $0.contains("Webex refuses the token (401)") })
    #expect(day.lines.contains { $0.contains("Webex takes the token again") })
    assistant.cancel()
    try? await assistant.value
    await day.end()
  }

  @Test("a gap of a day and a half: the last day is answered, who wrote before is told once")
  func longGap() async throws {
    var dice = Dice(state: 7)
    let day = try await Day()
    let first = try day.run()
    try await day.pass(to: .seconds(60))
    let before = try await day.ask("before", by: "alice")
    try await day.pass(to: .seconds(120))
    first.cancel()
    try? await first.value
    // With the device goes all that Mercury would replay.
    try day.simulator.removeDevices()
    var questions: [Day.Question] = []
    for hour in 1...36 {
      try await day.pass(to: Self.hour * hour + .seconds(Int.random(in: 0..<600, using: &dice)))
      questions.append(
        try await day.ask("gap \(hour)", by: Day.people.randomElement(using: &dice) ?? ""))
    }
    try await day.pass(to: Self.hour * 37)
    let started = day.now
    let second = try day.run()
    try await day.pass(to: day.now + .seconds(600))
    try expectAnswered([before] + questions.filter { $0.asked > started - Self.hour * 24 }, day)
    let old = questions.filter { $0.asked <= started - Self.hour * 24 }
    #expect(old.count > 5)
    for room in day.roomIDs {
      let told = try day.messages(in: room).filter { $0.text.hasPrefix("I was out of reach") }
      let missed = old.filter { $0.roomID == room }
      #expect(told.count == (missed.isEmpty ? 0 : 1))
      #expect(told.first?.parentID == missed.last?.id)
    }
    second.cancel()
    try? await second.value
    await day.end()
  }

  @Test("a healthy socket that brings nothing is noticed by the patrol, said loudly, and replaced")
  func wrongRegion() async throws {
    let day = try await Day()
    let assistant = try day.run()
    try await day.pass(to: .seconds(30))
    try day.simulator.setFaults(["mercury": ["wrongRegion": true]])
    try await day.pass(to: .seconds(120))
    let question = try await day.ask("anybody?", by: "carol")
    try await day.pass(to: .seconds(400))
    #expect(try day.answers(to: question).isEmpty)
    try await day.pass(to: .seconds(660))
    try expectAnswered([question], day)
    #expect(day.lines.contains { $0.hasPrefix("error the socket is healthy, yet messages reach") })
    // The registration that follows is in the right region.
    try day.simulator.clearFaults()
    let next = try await day.ask("and now?", by: "carol")
    try await day.pass(to: .seconds(690))
    try expectAnswered([next], day)
    assistant.cancel()
    try? await assistant.value
    await day.end()
  }
}
