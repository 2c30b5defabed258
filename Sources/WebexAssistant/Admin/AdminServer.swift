// Health for supervisors, on loopback: `GET /healthz` and `GET /readyz`. Run as a service beside the
// assistant; asked by `webex-assistant health`, by Docker and by the tests.
import Assistant
import FlyingFox
import FlyingSocks
import FoundationEssentials
import Glibc
import Logging
import ServiceLifecycle

/// The end points. They tell states and never content, names or secrets.
struct AdminServer: Service {
  private let server: HTTPServer
  private let address: AdminAddress
  private let logger: Logger

  /// nil when the address is `off`.
  init?(
    address: AdminAddress, health: @escaping @Sendable () -> AssistantHealth, logger: Logger
  ) {
    guard case .socket(let host, let port) = address,
      let configuration = Self.configuration(host: host, port: port)
    else { return nil }
    self.address = address
    self.logger = logger
    server = HTTPServer(config: configuration, handler: AdminHandler(health: health))
  }

  private static func configuration(host: String, port: UInt16) -> HTTPServer.Configuration? {
    if host.contains(":") {
      return (try? sockaddr_in6.inet6(ip6: host, port: port)).map {
        HTTPServer.Configuration(address: $0, timeout: 5, logger: .disabled)
      }
    }
    return (try? sockaddr_in.inet(ip4: host, port: port)).map {
      HTTPServer.Configuration(address: $0, timeout: 5, logger: .disabled)
    }
  }

  /// - Throws: `ProgramError` when the address cannot be had.
  func run() async throws {
    do {
      try await withThrowingTaskGroup(of: Void.self) { group in
        // Returns when it is stopped or cancelled; throws when it cannot listen.
        group.addTask { try await server.run() }
        group.addTask {
          try await server.waitUntilListening()
          let address = await listeningAddress()
          logger.info("health is served", metadata: ["address": "\(address)"])
          try await gracefulShutdown()
          await server.stop()
        }
        defer { group.cancelAll() }
        try await group.next()
      }
    } catch is CancellationError {
    } catch SocketError.failed(_, let number, _) where number == EADDRINUSE {
      throw ProgramError.addressInUse("\(address)", setting: SettingKey.adminAddress.rawValue)
    } catch SocketError.disconnected {
    }
  }

  private func listeningAddress() async -> String {
    switch await server.listeningAddress {
    case .ip4(let host, let port): "\(host):\(port)"
    case .ip6(let host, let port): "[\(host)]:\(port)"
    default: "\(address)"
    }
  }
}

/// Answers the two paths.
struct AdminHandler: HTTPHandler {
  let health: @Sendable () -> AssistantHealth

  func handleRequest(_ request: HTTPRequest) async -> HTTPResponse {
    guard request.method == .GET || request.method == .HEAD else {
      return Self.text("only GET is answered here\n", status: .methodNotAllowed)
    }
    switch request.path {
    case "/healthz": return Self.text("alive\n", status: .ok)
    case "/readyz": return Self.readiness(Readiness(health()))
    default: return Self.text("nothing here; see /healthz and /readyz\n", status: .notFound)
    }
  }

  private static func text(_ text: String, status: HTTPStatusCode) -> HTTPResponse {
    HTTPResponse(
      statusCode: status, headers: [.contentType: "text/plain; charset=utf-8"],
      body: Data(text.utf8))
  }

  private static func readiness(_ readiness: Readiness) -> HTTPResponse {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let body = (try? encoder.encode(readiness)) ?? Data()
    return HTTPResponse(
      statusCode: readiness.ready ? .ok : .serviceUnavailable,
      headers: [.contentType: "application/json"], body: body)
  }
}

/// The body of `/readyz`.
struct Readiness: Codable, Equatable, Sendable {
  /// True only while events arrive and can be stored.
  var ready: Bool
  /// The event connection in a word: starting, connecting, ready, waiting…
  var mercury: String
  /// "writable", or "failing" and why.
  var database: String
  /// nil until the first model is known.
  var model: String?
  var runningAnswers: Int
  var waitingMessages: Int

  init(_ health: AssistantHealth) {
    ready = health.isReady && health.isTokenAccepted && health.isDatabaseWritable
    mercury = health.mercury
    database =
      health.isDatabaseWritable
      ? "writable" : "failing" + (health.databaseProblem.map { ": \($0)" } ?? "")
    model = health.model
    runningAnswers = health.runningAnswers
    waitingMessages = health.waitingMessages
  }

  /// One line for people.
  var summary: String {
    let state = "event connection \(mercury), database \(database)"
    return (ready ? "ready: " : "not ready: ") + state + (model.map { ", model \($0)" } ?? "")
  }
}
