// On the way to a socket: discovery, registration, opening, authorizing, and the waits between.

import Logging

extension ConnectionMachine {
  mutating func begin(_ next: Next, _ step: inout Step) {
    switch next {
    case .discover:
      attempt = .discovering
      step.actions.append(.discover)
    case .register(let kind):
      if kind == .fresh { freshDevices += 1 }
      attempt = .registering(kind)
      registrationAfterDiscovery = .reuse
      step.actions.append(.register(kind))
    case .open:
      lastSocket += 1
      attempt = .opening(lastSocket)
      step.actions.append(.open(lastSocket, url: url ?? ""))
    }
    reportAttempt(&step)
  }

  mutating func registered(_ url: String, _ step: inout Step) {
    registrationFailures = 0
    failuresOnURL = 0
    self.url = url
    begin(.open, &step)
  }

  mutating func registrationFailed(
    _ error: MercuryError, _ kind: Registration, _ step: inout Step
  ) {
    registrationFailures += 1
    guard registrationFailures >= limits.failuresPerCatalog else {
      return retry(after: error, with: .register(kind), &step)
    }
    registrationFailures = 0
    registrationAfterDiscovery = kind
    retry(after: error, with: .discover, &step)
  }

  mutating func opened(_ id: SocketID, _ step: inout Step) {
    guard attempt == .opening(id) else {
      step.actions.append(.close(id, code: 1000, reason: "no longer wanted"))
      return
    }
    attempt = .authorizing(id)
    step.actions += [.authorize(id), .startTimer(.ready(id), limits.readyTimeout)]
    reportAttempt(&step)
  }

  mutating func becameReady(_ id: SocketID, _ step: inout Step) {
    step.actions.append(.cancelTimer(.ready(id)))
    if let old = active {
      // Make before break: the server closes the old one with 4001; should it forget, we do.
      step.actions += [.cancelTimer(.ping(old.id)), .cancelTimer(.pong(old.id))]
      step.actions.append(.startTimer(.retire(old.id), limits.retireTimeout))
      retiring.insert(old.id)
    }
    let isNews = active == nil
    active = Active(id: id, readySince: step.now)
    attempt = .none
    if isNews { step.actions.append(.report(.ready)) }
    ping(&step)
  }

  /// What follows a socket that failed or died.
  mutating func nextStep(reregister: Bool, refresh: Bool = false) -> Next {
    var next: Registration? = reregister ? .fresh : refresh ? .reuse : nil
    if next == nil, failuresOnURL >= limits.failuresPerURL {
      // First the same device again: Mercury keeps what was said meanwhile for it, not for another.
      next = wasRefreshed ? .fresh : .reuse
      wasRefreshed.toggle()
      failuresOnURL = 0
    }
    guard needsDiscovery || next != nil else { return .open }
    if next == .fresh {
      failuresOnURL = 0
      if freshDevices >= limits.freshDevicesPerCatalog {
        freshDevices = 0
        needsDiscovery = true
      }
    }
    guard needsDiscovery else { return .register(next ?? .reuse) }
    registrationAfterDiscovery = next ?? .reuse
    return .discover
  }

  mutating func retry(after error: MercuryError, with next: Next, _ step: inout Step) {
    if error.isPermanent { return finish(error, &step) }
    failures += 1
    // 2^6 s is beyond the maximum already; a larger exponent only overflows.
    let doubled = limits.backoffBase * (1 << min(failures - 1, 16))
    let jittered = min(limits.backoffMaximum, doubled) * step.random
    let delay = max(jittered, error.retryAfter ?? .zero)
    attempt = .waiting(next, delay, reason: error.description)
    step.actions.append(.log(.notice, "will try again: \(error)"))
    step.actions.append(.startTimer(.attempt, delay))
    reportAttempt(&step)
  }

  /// A replacement that is under way while the old socket still serves is nobody's news.
  func reportAttempt(_ step: inout Step) {
    guard active == nil else { return }
    let state: MercuryState? =
      switch attempt {
      case .none, .over: nil
      case .discovering: .discovering
      case .registering: .registering
      case .opening: .connecting
      case .authorizing: .authorizing
      case .waiting(_, let delay, let reason): .waiting(delay, reason: reason)
      }
    if let state { step.actions.append(.report(state)) }
  }

  mutating func stop(_ step: inout Step) {
    closeAll(&step)
    step.actions += [.report(.stopped("cancelled")), .finish(nil)]
    attempt = .over
  }

  mutating func finish(_ error: MercuryError, _ step: inout Step) {
    closeAll(&step)
    step.actions += [.report(.stopped(error.description)), .finish(error)]
    attempt = .over
  }

  mutating func closeAll(_ step: inout Step) {
    var ids = retiring.sorted()
    if let active { ids.append(active.id) }
    switch attempt {
    case .opening(let id), .authorizing(let id): ids.append(id)
    default: break
    }
    step.actions += ids.map { .close($0, code: 1000, reason: "done") }
    active = nil
    retiring = []
  }
}
