// With a socket: pings and pongs, the move after `shutdown`, closing, and the timers of all that.

import Logging

extension ConnectionMachine {
  mutating func ping(_ step: inout Step) {
    guard let id = active?.id else { return }
    lastPing += 1
    let text = PingID.text(seed: pingSeed, number: lastPing)
    active?.awaitedPong = text
    step.actions += [.ping(id, id: text), .startTimer(.pong(id), limits.pongTimeout)]
  }

  mutating func ponged(_ id: SocketID, _ pong: String, _ step: inout Step) {
    guard let active, active.id == id, let awaited = active.awaitedPong else { return }
    guard pong == awaited else { return dropActive("Pong mismatch", &step) }
    self.active?.awaitedPong = nil
    step.actions += [.cancelTimer(.pong(id)), .startTimer(.ping(id), limits.pingInterval)]
  }

  /// The socket looks open but does not answer: do not wait for its closing handshake.
  mutating func dropActive(_ reason: String, _ step: inout Step) {
    guard let active else { return }
    step.actions.append(.close(active.id, code: 1000, reason: reason))
    activeDied(MercuryError(.timeout, reason), refresh: false, reregister: false, &step)
  }

  mutating func shutdown(_ id: SocketID, _ step: inout Step) {
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

  mutating func closed(
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

  mutating func activeDied(
    _ error: MercuryError, refresh: Bool, reregister: Bool, _ step: inout Step
  ) {
    guard let dead = active else { return }
    active = nil
    step.actions += [.cancelTimer(.ping(dead.id)), .cancelTimer(.pong(dead.id))]
    if error.isPermanent { return finish(error, &step) }
    if step.now - dead.readySince >= limits.healthyAfter {
      (failures, failuresOnURL, registrationFailures, freshDevices) = (0, 0, 0, 0)
      wasRefreshed = false
    } else {
      failuresOnURL += 1
    }
    guard attempt == .none else { return reportAttempt(&step) }
    retry(after: error, with: nextStep(reregister: reregister, refresh: refresh), &step)
  }

  mutating func fired(_ timer: Timer, _ step: inout Step) {
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
