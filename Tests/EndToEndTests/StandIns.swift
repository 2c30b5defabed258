// The services of examples/commands as one process of stand-ins (Tests/Commands/standins.py).

import CurlHTTP
import Foundation
import HTTPTypes
import Synchronization
import Testing
import WebexAPI

final class StandIns: Sendable {
  let base: String
  /// The stand-ins end when this does.
  private let input: Pipe
  private let http: HTTPClient

  private init(base: String, input: Pipe) throws {
    self.base = base
    self.input = input
    http = try HTTPClient(configuration: HTTPClientConfiguration(proxy: .none))
  }

  /// They live as long as the tests: each ends when its input is closed.
  private static let all = Mutex<[StandIns]>([])

  static func start() async throws -> StandIns {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/python3")
    process.arguments = [
      ChildProcess.packageRoot.appending(path: "Tests/Commands/standins.py").path
    ]
    let input = Pipe()
    let output = URL.temporaryDirectory.appending(path: "standins-\(UUID().uuidString)")
    try Data().write(to: output)
    defer { try? FileManager.default.removeItem(at: output) }
    process.standardInput = input
    process.standardOutput = try FileHandle(forWritingTo: output)
    try process.run()
    let port = try await eventually("the stand-ins' port") {
      let text = String(decoding: try Data(contentsOf: output), as: UTF8.self)
      return text.hasSuffix("\n") ? UInt16(text.trimmingCharacters(in: .newlines)) : nil
    }
    let services = try StandIns(
      base: "http://127.0.0.1:\(port)", input: input)
    all.withLock { $0.append(services) }
    return services
  }

  /// What the examples need. `GITHUB_TOKEN` and the like are the stand-ins' own.
  var environment: [String: String] {
    [
      "GITHUB_API_URL": base + "/github", "GITHUB_TOKEN": "ghp_StandInToken123456",
      "JIRA_URL": base + "/jira", "JIRA_EMAIL": "bot@example.com",
      "JIRA_TOKEN": "jira-stand-in-token",
      "JENKINS_URL": base + "/jenkins", "JENKINS_USER": "bot", "JENKINS_TOKEN": "11standintoken",
      "STATUSPAGE_URL": base + "/statuspage",
      "COMMANDS_FILE": ChildProcess.packageRoot.appending(path: "examples/commands").path,
    ]
  }

  /// `ok`, `500`, `hang`, `large`, `html`, …: see the script.
  func mode(_ mode: String, of service: String) async throws {
    _ = try await call(
      .post, "/_/mode", ["service": .string(service), "mode": .string(mode)])
  }

  /// The requests that a service received.
  func requests(_ service: String) async throws -> [JSONValue] {
    (try await call(.get, "/_/requests").arrayValue ?? []).filter {
      $0["service"]?.stringValue == service
    }
  }

  private func call(_ method: HTTPRequest.Method, _ path: String, _ body: JSONValue? = nil)
    async throws -> JSONValue
  {
    let request = try HTTPRequest(method: method, url: base + path)
    let bytes = try body.map { HTTPRequestBody.bytes(Array(try JSONEncoder().encode($0))) }
    let (response, data) = try await http.data(request, body: bytes ?? .none)
    try #require(response.status.code == 200)
    return try JSONDecoder().decode(JSONValue.self, from: Data(data))
  }
}
