import Logging
import Testing

@testable import MercuryClient

/// Drives the machine by hand: time stands still unless a test moves it.
private struct Bench {
  var machine: ConnectionMachine
  var now: Duration = .zero
  var random = 0.5

  init() { machine = ConnectionMachine(pingSeed: 7) }

  @discardableResult
  mutating func send(_ input: ConnectionMachine.Input) -> [ConnectionMachine.Action] {
    machine.handle(input, now: now, random: random)
  }

  /// Discovery and registration done, socket 1 opened.
  static func authorizing() -> Bench {
    var bench = Bench()
    bench.send(.start)
    bench.send(.discovered)
    bench.send(.registered(webSocketURL: "wss://one"))
    bench.send(.opened(1))
    return bench
  }

  static func ready() -> Bench {
    var bench = authorizing()
    bench.send(.authorized(1))
    return bench
  }
}

extension [ConnectionMachine.Action] {
  fileprivate var finish: MercuryError?? {
    for case .finish(let error) in self { return .some(error) }
    return .none
  }
  fileprivate var wait: Duration? {
    for case .startTimer(.attempt, let delay) in self { return delay }
    return nil
  }
  fileprivate var pingID: String? {
    for case .ping(_, let id) in self { return id }
    return nil
  }
  fileprivate var states: [MercuryState] {
    compactMap { if case .report(let state) = $0 { state } else { nil } }
  }
}

@Suite("Connection machine")
struct ConnectionMachineTests {
  private static let lost = MercuryError(.connection, "lost")

