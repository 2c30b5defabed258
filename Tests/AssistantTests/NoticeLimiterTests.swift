import Synchronization
import Testing

@testable import Assistant

@Suite("Notices")
struct NoticeLimiterTests {
  /// Seconds that stand until the test moves them.
  private final class Seconds: Sendable {
    private let passed = Mutex(0)
    var now: Duration { .seconds(passed.withLock { $0 }) }
    func move(_ seconds: Int) { passed.withLock { $0 += seconds } }
  }

  @Test("once in an interval for each key")
  func once() async {
    let seconds = Seconds()
    let limiter = NoticeLimiter(every: .seconds(60)) { seconds.now }
    #expect(await limiter.allows("a"))
    seconds.move(30)
    #expect(await !limiter.allows("a"))
    #expect(await limiter.allows("b"))
    seconds.move(30)
    #expect(await limiter.allows("a"))
    #expect(await !limiter.allows("b"))
    seconds.move(30)
    #expect(await !limiter.allows("a"))
    #expect(await limiter.allows("b"))
  }

  @Test("beyond ten thousand keys in an interval nobody is told, and none is kept for longer")
  func bounds() async {
    let seconds = Seconds()
    let limiter = NoticeLimiter(every: .seconds(60)) { seconds.now }
    for key in 1...10_000 { #expect(await limiter.allows("\(key)")) }
    #expect(await !limiter.allows("one more"))
    #expect(await limiter.kept == 10_000)
    seconds.move(60)
    #expect(await limiter.allows("one more"))
    #expect(await limiter.kept == 1)
  }
}
