// Who may send while Webex limits the rate, or refuses the token. A pure state machine: RateGate performs its actions.

/// How urgent a call is once Webex has made everyone wait.
public enum CallPriority: Int, Sendable, Comparable {
  /// A look for what was missed: no one waits for it yet.
  case background
  /// A step of a growing answer.
  case progress
  case ordinary
  /// A new message or an answer's last edit.
  case answer

  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// One call at the gate. It keeps its ticket through all its attempts.
struct RateTicket: Sendable, Hashable {
  /// Rises with each call: the older goes first among equals.
  var number: UInt64
  var priority: CallPriority
  /// The message that an edit changes.
  var editedMessage: String?
}

/// The gate is open until a 429; then it is shut for as long as Webex asks. It reopens slowly, with
/// few calls under way at first and one more for each that passes, so that the waiting crowd does
/// not earn the next 429 by itself; it is open again when no one waits.
///
/// A token that Webex refuses (401) shuts it too, until one probe, sent ever more rarely, has passed:
/// a crowd that asks again and again is no better for being refused.
///
/// Progress edits do not wait: while others do, they are dropped, and so is one that a newer edit of
/// its message has overtaken.
struct RateGateState: Sendable {
  enum Input: Sendable, Equatable {
    /// A call wants to be sent, for the first time or again.
    case enter(RateTicket)
    /// A call that went was answered 429 and is going to enter again.
    case rateLimited(RateTicket, retryAfter: Duration?)
    /// A call that went was answered 401 and is going to enter again; nil: the token was refused
    /// elsewhere.
    case refused(RateTicket?)
    /// What came of `.probe`.
    case probed(isAccepted: Bool)
    /// A call that went was answered otherwise, or failed, and is going to enter again.
    case attempted(RateTicket)
    /// A call is over: answered, failed, or cancelled wherever it was.
    case left(RateTicket)
    /// The time that `.wake` asked for.
    case time
  }

  enum Action: Sendable, Equatable {
    case go(RateTicket)
    case supersede(RateTicket)
    /// Ask Webex whether the token is good again, and give `.probed`.
    case probe
    /// Give `.time` at that moment, instead of any earlier request.
    case wake(at: Duration)
  }

  /// Calls that may be under way right after the gate reopens.
  static let firstWindow = 4
  /// While it reopens, one more call may go after this time even if nothing has been answered: a
  /// call that hangs must not hold up the others.
  static let patience = Duration.seconds(1)

  private enum Mode {
    case open
    case shut(until: Duration)
    case reopening(window: Int)
    /// Probes that failed so far.
    case refused(probes: Int, next: Duration)
  }

  private struct Edits {
    var newest: UInt64
    /// Edits of the message that have not left.
    var present: Set<UInt64>
  }

  private var mode = Mode.open
  private var waiting: [RateTicket] = []
  private var underWay: Set<RateTicket> = []
  private var edits: [String: Edits] = [:]

  /// Nothing is held of calls that have left.
  var isIdle: Bool { waiting.isEmpty && underWay.isEmpty && edits.isEmpty }
  var isOpen: Bool { if case .open = mode { true } else { false } }
  var isRefused: Bool { if case .refused = mode { true } else { false } }

  /// Before the next probe: 5, 10, 20 … 300 s.
  static func wait(afterProbes probes: Int) -> Duration {
    min(.seconds(5) * (1 << min(probes, 6)), .seconds(300))
  }

  /// Webex's wait: 1…60 s; 5 s when the header is missing or malformed.
  static func wait(forRetryAfter retryAfter: Duration?) -> Duration {
    guard let retryAfter else { return .seconds(5) }
    return min(max(retryAfter, .seconds(1)), .seconds(60))
  }

  mutating func handle(_ input: Input, now: Duration) -> [Action] {
    switch input {
    case .enter(let ticket):
      return enter(ticket, now: now)
    case .rateLimited(let ticket, let retryAfter):
      underWay.remove(ticket)
      return shut(until: now + Self.wait(forRetryAfter: retryAfter))
    case .refused(let ticket):
      if let ticket { underWay.remove(ticket) }
      return refuse(probes: 0, now: now)
    case .probed(let isAccepted):
      guard case .refused(let probes, _) = mode else { return [] }
      guard isAccepted else {
        mode = .open
        return refuse(probes: probes + 1, now: now)
      }
      return reopen(now: now)
    case .attempted(let ticket):
      underWay.remove(ticket)
      return release(now: now)
    case .left(let ticket):
      let passed = underWay.remove(ticket) != nil
      waiting.removeAll { $0 == ticket }
      forget(ticket)
      if passed, case .reopening(let window) = mode { mode = .reopening(window: window + 1) }
      return release(now: now)
    case .time:
      return time(now: now)
    }
  }

  private mutating func enter(_ ticket: RateTicket, now: Duration) -> [Action] {
    var isOvertaken = false
    if let message = ticket.editedMessage {
      let newest = max(edits[message]?.newest ?? ticket.number, ticket.number)
      edits[message, default: Edits(newest: newest, present: [])].newest = newest
      edits[message]?.present.insert(ticket.number)
      isOvertaken = newest > ticket.number
    }
    if ticket.priority == .progress, isOvertaken || !isOpen {
      forget(ticket)
      return [.supersede(ticket)]
    }
    waiting.append(ticket)
    return release(now: now)
  }

  private mutating func refuse(probes: Int, now: Duration) -> [Action] {
    if case .refused = mode { return [] }
    let next = now + Self.wait(afterProbes: probes)
    mode = .refused(probes: probes, next: next)
    return [.wake(at: next)]
  }

  private mutating func shut(until deadline: Duration) -> [Action] {
    if isRefused { return [] }
    if case .shut(let earlier) = mode, earlier >= deadline { return [] }
    mode = .shut(until: deadline)
    return [.wake(at: deadline)]
  }

  private mutating func time(now: Duration) -> [Action] {
    switch mode {
    case .open: return []
    case .shut(let deadline):
      guard now >= deadline else { return [.wake(at: deadline)] }
      return reopen(now: now)
    case .refused(_, let next): return now >= next ? [.probe] : [.wake(at: next)]
    case .reopening(let window):
      mode = .reopening(window: max(window, underWay.count) + 1)
    }
    return releaseSome(now: now)
  }

  private mutating func reopen(now: Duration) -> [Action] {
    mode = .reopening(window: underWay.count + Self.firstWindow)
    return releaseSome(now: now)
  }

  private mutating func releaseSome(now: Duration) -> [Action] {
    let actions = release(now: now)
    return waiting.isEmpty ? actions : actions + [.wake(at: now + Self.patience)]
  }

  /// Lets go whoever may, the most urgent first.
  private mutating func release(now: Duration) -> [Action] {
    var room: Int
    switch mode {
    case .open: room = waiting.count
    case .shut, .refused: return []
    case .reopening(let window): room = window - underWay.count
    }
    var actions: [Action] = []
    while room > 0, let next = waiting.max(by: Self.isLessUrgent) {
      waiting.removeAll { $0 == next }
      underWay.insert(next)
      actions.append(.go(next))
      room -= 1
    }
    if case .reopening = mode, waiting.isEmpty { mode = .open }
    return actions
  }

  private static func isLessUrgent(_ a: RateTicket, _ b: RateTicket) -> Bool {
    (a.priority, b.number) < (b.priority, a.number)
  }

  private mutating func forget(_ ticket: RateTicket) {
    guard let message = ticket.editedMessage else { return }
    edits[message]?.present.remove(ticket.number)
    if edits[message]?.present.isEmpty == true { edits[message] = nil }
  }
}
