// The public face of the simulated Webex cloud: start it, get its addresses, steer it.
// The program's `simulator` and `demo` commands and the end-to-end tests call it.

import Synchronization

/// Where a started simulator listens. Everything is on one loopback port.
public struct SimulatorAddresses: Sendable {
  public let port: UInt16
  /// `http://127.0.0.1:PORT`
  public let baseURL: String
  /// REST, `…/v1`: what a bot takes instead of `https://webexapis.com/v1`.
  public let apiBaseURL: String
  /// `…/u2c/api/v1`; the catalog is below it.
  public let u2cURL: String
  /// The scripted model, `…/llm`, with or without `/v1`.
  public let llmBaseURL: String
  /// The web page.
  public let pageURL: String
  public let botToken: String
}

/// A Webex cloud on loopback: U2C, WDM, Mercury, conversation service, REST, a web page, a scripted
/// model, and switches for every fault that a client should survive.
public final class Simulator: Sendable {
  private enum Phase {
    case idle
    case running(Cloud, SimulatorAddresses, Task<Void, Never>)
    case stopped
  }

  private let configuration: SimulatorConfiguration
  private let phase = Mutex(Phase.idle)

  public init(configuration: SimulatorConfiguration = .init()) {
    self.configuration = configuration
  }

  /// What the page tells about who answers, such as a model's name.
  public func setAnsweringModel(_ name: String) {
    if case .running(let cloud, _, _) = phase.withLock({ $0 }) { cloud.setAnsweringModel(name) }
  }

  /// Binds and serves in the background. A second call returns the same addresses.
  public func start() async throws -> SimulatorAddresses {
    if case .running(_, let addresses, _) = phase.withLock({ $0 }) { return addresses }
    guard ["127.0.0.1", "localhost"].contains(configuration.address) else {
      throw SimulatorError(
        .notLoopback,
        "The simulator binds to 127.0.0.1 only, not to '\(configuration.address)': its tokens are public."
      )
    }
    guard configuration.region == "us" || configuration.region.hasPrefix("urn:TEAM:") else {
      throw SimulatorError(
        .badConfiguration, "The region is 'us' or an urn such as 'urn:TEAM:us-west-2_r'.")
    }
    let listener: HTTPListener
    do {
      listener = try await HTTPListener.bind(port: configuration.port)
    } catch {
      throw SimulatorError(
        .cannotListen, "Cannot listen on 127.0.0.1:\(configuration.port): \(error)")
    }
    let baseURL = "http://127.0.0.1:\(listener.port)"
    let cloud = try Cloud(configuration: configuration, baseURL: baseURL)
    let addresses = SimulatorAddresses(
      port: listener.port, baseURL: baseURL, apiBaseURL: baseURL + "/v1",
      u2cURL: baseURL + "/u2c/api/v1", llmBaseURL: baseURL + "/llm", pageURL: baseURL + "/",
      botToken: cloud.read { $0.bot?.token ?? "" })
    let task = Task {
      await listener.serve(
        bodyLimit: { cloud.bodyLimit($0) }, respond: { await cloud.respond($0) })
    }
    phase.withLock { $0 = .running(cloud, addresses, task) }
    return addresses
  }

