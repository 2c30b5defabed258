// A WebexClient against a loopback server, with a clock and chance of the test's own.

import CurlHTTP
import FoundationEssentials
import Logging
import Synchronization

@testable import WebexAPI

/// Everything that a log was given, for tests that look for what must not be there.
final class CapturedLog: Sendable {
  private let lines = Mutex<[String]>([])

  var text: String { lines.withLock { $0.joined(separator: "\n") } }

  var logger: Logger {
    var logger = Logger(label: "test") { [self] _ in Handler(log: self) }
    logger.logLevel = .trace
    return logger
  }

  private struct Handler: LogHandler {
    let log: CapturedLog
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      log.lines.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
    }
  }
}

/// A token that is easy to find where it must not be.
let sentinelToken = "NmFkZTU-sentinel-token_P0A1"

struct ClientUnderTest: Sendable {
  let server: LoopbackServer
  let http: HTTPClient
  let clock = ManualClock()
  let log = CapturedLog()
  let transport: BearerTransport
  let client: WebexClient

  init(
    configuration: WebexClientConfiguration = .init(), baseURL: String? = nil,
    _ script: @escaping @Sendable (LoopbackServer.Request, Int) -> LoopbackServer.Reply
  ) throws {
    server = LoopbackServer(script)
    var settings = HTTPClientConfiguration()
    settings.proxy = .none
    http = try HTTPClient(configuration: settings)
    transport = BearerTransport(
      token: sentinelToken + "\n", http: http,
      hosts: TokenHostPolicy(operatorURLs: [server.baseURL]), userAgent: "webex-assistant/test",
      logger: log.logger)
    client = WebexClient(
      transport: transport, baseURL: baseURL ?? server.baseURL + "/", logger: log.logger,
      configuration: configuration, clock: clock, now: { Date(timeIntervalSince1970: 0) },
      random: { 0 })
  }

  /// Runs a test and takes everything down after it, whatever happens.
  static func run<Result>(
    configuration: WebexClientConfiguration = .init(),
    script: @escaping @Sendable (LoopbackServer.Request, Int) -> LoopbackServer.Reply,
    _ body: (ClientUnderTest) async throws -> Result
  ) async throws -> Result {
    let test = try ClientUnderTest(configuration: configuration, script)
    do {
      let result = try await body(test)
      await test.http.shutdown()
      return result
    } catch {
      await test.http.shutdown()
      throw error
    }
  }
}
