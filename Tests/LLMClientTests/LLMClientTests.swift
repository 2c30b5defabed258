// The client over real sockets, against a server that answers as the test says.

import CurlHTTP
import Dispatch
import FoundationEssentials
import Logging
import Synchronization
import Testing

@testable import LLMClient

/// Time that passes only where the client waits.
final class ManualTime: Sendable {
  private let passed = Mutex<[Duration]>([])

  var waits: [Duration] { passed.withLock { $0 } }

  var time: LLMTime {
    LLMTime(
      elapsed: { self.waits.reduce(.zero, +) }, now: { Date(timeIntervalSince1970: 1_234_567_890) },
      sleep: { wait in
        try Task.checkCancellation()
        self.passed.withLock { $0.append(wait) }
      }, random: { 0.5 })
  }
}

/// A client, its HTTP client and its clock for one test.
struct Bench {
  let http: HTTPClient
  let client: LLMClient
  let manual = ManualTime()

  init(
    _ baseURL: String, key: String? = "sk-test", configuration: LLMConfiguration = .init()
  ) throws {
    http = try HTTPClient(configuration: HTTPClientConfiguration(proxy: .none))
    client = LLMClient(
      http: http, baseURL: baseURL, apiKey: key, configuration: configuration,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, time: manual.time)
  }

  func events(_ request: ChatRequest = .hello) async throws -> [ChatEvent] {
    var events: [ChatEvent] = []
    for try await event in try await client.chat(request) { events.append(event) }
    return events
  }

  func failure(_ request: ChatRequest = .hello) async -> (error: LLMError?, text: String) {
    var text = ""
    do {
      for try await event in try await client.chat(request) {
        if case .content(let piece) = event { text += piece }
      }
      return (nil, text)
    } catch {
      return (error as? LLMError, text)
    }
  }

  /// Waits until no transfer is open any more.
  func isQuiet() async throws -> Bool {
    for _ in 0..<1000 {
      if http.openTransfers == 0 { return true }
      try await Task.sleep(for: .milliseconds(10))
    }
    return false
  }
}

extension ChatRequest {
  static let hello = ChatRequest(model: "assistant", messages: [.user("Hello")])
}

@Suite("LLM client", .timeLimit(.minutes(2)))
struct LLMClientTests {
  @Test("an answer streams, and the request says what it should")
  func plain() async throws {
    let server = try ScriptedServer { exchange in
      exchange.stream(
        headers: [
          "x-litellm-call-id": exchange.headers["x-litellm-call-id"] ?? "own",
          "x-litellm-model-group": "assistant", "x-litellm-attempted-fallbacks": "1",
        ], plainStream)
      return true
    }
    let bench = try Bench(server.baseURL)
    var request = ChatRequest(
      model: "assistant", messages: [.system("Be brief."), .user("Hello", name: "alice")],
      endUserID: "alice@example.com", sessionID: "space-1", callID: "REF-1\r\nx: y")
    request.temperature = 0.5
    let stream = try await bench.client.chat(request)
    #expect(stream.callID == "REF-1x:y")
    #expect(stream.deployment.modelGroup == "assistant")
    #expect(stream.deployment.attemptedFallbacks == 1)
    var events: [ChatEvent] = []
    for try await event in stream { events.append(event) }
    #expect(events.text == "the answer")
    #expect(events.last == outcome())

    let seen = try #require(server.requests.first)
    #expect(seen.method == "POST")
    #expect(seen.path == "/v1/chat/completions")
    #expect(seen.headers["authorization"] == "Bearer sk-test")
    #expect(seen.headers["accept"] == "text/event-stream")
    #expect(seen.headers["content-type"] == "application/json")
    #expect(seen.headers["x-litellm-end-user-id"] == "alice@example.com")
    #expect(seen.headers["x-litellm-session-id"] == "space-1")
    #expect(seen.headers["x-litellm-call-id"] == "REF-1x:y")
    #expect(seen.json["stream"] as? Bool == true)
    #expect((seen.json["stream_options"] as? [String: Bool]) == ["include_usage": true])
    #expect(seen.json["temperature"] as? Double == 0.5)
    #expect(seen.json["drop_params"] as? Bool == true)
    #expect(seen.json["user"] == nil)
    #expect(seen.json["max_tokens"] == nil)
  }

