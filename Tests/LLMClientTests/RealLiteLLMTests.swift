// Against a real LiteLLM with deploy/litellm.test.yaml; the test script starts it and sets
// LITELLM_TEST_BASE_URL and LITELLM_TEST_API_KEY. Without them the suite says that it is skipped;
// in CI that is a failure.

import CurlHTTP
import Foundation
import Logging
import Testing

@testable import LLMClient

private enum RealProxy {
  static let environment = ProcessInfo.processInfo.environment
  static let baseURL = environment["LITELLM_TEST_BASE_URL"].flatMap { $0.isEmpty ? nil : $0 }
  static let key = environment["LITELLM_TEST_API_KEY"] ?? "sk-test-master"
  static let isRequired = environment["CI"] == "true"
}

@Suite("Real LiteLLM is there")
struct RealLiteLLMPresenceTests {
  @Test("in CI the real LiteLLM is always asked")
  func presence() {
    if RealProxy.baseURL == nil {
      print("skipped: RealLiteLLMTests (LITELLM_TEST_BASE_URL is not set)")
    }
    #expect(RealProxy.baseURL != nil || !RealProxy.isRequired)
  }
}

@Suite(
  "Real LiteLLM", .enabled(if: RealProxy.baseURL != nil, "LITELLM_TEST_BASE_URL is not set"),
  .serialized, .timeLimit(.minutes(5)))
struct RealLiteLLMTests {
  private func client(key: String? = RealProxy.key, attempts: Int = 1) throws -> LLMClient {
    var configuration = LLMConfiguration()
    configuration.retry.maximumAttempts = attempts
    return LLMClient(
      http: try HTTPClient(configuration: HTTPClientConfiguration(proxy: .none)),
      baseURL: try #require(RealProxy.baseURL), apiKey: key, configuration: configuration,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  private func ask(_ model: String, key: String? = RealProxy.key) async throws -> [ChatEvent] {
    var request = ChatRequest(model: model, messages: [.user("Say hello.")])
    request.callID = "ref-\(model)"
    request.endUserID = "alice@example.com"
    var events: [ChatEvent] = []
    for try await event in try await client(key: key).chat(request) { events.append(event) }
    return events
  }

  private func failure(_ model: String, key: String? = RealProxy.key) async throws -> LLMError {
    do {
      let text = try await ask(model, key: key).text
      Issue.record("an answer of \(text.count) characters instead of an error")
      return LLMError(code: .other, message: "")
    } catch let error as LLMError {
      return error
    }
  }

  @Test("an answer streams in, with usage, and ends complete")
  func answer() async throws {
    let events = try await ask("mock")
    #expect(events.text == "Hello from the mock model, in a few words.")
    #expect(events.filter { if case .content = $0 { true } else { false } }.count > 3)
    #expect(
      events.contains { if case .usage(let usage) = $0 { usage.totalTokens > 0 } else { false } })
    guard case .ended(let outcome)? = events.last else {
      Issue.record("no end")
      return
    }
    #expect(outcome.isComplete && outcome.sawDone && outcome.finishReason == .stop)
    #expect(outcome.model == "mock")
  }

  @Test("a long answer arrives whole")
  func longAnswer() async throws {
    let text = try await ask("mock-long").text
    #expect(text.utf8.count > 1000)
    #expect(!text.contains("\u{FFFD}"))
  }

  @Test("our own id is the proxy's id of the call")
  func callID() async throws {
    var request = ChatRequest(model: "mock", messages: [.user("x")])
    request.callID = "ref-4711"
    let stream = try await client().chat(request)
    #expect(stream.callID == "ref-4711")
    #expect(stream.deployment.modelGroup == "mock")
    #expect(stream.deployment.proxyVersion != nil)
    for try await _ in stream {}
  }

  @Test("a temperature, tools and metadata are accepted")
  func parameters() async throws {
    var request = ChatRequest(model: "mock", messages: [.system("x"), .user("y", name: "alice")])
    request.temperature = 0.3
    request.maxTokens = 50
    request.sessionID = "space-1234"
    request.metadata = ["tags": ["webex"]]
    request.tools = [
      ToolDefinition(
        name: "add", description: "adds", parameters: ["type": "object", "properties": [:]])
    ]
    var text = ""
    for try await event in try await client().chat(request) {
      if case .content(let piece) = event { text += piece }
    }
    #expect(!text.isEmpty)
  }

  @Test(
    "each way to fail has its code",
    arguments: [
      ("mock-rate-limited", LLMError.Code.rateLimited, 429), ("mock-context", .contextTooLong, 400),
      ("mock-internal", .upstreamFailed, 500), ("mock-refused", .contentRefused, 400),
      ("mock-midstream", .upstreamFailed, 529), ("mock-dead", .upstreamFailed, 500),
      ("no-such-model", .modelUnavailable, 400),
    ])
  func failures(_ model: String, code: LLMError.Code, status: Int) async throws {
    let error = try await failure(model)
    #expect(error.code == code, "\(error)")
    #expect(error.status == status)
    #expect(error.callID == "ref-\(model)")
    #expect(!error.receivedContent)
    #expect(!error.message.contains("model group"))
    #expect(error.message.count <= 300)
  }

