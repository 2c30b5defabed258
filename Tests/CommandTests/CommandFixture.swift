// Declared commands under test: from a text, or from the examples against their stand-ins.

import CurlHTTP
import Foundation
import HTTPTypes
import Logging
import Synchronization
import Testing
import WebexAPI

@testable import Assistant

/// A folder of its own, gone with this object.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path() + "commands-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  @discardableResult
  func write(_ text: String, to name: String = "commands.yaml") throws -> String {
    let file = path + "/" + name
    try Data(text.utf8).write(to: URL(filePath: file))
    return file
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

enum Declared {
  static let services: DeclaredServices = {
    do {
      return DeclaredServices(
        http: try HTTPClient(configuration: .init(proxy: .none)), patience: .milliseconds(300))
    } catch {
      // libcurl itself does not start: no test of this process could run.
      fatalError("no HTTP client: \(error)")
    }
  }()

  static func file(
    _ path: String, _ environment: [String: String] = [:], reserved: Set<String> = ["/help"]
  ) -> CommandFile {
    CommandFile(path: path, environment: environment, reserved: reserved, services: services)
  }

  /// The commands of a text.
  static func commands(
    _ yaml: String, _ environment: [String: String] = [:]
  ) throws -> [DeclaredCommand] {
    let folder = try TemporaryFolder()
    return try file(try folder.write(yaml), environment).read().map(\.patient)
  }

  static func only(
    _ yaml: String, _ environment: [String: String] = [:]
  ) throws -> DeclaredCommand {
    try #require(try commands(yaml, environment).first)
  }

  static func context(_ arguments: [String: JSONValue] = [:], text: String = "") -> CommandContext {
    CommandContext(
      person: CommandPerson(id: "P1", email: "ada@example.com", name: "Ada *L*"),
      space: CommandSpace(id: "S1", roomID: "R1", title: "Ops", isDirect: false, threadID: nil),
      text: text, arguments: arguments, reference: "3f9a01bc",
      now: Date(timeIntervalSince1970: 1_795_000_000), logger: Logger(label: "test"))
  }
}

extension DeclaredCommand {
  /// How fast the machine is at the moment is no part of a test that sets no time limit.
  var patient: Self {
    var command = self
    switch action {
    case .http(var action) where action.timeout >= .seconds(20):
      action.timeout = .seconds(300)
      command.action = .http(action)
    case .run(var action) where action.timeout >= .seconds(60):
      action.timeout = .seconds(300)
      command.action = .run(action)
    default: break
    }
    return command
  }

  /// Runs it with arguments as a person would type them.
  func run(typed text: String) async throws -> CommandReply {
    let values = try CommandArguments.parse(text, arguments).get()
    return try await run(Declared.context(values, text: text))
  }

  /// The sentence with which it fails.
  func failure(typed text: String) async throws -> String {
    do {
      let reply = try await run(typed: text)
      Issue.record("no failure but \(reply)")
      return ""
    } catch let error as CommandError {
      return error.sentence
    }
  }
}

extension CommandReply {
  var markdown: String {
    parts.map { part in
      switch part {
      case .text(let text): text
      case .card(let card), .replacement(let card): card.fallback
      default: ""
      }
    }.joined(separator: "\n")
  }

  var question: CommandQuestion? {
    for case .question(let question) in parts { return question }
    return nil
  }

  /// The first card's JSON, keys sorted.
  var cardJSON: String? {
    for case .card(let card) in parts {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return (try? encoder.encode(card.card)).map { String(decoding: $0, as: UTF8.self) }
    }
    return nil
  }
}

/// The services of `examples/commands`, once for all tests of this process.
final class StandIns: Sendable {
  /// Why they are not there, if they are not: DeclaredHTTPTests says it.
  static let started = Result { try StandIns() }
  /// 0, where nothing listens, without them.
  static var port: Int { (try? started.get().port) ?? 0 }

  let port: Int
  // Ends when this end of its input is closed: with this process.
  private let input: Pipe

  static var root: URL {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
  }

  private struct NoPort: Error {}

  private init() throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "python3",
      Self.root.appending(path: "Tests/Commands/standins.py").path(percentEncoded: false),
    ]
    let output = Pipe()
    input = Pipe()
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    var line: [UInt8] = []
    while line.last != 10 {
      guard let byte = try output.fileHandleForReading.read(upToCount: 1)?.first else { break }
      line.append(byte)
    }
    guard let port = Int(String(decoding: line.dropLast(), as: UTF8.self)) else { throw NoPort() }
    self.port = port
  }

  /// A base URL of one test's own.
  struct Case {
    let id = UUID().uuidString
    var mode = "ok"

    func url(_ service: String) -> String {
      "http://127.0.0.1:\(StandIns.port)/case/\(id)/\(mode)/\(service)"
    }

    var environment: [String: String] {
      [
        "GITHUB_API_URL": url("github"), "GITHUB_TOKEN": "ghp_StandInToken123456",
        "JIRA_URL": url("jira"), "JIRA_EMAIL": "bot@example.com",
        "JIRA_TOKEN": "jira-stand-in-token", "JENKINS_URL": url("jenkins") + "/",
        "JENKINS_USER": "bot", "JENKINS_TOKEN": "11standintoken",
        "STATUSPAGE_URL": url("statuspage"),
      ]
    }

    /// A command of the examples.
    func command(_ keyword: String) throws -> DeclaredCommand {
      let folder = StandIns.root.appending(path: "examples/commands").path(percentEncoded: false)
      let all = try Declared.file(folder, environment).read()
      return try #require(all.first { $0.keyword == keyword }).patient
    }

    struct Request: Decodable {
      var method: String
      var path: String
      var query: String
      var headers: [String: String]
      var body: String

      var json: JSONValue? { try? JSONDecoder().decode(JSONValue.self, from: Data(body.utf8)) }
    }

    func requests() async throws -> [Request] {
      let (_, bytes) = try await Declared.services.http.data(
        .init(method: .get, url: "http://127.0.0.1:\(StandIns.port)/_/requests/\(id)"))
      return try JSONDecoder().decode([Request].self, from: Data(bytes))
    }
  }
}