  @Test("without a key there is no Authorization", arguments: [nil, ""])
  func noKey(_ key: String?) async throws {
    let server = try ScriptedServer { exchange in
      exchange.stream(plainStream)
      return true
    }
    _ = try await Bench(server.baseURL, key: key).events()
    #expect(server.requests.first?.headers["authorization"] == nil)
  }

  @Test(
    "the base URL with and without /v1 and slashes", arguments: ["", "/", "/v1", "/v1/", "/v1//"])
  func baseURL(_ suffix: String) async throws {
    let server = try ScriptedServer { exchange in
      exchange.stream(plainStream)
      return true
    }
    _ = try await Bench(server.baseURL + suffix).events()
    #expect(server.requests.first?.path == "/v1/chat/completions")
  }

  @Test("a stream that is read to its end leaves the connection for the next request")
  func reuse() async throws {
    let server = try ScriptedServer { exchange in
      exchange.stream(plainStream)
      return true
    }
    var configuration = LLMConfiguration()
    configuration.endGrace = .seconds(3600)
    let bench = try Bench(server.baseURL, configuration: configuration)
    for _ in 0..<5 {
      _ = try await bench.events()
      #expect(try await bench.isQuiet())
    }
    #expect(server.requests.count == 5)
    #expect(server.connectionCount == 1)
  }

  @Test("an error response is classified, not retried where that is senseless")
  func errorResponse() async throws {
    let server = try ScriptedServer { exchange in
      exchange.respond(
        400, headers: ["x-litellm-call-id": "call-9"],
        ErrorCase.litellm("litellm.ContextWindowExceededError: x", type: nil, code: "400"))
      return true
    }
    let bench = try Bench(server.baseURL)
    let (error, _) = await bench.failure()
    #expect(error?.code == .contextTooLong)
    #expect(error?.callID == "call-9")
    #expect(server.requests.count == 1)
    #expect(bench.manual.waits.isEmpty)
  }

  @Test("an error without a call id of the proxy carries the caller's")
  func callerCallID() async throws {
    let server = try ScriptedServer { exchange in
      exchange.respond(400, "{}")
      return true
    }
    var request = ChatRequest.hello
    request.callID = "REF-7"
    let (error, _) = await (try Bench(server.baseURL)).failure(request)
    #expect(error?.callID == "REF-7")
  }

  @Test("a rate limit is waited for as long as the proxy says, then it works")
  func retryAfter() async throws {
    let server = try ScriptedServer { exchange in
      if exchange.number == 1 {
        exchange.respond(429, headers: ["llm_provider-retry-after": "7"], "{}")
      } else {
        exchange.stream(plainStream)
      }
      return true
    }
    let bench = try Bench(server.baseURL)
    #expect(try await bench.events().text == "the answer")
    #expect(bench.manual.waits == [.seconds(7)])
    #expect(server.requests[0].body == server.requests[1].body)
  }

  @Test("two attempts, then the error of the last one")
  func attemptsAreLimited() async throws {
    let server = try ScriptedServer { exchange in
      exchange.respond(exchange.number == 1 ? 503 : 502, "")
      return true
    }
    let bench = try Bench(server.baseURL)
    let (error, _) = await bench.failure()
    #expect(error?.status == 502)
    #expect(server.requests.count == 2)
    #expect(bench.manual.waits.count == 1)
  }

  @Test("a wait longer than the policy allows is not waited")
  func longRetryAfter() async throws {
    let server = try ScriptedServer { exchange in
      exchange.respond(429, headers: ["retry-after": "3600"], "{}")
      return true
    }
    let bench = try Bench(server.baseURL)
    let (error, _) = await bench.failure()
    #expect(error?.code == .rateLimited)
    #expect(error?.retryAfter == .seconds(3600))
    #expect(server.requests.count == 1)
  }

