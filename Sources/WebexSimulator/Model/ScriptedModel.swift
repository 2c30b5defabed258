import Synchronization

final class ScriptedModel: Sendable {
  init(apiKey: String?) {}
  func setDefault(_ json: JSON) throws(SimulatorError) {}
  func reset() {}
  var defaultJSON: JSON { [:] }
  var requestsJSON: JSON { [] }
  func clearRequests() {}
}
extension Cloud {
  func llm(_ request: Request) async -> Response { .text("soon", status: 503) }
}
