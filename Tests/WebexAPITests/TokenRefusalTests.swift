// A token that Webex refuses after it has worked, over real sockets and a clock that the test moves.

import CurlHTTP
import Synchronization
import Testing

@testable import WebexAPI

@Suite("A refused token", .timeLimit(.minutes(1)))
struct TokenRefusalTests {
  private static let me = #"{"id":"me","emails":[],"type":"bot"}"#

  /// Refuses all tokens but one.
  private final class Door: Sendable {
    let accepted = Mutex("Bearer \(sentinelToken)")

    func reply(_ request: LoopbackServer.Request) -> LoopbackServer.Reply {
      guard request.headers["authorization"] == accepted.withLock({ $0 }) else {
        return .fixture(.error401)
      }
      return .json(
        request.target.hasSuffix("/people/me") ? TokenRefusalTests.me : Fixture.messageDirect)
    }
  }

  @Test("a token that never worked is an error at once")
  func never() async throws {
    try await ClientUnderTest.run { _, _ in
      .fixture(.error401)
    } _: { test in
      let error = try await webexError { _ = try await test.client.me() }
      #expect(error.code == .unauthorized)
      #expect(test.server.requests.count == 1)
    }
  }

  @Test(
    "one probe asks for all, more and more rarely; then everything goes on, posts too, once each")
  func storm() async throws {
    let door = Door()
    try await ClientUnderTest.run { request, _ in
      door.reply(request)
    } _: { test in
      let told = Mutex<[Bool]>([])
      await test.client.watchToken { accepted in told.withLock { $0.append(accepted) } }
      _ = try await test.client.me()
      door.accepted.withLock { $0 = "none" }
      let calls = (0..<20).map { number in
        Task {
          number % 2 == 0
            ? try await test.client.message("m\(number)")
            : try await test.client.createMessage(MessageDraft(roomID: "r", text: "\(number)"))
        }
      }
      while await test.client.gate.waitingCount < 20 { await Task.yield() }
      let refused = test.server.requests.count
      #expect((2...21).contains(refused))
      // 5, 10, 20, 40, 80, 160, 300, 300 s: eight requests in a quarter of an hour.
      for (index, wait) in [5, 10, 20, 40, 80, 160, 300, 300].enumerated() {
        await test.clock.waitForSleeper(atLeast: .seconds(wait))
        #expect(test.server.requests.count == refused + index)
        test.clock.advance(by: .seconds(wait))
      }
      await test.clock.waitForSleeper(atLeast: .seconds(300))
      #expect(test.server.requests.count == refused + 8)
      #expect(told.withLock { $0 } == [true, false])
      door.accepted.withLock { $0 = "Bearer \(sentinelToken)" }
      test.clock.advance(by: .seconds(300))
      for call in calls { _ = try await call.value }
      #expect(told.withLock { $0 } == [true, false, true])
      #expect(test.server.requests.count == refused + 9 + 20)
      #expect(await test.client.gate.isIdle)
    }
  }

  @Test("a call that is refused although the token is good fails in the end")
  func forOneCall() async throws {
    try await ClientUnderTest.run { request, _ in
      request.target.hasSuffix("/people/me") ? .json(Self.me) : .fixture(.error401)
    } _: { test in
      _ = try await test.client.me()
      let call = Task { try await webexError { _ = try await test.client.message("m") } }
      for _ in 1...3 {
        await test.clock.waitForSleeper(atLeast: .seconds(5))
        test.clock.advance(by: .seconds(5))
      }
      #expect(try await call.value.code == .unauthorized)
    }
  }

  @Test("the token is read again before each probe, and the new one is kept secret too")
  func exchanged() async throws {
    let door = Door()
    let file = Mutex("\(sentinelToken)\n")
    let server = LoopbackServer { request, _ in door.reply(request) }
    var settings = HTTPClientConfiguration()
    settings.proxy = .none
    let http = try HTTPClient(configuration: settings)
    let log = CapturedLog()
    let clock = ManualClock()
    let transport = BearerTransport(
      token: sentinelToken, reload: { file.withLock { $0 } }, http: http,
      hosts: TokenHostPolicy(operatorURLs: [server.baseURL]), userAgent: "test",
      logger: log.logger)
    let client = WebexClient(
      transport: transport, baseURL: server.baseURL, logger: log.logger, clock: clock,
      random: { 0 })
    _ = try await client.me()
    door.accepted.withLock { $0 = "Bearer the-next-token" }
    let call = Task { try await client.me() }
    await clock.waitForSleeper(atLeast: .seconds(5))
    file.withLock { $0 = "the-next-token\n" }
    clock.advance(by: .seconds(5))
    _ = try await call.value
    #expect(try transport.bearerValue(for: server.baseURL) == "Bearer the-next-token")
    #expect(transport.redacting("the-next-token \(sentinelToken)") == "<token> <token>")
    #expect(!log.text.contains("the-next-token"))
    // Half a file, or none, is no token.
    for odd in ["", "two words", "\n"] {
      file.withLock { $0 = odd }
      transport.reloadToken()
      #expect(try transport.bearerValue(for: server.baseURL) == "Bearer the-next-token")
    }
    await http.shutdown()
  }
}
