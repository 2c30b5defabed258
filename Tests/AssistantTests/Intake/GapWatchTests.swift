import Testing

@testable import Assistant

@Suite("When a backfill is due, and when live traffic tells how much is known")
struct GapWatchTests {
  /// Tells the watch one thing after the other, each at its second.
  private func watch(_ inputs: (Int, GapWatch.Input)...) -> GapWatch {
    var watch = GapWatch()
    for (second, input) in inputs { watch.handle(input, now: .seconds(second)) }
    return watch
  }

  /// A start that has been looked after.
  private var calm: GapWatch {
    watch((0, .ready), (1, .begun), (2, .ended(isComplete: true)))
  }

  private func due(_ watch: GapWatch) -> String {
    watch.next.map { "\($0.cause) at \($0.at.components.seconds)" } ?? "nothing"
  }

  @Test("nothing is looked for before the socket is up, then at once")
  func start() {
    #expect(due(GapWatch()) == "nothing")
    let watch = watch((5, .ready))
    #expect(due(watch) == "start at 0")
    #expect(!watch.isTrusted)
  }

  @Test("a backfill that saw everything makes the stream trusted; then the patrol goes")
  func trust() {
    #expect(calm.isTrusted)
    #expect(due(calm) == "patrol at 601")
  }

  @Test(
    "a disconnect of a minute is Mercury's to replay, a longer one is looked for",
    arguments: [(60, "patrol at 601", true), (61, "reconnected at 161", false)])
  func disconnects(seconds: Int, next: String, isTrusted: Bool) {
    var watch = calm
    watch.handle(.lost, now: .seconds(100))
    #expect(!watch.isTrusted)
    #expect(due(watch) == "nothing")
    watch.handle(.lost, now: .seconds(110))
    watch.handle(.ready, now: .seconds(100 + seconds))
    #expect(due(watch) == next)
    #expect(watch.isTrusted == isTrusted)
  }

  @Test("another device is looked after however short the disconnect was")
  func device() {
    var watch = calm
    watch.handle(.lost, now: .seconds(100))
    watch.handle(.newDevice, now: .seconds(101))
    watch.handle(.ready, now: .seconds(101))
    #expect(due(watch) == "reconnected at 101")
    #expect(!watch.isTrusted)
  }

  @Test("sequence gaps are looked for at once, and at most once a minute")
  func gaps() {
    var watch = calm
    watch.handle(.sequenceGap, now: .seconds(100))
    #expect(due(watch) == "sequenceGap at 100")
    watch.handle(.begun, now: .seconds(100))
    watch.handle(.ended(isComplete: true), now: .seconds(102))
    #expect(watch.isTrusted)
    for second in 103...110 { watch.handle(.sequenceGap, now: .seconds(second)) }
    #expect(due(watch) == "sequenceGap at 160")
    #expect(!watch.isTrusted)
  }

  @Test("what is lost while a backfill runs is not forgotten with its end")
  func stale() {
    var watch = calm
    watch.handle(.begun, now: .seconds(700))
    watch.handle(.sequenceGap, now: .seconds(701))
    watch.handle(.ended(isComplete: true), now: .seconds(702))
    #expect(!watch.isTrusted)
    #expect(due(watch) == "sequenceGap at 701")
  }

  @Test("a socket that is lost while a backfill runs is not trusted after it")
  func lostMeanwhile() {
    var watch = calm
    watch.handle(.begun, now: .seconds(700))
    watch.handle(.lost, now: .seconds(701))
    watch.handle(.ended(isComplete: true), now: .seconds(702))
    #expect(!watch.isTrusted)
    #expect(due(watch) == "nothing")
  }

  @Test("a backfill that Webex did not let end is tried again, more and more rarely")
  func retries() {
    var watch = calm
    for (at, wait) in [(700, 30), (800, 60), (900, 120), (1_100, 240), (1_400, 480), (2_000, 600)] {
      watch.handle(.begun, now: .seconds(at))
      watch.handle(.ended(isComplete: false), now: .seconds(at))
      #expect(due(watch) == "reconnected at \(at + wait)")
      #expect(!watch.isTrusted)
    }
  }
}
