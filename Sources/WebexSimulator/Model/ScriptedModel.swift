// The scripted model's state: its default script, how often it failed, and the record of requests.

import Synchronization

final class ScriptedModel: Sendable {
  static let maximumRecords = 2000

  struct Call: Sendable {
    let id: Int
    let time: Timestamp
    let started: ContinuousClock.Instant
    let model: String
    let isStream: Bool
    let body: JSON
    let headers: JSON
    var tokens = 0
    /// When the first and the last token of the answer were written to the socket.
    var firstContent: Timestamp?
    var lastContent: Timestamp?
    var outcome: String?
    /// For a cancelled one, when the client closed the connection.
    var ended: Timestamp?
    var endedAfterMs: Int?

    /// The system prompt, for readers of the record; the whole request is in `body`.
    var system: String? {
      body["messages"]?.array?.first { $0["role"]?.string == "system" }?["content"]?.string
    }
  }

  private struct State {
    var script = ModelScript()
    var failures = 0
    var catalog = CatalogEntry.standard
    /// Names that are not listed are refused; else any `scripted-…` answers.
    var isStrict = false
    var calls: [Call] = []
    var nextID = 0
  }

  let apiKey: String?
  private let state = Mutex(State())

  init(apiKey: String?) { self.apiKey = apiKey }

  var script: ModelScript { state.withLock { $0.script } }
  var defaultJSON: JSON { state.withLock { $0.script.json } }

  /// Replaces the default script.
  func setDefault(_ json: JSON) throws(SimulatorError) {
    var script = ModelScript()
    try script.apply(json)
    let result = script
    state.withLock { state in
      state.script = result
      state.failures = 0
    }
  }

  func reset() { state.withLock { $0 = State() } }

  var catalog: [CatalogEntry] { state.withLock { $0.catalog } }

  /// Replaces the models that the endpoint has.
  func setCatalog(_ json: JSON) throws(SimulatorError) {
    guard let items = json.array else {
      throw SimulatorError(.badConfiguration, "'models' must be an array.")
    }
    var catalog: [CatalogEntry] = []
    for item in items { catalog.append(try CatalogEntry(item)) }
    let result = catalog
    state.withLock { state in
      state.catalog = result
      state.isStrict = true
    }
  }

  /// Nil if there is no such model.
  func entry(_ name: String) -> CatalogEntry? {
    state.withLock { state in
      if let entry = state.catalog.first(where: { $0.name == name }) { return entry }
      return !state.isStrict && name.hasPrefix("scripted-") ? CatalogEntry(name) : nil
    }
  }

  func clearRequests() { state.withLock { $0.calls = [] } }

  /// Whether a script's failure still applies; `limit` nil is for ever.
  func takeFailure(limit: Int?) -> Bool {
    guard let limit else { return true }
    return state.withLock { state in
      guard state.failures < limit else { return false }
      state.failures += 1
      return true
    }
  }

  func begin(_ body: JSON, headers: Headers) -> Int {
    state.withLock { state in
      state.nextID += 1
      let kept = headers.fields.filter {
        let name = $0.name.lowercased()
        return name.hasPrefix("x-") || name == "accept" || name == "user-agent"
      }
      state.calls.append(
        Call(
          id: state.nextID, time: .now, started: .now, model: body["model"]?.string ?? "",
          isStream: body["stream"]?.bool ?? false, body: body,
          headers: .object(kept.map { .init($0.name, .string($0.value)) })))
      if state.calls.count > Self.maximumRecords { state.calls.removeFirst(200) }
      return state.nextID
    }
  }

  /// - Parameter tokens: of the answer so far; reasoning does not count.
  func sent(_ id: Int, tokens: Int) {
    guard tokens > 0 else { return }
    let now = Timestamp.now
    change(id) {
      $0.tokens = tokens
      $0.firstContent = $0.firstContent ?? now
      $0.lastContent = now
    }
  }

  func end(_ id: Int, _ outcome: String) {
    change(id) {
      $0.outcome = outcome
      $0.ended = .now
      $0.endedAfterMs = Int((ContinuousClock.now - $0.started) / .milliseconds(1))
    }
  }

  private func change(_ id: Int, _ body: (inout Call) -> Void) {
    state.withLock { state in
      // Ids are consecutive: asked for at each token, a search would be felt.
      guard let first = state.calls.first?.id, id >= first else { return }
      body(&state.calls[id - first])
    }
  }

  var requestsJSON: JSON {
    .array(
      state.withLock { $0.calls }.map { call in
        .compact([
          "time": .string(call.time.iso), "model": .string(call.model),
          "temperature": call.body["temperature"], "system": call.system.map(JSON.string),
          "stream": .bool(call.isStream), "headers": call.headers, "body": call.body,
          "tokensSent": .int(call.tokens), "outcome": call.outcome.map(JSON.string),
          "cancelled": .bool(call.outcome == "cancelled"),
          "firstContent": call.firstContent.map { .string($0.iso) },
          "lastContent": call.lastContent.map { .string($0.iso) },
          "ended": call.ended.map { .string($0.iso) },
          "endedAfterMs": call.endedAfterMs.map(JSON.int),
        ])
      })
  }
}