  @Test(
    "a failure within the stream before any content is retried, and the role comes once",
    arguments: [
      chunk(#"{"role":"assistant"}"#) + data(#"{"error":{"message":"x","code":"503"}}"#),
      chunk(#"{"role":"assistant"}"#), ": ping\n\n", "",
    ])
  func retryWithinStream(_ first: String) async throws {
    let server = try ScriptedServer { exchange in
      exchange.stream(exchange.number == 1 ? first : plainStream)
      return true
    }
    let bench = try Bench(server.baseURL)
    let events = try await bench.events()
    #expect(events.text == "the answer")
    #expect(events.filter { $0 == .role("assistant") }.count == 1)
    #expect(server.requests.count == 2)
  }

  @Test("head and stream draw on one budget of attempts")
  func oneBudget() async throws {
    let server = try ScriptedServer { exchange in
      if exchange.number == 1 { exchange.respond(503, "") } else { exchange.stream(": ping\n\n") }
      return true
    }
    let bench = try Bench(server.baseURL)
    let (error, _) = await bench.failure()
    #expect(error?.code == .upstreamFailed)
    #expect(server.requests.count == 2)
  }

  @Test("never retried after content")
  func noRetryAfterContent() async throws {
    let server = try ScriptedServer { exchange in
      exchange.stream(content("half") + data(#"{"error":{"message":"x","code":"503"}}"#))
      return true
    }
    let bench = try Bench(server.baseURL)
    let (error, text) = await bench.failure()
    #expect(text == "half")
    #expect(error?.code == .upstreamFailed)
    #expect(error?.receivedContent == true)
    #expect(server.requests.count == 1)
  }

  /// How a connection ends in the middle of an answer.
  enum Break: CaseIterable, Sendable { case close, reset }

  @Test("a connection that ends after content is cut off", arguments: Break.allCases)
  func broken(_ ending: Break) async throws {
    let isRead = DispatchSemaphore(value: 0)
    let server = try ScriptedServer { exchange in
      exchange.startStream()
      exchange.sendChunk(content("half"))
      // Not before the text is read: only a failure after content is meant here.
      _ = isRead.wait(timeout: .now() + 60)
      if ending == .reset { exchange.reset() }
      return false
    }
    let bench = try Bench(server.baseURL)
    var text = ""
    var failure: LLMError?
    do {
      for try await event in try await bench.client.chat(.hello) {
        guard case .content(let piece) = event else { continue }
        text += piece
        isRead.signal()
      }
    } catch let error as LLMError {
      failure = error
    }
    #expect(text == "half")
    #expect(failure?.code == .cutOff)
    #expect(failure?.receivedContent == true)
    // The socket itself says which of the two it was.
    let isReset = failure?.message.contains("reset by peer") == true
    #expect(isReset == (ending == .reset), "\(failure?.message ?? "-")")
    #expect(server.requests.count == 1)
    #expect(try await bench.isQuiet())
  }

  @Test("a connection dropped before any content is asked again")
  func droppedBeforeContent() async throws {
    let server = try ScriptedServer { exchange in
      exchange.startStream()
      if exchange.number == 1 { return false }
      exchange.sendChunk(plainStream)
      exchange.endStream()
      return true
    }
    let bench = try Bench(server.baseURL)
    #expect(try await bench.events().text == "the answer")
    #expect(server.requests.count == 2)
  }

  @Test("nobody there")
  func unreachable() async throws {
    var configuration = LLMConfiguration()
    configuration.retry.maximumAttempts = 3
    let port = try { try ScriptedServer { _ in false }.port }()
    let bench = try Bench("http://127.0.0.1:\(port)", configuration: configuration)
    let (error, _) = await bench.failure()
    #expect(error?.code == .unreachable)
    #expect(bench.manual.waits.count == 2)
  }

  @Test("an address that is none", arguments: ["", "nonsense", "ftp://x", "http://a b"])
  func badAddress(_ url: String) async throws {
    let (error, _) = await (try Bench(url)).failure()
    #expect(error?.code == .unreachable)
    #expect(error?.isWorthRetrying == false)
  }

  /// Silence ends only when the client gives up, however slow the machine is.
  @Test("silence after the first words is noticed")
  func idle() async throws {
    let server = try ScriptedServer { exchange in
      exchange.startStream()
      exchange.sendChunk(content("half"))
      return !exchange.waitForClose(seconds: 60)
    }
    let bench = try Bench(
      server.baseURL, configuration: LLMConfiguration(idleTimeout: .milliseconds(500)))
    let (error, text) = await bench.failure()
    #expect(text == "half")
    #expect(error?.code == .cutOff)
    #expect((error?.underlying as? HTTPError)?.code == .idleTimeout)
  }

  /// The comments go on for twice the limit, measured where they are sent; each pause is a
  /// fortieth of it, so a machine may stall for seconds without a difference.
  @Test("a comment is life")
  func commentsKeepAlive() async throws {
    let server = try ScriptedServer { exchange in
      exchange.startStream()
      exchange.sendChunk(content("half"))
      let start = ContinuousClock.now
      while start.duration(to: .now) < .seconds(8) {
        exchange.pause(milliseconds: 100)
        exchange.sendChunk(": ping\n\n")
      }
      exchange.sendChunk(content(" more") + chunk("{}", finish: "stop") + done)
      exchange.endStream()
      return true
    }
    let bench = try Bench(server.baseURL, configuration: LLMConfiguration(idleTimeout: .seconds(4)))
    let events = try await bench.events()
    #expect(events.text == "half more")
    #expect(events.contains(.alive))
  }

  @Test("no first byte is a time-out")
  func firstByte() async throws {
    var configuration = LLMConfiguration(firstByteTimeout: .milliseconds(300))
    configuration.retry.maximumAttempts = 1
    let server = try ScriptedServer { !$0.waitForClose() }
    let (error, _) = await (try Bench(server.baseURL, configuration: configuration)).failure()
    #expect(error?.code == .timeout)
  }

  /// Ways in which a reader stops early.
  enum Stop: CaseIterable, Sendable { case breakLoop, cancelTask, cancelStream, dropUnread }

  @Test("stopping closes the connection at once", arguments: Stop.allCases)
  func stop(_ stop: Stop) async throws {
    let (closed, closedInput) = AsyncStream.makeStream(of: Bool.self)
    let server = try ScriptedServer { exchange in
      exchange.startStream()
      exchange.sendChunk(content("half"))
      closedInput.yield(exchange.waitForClose())
      return false
    }
    let bench = try Bench(server.baseURL)
    switch stop {
    case .breakLoop:
      for try await event in try await bench.client.chat(.hello) {
        if event == .content("half") { break }
      }
    case .cancelTask:
      let (started, startedInput) = AsyncStream.makeStream(of: Void.self)
      let client = bench.client
      let task = Task {
        for try await event in try await client.chat(.hello) {
          if event == .content("half") { startedInput.yield() }
        }
      }
      for await _ in started { break }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
    case .cancelStream:
      let stream = try await bench.client.chat(.hello)
      await #expect(throws: CancellationError.self) {
        for try await event in stream where event == .content("half") { stream.cancel() }
      }
    case .dropUnread:
      _ = try await bench.client.chat(.hello)
    }
    for await isClosed in closed {
      #expect(isClosed)
      break
    }
    #expect(try await bench.isQuiet())
  }

  /// With a grace far beyond the test's own limit, only the end of the body can free it.
  @Test(
    "a finished stream lets go of its connection as soon as the body has ended",
    arguments: [0, 1 << 20])
  func finishedIsFree(_ bytesAfterDone: Int) async throws {
    let server = try ScriptedServer { exchange in
      exchange.stream(plainStream + String(repeating: ":\n", count: bytesAfterDone / 2))
      return true
    }
    var configuration = LLMConfiguration()
    configuration.endGrace = .seconds(3600)
    let bench = try Bench(server.baseURL, configuration: configuration)
    #expect(try await bench.events().text == "the answer")
    #expect(try await bench.isQuiet())
  }

  @Test("a finished stream whose body does not end is closed by cancelling, or after the grace")
  func finishedWithoutEnd() async throws {
    let (closed, closedInput) = AsyncStream.makeStream(of: Bool.self)
    let server = try ScriptedServer { exchange in
      exchange.startStream()
      exchange.sendChunk(plainStream)
      closedInput.yield(exchange.waitForClose())
      return false
    }
    var iterator = closed.makeAsyncIterator()
    for grace in [Duration.seconds(3600), .milliseconds(20)] {
      var configuration = LLMConfiguration()
      configuration.endGrace = grace
      let bench = try Bench(server.baseURL, configuration: configuration)
      let stream = try await bench.client.chat(.hello)
      var last: ChatEvent?
      for try await event in stream { last = event }
      #expect(last == outcome())
      if grace > .seconds(1) { stream.cancel() }
      #expect(await iterator.next() == true)
      #expect(try await bench.isQuiet())
    }
  }

  @Test("cancelling before the head arrives closes the connection")
  func cancelBeforeHead() async throws {
    let (seen, seenInput) = AsyncStream.makeStream(of: Bool.self)
    let server = try ScriptedServer { exchange in
      seenInput.yield(true)
      seenInput.yield(exchange.waitForClose())
      return false
    }
    let bench = try Bench(server.baseURL)
    let client = bench.client
    let task = Task { _ = try await client.chat(.hello) }
    var iterator = seen.makeAsyncIterator()
    _ = await iterator.next()
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(await iterator.next() == true)
    #expect(server.requests.count == 1)
  }

  @Test("a whole JSON completion to a stream request")
  func wholeCompletion() async throws {
    let server = try ScriptedServer { exchange in
      exchange.respond(
        #"{"choices":[{"finish_reason":"stop","message":{"content":"all"}}],"usage":{}}"#,
        headers: ["x-litellm-response-cost": "0.25"])
      return true
    }
    let events = try await (try Bench(server.baseURL)).events()
    #expect(events.text == "all")
    #expect(
      events.contains(
        .usage(Usage(promptTokens: 0, completionTokens: 0, totalTokens: 0, cost: 0.25))))
  }

  @Test("an error body that never ends is read only so far")
  func endlessErrorBody() async throws {
    let server = try ScriptedServer { exchange in
      exchange.send("HTTP/1.1 400 X\r\ncontent-type: text/plain\r\n\r\n")
      for _ in 0..<64 { exchange.send(String(repeating: "x", count: 4096)) }
      return !exchange.waitForClose()
    }
    let bench = try Bench(server.baseURL)
    let (error, _) = await bench.failure()
    #expect(error?.code == .badRequest)
    #expect(error?.message.count == 300)
    #expect(try await bench.isQuiet())
  }

  @Test("many answers at the same moment are not mixed up")
  func concurrent() async throws {
    let server = try ScriptedServer { exchange in
      let model = exchange.json["model"] as? String ?? ""
      exchange.startStream()
      for part in 0..<10 { exchange.sendChunk(content("\(model)-\(part) ")) }
      exchange.sendChunk(chunk("{}", finish: "stop") + done)
      exchange.endStream()
      return true
    }
    let bench = try Bench(server.baseURL)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<100 {
        group.addTask {
          let text = try await bench.events(
            ChatRequest(model: "m\(number)", messages: [.user("x")])
          ).text
          #expect(text == (0..<10).map { "m\(number)-\($0) " }.joined())
        }
      }
      try await group.waitForAll()
    }
    #expect(try await bench.isQuiet())
  }
}
