// The decisions of the connection, as a value: an input and the time go in, actions come out. It
// knows no network and no clock; `MercurySession` performs what it says. Sources of the protocol
// facts: the behaviour of Webex's own JavaScript, iOS and Android SDKs, as noted.
//
// Its extensions, in files of their own, are the only others that touch its state.

package struct ConnectionMachine: Sendable {
  package typealias SocketID = Int

  enum Attempt: Equatable {
    case none
    case discovering
    case registering(Registration)
    case opening(SocketID)
    case authorizing(SocketID)
    case waiting(Next, Duration, reason: String)
    case over
  }

  enum Next: Equatable {
    case discover
    case register(Registration)
    case open
  }

  struct Active {
    let id: SocketID
    let readySince: Duration
    var awaitedPong: String?
    var isShuttingDown = false
  }

  let limits: Limits
  let pingSeed: UInt64
  var attempt: Attempt = .none
  var active: Active?
  var retiring: Set<SocketID> = []
  var url: String?
  var needsDiscovery = true
  var registrationAfterDiscovery: Registration = .reuse
  var failures = 0
  var failuresOnURL = 0
  /// Whether the device was refreshed after failures, and not healthy since.
  var wasRefreshed = false
  var registrationFailures = 0
  var freshDevices = 0
  var lastSocket = 0
  var lastPing: UInt64 = 0

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
    case .rediscover:
      (needsDiscovery, registrationAfterDiscovery) = (true, .fresh)
      // Beside the socket that is there; what is under way already comes first.
      if active != nil, attempt == .none { begin(.discover, &step) }
    case .timer(let timer): fired(timer, &step)
    }
    return step.actions
  }

  /// One input on its way through: the time, the dice, and what has come out so far.
  struct Step {
    let now: Duration
    let random: Double
    var actions: [Action] = []
  }
}
