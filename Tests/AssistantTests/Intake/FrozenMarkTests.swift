import CurlHTTP
import FoundationEssentials
import Logging
import MercuryClient
import Testing
import WebexAPI

@testable import Assistant

@Suite("What a gap took is found although something newer came first")
struct FrozenMarkTests {
  private static let bot = "00000000-0000-4000-8000-00000000b070"
  private static let person = "00000000-0000-4000-8000-0000000a11ce"
  private static let room = "00000000-0000-4000-8000-000000000001"

  private static func time(_ seconds: TimeInterval) -> Date {
    Date(timeIntervalSince1970: 1_800_000_000 + seconds)
  }

  private static func message(_ number: Int, at seconds: TimeInterval) -> Message {
    Message(
      id: WebexID(kind: .message, uuid: "00000000-0000-4000-8000-00000000000\(number)").encoded,
      roomID: WebexID(kind: .room, uuid: room).encoded, roomType: .direct,
      personID: WebexID(kind: .people, uuid: person).encoded,
      personEmail: "alice@example.com", created: time(seconds))
  }

  /// An intake whose conversations work on nothing.
  private func intake(_ store: Store, _ stream: StreamWatch, http: HTTPClient) -> Intake {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let health = HealthBoard()
    let storing = StoreRetry(health: health, logger: logger)
    let webex = WebexClient(
      transport: BearerTransport(
        token: "none", http: http, hosts: TokenHostPolicy(), userAgent: "test", logger: logger),
      logger: logger)
    let now: @Sendable () -> Date = { Self.time(10_000) }
    let conversations = ConversationManager(
      limits: .init(running: 1, waitingPerConversation: 10, waitingPerPerson: 10), health: health,
      work: .init(
        read: { _ in throw CancellationError() }, run: { _, _ in }, finish: { _, _ in },
        refuse: { _, _ in }, waits: { _, _ in }, drains: {}))
    return Intake(
      store: store, conversations: conversations,
      sends: SendLedger(
        store: store, webex: webex, botID: WebexID(kind: .people, uuid: Self.bot).encoded,
        storing: storing, health: health, clock: ContinuousClock(), now: now, logger: logger),
      botUUID: Self.bot, access: AccessPolicy(), storing: storing, stream: stream, now: now,
      logger: logger)
  }

  private func live(_ message: Message) -> MercuryEvent {
    MercuryEvent(
      id: message.id, eventType: "conversation.activity",
      activity: Activity(of: message, name: "Alice"))
  }

  @Test("three messages are lost in a gap, a fourth comes live before the backfill has looked")
  func liveBeforeTheLook() async throws {
    let folder = StoreFolder()
    defer { folder.remove() }
    let store = try folder.open()
    let http = try HTTPClient(configuration: HTTPClientConfiguration(proxy: .none))
    let stream = StreamWatch(clock: ContinuousClock())
    let intake = intake(store, stream, http: http)
    try await store.begin(at: Self.time(0))
    try await store.touchSpace(Self.room, roomID: "R", isDirect: true, at: Self.time(0))

    // All is well: the mark goes with what comes.
    for input in [.ready, .begun, .ended(isComplete: true)] as [GapWatch.Input] {
      stream.note(input)
    }
    try await intake.accept(live(Self.message(0, at: 1_000)))
    #expect(try await store.marks()?.watermarks == [Self.room: Self.time(1_000)])

    for input in [.lost, .newDevice, .ready] as [GapWatch.Input] { stream.note(input) }
    let lost = [1_400, 1_600, 1_800].enumerated().map { Self.message($0 + 1, at: $1) }
    let last = Self.message(4, at: 5_000)
    try await intake.accept(live(last))

    let plan = BackfillPlan(
      marks: try #require(try await store.marks()), now: Self.time(5_010), maximumAge: 86_400,
      botUUID: Self.bot)
    let verdict = plan.verdict(onSpace: Self.room, lastActivity: Self.time(5_000))
    guard case .look(let start) = verdict else {
      Issue.record("not looked into: \(verdict)")
      return
    }
    for message in lost { #expect(plan.verdict(on: message, since: start) == .event) }
    var taken: [Bool] = []
    for message in lost + [last] {
      guard let activity = Activity(of: message, name: nil) else { continue }
      taken.append(try await intake.accept(found: activity))
    }
    // The last is known from the socket.
    #expect(taken == [true, true, true, false])
    #expect(try await store.openEvents().count == 5)

    // Looked after, the mark goes with what comes again.
    for input in [.begun, .ended(isComplete: true)] as [GapWatch.Input] { stream.note(input) }
    try await intake.accept(live(Self.message(5, at: 6_000)))
    #expect(try await store.marks()?.watermarks == [Self.room: Self.time(6_000)])
    try store.close()
    await http.shutdown()
  }
}
