// Performs what `ConnectionMachine` decides: one mailbox of inputs, one loop, and a task for every
// socket, timer and request. One session per `MercuryClient.run`.

import CrashPoints
import Logging
import WebexAPI

actor MercurySession {
  typealias Machine = ConnectionMachine

  private let client: MercuryClient
  private let configuration: MercuryConfiguration
  private let clock: any Clock<Duration>
  private let logger: Logger
  private let discovery: ServiceDiscovery
  private let registrar: DeviceRegistrar
  private let onState: @Sendable (MercuryState) -> Void
  private let onNotice: @Sendable (MercuryNotice) -> Void
  private let handler: @Sendable (MercuryEvent) async throws -> Void

  private let inputs: AsyncStream<Machine.Input>
  private let tell: AsyncStream<Machine.Input>.Continuation
  private let queue: EventQueue<Delivery>

  private var machine: Machine
  private var wdmURL: String?
  private var deviceURL: String?
  /// The next socket to be ready is another device's.
  private var deviceChanged = false
  private var request: Task<Void, Never>?
  private var timers: [Machine.Timer: Task<Void, Never>] = [:]
  private var sockets: [Machine.SocketID: (socket: MercurySocket, url: String)] = [:]
  private var socketTasks: [Machine.SocketID: Task<Void, Never>] = [:]

  init(
    _ client: MercuryClient, onState: @escaping @Sendable (MercuryState) -> Void,
    onNotice: @escaping @Sendable (MercuryNotice) -> Void,
    handler: @escaping @Sendable (MercuryEvent) async throws -> Void
  ) {
    self.client = client
    configuration = client.configuration
    clock = client.clock
    logger = client.logger
    self.onState = onState
    self.onNotice = onNotice
    self.handler = handler
    let call = ServiceCall(
      transport: client.transport, timeout: client.configuration.requestTimeout)
    discovery = ServiceDiscovery(call: call, u2cURL: client.configuration.u2cURL)
    registrar = DeviceRegistrar(
      call: call, deviceName: client.configuration.deviceName, store: client.deviceStore,
      logger: client.logger)
    (inputs, tell) = AsyncStream.makeStream()
    queue = EventQueue(limit: client.configuration.maximumQueuedEvents)
    var random = SystemRandomNumberGenerator()
    machine = Machine(limits: .init(client.configuration), pingSeed: random.next())
  }

  nonisolated func stop() { tell.yield(.stop) }
  nonisolated func rediscover() { tell.yield(.rediscover) }

  /// Until the machine says that it is over.
  func run() async throws {
    let consumer = Task { await handleEvents() }
    let watch = Stopwatch(clock)
    tell.yield(.start)
    var outcome: MercuryError?
    loop: for await input in inputs {
      if case .stop = input { await finishHandling(consumer) }
      let before = machine.active?.id
      let actions = machine.handle(input, now: watch.elapsed(), random: client.random())
      if let active = machine.active?.id, active != before, deviceChanged {
        deviceChanged = false
        onNotice(.newDevice)
      }
      for action in actions {
        if case .finish(let error) = action {
          outcome = error
          break loop
        }
        perform(action)
      }
    }
    await finishHandling(consumer)
    await finishSockets()
    if let outcome { throw outcome }
    await removeDevice()
  }

  private func perform(_ action: Machine.Action) {
    switch action {
    case .discover:
      wdmURL = nil
      request = Task { await discover() }
    case .register(let kind): request = Task { await register(fresh: kind == .fresh) }
    case .open(let id, let url): open(id, url)
    case .authorize(let id):
      if let (socket, url) = sockets[id] { Task { await socket.authorize(url) } }
    case .ping(let id, let ping):
      if let socket = sockets[id]?.socket { Task { await socket.ping(ping) } }
    case .close(let id, let code, let reason): close(id, code: code, reason: reason)
    case .startTimer(let timer, let delay): start(timer, after: delay)
    case .cancelTimer(let timer): timers.removeValue(forKey: timer)?.cancel()
    case .report(let state): onState(state)
    case .log(let level, let text): logger.log(level: level, "\(text)")
    case .finish: break
    }
  }

  // MARK: Requests

  private func discover() async {
    do {
      wdmURL = try await discovery.wdmURL()
      tell.yield(.discovered)
    } catch {
      tell.yield(.discoveryFailed(Self.failure(error, "discovering")))
    }
  }

  private func register(fresh: Bool) async {
    do {
      guard let wdmURL else { throw MercuryError(.registration, "the address of WDM is unknown") }
      let device = try await registrar.register(wdmURL: wdmURL, fresh: fresh)
      if let deviceURL, deviceURL != device.url { deviceChanged = true }
      deviceURL = device.url
      tell.yield(.registered(webSocketURL: device.webSocketURL))
    } catch {
      tell.yield(.registrationFailed(Self.failure(error, "registering")))
    }
  }

  private static func failure(_ error: any Error, _ what: String) -> MercuryError {
    MercuryError.wrapping(error, what) as? MercuryError ?? MercuryError(.connection, "cancelled")
  }

  // MARK: Sockets and timers

  private func open(_ id: Machine.SocketID, _ url: String) {
    let socket = MercurySocket(
      id: id, transport: client.transport, configuration: configuration, clock: clock,
      queue: queue, logger: logger, gap: { [onNotice] in onNotice(.sequenceGap) }
    ) { [tell] in tell.yield($0) }
    sockets[id] = (socket, url)
    socketTasks[id] = Task {
      await socket.run(url)
      forget(id)
    }
  }

  private func forget(_ id: Machine.SocketID) {
    sockets[id] = nil
    socketTasks[id] = nil
  }

  /// One that is still connecting has nobody to say goodbye to. The read task ends by itself once the
  /// closing handshake, or its time-out, is over; but not while it waits for room in the queue.
  private func close(_ id: Machine.SocketID, code: Int, reason: String) {
    guard let socket = sockets[id]?.socket else { return }
    guard socket.isOpen else {
      socketTasks[id]?.cancel()
      return
    }
    Task { [task = socketTasks[id], clock, configuration] in
      await socket.close(code: code, reason: reason)
      guard (try? await clock.sleep(for: configuration.closeTimeout)) != nil else { return }
      task?.cancel()
    }
  }

  private func start(_ timer: Machine.Timer, after delay: Duration) {
    timers[timer]?.cancel()
    timers[timer] = Task { [clock, tell] in
      guard (try? await clock.sleep(for: delay)) != nil else { return }
      tell.yield(.timer(timer))
    }
  }

  // MARK: Events

  private func handleEvents() async {
    while let delivery = await queue.next() {
      do {
        try await handler(delivery.event)
      } catch {
        logger.warning(
          "event not handled, so not acked: it will come again",
          metadata: [
            "envelope": "\(delivery.event.id.prefix(64))", "error": "\(type(of: error))",
          ])
        continue
      }
      if delivery.isAckedAfterHandling {
        await delivery.socket.ack(delivery.event.id)
        if delivery.event.activity != nil { CrashPoint.acked.reached() }
      }
    }
  }

  // MARK: The end

  /// The event in hand is finished and acked, those in the queue come again.
  private func finishHandling(_ consumer: Task<Void, Never>) async {
    queue.finish()
    let impatience = Task { [clock, configuration] in
      guard (try? await clock.sleep(for: configuration.exitTimeout)) != nil else { return }
      consumer.cancel()
    }
    await consumer.value
    impatience.cancel()
  }

  private func finishSockets() async {
    tell.finish()
    request?.cancel()
    for timer in timers.values { timer.cancel() }
    for (id, entry) in sockets where !entry.socket.isOpen { socketTasks[id]?.cancel() }
    let tasks = Array(socketTasks.values)
    let impatience = Task { [clock, configuration] in
      guard (try? await clock.sleep(for: configuration.exitTimeout)) != nil else { return }
      for task in tasks { task.cancel() }
    }
    for task in tasks { await task.value }
    impatience.cancel()
  }

  private func removeDevice() async {
    guard configuration.deleteDeviceOnExit else { return }
    do {
      try await withTimeout(configuration.exitTimeout, clock: clock, "removing the device") {
        [registrar] in try await registrar.removeStored()
      }
    } catch {
      logger.info("device not removed", metadata: ["error": "\(error)"])
    }
  }
}

extension ConnectionMachine.Limits {
  init(_ configuration: MercuryConfiguration) {
    self.init()
    pingInterval = configuration.pingInterval
    pongTimeout = configuration.pongTimeout
    readyTimeout = configuration.readyTimeout
    backoffBase = configuration.backoffBase
    backoffMaximum = configuration.backoffMaximum
    healthyAfter = configuration.healthyAfter
  }
}
