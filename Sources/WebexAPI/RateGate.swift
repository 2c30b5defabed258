// The actor around RateGateState: it holds the waiting calls and the one timer.

/// What the gate says to a call.
enum Admission: Sendable, Equatable {
  case go
  case superseded
}

/// One per WebexClient, since Webex limits the token, not the call.
actor RateGate {
  private var state = RateGateState()
  private var waiting: [UInt64: CheckedContinuation<Admission, any Error>] = [:]
  private var lastNumber: UInt64 = 0
  private var timer: Task<Void, Never>?
  private var probe: (@Sendable () async -> Bool)?
  private var watcher: (@Sendable (_ isAccepted: Bool) -> Void)?
  private let clock: any Clock<Duration>
  private let elapsed: @Sendable () -> Duration

  init(clock: any Clock<Duration>) {
    self.clock = clock
    elapsed = Stopwatch.start(clock)
  }

  /// Calls that wait, for tests.
  var waitingCount: Int { waiting.count }
  var isIdle: Bool { state.isIdle }

  deinit { timer?.cancel() }

  func ticket(priority: CallPriority, editedMessage: String?) -> RateTicket {
    lastNumber += 1
    return RateTicket(number: lastNumber, priority: priority, editedMessage: editedMessage)
  }

  /// Waits until the call may be sent. After `.go` the caller owes `rateLimited`, `attempted` or
  /// `leave`; after `.superseded` and after an error it owes nothing.
  func enter(_ ticket: RateTicket) async throws -> Admission {
    do {
      try Task.checkCancellation()
      return try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { continuation in
          waiting[ticket.number] = continuation
          handle(.enter(ticket))
        }
      } onCancel: {
        Task { await self.cancel(ticket) }
      }
    } catch {
      handle(.left(ticket))
      throw error
    }
  }

  func rateLimited(_ ticket: RateTicket, retryAfter: Duration?) {
    handle(.rateLimited(ticket, retryAfter: retryAfter))
  }

  /// Webex refused the token, to this call or elsewhere. Everyone waits until `probe` says that it is
  /// good again.
  func refused(_ ticket: RateTicket?, probe: @escaping @Sendable () async -> Bool) {
    self.probe = probe
    handle(.refused(ticket))
  }

  /// Told at once, and at each change.
  func watch(_ watcher: @escaping @Sendable (_ isAccepted: Bool) -> Void) {
    self.watcher = watcher
    watcher(!state.isRefused)
  }

  func attempted(_ ticket: RateTicket) { handle(.attempted(ticket)) }

  func leave(_ ticket: RateTicket) { handle(.left(ticket)) }

  private func cancel(_ ticket: RateTicket) {
    waiting.removeValue(forKey: ticket.number)?.resume(throwing: CancellationError())
  }

  private func handle(_ input: RateGateState.Input) {
    let wasRefused = state.isRefused
    let actions = state.handle(input, now: elapsed())
    if state.isRefused != wasRefused { watcher?(wasRefused) }
    for action in actions {
      switch action {
      case .probe:
        Task { [probe] in handle(.probed(isAccepted: await probe?() ?? true)) }
      case .go(let ticket): resume(ticket, .go)
      case .supersede(let ticket): resume(ticket, .superseded)
      case .wake(let time): wake(at: time)
      }
    }
  }

  private func resume(_ ticket: RateTicket, _ admission: Admission) {
    waiting.removeValue(forKey: ticket.number)?.resume(returning: admission)
  }

  private func wake(at time: Duration) {
    timer?.cancel()
    let wait = max(time - elapsed(), .zero)
    timer = Task { [weak self, clock] in
      guard (try? await clock.sleep(for: wait)) != nil else { return }
      await self?.handle(.time)
    }
  }
}
