import CurlHTTP
import Logging
import MercuryClient
import Synchronization
import Testing
import WebexAPI

/// A client running against a fake cloud.
final class Running: Sendable {
  let cloud: FakeCloud
  let store: MemoryDeviceStore
  let states = Awaited<MercuryState>()
  let events = Awaited<MercuryEvent>()
  let notices = Awaited<MercuryNotice>()
  let client: MercuryClient
  private let http: HTTPClient
  private let task: Task<Void, any Error>

  init(
    _ cloud: FakeCloud = FakeCloud(), device: DeviceRecord? = nil, token: String = FakeCloud.token,
    clock: any Clock<Duration> = ContinuousClock(),
    configure: (inout MercuryConfiguration) -> Void = { _ in },
    handler: @escaping @Sendable (MercuryEvent) async throws -> Void = { _ in }
  ) throws {
    self.cloud = cloud
    store = MemoryDeviceStore(device)
    var configuration = MercuryConfiguration(
      u2cURL: cloud.url + "/u2c/api/v1", deviceName: "test")
    configuration.backoffBase = .milliseconds(20)
    configuration.backoffMaximum = .milliseconds(100)
    configure(&configuration)
    let logger = Logger(label: "mercury-tests") { _ in SwiftLogNoOpLogHandler() }
    let http = try HTTPClient(configuration: HTTPClientConfiguration())
    self.http = http
    let transport = BearerTransport(
      token: token, http: http, hosts: TokenHostPolicy(operatorURLs: [cloud.url]),
      userAgent: "mercury-tests", logger: logger)
    let client = MercuryClient(
      transport: transport, configuration: configuration, deviceStore: store, logger: logger,
      clock: clock, random: { clock is ManualClock ? 0 : .random(in: 0..<1) })
    self.client = client
    let (states, events, notices) = (states, events, notices)
    task = Task {
      try await client.run(onState: { states.add($0) }, onNotice: { notices.add($0) }) { event in
        try await handler(event)
        events.add(event)
      }
    }
  }

  func waitUntilReady(times: Int = 1) async throws {
    try await states.wait("ready") { $0.filter { $0 == .ready }.count >= times }
  }

  /// The error of `run`; nil if it returned.
  func end() async -> MercuryError? {
    do {
      try await task.value
      await http.shutdown()
      return nil
    } catch {
      await http.shutdown()
      return error as? MercuryError
    }
  }

  func cancel() async throws {
    task.cancel()
    if let error = await end() { throw error }
    cloud.stop()
  }

  /// The cloud's socket number `index`, authorized.
  func readySocket(_ index: Int = 0) async throws -> FakeSocket {
    let socket = try await cloud.sockets.value(index)
    try await socket.becomeReady()
    return socket
  }
}

private final class Counter: Sendable {
  let value: Mutex<Int>
  init(_ start: Int) { value = Mutex(start) }
}