  @Test("a dead upstream is worth another try, a proxy's own 500 is not")
  func worthRetrying() async throws {
    #expect(try await failure("mock-dead").isWorthRetrying)
    #expect(try await !failure("mock-internal").isWorthRetrying)
  }

  @Test("a wrong key and no key", arguments: ["sk-wrong", nil])
  func wrongKey(_ key: String?) async throws {
    #expect(try await failure("mock", key: key).code == .unauthorized)
    await #expect {
      try await client(key: key).models()
    } throws: {
      ($0 as? LLMError)?.code == .unauthorized
    }
  }

  @Test("a fallback answers in place of a dead model")
  func fallback() async throws {
    let stream = try await client().chat(
      ChatRequest(model: "mock-fallback", messages: [.user("x")]))
    #expect(stream.deployment.attemptedFallbacks == 1)
    var events: [ChatEvent] = []
    for try await event in stream { events.append(event) }
    #expect(events.text == "Hello from the mock model, in a few words.")
  }

  @Test("the catalog: limits as whole numbers, the first chat model")
  func catalog() async throws {
    let catalog = try await client().catalog()
    #expect(catalog.firstChatModel?.id == "mock")
    #expect(catalog["mock"]?.maxInputTokens == 8192)
    #expect(catalog["mock"]?.maxOutputTokens == 1024)
    #expect(try await client().modelGroups().contains { $0.name == "mock" })
  }

  @Test("a wrong path is no proxy")
  func wrongPath() async throws {
    let http = try HTTPClient(configuration: HTTPClientConfiguration(proxy: .none))
    let client = LLMClient(
      http: http, baseURL: try #require(RealProxy.baseURL) + "/elsewhere", apiKey: RealProxy.key,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    await #expect {
      try await client.models()
    } throws: {
      ($0 as? LLMError)?.code == .unreachable
    }
  }
}

/// These models of deploy/litellm.test.yaml have something real behind them; a proxy without them
/// (started by hand with mock models alone) is told apart by its model list.
@Suite(
  "Real LiteLLM, real upstreams",
  .enabled(if: RealProxy.baseURL != nil, "LITELLM_TEST_BASE_URL is not set"), .serialized,
  .timeLimit(.minutes(5)))
struct RealUpstreamTests {
  private func client() throws -> LLMClient {
    LLMClient(
      http: try HTTPClient(configuration: HTTPClientConfiguration(proxy: .none)),
      baseURL: try #require(RealProxy.baseURL), apiKey: RealProxy.key,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  private func isServed(_ model: String) async throws -> Bool {
    if try await client().models().contains(where: { $0.id == model }) { return true }
    if !RealProxy.isRequired { print("skipped: \(model) is not served by this proxy") }
    #expect(!RealProxy.isRequired)
    return false
  }

  @Test("a genuine small model answers, token by token")
  func realModel() async throws {
    guard try await isServed("smollm") else { return }
    var request = ChatRequest(model: "smollm", messages: [.user("What is the capital of France?")])
    request.maxTokens = 40
    var pieces = 0
    var usage: Usage?
    var outcome: ChatOutcome?
    for try await event in try await client().chat(request) {
      switch event {
      case .content: pieces += 1
      case .usage(let reported): usage = reported
      case .ended(let end): outcome = end
      default: break
      }
    }
    #expect(pieces > 2)
    #expect((usage?.completionTokens ?? 0) > 0)
    #expect(outcome?.isComplete == true)
  }

  @Test(
    "an answer that breaks off in the middle keeps its text",
    arguments: [
      "broken-error-frame", "broken-cut",
    ])
  func broken(_ model: String) async throws {
    guard try await isServed(model) else { return }
    var text = ""
    var failure: LLMError?
    do {
      let request = ChatRequest(model: model, messages: [.user("x")])
      for try await event in try await client().chat(request) {
        if case .content(let piece) = event { text += piece }
      }
    } catch let error as LLMError {
      failure = error
    }
    // The upstream drops a chunked body (Tests/RealLiteLLM/broken_upstream.py), which LiteLLM
    // passes on as an error; it invents a finish reason only where the length is not known.
    #expect(failure?.receivedContent == true, "\(failure.map { "\($0)" } ?? "a complete answer")")
    #expect(failure?.isWorthRetrying == false)
    #expect(text.hasPrefix("This "))
  }

  @Test("stopping in the middle of a real answer")
  func stop() async throws {
    guard try await isServed("smollm") else { return }
    let client = try client()
    var request = ChatRequest(model: "smollm", messages: [.user("Tell me a long story.")])
    request.maxTokens = 150
    for try await event in try await client.chat(request) {
      if case .content = event { break }
    }
    for _ in 0..<500 where client.http.openTransfers > 0 {
      try await Task.sleep(for: .milliseconds(10))
    }
    #expect(client.http.openTransfers == 0)
  }
}
