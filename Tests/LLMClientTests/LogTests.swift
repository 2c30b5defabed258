// What reaches the log at its most talkative level: ids, sizes, codes; never what people or
// providers wrote, and never the key.

import CurlHTTP
import Logging
import Synchronization
import Testing

@testable import LLMClient

/// Everything that was logged, as text.
private final class LogLines: Sendable {
  private let lines = Mutex<[String]>([])
  var text: String { lines.withLock { $0.joined(separator: "\n") } }
  func add(_ line: String) { lines.withLock { $0.append(line) } }
}

private struct RecordingHandler: LogHandler {
  let lines: LogLines
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.trace

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    lines.add("\(event.level) \(event.message) \(event.metadata ?? [:])")
  }
}

@Suite("What is logged", .timeLimit(.minutes(2)))
struct LogTests {
  private static let sentinel = "ZEBRA-4711"

  enum Failure: CaseIterable, Sendable { case head, frame, catalog, document }

  @Test("no prompt, no answer, no provider's words, no key", arguments: Failure.allCases)
  func failing(_ failure: Failure) async throws {
    let server = try ScriptedServer { exchange in
      let error = #"{"error":{"message":"you said \#(Self.sentinel)","code":"503"}}"#
      switch failure {
      case .head, .catalog: exchange.respond(503, error)
      case .frame: exchange.stream(exchange.number == 1 ? data(error) : content(Self.sentinel))
      case .document: exchange.respond(error)
      }
      return true
    }
    let lines = LogLines()
    let client = LLMClient(
      http: try HTTPClient(configuration: HTTPClientConfiguration(proxy: .none)),
      baseURL: server.baseURL, apiKey: "sk-\(Self.sentinel)",
      logger: Logger(label: "test") { _ in RecordingHandler(lines: lines) },
      time: ManualTime().time)
    await #expect(throws: LLMError.self) {
      if failure == .catalog {
        _ = try await client.modelGroups()
        _ = try await client.models()
      }
      let request = ChatRequest(
        model: "assistant", messages: [.user("about \(Self.sentinel)")], callID: "REF-1")
      for try await _ in try await client.chat(request) {}
    }
    // The log is not just empty, and does not say what it must not.
    #expect(lines.text.contains(failure == .catalog ? "model group" : "trying again"))
    #expect(!lines.text.contains(Self.sentinel), "\(lines.text)")
  }
}
