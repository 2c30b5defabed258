// Streams that nobody thought of: generated from a seed, with faults, under the same rules.

import Testing

@testable import Assistant

/// SplitMix64: the same streams in every run.
struct ReplyRandomness: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[Int.random(in: 0..<elements.count, using: &self)]
  }
  mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
}

/// Makes a rehearsal of a seed.
struct RandomStream {
  private var random: ReplyRandomness

  init(seed: Int) { random = ReplyRandomness(state: UInt64(seed) &* 0x2545_F491_4F6C_DD1D) }

  mutating func rehearsal() -> ReplyRehearsal {
    let limit = random.pick([7_439, 7_439, 1_000, 300])
    let earlier = random.chance(25) ? random.number(1...4) : 0
    let edits = (0..<earlier).map { _ in random.number(0...10) }
    let keeps = random.chance(40)
    let done = random.chance(50) ? "Answered again above." : nil
    var reply = ReplyRehearsal(limit: limit) { plan in
      plan.replaces = edits.enumerated().map {
        ReplacedMessage(id: "e\($0.offset + 1)", edits: $0.element)
      }
      plan.keepsUntilText = keeps
      plan.doneNotice = done
    }
    reply.webex.latency = .milliseconds(random.pick([20, 100, 100, 400, 1_500, 5_000]))
    if random.chance(60) { addFaults(to: &reply) }
    var time = Duration.milliseconds(random.number(50...3_000))
    for _ in 0..<(random.chance(20) ? random.number(1...3) : 0) {
      time = addText(to: &reply, from: time)
      time = time - .milliseconds(random.number(0...4_000))
      reply.edited(at: max(time, .milliseconds(1))) { _, start in time = start }
    }
    time = addText(to: &reply, from: time)
    let note = random.chance(40) ? "The model failed." : nil
    if random.chance(20) {
      reply.at(time, .text(String(repeating: "\n", count: random.number(3...9))))
    }
    let ending = ReplyEnding(note: note, isCut: random.chance(25))
    reply.at(time + .milliseconds(random.number(0...5_000)), .end(ending))
    return reply
  }

  private mutating func addFaults(to reply: inout ReplyRehearsal) {
    let effects: [Fault.Effect] = [
      .failed, .failed, .rejected, .superseded, .lost, .found(after: .seconds(7)),
      .slow(.seconds(6)),
    ]
    for _ in 0..<random.number(1...5) {
      let kind = random.pick([
        Fault.Kind.post, .edit, .edit, .finalEdit, .finalEdit, .delete, .attach,
      ])
      var effect = random.pick(effects)
      // A post that is there and cannot be found is nobody's fault; an edit or a deletion is known.
      if kind != .post, kind != .attach, random.chance(20) { effect = .arrived }
      let first = random.number(1...6)
      let length = random.chance(15) ? 40 : random.number(0...2)
      reply.fails(Fault(kind, first...(first + length), effect))
    }
  }

  private mutating func addText(to reply: inout ReplyRehearsal, from start: Duration) -> Duration {
    var time = start
    for _ in 0..<random.number(0...4) {
      switch random.number(0...9) {
      case 0: time += .milliseconds(random.number(500...100_000))
      case 1: reply.at(time, .waits(.reasoning))
      case 2:
        reply.at(time, .waits(.busy(until: time + .seconds(random.number(0...30)))))
        time += .milliseconds(random.number(10...30_000))
        reply.at(time, .waits(.model))
      default:
        // About two minutes at most: a slow stream is a short one.
        let speed = random.pick([1, 3, 10, 40, 200, 2_000])
        let tokens = min(speed * 120, random.number(1...(random.chance(6) ? 1_000 : 150)))
        let text = String(document(about: tokens * 4).prefix(tokens * 4))
        time = reply.stream(text, from: time, perSecond: speed, size: random.pick([4, 4, 1, 17]))
      }
    }
    return time
  }

  private mutating func document(about size: Int) -> String {
    switch random.number(0...6) {
    case 0: SampleText.code(size / 40 + 1)
    case 1: SampleText.table(size / 20 + 1)
    case 2: String(SampleText.unicode.prefix(size))
    case 3: String(repeating: "x", count: min(size, 3_000))
    case 4: String(repeating: "\n", count: min(size, 500)) + "After it.\n"
    default: SampleText.prose(size)
    }
  }
}

@Suite("Streams, random")
struct RandomStreamTests {
  @Test("whatever happens, the reader has the answer once and whole", arguments: 0..<12)
  func holds(batch: Int) {
    for seed in (batch * 100)..<(batch * 100 + 100) {
      var stream = RandomStream(seed: seed)
      var reply = stream.rehearsal()
      reply.run()
      #expect(reply.complaints == [], "seed \(seed)")
      // Posts may be refused for good; nothing else ends a reply early.
      let mayFail = reply.webex.faults.contains { $0.kind == .post || $0.kind == .attach }
      #expect(reply.outcome == .delivered || mayFail, "seed \(seed)")
    }
  }
}
