// The scripted model's state: its default script, how often it failed, and the record of requests.

import Synchronization

final class ScriptedModel: Sendable {
  static let names = [
    "scripted", "scripted-long", "scripted-echo", "scripted-slow", "scripted-fast",
    "scripted-reasoning",
  ]
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
    var outcome: String?
    var endedAfterMs: Int?
  }

  private struct State {
    var script = ModelScript()
    var failures = 0
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

  func sent(_ id: Int, tokens: Int) {
    change(id) { $0.tokens = tokens }
  }

  func end(_ id: Int, _ outcome: String) {
    change(id) {
      $0.outcome = outcome
      $0.endedAfterMs = Int((ContinuousClock.now - $0.started) / .milliseconds(1))
    }
  }

  private func change(_ id: Int, _ body: (inout Call) -> Void) {
    state.withLock { state in
      guard let index = state.calls.lastIndex(where: { $0.id == id }) else { return }
      body(&state.calls[index])
    }
  }

  var requestsJSON: JSON {
    .array(
      state.withLock { $0.calls }.map { call in
        .compact([
          "time": .string(call.time.iso), "model": .string(call.model),
          "stream": .bool(call.isStream), "headers": call.headers, "body": call.body,
          "tokensSent": .int(call.tokens), "outcome": call.outcome.map(JSON.string),
          "cancelled": .bool(call.outcome == "cancelled"),
          "endedAfterMs": call.endedAfterMs.map(JSON.int),
        ])
      })
  }
}
