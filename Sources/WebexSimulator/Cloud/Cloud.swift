// The simulated cloud: one world under one lock, and everything that hears of its changes.
// `Simulator` makes one per start; every HTTP surface works on it.

import Synchronization

final class Cloud: Sendable {
  let configuration: SimulatorConfiguration
  /// `http://127.0.0.1:PORT`, the root of every URL in every answer.
  let baseURL: String
  let clock = SimulatedClock()
  let faults: Faults
  let record: Record
  let events = EventStreams()
  let history: MessageHistory
  let mercury: MercuryHub
  let model: ScriptedModel
  private let world: Mutex<WorldState>

  init(configuration: SimulatorConfiguration, baseURL: String) throws(SimulatorError) {
    self.configuration = configuration
    self.baseURL = baseURL
    faults = Faults()
    record = Record(limit: configuration.maximumRecords)
    history = MessageHistory(limit: configuration.maximumRecords)
    mercury = MercuryHub(
      baseURL: baseURL, cluster: configuration.region, clock: clock, faults: faults,
      record: record)
    model = ScriptedModel(apiKey: configuration.modelAPIKey)
    world = Mutex(
      try WorldState(cluster: configuration.region, world: configuration.world, clock: clock))
    if configuration.faults.members?.isEmpty == false { try faults.set(configuration.faults) }
    if configuration.modelScript.members?.isEmpty == false {
      try model.setDefault(configuration.modelScript)
    }
  }

  /// Reads the world.
  func read<T: Sendable, E: Error>(_ body: (borrowing WorldState) throws(E) -> T) throws(E) -> T {
    try world.withLock { (state) throws(E) -> T in try body(state) }
  }

  /// Changes the world, and tells Mercury and the page within the same lock: everyone hears of
  /// changes in the order in which they were made.
  @discardableResult
  func change<T: Sendable, E: Error>(
    _ body: (inout WorldState) throws(E) -> (T, [Happening])
  ) throws(E) -> T {
    try world.withLock { (state) throws(E) -> T in
      let (value, happenings) = try body(&state)
      for happening in happenings {
        history.note(happening, in: state)
        mercury.publish(happening, in: state)
        events.publish(happening, in: state, baseURL: baseURL)
      }
      return value
    }
  }

  /// Posts, and lets the files become ready when their scan is over.
  func post(_ draft: MessageDraft, by author: Person) throws(WebexFailure) -> Message {
    let message = try change { (state) throws(WebexFailure) in try state.post(draft, by: author) }
    if !message.contentKeys.isEmpty, let delay = faults.fileScan.updateDelay {
      Task { [weak self] in
        try? await Task.sleep(for: delay)
        self?.change { state in ((), state.filesBecomeReady(message.uuid)) }
      }
    }
    return message
  }

  /// The only limit that the files need; other bodies are JSON.
  func bodyLimit(_ request: Request) -> Int {
    switch request.mediaType {
    case "multipart/form-data": 110 << 20
    // A control frame may carry megabytes on purpose.
    default: request.path.hasPrefix("/llm") || request.path.hasPrefix("/sim") ? 64 << 20 : 1 << 20
    }
  }
}
