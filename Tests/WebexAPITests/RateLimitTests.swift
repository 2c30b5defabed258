// 429 over real sockets, with the wait on a clock that the test moves.

import HTTPTypes
import Synchronization
import Testing

@testable import WebexAPI

@Suite("Rate limit", .timeLimit(.minutes(1)))
struct RateLimitTests {
  /// Answers 429 with `Retry-After: 30` until the clock has moved by 30 s, and notes when each
  /// request came.
  final class Limiter: Sendable {
    let clock = Mutex<ManualClock?>(nil)
    let arrivals = Mutex<[Duration]>([])
    let answer: String

    init(_ answer: String) { self.answer = answer }

    func reply() -> LoopbackServer.Reply {
      let now = clock.withLock { $0?.now.offset ?? .zero }
      arrivals.withLock { $0.append(now) }
      return now < .seconds(30)
        ? .json(429, HTTPFixture.error429.body, headers: ["Retry-After": "30"]) : .json(answer)
    }
  }

  @Test("a storm of twenty calls waits as Webex asks, and then all of them succeed")
  func storm() async throws {
    let limiter = Limiter(Fixture.messageDirect)
    try await ClientUnderTest.run { _, _ in
      limiter.reply()
    } _: { test in
      limiter.clock.withLock { $0 = test.clock }
      let calls = (0..<20).map { number in
        Task {
          number % 2 == 0
            ? try await test.client.message("m\(number)")
            : try await test.client.createMessage(MessageDraft(roomID: "r", text: "\(number)"))
        }
      }
      while await test.client.gate.waitingCount < 20 { await Task.yield() }
      let early = limiter.arrivals.withLock { $0.count }
      #expect((1...20).contains(early))
      test.clock.advance(by: .milliseconds(29_999))
      for _ in 0..<1_000 { await Task.yield() }
      #expect(limiter.arrivals.withLock { $0.count } == early)
      test.clock.advance(by: .milliseconds(1))
      for call in calls { _ = try await call.value }
      let arrivals = limiter.arrivals.withLock { $0 }
      #expect(arrivals.count == early + 20)
      #expect(arrivals.dropFirst(early).allSatisfy { $0 >= .seconds(30) })
      #expect(await test.client.gate.isIdle)
    }
  }

  @Test("progress edits are dropped while Webex makes everyone wait, and the final one is sent")
  func coalescing() async throws {
    let limiter = Limiter(Fixture.messageEdited)
    try await ClientUnderTest.run { _, _ in
      limiter.reply()
    } _: { test in
      limiter.clock.withLock { $0 = test.clock }
      @Sendable func edit(_ text: String, _ priority: EditPriority) async throws -> EditOutcome {
        try await test.client.editMessage("m", roomID: "r", markdown: text, priority: priority)
      }
      // The first one earns the 429.
      for number in 0...4 { #expect(try await edit("\(number)", .progress) == .superseded) }
      let final = Task { try await edit("all", .final) }
      while await test.client.gate.waitingCount < 1 { await Task.yield() }
      #expect(test.server.requests.count == 1)
      test.clock.advance(by: .seconds(30))
      guard case .edited = try await final.value else {
        Issue.record("the final edit was superseded")
        return
      }
      #expect(test.server.requests.count == 2)
      #expect(test.server.requests.last?.text.contains(#""markdown":"all""#) == true)
    }
  }

  @Test("after the wait answers go before questions, and looks for gaps go last")
  func order() async throws {
    let limiter = Limiter(Fixture.messageEdited)
    try await ClientUnderTest.run { _, _ in
      limiter.reply()
    } _: { test in
      limiter.clock.withLock { $0 = test.clock }
      let client = test.client
      var calls: [Task<Void, any Error>] = []
      func start(_ call: @escaping @Sendable () async throws -> Void) async {
        calls.append(Task { try await call() })
        while await client.gate.waitingCount < calls.count { await Task.yield() }
      }
      for number in 0..<6 {
        await start {
          let call = Call(.get, "/messages/b\(number)", priority: .background)
          _ = try await client.perform(call)
        }
      }
      for number in 0..<6 { await start { _ = try await client.message("q\(number)") } }
      for number in 0..<6 {
        await start {
          _ = try await client.editMessage(
            "f\(number)", roomID: "r", markdown: "x", priority: .final)
        }
      }
      test.clock.advance(by: .seconds(30))
      for call in calls { try await call.value }
      let sent = test.server.requests.dropFirst().map { $0.target.split(separator: "/").last! }
      #expect(sent.count == 18)
      // Up to a window of calls is under way at once, so order is exact only between the groups.
      #expect(sent.prefix(4).allSatisfy { $0.hasPrefix("f") })
      #expect(sent.suffix(2).allSatisfy { $0.hasPrefix("b") })
    }
  }

  @Test("a call that is limited for ever fails in the end, and says for how long to wait")
  func forEver() async throws {
    let configuration = WebexClientConfiguration(maximumRateLimitWaits: 2)
    try await ClientUnderTest.run(
      configuration: configuration, script: { _, _ in .fixture(.error429) }
    ) { test in
      let call = Task { try await webexError { _ = try await test.client.me() } }
      for requests in 1...2 {
        await test.clock.waitForSleeper(atLeast: .seconds(4))
        #expect(test.server.requests.count == requests)
        test.clock.advance(by: .seconds(4))
      }
      let error = try await call.value
      #expect(error.code == .rateLimited && error.retryAfter == .seconds(4))
      #expect(error.message == "Too many requests" && !error.mayHaveArrived)
      #expect(test.server.requests.count == 3)
    }
  }
}
