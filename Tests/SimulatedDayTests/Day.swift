// A simulated cloud, people who ask, and the assistant as a service in this process: all on one clock,
// over real sockets.

import CurlHTTP
import Foundation
import LLMClient
import Logging
import MercuryClient
import Synchronization
import WebexAPI
import WebexSimulator

@testable import Assistant

final class Day: Sendable {
  struct Question: Sendable {
    var id: String
    var roomID: String
    var asked: Duration
  }

  static let botToken = "sim-bot-token"
  static let botEmail = "assistant@webex.bot"
  /// The people who ask, each in the space with the bot.
  static let people = ["alice", "bob", "carol"]

  let clock = DayClock()
  let simulator = Simulator()
  let addresses: SimulatorAddresses
  private let log: DayLog
  private let folder = URL.temporaryDirectory.appending(path: "day-\(UUID().uuidString)")
  private let start = Date()
  private let cloudOffset = Mutex(0)
  private let http: HTTPClient
  private let rooms: [String: String]

  init() async throws {
    addresses = try await simulator.start()
    http = try HTTPClient(configuration: HTTPClientConfiguration(proxy: .none))
    log = DayLog()
    try simulator.setModelScript(["text": "Yes.", "speed": 0, "delay": 0])
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var rooms: [String: String] = [:]
    for person in Self.people {
      let message = try await simulator.post(
        ["toPersonEmail": .string(Self.botEmail), "text": "before the install"],
        token: "sim-\(person)-token")
      rooms[person] = message["roomId"]?.string
    }
    self.rooms = rooms
  }

  var now: Duration { clock.now.offset }
  var lines: [String] { log.lines }

  // MARK: The assistant

  /// A run of the program, as far as it is more than its settings.
  func run(maximumAge: Duration = .seconds(86_400)) throws -> Task<Void, any Error> {
    let logger = log.logger
    let transport = BearerTransport(
      token: Self.botToken, http: http,
      hosts: TokenHostPolicy(operatorURLs: [addresses.apiBaseURL, addresses.u2cURL]),
      userAgent: "day", logger: logger)
    let now: @Sendable () -> Date = { [clock, start] in
      start.addingTimeInterval(clock.now.offset / .seconds(1))
    }
    let webex = WebexClient(
      transport: transport, baseURL: addresses.apiBaseURL, logger: logger, clock: clock, now: now)
    var mercury = MercuryConfiguration(u2cURL: addresses.u2cURL, deviceName: "day")
    // A ping every half hour: there are 48 of them in a day, not 5,760.
    mercury.pingInterval = .seconds(1_800)
    mercury.deleteDeviceOnExit = false
    let store = try Store(path: folder.appending(path: "assistant.sqlite").path)
    var configuration = AssistantConfiguration()
    configuration.greets = false
    configuration.backfillMaximumAge = maximumAge
    let service = AssistantService(
      configuration: configuration, webex: webex,
      mercury: MercuryClient(
        transport: transport, configuration: mercury, deviceStore: store, logger: logger,
        clock: clock),
      resolver: ActivityResolver(webex: webex, transport: transport, clock: clock),
      llm: LLMClient(http: http, baseURL: addresses.llmBaseURL, apiKey: nil, logger: logger),
      store: store, logger: logger, clock: clock, now: now)
    return Task {
      defer { try? store.close() }
      try await service.run()
    }
  }

  func end() async {
    // For whoever looks into a failure.
    if let path = ProcessInfo.processInfo.environment["DAY_LOG"] {
      try? lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    }
    await simulator.stop()
    await http.shutdown()
    try? FileManager.default.removeItem(at: folder)
  }

  // MARK: Time

  /// Lets time pass, from one sleeper to the next, each time only when nothing goes on.
  func pass(to time: Duration) async throws {
    while true {
      try await untilQuiet()
      guard let next = clock.next, next <= time else { break }
      try move(to: next)
    }
    try move(to: time)
    try await untilQuiet()
  }

  private func move(to time: Duration) throws {
    clock.advance(to: time)
    // The cloud's clock is the same, but for the moments that this machine takes; never back.
    let wanted = start.timeIntervalSince(Date()) + clock.now.offset / .seconds(1)
    let offset = cloudOffset.withLock { offset in
      offset = max(offset, Int(wanted * 1000))
      return offset
    }
    try simulator.setClock(offsetMilliseconds: offset)
  }

  /// Until no thread of this process has anything to do, twice in a row. Other suites may run beside:
  /// then it is enough that nothing of the day has moved for a while.
  private func untilQuiet() async throws {
    var last = (-1, -1)
    var still = 0
    var unmoved = 0
    while still < 2, unmoved < 150 {
      try await Task.sleep(for: .microseconds(500))
      let traffic = simulator.traffic
      let seen = (clock.changes, traffic.passed)
      let isUnmoved = seen == last && traffic.open == 0
      last = seen
      unmoved = isUnmoved ? unmoved + 1 : 0
      still = isUnmoved && Stillness.isStill ? still + 1 : 0
    }
  }

  // MARK: People

  func ask(_ text: String, by person: String) async throws -> Question {
    let room = rooms[person] ?? ""
    let message = try await simulator.post(
      ["roomId": .string(room), "text": .string(text)], token: "sim-\(person)-token")
    return Question(id: message["id"]?.string ?? "", roomID: room, asked: now)
  }

  /// What stands in the thread of a question now, but for notices.
  func answers(to question: Question) throws -> [String] {
    try messages(in: question.roomID).filter { $0.parentID == question.id }.map(\.text)
  }

  /// The bot's messages in a space that a reader sees now.
  func messages(in roomID: String) throws -> [(parentID: String?, text: String)] {
    try (simulator.messages(roomID: roomID).array ?? []).filter {
      $0["personEmail"]?.string == Self.botEmail && $0["deleted"] == nil
    }.map { ($0["parentId"]?.string, $0["versions"]?.array?.last?["text"]?.string ?? "") }
  }

  var roomIDs: [String] { Array(rooms.values) }
}

/// The log, for a test that failed.
final class DayLog: Sendable {
  private let kept = Mutex<[String]>([])

  var lines: [String] { kept.withLock { $0 } }

  var logger: Logger {
    var logger = Logger(label: "day") { _ in Handler(log: self) }
    logger.logLevel = .notice
    return logger
  }

  private struct Handler: LogHandler {
    let log: DayLog
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.notice

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      log.kept.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
    }
  }
}
