// When to look for what the socket did not bring. A pure state machine in an envelope that may be told
// from any task; the service tells it of the connection, the backfill does what it says.

import MercuryClient
import Synchronization

/// Why a backfill runs.
enum BackfillCause: Int, Sendable, Comparable {
  case patrol, sequenceGap, reconnected, start

  static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

struct GapWatch: Sendable {
  enum Input: Sendable, Equatable {
    case ready
    case lost
    /// The socket belongs to another device: Mercury replays only to the same one.
    case newDevice
    /// A number was left out on a socket.
    case sequenceGap
    case begun
    /// A backfill is over.
    case ended(isComplete: Bool)
  }

  struct Timing: Sendable {
    /// A shorter disconnect is Mercury's to replay.
    var patience = Duration.seconds(60)
    /// Between two backfills after sequence gaps.
    var gapInterval = Duration.seconds(60)
    var patrolInterval = Duration.seconds(600)
    /// After a backfill that Webex did not allow to end; doubles to the patrol's interval.
    var retry = Duration.seconds(30)
  }

  var timing = Timing()
  /// Whether all that was sent before an event came before it.
  private(set) var isTrusted = false
  /// While the socket has been up.
  private(set) var readySince: Duration?

  private var wanted: BackfillCause? = .start
  private var notBefore = Duration.zero
  private var lostAt: Duration?
  private var isRunning = false
  private var failures = 0
  private var nextPatrol = Duration.zero
  private var lastGap: Duration?
  /// Something was lost while the backfill was running.
  private var isStale = false

  init(timing: Timing = Timing()) { self.timing = timing }

  mutating func handle(_ input: Input, now: Duration) {
    switch input {
    case .ready:
      readySince = now
      let away = lostAt.map { now - $0 }
      lostAt = nil
      if wanted == nil, !isRunning {
        if let away, away > timing.patience {
          want(.reconnected, at: now)
        } else {
          isTrusted = true
        }
      } else if let away, away > timing.patience {
        want(.reconnected, at: now)
      }
    case .lost:
      if readySince != nil { lostAt = now }
      readySince = nil
      isTrusted = false
    case .newDevice:
      want(.reconnected, at: now)
    case .sequenceGap:
      // A burst of gaps is one gap; those of the next minute are looked for together.
      want(.sequenceGap, at: max(now, lastGap.map { $0 + timing.gapInterval } ?? now))
    case .begun:
      isRunning = true
      isStale = false
      if wanted == .sequenceGap { lastGap = now }
      wanted = nil
      nextPatrol = now + timing.patrolInterval
    case .ended(let isComplete):
      isRunning = false
      failures = isComplete ? 0 : failures + 1
      if !isComplete {
        let wait = min(timing.retry * (1 << min(failures - 1, 10)), timing.patrolInterval)
        want(.reconnected, at: now + wait)
      } else if !isStale, wanted == nil, readySince != nil {
        isTrusted = true
      }
    }
  }

  private mutating func want(_ cause: BackfillCause, at time: Duration) {
    isTrusted = false
    isStale = true
    guard let wanted else {
      (self.wanted, notBefore) = (cause, time)
      return
    }
    self.wanted = max(wanted, cause)
    notBefore = min(notBefore, time)
  }

  /// What is due next, and when; nil while the socket is down or a backfill runs.
  var next: (cause: BackfillCause, at: Duration)? {
    guard readySince != nil, !isRunning else { return nil }
    if let wanted { return (wanted, notBefore) }
    return (.patrol, nextPatrol)
  }
}

/// The watch of one service.
final class StreamWatch: Sendable {
  private let watch: Mutex<GapWatch>
  private let elapsed: @Sendable () -> Duration
  /// Something was told.
  let changes: AsyncStream<Void>
  private let wake: AsyncStream<Void>.Continuation

  init(clock: any Clock<Duration>, timing: GapWatch.Timing = .init()) {
    watch = Mutex(GapWatch(timing: timing))
    elapsed = Stopwatch.start(clock)
    (changes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  func note(_ input: GapWatch.Input) {
    watch.withLock { $0.handle(input, now: elapsed()) }
    wake.yield()
  }

  var isTrusted: Bool { watch.withLock { $0.isTrusted } }

  /// How long the socket has been up; nil while it is not.
  var readyFor: Duration? { watch.withLock { $0.readySince }.map { elapsed() - $0 } }

  /// What is due next, and in which time.
  var next: (cause: BackfillCause, wait: Duration)? {
    watch.withLock { $0.next }.map { ($0.cause, max($0.at - elapsed(), .zero)) }
  }
}