@Suite("Mercury client against a cloud", .timeLimit(.minutes(3)))
struct MercuryClientTests {
  @Test("discovers, registers, connects, authorizes, is ready, and leaves no device behind")
  func lifeCycle() async throws {
    let running = try Running()
    let socket = try await running.cloud.sockets.value(0)
    let authorization = try await socket.frames.value(0)
    #expect(authorization.type == "authorization")
    #expect(authorization.data?.token == "Bearer \(FakeCloud.token)")
    #expect(socket.request.fields["authorization"] == "Bearer \(FakeCloud.token)")
    #expect(
      socket.request.query.hasPrefix("outboundWireFormat=text&bufferStates=true&clientTimestamp=1"))
    #expect(!running.states.values.contains(.ready))
    try await socket.becomeReady("s1")
    try await running.waitUntilReady()
    try await socket.waitForAck("s1")
    #expect(
      running.states.values
        == [.discovering, .registering, .connecting, .authorizing, .ready])
    #expect(
      running.cloud.lines.prefix(3) == [
        "GET /u2c/api/v1/catalog", "GET /wdm/api/v1/devices", "POST /wdm/api/v1/devices",
      ])
    #expect(running.cloud.requests.values[0].query == "format=hostmap")
    #expect(try await running.store.loadDevice()?.url == running.cloud.deviceURL("new1"))

    try await running.cancel()
    #expect(try await socket.ends.value(0) == 1000)
    #expect(running.cloud.lines.last == "DELETE /wdm/api/v1/devices/new1")
    #expect(running.cloud.switches.withLock { $0.devices.isEmpty })
    #expect(try await running.store.loadDevice() == nil)
    #expect(running.states.values.last == .stopped("cancelled"))
  }

  @Test("reads text and binary frames in order, and gets over what it cannot read")
  func frames() async throws {
    let running = try Running()
    let socket = try await running.readySocket()
    try await socket.send(FakeSocket.post(envelope: "e1", activity: "a1"))
    try await socket.send(binary: FakeSocket.post(envelope: "e2", activity: "a2"))
    for odd in ["", "{", "[1]", "{}", #"{"type":"news","id":"n"}"#, #"{"id":"x","data":{}}"#] {
      try await socket.send(odd)
      try await socket.send(binary: odd)
    }
    try await socket.ping()
    try await socket.pongs.wait("the pong") { $0 == [[1]] }
    try await socket.send(#"{"id":"e3","data":{"eventType":"status.start_typing"}}"#)
    try await socket.send(FakeSocket.post(envelope: "e4", activity: "a4"))
    for envelope in ["e1", "e2", "e3", "e4"] { try await socket.waitForAck(envelope) }
    #expect(running.events.values.map(\.id) == ["e1", "e2", "e3", "e4"])
    #expect(running.events.values.map { $0.activity?.id } == ["a1", "a2", nil, "a4"])
    #expect(running.states.values.filter { $0 == .ready }.count == 1)
    try await running.cancel()
  }

  @Test("acks a conversation's event after the handler returned, anything else at once")
  func ackAfterHandler() async throws {
    let gate = Awaited<Bool>()
    let running = try Running(handler: { event in
      if event.id == "slow" { _ = try await gate.value(0) }
    })
    let socket = try await running.readySocket()
    try await socket.send(FakeSocket.post(envelope: "slow", activity: "a"))
    try await socket.send(#"{"id":"typing","data":{"eventType":"status.start_typing"}}"#)
    // Keep-alive goes on while the handler is at work, and the later, unimportant event is acked.
    try await socket.waitForAck("typing")
    #expect(!socket.acks.contains("slow"))
    #expect(running.events.values.isEmpty)
    gate.add(true)
    try await socket.waitForAck("slow")
    #expect(try await running.events.value(1).id == "typing")
    try await socket.send(FakeSocket.post(envelope: "last", activity: "b"))
    try await socket.waitForAck("last")
    #expect(socket.acks == ["state", "typing", "slow", "last"], "each once")
    try await running.cancel()
  }

  @Test("an event whose handler threw is not acked; its redelivery is")
  func redelivery() async throws {
    struct NotNow: Error {}
    let failures = Counter(1)
    let running = try Running(handler: { event in
      guard event.activity?.id == "a" else { return }
      let mustFail = failures.value.withLock { left in
        left -= 1
        return left >= 0
      }
      if mustFail { throw NotNow() }
    })
    let socket = try await running.readySocket()
    try await socket.send(FakeSocket.post(envelope: "first", activity: "a"))
    try await socket.send(FakeSocket.post(envelope: "other", activity: "b"))
    try await socket.waitForAck("other")
    #expect(!socket.acks.contains("first"))
    await socket.close(1001)
    let next = try await running.readySocket(1)
    try await next.send(FakeSocket.post(envelope: "second", activity: "a"))
    try await next.waitForAck("second")
    #expect(running.events.values.map(\.id) == ["other", "second"])
    try await running.cancel()
  }

  @Test("shutdown: the new socket is there before the old one goes, and no event is lost")
  func makeBeforeBreak() async throws {
    let running = try Running()
    let old = try await running.readySocket()
    try await running.waitUntilReady()
    try await old.send(#"{"id":"x","type":"shutdown"}"#)
    let new = try await running.cloud.sockets.value(1)
    #expect(old.ends.values.isEmpty)
    try await old.send(FakeSocket.post(envelope: "e1", activity: "a1"))
    try await old.waitForAck("e1")
    try await new.becomeReady()
    _ = try await new.frames.wait("a ping") { $0.contains { $0.type == "ping" } }
    await old.close(4001)
    try await new.send(FakeSocket.post(envelope: "e2", activity: "a2"))
    try await new.waitForAck("e2")
    #expect(old.request.path == new.request.path)
    #expect(running.states.values.suffix(1) == [.ready])
    try await running.cancel()
    #expect(running.cloud.sockets.values.count == 2)
  }

  @Test("replaced: ends with an error that says why, and leaves the device to the other process")
  func replaced() async throws {
    let running = try Running()
    let socket = try await running.readySocket()
    try await running.waitUntilReady()
    await socket.close(4000, "replaced")
    let error = await running.end()
    #expect(error?.code == .replaced)
    #expect(error?.description.contains("same token and device name") == true)
    #expect(!running.cloud.lines.contains { $0.hasPrefix("DELETE") })
    #expect(running.cloud.sockets.values.count == 1)
  }

  @Test("a handshake 404 means a stale registration: a new device, the old one removed")
  func staleRegistration() async throws {
    let cloud = FakeCloud()
    cloud.switches.withLock {
      $0.devices = [.init(id: "old", registration: "stale", name: "test")]
      $0.upgrades = [.init(status: 404)]
    }
    let running = try Running(cloud)
    let socket = try await running.readySocket()
    try await running.waitUntilReady()
    #expect(socket.request.path.contains("/reg1/"))
    #expect(cloud.lines.contains("DELETE /wdm/api/v1/devices/old"))
    #expect(cloud.switches.withLock { $0.devices.map(\.id) } == ["new1"])
    try await running.cancel()
  }

  @Test("without pongs it drops the socket and opens another")
  func pongLoss() async throws {
    let clock = ManualClock()
    let running = try Running(clock: clock)
    let socket = try await running.readySocket()
    for _ in 0..<2 {
      try await clock.wait("a pong, and the pause after it") { $0 == [.seconds(15)] }
      clock.advance(by: .seconds(15))
    }
    try await clock.wait("the third pong") { $0 == [.seconds(15)] }
    #expect(socket.frames.values.filter { $0.type == "ping" }.count == 3)
    socket.answersPings.withLock { $0 = false }
    clock.advance(by: .seconds(15))
    try await socket.frames.wait("the fourth ping") { $0.filter { $0.type == "ping" }.count == 4 }
    try await clock.wait("the wait for its pong") { $0 == [.seconds(14)] }
    #expect(running.cloud.sockets.values.count == 1)
    clock.advance(by: .seconds(14))
    _ = try await running.readySocket(1)
    try await running.waitUntilReady(times: 2)
    #expect(try await socket.ends.value(0) == 1000)
    try await running.cancel()
  }

  @Test(
    "a number that is left out on a socket is told before the event after it; a new socket counts anew"
  )
  func sequenceGap() async throws {
    let running = try Running()
    let socket = try await running.readySocket()
    for (number, sequence) in [(1, 7), (2, 8), (3, 11), (4, 12)] {
      try await socket.send(
        FakeSocket.post(envelope: "e\(number)", activity: "a\(number)", sequence: sequence))
    }
    try await socket.waitForAck("e4")
    #expect(running.notices.values == [.sequenceGap])
    await socket.close(1001)
    let next = try await running.readySocket(1)
    try await next.send(FakeSocket.post(envelope: "n1", activity: "b1", sequence: 1))
    try await next.waitForAck("n1")
    #expect(running.notices.values == [.sequenceGap])
    try await running.cancel()
  }

  @Test("rediscovery: a fresh catalog, a fresh device, the old one removed, and a notice of it")
  func rediscovery() async throws {
    let running = try Running()
    let old = try await running.readySocket()
    try await running.waitUntilReady()
    running.client.rediscover()
    let new = try await running.cloud.sockets.value(1)
    #expect(running.notices.values.isEmpty, "not before the new socket is ready")
    try await new.becomeReady()
    _ = try await running.notices.value(0)
    #expect(running.notices.values == [.newDevice])
    #expect(new.request.path != old.request.path)
    #expect(running.cloud.lines.filter { $0.hasPrefix("GET /u2c") }.count == 2)
    #expect(running.cloud.switches.withLock { $0.devices.map(\.id) } == ["new2"])
    #expect(running.states.values.filter { $0 == .ready }.count == 1)
    try await running.cancel()
  }

  @Test("a device that was deleted on the server: the socket's end leads to a new device")
  func deviceDeleted() async throws {
    let running = try Running()
    let socket = try await running.readySocket()
    try await running.waitUntilReady()
    running.cloud.switches.withLock { $0.devices = [] }
    await socket.close(1000, "device deleted")
    _ = try await running.readySocket(1)
    try await running.waitUntilReady(times: 2)
    #expect(running.notices.values == [.newDevice])
    #expect(running.cloud.switches.withLock { $0.devices.map(\.id) } == ["new2"])
    try await running.cancel()
  }

  @Test("a reset connection is opened again")
  func reset() async throws {
    let running = try Running()
    try await running.readySocket().reset()
    let next = try await running.readySocket(1)
    try await next.send(FakeSocket.post(envelope: "e", activity: "a"))
    try await next.waitForAck("e")
    try await running.cancel()
  }

  @Test("obeys Retry-After of a 429 on the upgrade")
  func tooManyUpgrades() async throws {
    let cloud = FakeCloud()
    cloud.switches.withLock {
      $0.upgrades = [.init(status: 429, fields: ["Retry-After: 1"])]
    }
    let running = try Running(cloud)
    let states = try await running.states.wait("waiting") {
      $0.contains { if case .waiting = $0 { true } else { false } }
    }
    guard case .waiting(let delay, _) = states.last else {
      Issue.record("waits: \(states)")
      return
    }
    #expect(delay == .seconds(1))
    _ = try await running.readySocket()
    try await running.waitUntilReady()
    try await running.cancel()
  }

  @Test("without a state frame it is ready after the time-out")
  func noStateFrame() async throws {
    let running = try Running(configure: { $0.readyTimeout = .milliseconds(100) })
    let socket = try await running.cloud.sockets.value(0)
    try await running.waitUntilReady()
    try await socket.send(FakeSocket.post(envelope: "e", activity: "a"))
    try await socket.waitForAck("e")
    try await running.cancel()
  }

  @Test("a handler that is behind stops the reading, not the connection")
  func backPressure() async throws {
    let (gate, clock) = (Awaited<Bool>(), ManualClock())
    let running = try Running(
      clock: clock, configure: { $0.maximumQueuedEvents = 4 },
      handler: { _ in _ = try await gate.value(0) })
    let socket = try await running.readySocket()
    try await clock.wait("a pong, and the pause after it") { $0 == [.seconds(15)] }
    for number in 1...50 {
      try await socket.send(FakeSocket.post(envelope: "e\(number)", activity: "a\(number)"))
    }
    // While nothing is read no pong can come: the watchdog must not take the pause for death.
    try await clock.wait("the watchdog's rest") { $0.isEmpty }
    clock.advance(by: .seconds(3600))
    #expect(socket.acks == ["state"])
    gate.add(true)
    try await socket.waitForAck("e50")
    #expect(running.events.values.map(\.id) == (1...50).map { "e\($0)" })
    try await clock.wait("the watchdog's return") { $0 == [.seconds(15)] }
    #expect(running.cloud.sockets.values.count == 1)
    try await running.cancel()
  }

  @Test("a wrong token ends it with one clear error")
  func wrongToken() async throws {
    let running = try Running(token: "other")
    let error = await running.end()
    #expect(error?.code == .unauthorized)
    #expect(error?.description.contains("other") == false)
    #expect(running.cloud.lines == ["GET /u2c/api/v1/catalog"])
  }

  @Test("cancelling lets the event in hand finish and acks it, and acks nothing unhandled")
  func cancellation() async throws {
    let (entered, gate, clock) = (Awaited<Bool>(), Awaited<Bool>(), ManualClock())
    let running = try Running(
      clock: clock, configure: { $0.exitTimeout = .seconds(5) },
      handler: { _ in
        entered.add(true)
        _ = try await gate.value(0)
      })
    let socket = try await running.readySocket()
    try await socket.send(FakeSocket.post(envelope: "in hand", activity: "a"))
    try await socket.send(FakeSocket.post(envelope: "queued", activity: "b"))
    _ = try await entered.value(0)
    async let cancelled: Void = running.cancel()
    try await clock.wait("the end's own limit") { $0.contains(.seconds(5)) }
    gate.add(true)
    try await cancelled
    #expect(try await socket.ends.value(0) == 1000)
    #expect(socket.acks.filter { $0 != "state" } == ["in hand"])
    #expect(running.events.values.map(\.id) == ["in hand"])
  }

  @Test("cancelling does not wait for ever: an event that takes too long is given up, unacked")
  func cancellationOfASlowHandler() async throws {
    let (entered, clock) = (Awaited<Bool>(), ManualClock())
    let running = try Running(
      clock: clock, configure: { $0.exitTimeout = .seconds(5) },
      handler: { _ in
        entered.add(true)
        try await clock.sleep(for: .seconds(1000))
      })
    let socket = try await running.readySocket()
    try await socket.send(FakeSocket.post(envelope: "in hand", activity: "a"))
    _ = try await entered.value(0)
    async let cancelled: Void = running.cancel()
    try await clock.wait("the end's own limit") { $0.contains(.seconds(5)) }
    clock.advance(by: .seconds(5))
    try await cancelled
    #expect(try await socket.ends.value(0) == 1000)
    #expect(socket.acks == ["state"])
    #expect(running.events.values.isEmpty)
  }

  @Test("cancelling works at every station", arguments: [0, 1, 2, 3])
  func cancelEarly(_ station: Int) async throws {
    let running = try Running()
    switch station {
    case 0: break
    case 1: _ = try await running.cloud.requests.value(0)
    case 2: _ = try await running.cloud.requests.value(2)
    default: _ = try await running.cloud.sockets.value(0)
    }
    try await running.cancel()
    #expect(running.states.values.last == .stopped("cancelled"))
  }
}
