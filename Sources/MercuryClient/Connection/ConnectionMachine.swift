// The decisions of the connection, as a value: an input and the time go in, actions come out. It
// knows no network and no clock; `MercurySession` performs what it says. Sources of the protocol
// facts: the behaviour of Webex's own JavaScript, iOS and Android SDKs, as noted.

package import Logging

package struct ConnectionMachine: Sendable {
  package typealias SocketID = Int

  package enum Registration: Sendable, Equatable {
    /// Take the existing device again if there is one.
    case reuse
    /// Give the device up and create a new one.
    case fresh
  }

  package enum Timer: Hashable, Sendable {
    case attempt
    case ready(SocketID)
    case ping(SocketID)
    case pong(SocketID)
    case retire(SocketID)
  }

  package enum Input: Sendable {
    case start
    /// The caller wants to end.
    case stop
    case discovered
    case discoveryFailed(MercuryError)
    case registered(webSocketURL: String)
    case registrationFailed(MercuryError)
    /// The upgrade is done.
    case opened(SocketID)
    case openFailed(SocketID, MercuryError)
    /// The state frame, or an event, came: only an authorized socket gets those.
    case authorized(SocketID)
    case pong(SocketID, id: String)
    /// The server asks us to move to a new socket.
    case shutdown(SocketID)
    /// The handler is behind and the socket is not read: no pong can arrive.
    case readerPaused(SocketID)
    case readerResumed(SocketID)
    /// 1005: a close frame without code. 1006: no close frame.
    case closed(SocketID, code: Int, reason: String)
    /// The catalog changed: ask U2C before the next registration.
    case catalogChanged
    case timer(Timer)
  }

  package enum Action: Sendable, Equatable {
    case discover
    case register(Registration)
    case open(SocketID, url: String)
    case authorize(SocketID)
    case ping(SocketID, id: String)
    case close(SocketID, code: Int, reason: String)
    case startTimer(Timer, Duration)
    case cancelTimer(Timer)
    case report(MercuryState)
    case log(Logger.Level, String)
    /// Over; nil when asked to stop.
    case finish(MercuryError?)
  }

  package struct Limits: Sendable {
    package var pingInterval: Duration = .seconds(15)
    package var pongTimeout: Duration = .seconds(14)
    package var readyTimeout: Duration = .seconds(30)
    package var backoffBase: Duration = .seconds(1)
    package var backoffMaximum: Duration = .seconds(60)
    package var healthyAfter: Duration = .seconds(60)
    /// How long a socket that was replaced after `shutdown` may wait for the server to close it.
    package var retireTimeout: Duration = .seconds(10)
    /// Failed connections on one URL before a new device is made.
    package var failuresPerURL = 3
    /// Failed registrations, or new devices without health, before U2C is asked again.
    package var failuresPerCatalog = 3
    package var freshDevicesPerCatalog = 2
    package init() {}
  }

  private enum Attempt: Equatable {
    case none
    case discovering
    case registering(Registration)
    case opening(SocketID)
    case authorizing(SocketID)
    case waiting(Next, Duration, reason: String)
    case over
  }

  private enum Next: Equatable {
    case discover
    case register(Registration)
    case open
  }

  private struct Active {
    let id: SocketID
    let readySince: Duration
    var awaitedPong: String?
    var isShuttingDown = false
  }

  private let limits: Limits
  private let pingSeed: UInt64
  private var attempt: Attempt = .none
  private var active: Active?
  private var retiring: Set<SocketID> = []
  private var url: String?
  private var needsDiscovery = true
  private var registrationAfterDiscovery: Registration = .reuse
  private var failures = 0
  private var failuresOnURL = 0
  private var registrationFailures = 0
  private var freshDevices = 0
  private var lastSocket = 0
  private var lastPing: UInt64 = 0

  /// - Parameter pingSeed: makes the ids of the pings unlike those of another run.
  package init(limits: Limits = Limits(), pingSeed: UInt64) {
    self.limits = limits
    self.pingSeed = pingSeed
  }

  /// - Parameters:
  ///   - now: monotonic, from any origin.
  ///   - random: uniform in 0..<1; scales the back-off (full jitter).
  package mutating func handle(_ input: Input, now: Duration, random: Double) -> [Action] {
    guard attempt != .over else { return [] }
    var step = Step(now: now, random: random)
    switch input {
    case .start: begin(.discover, &step)
    case .stop: stop(&step)
    case .discovered:
      guard attempt == .discovering else { break }
      needsDiscovery = false
      begin(.register(registrationAfterDiscovery), &step)
    case .discoveryFailed(let error):
      guard attempt == .discovering else { break }
      retry(after: error, with: .discover, &step)
    case .registered(let url):
      guard case .registering = attempt else { break }
      registered(url, &step)
    case .registrationFailed(let error):
      guard case .registering(let kind) = attempt else { break }
      registrationFailed(error, kind, &step)
    case .opened(let id): opened(id, &step)
    case .openFailed(let id, let error):
      guard attempt == .opening(id) else { break }
      failuresOnURL += 1
      retry(after: error, with: nextStep(reregister: error.status == 404), &step)
    case .authorized(let id):
      if attempt == .authorizing(id) { becameReady(id, &step) }
    case .pong(let id, let pong): ponged(id, pong, &step)
    case .shutdown(let id): shutdown(id, &step)
    case .readerPaused(let id):
      guard active?.id == id else { break }
      step.actions += [.cancelTimer(.ping(id)), .cancelTimer(.pong(id))]
    case .readerResumed(let id):
      guard let active, active.id == id else { break }
      step.actions.append(
        active.awaitedPong == nil
          ? .startTimer(.ping(id), limits.pingInterval)
          : .startTimer(.pong(id), limits.pongTimeout))
    case .closed(let id, let code, let reason): closed(id, code, reason, &step)
    case .catalogChanged: needsDiscovery = true
    case .timer(let timer): fired(timer, &step)
    }
    return step.actions
  }

  private struct Step {
    let now: Duration
    let random: Double
    var actions: [Action] = []
  }
}