  /// Starts if needed and serves until the task is cancelled.
  public func run() async throws {
    _ = try await start()
    guard case .running(_, _, let task) = phase.withLock({ $0 }) else { return }
    await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      task.cancel()
    }
    await stop()
  }

  /// Closes every socket and the port. Idempotent.
  public func stop() async {
    let running = phase.withLock { phase -> (Cloud, Task<Void, Never>)? in
      guard case .running(let cloud, _, let task) = phase else { return nil }
      phase = .stopped
      return (cloud, task)
    }
    guard let (cloud, task) = running else { return }
    cloud.mercury.closeAll()
    cloud.events.finish()
    // The close frames get a moment to leave.
    try? await Task.sleep(for: .milliseconds(cloud.mercury.openSockets > 0 ? 100 : 0))
    task.cancel()
    await task.value
  }

  // MARK: - Control, the same as `/sim`

  func cloud() throws(SimulatorError) -> Cloud {
    guard case .running(let cloud, _, _) = phase.withLock({ $0 }) else {
      throw SimulatorError(.notFound, "The simulator is not running.")
    }
    return cloud
  }

  /// `GET /sim/state`.
  public func state() throws(SimulatorError) -> JSON { try cloud().stateJSON }

  /// `GET /sim/record`.
  public func record() throws(SimulatorError) -> JSON {
    let cloud = try cloud()
    return cloud.record.json(deliveries: cloud.mercury.deliveriesJSON)
  }

  /// `DELETE /sim/record`.
  public func clearRecord() throws(SimulatorError) {
    try cloud().clearRecord()
  }

  /// `GET /sim/messages`: what readers saw of each message, its texts in order.
  public func messages(roomID: String? = nil) throws(SimulatorError) -> JSON {
    try cloud().messagesJSON(roomID: roomID)
  }

  /// `POST /sim/faults`. Throws on an unknown key.
  public func setFaults(_ json: JSON) throws(SimulatorError) { try cloud().faults.set(json) }

  /// `DELETE /sim/faults`.
  public func clearFaults() throws(SimulatorError) { try cloud().faults.clear() }

  /// `POST /sim/mercury`. Returns how many sockets it reached.
  @discardableResult
  public func mercury(_ command: JSON) throws(SimulatorError) -> Int {
    try cloud().mercury.command(command)
  }

  /// `POST /sim/clock`.
  public func setClock(offsetMilliseconds: Int) throws(SimulatorError) {
    _ = try cloud().setClock(["offsetMs": .int(offsetMilliseconds)])
  }

  /// `POST /sim/tokens`.
  public func setToken(_ json: JSON) throws(SimulatorError) { _ = try cloud().setToken(json) }

  /// `DELETE /sim/devices`.
  public func removeDevices() throws(SimulatorError) { try cloud().mercury.removeAllDevices() }

  /// `POST /sim/activity`.
  public func inject(_ activity: JSON) throws(SimulatorError) { try cloud().inject(activity) }

  /// `POST /sim/people`.
  @discardableResult
  public func addPerson(_ json: JSON) throws(SimulatorError) -> JSON { try cloud().addPerson(json) }

  /// `POST /sim/rooms`.
  @discardableResult
  public func addRoom(_ json: JSON) throws(SimulatorError) -> JSON { try cloud().addRoom(json) }

  /// `POST /sim/model`: the scripted model's default behaviour.
  public func setModelScript(_ script: JSON) throws(SimulatorError) {
    try cloud().model.setDefault(script)
  }

  /// `POST /sim/model`: the models that the endpoint has.
  public func setModels(_ models: JSON) throws(SimulatorError) {
    try cloud().model.setCatalog(models)
  }

  /// `GET /sim/model/requests`.
  public func modelRequests() throws(SimulatorError) -> JSON { try cloud().model.requestsJSON }

  /// Requests and frames that have passed, and requests that have no answer yet: for tests that let
  /// time pass only while nothing is going on.
  public var traffic: (passed: Int, open: Int) {
    (try? cloud())?.record.trafficSoFar ?? (0, 0)
  }

  /// How many Mercury sockets are authorized and open.
  public var openMercurySockets: Int { (try? cloud())?.mercury.openSockets ?? 0 }

  /// Posts as the owner of `token`; `body` is the JSON of `POST /v1/messages`. Returns the REST
  /// message. Throws with Webex's words if Webex would refuse it.
  @discardableResult
  public func post(_ body: JSON, token: String) async throws(SimulatorError) -> JSON {
    let cloud = try cloud()
    let request = Request(
      method: "POST", target: "/v1/messages", path: "/v1/messages", segments: ["v1", "messages"],
      query: [],
      headers: ["Authorization": "Bearer \(token)", "Content-Type": "application/json"],
      body: body.bytes)
    let response = await cloud.rest(request)
    guard case .bytes(let bytes) = response.body, let json = JSON(parsing: bytes) else {
      throw SimulatorError(.badConfiguration, "The message could not be posted.")
    }
    guard response.status == 200 else {
      throw SimulatorError(
        .badConfiguration, json["message"]?.string ?? "The message could not be posted.")
    }
    return json
  }
}
