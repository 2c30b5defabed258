// The health end points over a real socket, asked as Docker's health check asks them.
@testable import Assistant
import CurlHTTP
import FoundationEssentials
import HTTPTypes
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import WebexAssistant

/// Reads the port from the log line that tells it, as an operator would.
private final class AddressLog: Sendable {
  private let line = Mutex<String?>(nil)

  var logger: Logger {
    Logger(label: "admin") { label in
      LogFormat.text.handler(
        label: label, level: .info,
        output: LogOutput(write: { text in self.line.withLock { $0 = text } }))
    }
  }

  func address() async throws -> AdminAddress {
    while true {
      if let text = line.withLock({ $0 }), let range = text.firstRange(of: "address=") {
        return try #require(AdminAddress(text[range.upperBound...].trimmed))
      }
      try await Task.sleep(for: .milliseconds(5))
    }
  }
}

private func withAdminServer(
  host: String = "127.0.0.1", health: AssistantHealth,
  _ body: (AdminAddress) async throws -> Void
) async throws {
  let log = AddressLog()
  let made = AdminServer(
    address: .socket(host: host, port: 0), health: { health }, logger: log.logger)
  let server = try #require(made)
  let group = ServiceGroup(services: [server], logger: Logger(label: "test"))
  try await withThrowingTaskGroup(of: Void.self) { tasks in
    tasks.addTask { try await group.run() }
    try await body(try await log.address())
    await group.triggerGracefulShutdown()
    try await tasks.waitForAll()
  }
}

private func health(ready: Bool, writable: Bool = true) -> AssistantHealth {
  var health = AssistantHealth.initial
  health.mercury = ready ? "ready" : "waiting"
  health.isReady = ready
  health.isDatabaseWritable = writable
  health.model = "tiny"
  return health
}

@Suite(.timeLimit(.minutes(1))) struct AdminServerTests {
  @Test(
    "ready means that events arrive and can be stored",
    arguments: [
      (true, true, 200, "ready: event connection ready, database writable, model tiny"),
      (false, true, 503, "not ready: event connection waiting, database writable, model tiny"),
      (true, false, 503, "not ready: event connection ready, database failing, model tiny"),
    ])
  func readiness(ready: Bool, writable: Bool, status: Int, line: String) async throws {
    try await withAdminServer(health: health(ready: ready, writable: writable)) { address in
      let client = try HTTPClient(configuration: HTTPClientConfiguration(proxy: .none))
      let (response, _) = try await client.data(
        try HTTPRequest(method: .get, url: "http://\(address)/readyz"))
      #expect(response.status.code == status)
      #expect(response.headerFields[.contentType] == "application/json")
      await client.shutdown()
      let answer = await HealthCommand.ask(address)
      #expect(answer.isReady == (status == 200))
      #expect(answer.line == line)
    }
  }

  @Test(
    "alive while it runs, whatever the state; other paths and methods are told apart",
    arguments: [("GET", "/healthz", 200), ("GET", "/", 404), ("POST", "/healthz", 405)])
  func paths(method: String, path: String, status: Int) async throws {
    try await withAdminServer(health: health(ready: false)) { address in
      let client = try HTTPClient(configuration: HTTPClientConfiguration(proxy: .none))
      let (response, _) = try await client.data(
        try HTTPRequest(method: try #require(.init(method)), url: "http://\(address)\(path)"))
      #expect(response.status.code == status)
      await client.shutdown()
    }
  }

  @Test("after a shutdown nothing answers, and asking says so in one line")
  func gone() async throws {
    var last = AdminAddress.off
    try await withAdminServer(health: health(ready: true)) { last = $0 }
    let answer = await HealthCommand.ask(last)
    #expect(!answer.isReady)
    #expect(answer.line.hasPrefix("not ready: nothing answers at \(last)"))
    #expect(!answer.line.contains("\n"))
  }

  @Test("a taken address ends the start with a sentence that names it and the setting")
  func addressInUse() async throws {
    try await withAdminServer(health: health(ready: true)) { address in
      let made = AdminServer(
        address: address, health: { AssistantHealth.initial }, logger: Logger(label: "test"))
      let second = try #require(made)
      let error = await #expect(throws: ProgramError.self) { try await second.run() }
      #expect(error?.sentence.contains("\(address) is already in use") == true)
      #expect(error?.sentence.contains("ADMIN_ADDRESS") == true)
      #expect(error?.exitStatus == ExitStatus.unavailable)
    }
  }
}

extension AssistantHealth {
  /// As of an assistant that has just started.
  fileprivate static var initial: AssistantHealth { AssistantHealth() }
}