// MARK: - On the way to a socket

extension ConnectionMachine {
  private mutating func begin(_ next: Next, _ step: inout Step) {
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

  private mutating func registered(_ url: String, _ step: inout Step) {
    registrationFailures = 0
    failuresOnURL = 0
    self.url = url
    begin(.open, &step)
  }

  private mutating func registrationFailed(
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

  private mutating func opened(_ id: SocketID, _ step: inout Step) {
    guard attempt == .opening(id) else {
      step.actions.append(.close(id, code: 1000, reason: "no longer wanted"))
      return
    }
    attempt = .authorizing(id)
    step.actions += [.authorize(id), .startTimer(.ready(id), limits.readyTimeout)]
    reportAttempt(&step)
  }

  private mutating func becameReady(_ id: SocketID, _ step: inout Step) {
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
  private mutating func nextStep(reregister: Bool, refresh: Bool = false) -> Next {
    let next: Registration? =
      reregister || failuresOnURL >= limits.failuresPerURL ? .fresh : refresh ? .reuse : nil
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

  private mutating func retry(after error: MercuryError, with next: Next, _ step: inout Step) {
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
  private func reportAttempt(_ step: inout Step) {
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

  private mutating func stop(_ step: inout Step) {
    closeAll(&step)
    step.actions += [.report(.stopped("cancelled")), .finish(nil)]
    attempt = .over
  }

  private mutating func finish(_ error: MercuryError, _ step: inout Step) {
    closeAll(&step)
    step.actions += [.report(.stopped(error.description)), .finish(error)]
    attempt = .over
  }

  private mutating func closeAll(_ step: inout Step) {
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

// MARK: - With a socket

extension ConnectionMachine {
  private mutating func ping(_ step: inout Step) {
    guard let id = active?.id else { return }
    lastPing += 1
    let text = PingID.text(seed: pingSeed, number: lastPing)
    active?.awaitedPong = text
    step.actions += [.ping(id, id: text), .startTimer(.pong(id), limits.pongTimeout)]
  }

  private mutating func ponged(_ id: SocketID, _ pong: String, _ step: inout Step) {
    guard let active, active.id == id, let awaited = active.awaitedPong else { return }
    guard pong == awaited else { return dropActive("Pong mismatch", &step) }
    self.active?.awaitedPong = nil
    step.actions += [.cancelTimer(.pong(id)), .startTimer(.ping(id), limits.pingInterval)]
  }

  /// The socket looks open but does not answer: do not wait for its closing handshake.
  private mutating func dropActive(_ reason: String, _ step: inout Step) {
    guard let active else { return }
    step.actions.append(.close(active.id, code: 1000, reason: reason))
    activeDied(MercuryError(.timeout, reason), refresh: false, reregister: false, &step)
  }

  private mutating func shutdown(_ id: SocketID, _ step: inout Step) {
    if attempt == .authorizing(id) {
      step.actions += [.cancelTimer(.ready(id)), .close(id, code: 1000, reason: "shutdown")]
      failuresOnURL += 1
      let error = MercuryError(.connection, "the server shut the socket down before it was ready")
      return retry(after: error, with: nextStep(reregister: false), &step)
    }
    guard let active, active.id == id, !active.isShuttingDown else { return }
    self.active?.isShuttingDown = true
    step.actions.append(.log(.info, "the server asks for a new socket; opening it first"))
    if attempt == .none { begin(.open, &step) }
  }

  private mutating func closed(
    _ id: SocketID, _ code: Int, _ reason: String, _ step: inout Step
  ) {
    if retiring.remove(id) != nil {
      step.actions.append(.cancelTimer(.retire(id)))
      return
    }
    if let active, active.id == id {
      if active.isShuttingDown {
        // 4001 is expected here, and 4000 no less: it is our own new socket that took over.
        let error = MercuryError(.connection, "closed after shutdown", status: code)
        return activeDied(error, refresh: false, reregister: false, &step)
      }
      let verdict = CloseVerdict.judge(code: code, reason: reason, isReady: true)
      let error = verdict.error(code: code, reason: reason)
      return activeDied(
        error, refresh: verdict == .refresh, reregister: verdict == .reregister, &step)
    }
    guard attempt == .opening(id) || attempt == .authorizing(id) else { return }
    step.actions.append(.cancelTimer(.ready(id)))
    failuresOnURL += 1
    let verdict = CloseVerdict.judge(code: code, reason: reason, isReady: false)
    let error = verdict.error(code: code, reason: reason)
    let next = nextStep(reregister: verdict == .reregister, refresh: verdict == .refresh)
    retry(after: error, with: next, &step)
  }

  private mutating func activeDied(
    _ error: MercuryError, refresh: Bool, reregister: Bool, _ step: inout Step
  ) {
    guard let dead = active else { return }
    active = nil
    step.actions += [.cancelTimer(.ping(dead.id)), .cancelTimer(.pong(dead.id))]
    if error.isPermanent { return finish(error, &step) }
    if step.now - dead.readySince >= limits.healthyAfter {
      (failures, failuresOnURL, registrationFailures, freshDevices) = (0, 0, 0, 0)
    } else {
      failuresOnURL += 1
    }
    guard attempt == .none else { return reportAttempt(&step) }
    retry(after: error, with: nextStep(reregister: reregister, refresh: refresh), &step)
  }

  private mutating func fired(_ timer: Timer, _ step: inout Step) {
    switch timer {
    case .attempt:
      if case .waiting(let next, _, _) = attempt { begin(next, &step) }
    case .ready(let id):
      guard attempt == .authorizing(id) else { return }
      step.actions.append(
        .log(.warning, "no state frame within \(limits.readyTimeout); taking the socket as ready"))
      becameReady(id, &step)
    case .ping(let id):
      if let active, active.id == id, active.awaitedPong == nil { ping(&step) }
    case .pong(let id):
      if active?.id == id { dropActive("Pong not received", &step) }
    case .retire(let id):
      guard retiring.remove(id) != nil else { return }
      step.actions.append(.close(id, code: 1000, reason: "done (forced)"))
    }
  }
}

/// Version 4 in form, a counter in fact: unique within a run, and a function of its seed.
enum PingID {
  static func text(seed: UInt64, number: UInt64) -> String {
    let head = hex(seed, 16)
    let tail = hex(number, 12)
    return "\(head.prefix(8))-\(head.dropFirst(8).prefix(4))-4\(head.suffix(3))-8000-\(tail)"
  }

  private static func hex(_ value: UInt64, _ digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text.suffix(digits)
  }
}