  @Test("goes from discovery to ready, and pings at once")
  func happyPath() {
    var bench = Bench()
    #expect(bench.send(.start) == [.discover, .report(.discovering)])
    #expect(bench.send(.discovered) == [.register(.reuse), .report(.registering)])
    #expect(
      bench.send(.registered(webSocketURL: "wss://one"))
        == [.open(1, url: "wss://one"), .report(.connecting)])
    #expect(
      bench.send(.opened(1)) == [
        .authorize(1), .startTimer(.ready(1), .seconds(30)), .report(.authorizing),
      ])
    let ready = bench.send(.authorized(1))
    #expect(ready.prefix(2) == [.cancelTimer(.ready(1)), .report(.ready)])
    #expect(ready.contains(.startTimer(.pong(1), .seconds(14))))
    #expect(ready.pingID != nil)
  }

  @Test("is ready without a state frame after the time-out, and says so")
  func readyTimeout() {
    var bench = Bench.authorizing()
    let actions = bench.send(.timer(.ready(1)))
    #expect(actions.states == [.ready])
    #expect(actions.contains { if case .log(.warning, _) = $0 { true } else { false } })
    #expect(bench.send(.authorized(1)) == [], "a late state frame is no news")
  }

  enum Expected: Sendable, Equatable {
    case reconnect, refresh, newDevice
    case permanent(MercuryError.Code)
  }

  static let closeTable: [(code: Int, reason: String, before: Expected, after: Expected)] = [
    (1000, "", .reconnect, .refresh),
    (1000, "device deleted", .reconnect, .refresh),
    (1000, "idle", .reconnect, .reconnect),
    (1000, "Done (forced)", .reconnect, .reconnect),
    (1000, "Pong not received", .reconnect, .reconnect),
    (1000, "PONG MISMATCH", .reconnect, .reconnect),
    (3050, "", .reconnect, .refresh),
    (3050, "idle", .reconnect, .reconnect),
    (1001, "", .reconnect, .reconnect),
    (1003, "", .permanent(.closed), .permanent(.closed)),
    (1005, "", .refresh, .reconnect),
    (1006, "", .reconnect, .reconnect),
    (1008, "authentication failed", .permanent(.unauthorized), .permanent(.unauthorized)),
    (
      1008, "authentication did not happen within the timeout window of 30000 seconds.", .reconnect,
      .reconnect
    ),
    (1011, "unexpected error", .reconnect, .reconnect),
    (1012, "", .reconnect, .reconnect),
    (4000, "replaced", .permanent(.replaced), .permanent(.replaced)),
    (4000, "Replaced", .permanent(.replaced), .permanent(.replaced)),
    (4000, "something else", .reconnect, .reconnect),
    (4001, "", .reconnect, .permanent(.replaced)),
    (4400, "", .permanent(.badRequest), .permanent(.badRequest)),
    (4401, "", .permanent(.unauthorized), .permanent(.unauthorized)),
    (4403, "", .permanent(.forbidden), .permanent(.forbidden)),
    (4404, "", .newDevice, .newDevice),
    (4429, "", .reconnect, .reconnect),
    (4999, "", .reconnect, .reconnect),
  ]

  @Test("answers every close code as the table says", arguments: closeTable.indices)
  func closeCodes(_ index: Int) {
    let row = Self.closeTable[index]
    for (bench, expected) in [(Bench.authorizing(), row.before), (Bench.ready(), row.after)] {
      var bench = bench
      let actions = bench.send(.closed(1, code: row.code, reason: row.reason))
      let wanted: ConnectionMachine.Action? =
        switch expected {
        case .reconnect: .open(2, url: "wss://one")
        case .refresh: .register(.reuse)
        case .newDevice: .register(.fresh)
        case .permanent: nil
        }
      if case .permanent(let code) = expected {
        #expect(actions.finish??.code == code, "\(row)")
        #expect(actions.finish??.status == row.code)
        #expect(bench.send(.timer(.attempt)) == [], "over is over")
      } else {
        #expect(actions.wait != nil && actions.finish == nil, "\(row)")
        #expect(bench.send(.timer(.attempt)).first == wanted, "\(row)")
      }
    }
  }

  static let refusals: [(MercuryError, Expected)] = [
    (MercuryError(.handshake, "gone", status: 404), .newDevice),
    (MercuryError(.handshake, "busy", status: 503), .reconnect),
    (MercuryError(.handshake, "odd", status: 400), .reconnect),
    (MercuryError(.unauthorized, "no", status: 401), .permanent(.unauthorized)),
    (MercuryError(.forbidden, "no", status: 403), .permanent(.forbidden)),
    (MercuryError(.hostNotAllowed, "no"), .permanent(.hostNotAllowed)),
    (MercuryError(.connection, "refused"), .reconnect),
    (MercuryError(.timeout, "slow"), .reconnect),
  ]

  @Test("answers a refused upgrade by its status", arguments: refusals.indices)
  func refusedUpgrade(_ index: Int) {
    let (error, expected) = Self.refusals[index]
    var bench = Bench()
    bench.send(.start)
    bench.send(.discovered)
    bench.send(.registered(webSocketURL: "wss://one"))
    let actions = bench.send(.openFailed(1, error))
    switch expected {
    case .permanent(let code): #expect(actions.finish??.code == code)
    case .newDevice: #expect(bench.send(.timer(.attempt)).first == .register(.fresh))
    default: #expect(bench.send(.timer(.attempt)).first == .open(2, url: "wss://one"))
    }
  }

  @Test("waits as long as a 429 asks, or as the back-off does if that is longer")
  func retryAfter() {
    var bench = Bench()
    bench.send(.start)
    bench.send(.discovered)
    bench.send(.registered(webSocketURL: "wss://one"))
    let slow = MercuryError(.handshake, "slow down", status: 429, retryAfter: .seconds(90))
    #expect(bench.send(.openFailed(1, slow)).wait == .seconds(90))
    bench.send(.timer(.attempt))
    let soon = MercuryError(.handshake, "slow down", status: 429, retryAfter: .milliseconds(1))
    #expect(bench.send(.openFailed(2, soon)).wait == .seconds(1))
  }

  @Test("backs off with full jitter, 1 to 60 s")
  func backoff() {
    var bench = Bench()
    bench.send(.start)
    var caps: [Duration] = []
    for _ in 0..<9 {
      bench.random = 1
      caps.append(bench.send(.discoveryFailed(Self.lost)).wait!)
      bench.send(.timer(.attempt))
    }
    #expect(caps == [1, 2, 4, 8, 16, 32, 60, 60, 60].map { .seconds($0) })
    bench.random = 0.25
    #expect(bench.send(.discoveryFailed(Self.lost)).wait == .seconds(15))
  }

  @Test("resets the back-off after a minute of health, not before")
  func backoffReset() {
    for (lifetime, wait) in [(Duration.seconds(59), 4), (.seconds(60), 1)] {
      var bench = Bench()
      bench.random = 1
      bench.send(.start)
      for _ in 0..<2 {
        bench.send(.discoveryFailed(Self.lost))
        bench.send(.timer(.attempt))
      }
      bench.send(.discovered)
      bench.send(.registered(webSocketURL: "wss://one"))
      bench.send(.opened(1))
      bench.send(.authorized(1))
      bench.now = lifetime
      #expect(bench.send(.closed(1, code: 1006, reason: "")).wait == .seconds(wait))
    }
  }

  @Test(
    "refreshes the device after three failures on one URL, and makes a new one after three more")
  func threeFailures() {
    var bench = Bench.ready()
    bench.send(.closed(1, code: 1011, reason: ""))
    #expect(bench.send(.timer(.attempt)).first == .open(2, url: "wss://one"))
    bench.send(.openFailed(2, Self.lost))
    #expect(bench.send(.timer(.attempt)).first == .open(3, url: "wss://one"))
    bench.send(.opened(3))
    bench.send(.closed(3, code: 1006, reason: ""))
    // The same device first: Mercury keeps for it what was said meanwhile.
    #expect(bench.send(.timer(.attempt)).first == .register(.reuse))
    #expect(
      bench.send(.registered(webSocketURL: "wss://one")).first == .open(4, url: "wss://one"))
    for id in 4...5 {
      bench.send(.openFailed(id, Self.lost))
      #expect(
        bench.send(.timer(.attempt)).first == .open(id + 1, url: "wss://one"), "a new count")
    }
    bench.send(.openFailed(6, Self.lost))
    #expect(bench.send(.timer(.attempt)).first == .register(.fresh))
  }

  @Test("a socket that was healthy is not counted against its URL")
  func healthyIsNoFailure() {
    var bench = Bench.ready()
    for id in 1...5 {
      bench.now += .seconds(61)
      bench.send(.closed(id, code: 1006, reason: ""))
      #expect(bench.send(.timer(.attempt)).first == .open(id + 1, url: "wss://one"))
      bench.send(.opened(id + 1))
      bench.send(.authorized(id + 1))
    }
  }

  @Test("asks U2C again after two new devices without health")
  func rediscoveryAfterDevices() {
    var bench = Bench.authorizing()
    bench.send(.closed(1, code: 4404, reason: ""))
    #expect(bench.send(.timer(.attempt)).first == .register(.fresh))
    bench.send(.registered(webSocketURL: "wss://two"))
    bench.send(.openFailed(2, MercuryError(.handshake, "", status: 404)))
    #expect(bench.send(.timer(.attempt)).first == .register(.fresh))
    bench.send(.registered(webSocketURL: "wss://three"))
    bench.send(.openFailed(3, MercuryError(.handshake, "", status: 404)))
    #expect(bench.send(.timer(.attempt)).first == .discover)
    #expect(bench.send(.discovered).first == .register(.fresh))
  }

  @Test("asks U2C again after three failed registrations, and still wants what it wanted")
  func rediscoveryAfterRegistrations() {
    var bench = Bench.authorizing()
    bench.send(.closed(1, code: 4404, reason: ""))
    for _ in 0..<3 {
      #expect(bench.send(.timer(.attempt)).first == .register(.fresh))
      bench.send(.registrationFailed(MercuryError(.registration, "500", status: 500)))
    }
    #expect(bench.send(.timer(.attempt)).first == .discover)
    #expect(bench.send(.discovered).first == .register(.fresh))
  }

  @Test("asks U2C before the next socket when the catalog changed")
  func catalogChanged() {
    var bench = Bench.ready()
    #expect(bench.send(.catalogChanged) == [])
    bench.send(.closed(1, code: 1006, reason: ""))
    #expect(bench.send(.timer(.attempt)).first == .discover)
    #expect(bench.send(.discovered).first == .register(.reuse))
  }

  @Test("rediscovery asks U2C and makes a new device beside the socket that serves on")
  func rediscovery() {
    var bench = Bench.ready()
    #expect(bench.send(.rediscover) == [.discover])
    #expect(bench.send(.rediscover) == [], "once is enough")
    #expect(bench.send(.discovered) == [.register(.fresh)])
    #expect(bench.send(.registered(webSocketURL: "wss://two")) == [.open(2, url: "wss://two")])
    bench.send(.opened(2))
    let ready = bench.send(.authorized(2))
    #expect(ready.contains(.startTimer(.retire(1), .seconds(10))))
    #expect(ready.states.isEmpty, "it never was away")
    // What the server closes now is the old one.
    #expect(bench.send(.closed(1, code: 1000, reason: "")) == [.cancelTimer(.retire(1))])
    #expect(bench.machine.active?.id == 2)
  }

  @Test("rediscovery while nothing is connected is part of the next attempt")
  func rediscoveryWhileAway() {
    var bench = Bench.ready()
    bench.send(.closed(1, code: 1006, reason: ""))
    #expect(bench.send(.rediscover) == [])
    bench.send(.timer(.attempt))
    bench.send(.openFailed(2, Self.lost))
    #expect(bench.send(.timer(.attempt)).first == .discover)
  }

  @Test("a silent socket is given up within 30 s of its last pong")
  func silentSocket() {
    var bench = Bench.ready()
    let limits = ConnectionMachine.Limits()
    #expect(limits.pingInterval + limits.pongTimeout < .seconds(30))
    bench.now += limits.pingInterval
    bench.send(.timer(.ping(1)))
    bench.now += limits.pongTimeout
    #expect(bench.send(.timer(.pong(1))).wait != nil)
  }

  @Test("an invalid token ends it at every station")
  func unauthorized() {
    let error = MercuryError(.unauthorized, "no", status: 401)
    var discovering = Bench()
    discovering.send(.start)
    #expect(discovering.send(.discoveryFailed(error)).finish == .some(error))
    var registering = Bench()
    registering.send(.start)
    registering.send(.discovered)
    #expect(registering.send(.registrationFailed(error)).finish == .some(error))
  }

  @Test("pings 15 s after each pong")
  func pingRhythm() throws {
    var bench = Bench.authorizing()
    let first = try #require(bench.send(.authorized(1)).pingID)
    #expect(
      bench.send(.pong(1, id: first))
        == [.cancelTimer(.pong(1)), .startTimer(.ping(1), .seconds(15))])
    let next = bench.send(.timer(.ping(1)))
    let second = try #require(next.pingID)
    #expect(second != first)
    #expect(next.contains(.startTimer(.pong(1), .seconds(14))))
    #expect(bench.send(.pong(2, id: second)) == [], "another socket's pong")
    #expect(bench.send(.timer(.ping(1))) == [], "one ping at a time")
  }

  @Test("a missing or a wrong pong means a new socket, at once, without waiting for the old one")
  func watchdog() {
    for (input, reason) in [
      (ConnectionMachine.Input.timer(.pong(1)), "Pong not received"),
      (.pong(1, id: "other"), "Pong mismatch"),
    ] {
      var bench = Bench.ready()
      let actions = bench.send(input)
      #expect(actions.first == .close(1, code: 1000, reason: reason))
      #expect(actions.wait != nil)
      #expect(bench.send(.closed(1, code: 1000, reason: "")) == [], "its end is no news")
      #expect(bench.send(.timer(.attempt)).first == .open(2, url: "wss://one"))
    }
  }

  @Test("no watchdog while the handler is behind; afterwards it starts anew")
  func pausedReader() throws {
    var bench = Bench.authorizing()
    let ping = try #require(bench.send(.authorized(1)).pingID)
    #expect(bench.send(.readerPaused(1)).contains(.cancelTimer(.pong(1))))
    #expect(bench.send(.readerResumed(1)) == [.startTimer(.pong(1), .seconds(14))])
    bench.send(.pong(1, id: ping))
    #expect(bench.send(.readerPaused(1)).contains(.cancelTimer(.ping(1))))
    #expect(bench.send(.readerResumed(1)) == [.startTimer(.ping(1), .seconds(15))])
  }

  @Test("shutdown opens the new socket first; the old one's 4001 is expected")
  func makeBeforeBreak() {
    var bench = Bench.ready()
    let actions = bench.send(.shutdown(1))
    #expect(actions.contains(.open(2, url: "wss://one")))
    #expect(actions.states.isEmpty, "still ready")
    #expect(bench.send(.shutdown(1)) == [], "once is enough")
    bench.send(.opened(2))
    let switched = bench.send(.authorized(2))
    #expect(switched.states.isEmpty)
    #expect(switched.contains(.cancelTimer(.pong(1))))
    #expect(switched.contains(.startTimer(.retire(1), .seconds(10))))
    #expect(bench.send(.closed(1, code: 4001, reason: "")) == [.cancelTimer(.retire(1))])
    // The new one is now the one that counts.
    #expect(bench.send(.closed(2, code: 4001, reason: "")).finish??.code == .replaced)
  }

  @Test(
    "after shutdown the old socket may go before the new one is ready",
    arguments: [4000, 4001, 1006])
  func oldSocketGoesEarly(_ code: Int) {
    var bench = Bench.ready()
    bench.send(.shutdown(1))
    bench.send(.opened(2))
    let actions = bench.send(.closed(1, code: code, reason: "replaced"))
    #expect(actions.finish == nil && actions.wait == nil)
    #expect(actions.states == [.authorizing])
    #expect(bench.send(.authorized(2)).states == [.ready])
  }

  @Test("when the new socket fails after shutdown, the old one serves on while it is tried again")
  func newSocketFails() {
    var bench = Bench.ready()
    bench.send(.shutdown(1))
    let failed = bench.send(.openFailed(2, Self.lost))
    #expect(failed.wait != nil && failed.states.isEmpty)
    #expect(bench.send(.timer(.attempt)).first == .open(3, url: "wss://one"))
  }

  @Test("a replaced socket that the server forgets is closed by us")
  func retire() {
    var bench = Bench.ready()
    bench.send(.shutdown(1))
    bench.send(.opened(2))
    bench.send(.authorized(2))
    #expect(
      bench.send(.timer(.retire(1))) == [.close(1, code: 1000, reason: "done (forced)")])
    #expect(bench.send(.closed(1, code: 1000, reason: "")) == [])
  }

  @Test("stop closes everything that is open and ends without an error")
  func stop() {
    var bench = Bench.ready()
    bench.send(.shutdown(1))
    let actions = bench.send(.stop)
    #expect(actions.contains(.close(1, code: 1000, reason: "done")))
    #expect(actions.contains(.close(2, code: 1000, reason: "done")))
    #expect(actions.finish == .some(nil))
    #expect(actions.states == [.stopped("cancelled")])
    #expect(bench.send(.opened(2)) == [])
  }

  @Test("inputs of the past change nothing")
  func stale() {
    var bench = Bench.ready()
    for input: ConnectionMachine.Input in [
      .discovered, .discoveryFailed(Self.lost), .registered(webSocketURL: "wss://x"),
      .registrationFailed(Self.lost), .openFailed(1, Self.lost), .authorized(1), .authorized(9),
      .pong(9, id: ""), .shutdown(9), .closed(9, code: 4000, reason: "replaced"),
      .timer(.attempt), .timer(.ready(1)), .timer(.pong(9)), .timer(.retire(1)),
      .readerPaused(9), .readerResumed(9),
    ] {
      #expect(bench.send(input) == [], "\(input)")
    }
    #expect(bench.send(.opened(9)) == [.close(9, code: 1000, reason: "no longer wanted")])
  }

  @Test("whatever happened in whatever order, good answers lead to a socket that is watched")
  func liveness() {
    for seed: UInt64 in 0..<2000 {
      var random = Seeded(seed)
      var bench = Bench()
      var socket = 0
      var asks = 0
      func note(_ actions: [ConnectionMachine.Action]) {
        asks = 0
        for action in actions {
          switch action {
          case .open(let id, _):
            #expect(id == socket + 1, "seed \(seed)")
            socket = id
            asks += 1
          case .discover, .register, .startTimer(.attempt, _): asks += 1
          default: break
          }
        }
        #expect(asks <= 1, "seed \(seed): one thing at a time")
      }
      note(bench.send(.start))
      for _ in 0..<60 {
        bench.now += .seconds(Int.random(in: 0..<40, using: &random))
        let status = [404, 500, nil].randomElement(using: &random)!
        let error = MercuryError(.connection, "x", status: status)
        let inputs: [ConnectionMachine.Input] = [
          .discovered, .discoveryFailed(error), .registered(webSocketURL: "wss://u"),
          .registrationFailed(error), .opened(socket), .openFailed(socket, error),
          .authorized(socket), .shutdown(socket), .shutdown(socket - 1),
          .closed(socket, code: 1006, reason: ""), .closed(socket - 1, code: 1006, reason: ""),
          .timer(.attempt), .timer(.pong(socket)), .timer(.ready(socket)), .catalogChanged,
        ]
        note(bench.send(inputs.randomElement(using: &random)!))
      }
      for _ in 0..<4 {
        note(bench.send(.timer(.attempt)))
        note(bench.send(.discovered))
        note(bench.send(.registered(webSocketURL: "wss://u")))
        note(bench.send(.opened(socket)))
        note(bench.send(.authorized(socket)))
      }
      let watchdog = bench.send(.timer(.pong(socket)))
      #expect(
        watchdog.first == .close(socket, code: 1000, reason: "Pong not received"), "seed \(seed)")
    }
  }
}
