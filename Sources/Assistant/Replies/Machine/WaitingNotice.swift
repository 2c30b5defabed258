// When a notice is shown and what it is about, while an answer has no text. A part of the machine.

/// The waits of a reply, and when the reader hears of them.
struct WaitingNotice: Sendable {
  private let timing: ReplyTiming
  private(set) var kind = ReplyWaitKind.model
  /// When the question was asked, or asked anew.
  private var since: Duration = .zero
  private var kindSince: Duration = .zero
  private var lastShownAt: Duration?
  private var timesShown = 0
  /// What is waited for is not what the notice says.
  private var isChanged = false

  /// A change is shown ever more patiently: retries at a rate limit may alternate for minutes.
  private static let patience: [Duration] = [.seconds(1), .seconds(5), .seconds(15), .seconds(45)]

  init(timing: ReplyTiming) { self.timing = timing }

  mutating func restart(at now: Duration) {
    self = WaitingNotice(timing: timing)
    since = now
    kindSince = now
  }

  mutating func waits(for kind: ReplyWaitKind, at now: Duration) {
    guard kind != self.kind else { return }
    self.kind = kind
    kindSince = now
    isChanged = true
  }

  mutating func shown(at now: Duration) {
    timesShown += 1
    lastShownAt = now
    isChanged = false
  }

  func wait(at now: Duration) -> ReplyWait {
    switch kind {
    case .model: .model(for: now - since)
    case .reasoning: .reasoning(for: now - kindSince)
    case .busy(let until): .busy(retryIn: max(.zero, until - now))
    }
  }

  /// When it is to be shown next; nil: not again.
  var due: Duration? {
    guard let lastShownAt else {
      // A wait that is over before it could be read is none.
      if case .busy(let until) = kind, until - kindSince >= timing.minimumSpacing {
        return kindSince
      }
      return since + timing.notice
    }
    guard timesShown <= Self.patience.count else { return nil }
    let change = isChanged ? lastShownAt + Self.patience[timesShown - 1] : nil
    let planned = timing.noticeEdits.lazy.map { since + $0 }.first { $0 > lastShownAt }
    return [change, planned].compactMap { $0 }.min()
  }
}
