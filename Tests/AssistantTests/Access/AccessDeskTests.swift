import FoundationEssentials
import Logging
import Synchronization
import Testing
import WebexAPI

@testable import Assistant

/// Webex's memberships, and what was asked of them.
private final class Spaces: Sendable {
  struct State: Sendable {
    /// Members of rooms by uuid; true: a moderator.
    var members: [String: [String: Bool]] = [:]
    var rooms: [(id: String, title: String)] = []
    var failure: WebexError?
    var asked: [String] = []
  }
  let state = Mutex(State())

  var asked: [String] { state.withLock { $0.asked } }

  var source: MembershipSource {
    MembershipSource(
      membership: { roomID, personID in
        try self.state.withLock { state in
          let room = WebexID(roomID)?.description ?? roomID
          state.asked.append(room)
          if let failure = state.failure { throw failure }
          guard let members = state.members[room] else {
            throw WebexError(.notFound, status: 404, message: "")
          }
          guard let isModerator = members[personID] else { return nil }
          return try JSONDecoder().decode(
            Membership.self,
            from: Data(
              #"{"id": "m", "personId": "\#(personID)", "isModerator": \#(isModerator)}"#.utf8))
        }
      },
      rooms: {
        try self.state.withLock { state in
          state.asked.append("rooms")
          if let failure = state.failure { throw failure }
          return try state.rooms.map {
            try JSONDecoder().decode(
              Room.self,
              from: Data(#"{"id": "\#($0.id)", "title": "\#($0.title)", "type": "group"}"#.utf8))
          }
        }
      })
  }
}

/// The lines of an audit log.
private final class Lines: Sendable {
  let all = Mutex<[Logger.Metadata]>([])

  var logger: Logger { Logger(label: "audit") { _ in Handler(lines: self) } }

  private struct Handler: LogHandler {
    let lines: Lines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let metadata = event.metadata ?? [:]
      lines.all.withLock { $0.append(metadata) }
    }
  }
}

/// Time that stands until a test moves it; nobody sleeps on it.
private final class Stopwatch: Clock {
  struct Instant: InstantProtocol {
    var offset: Duration = .zero
    func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    func duration(to other: Instant) -> Duration { other.offset - offset }
    static func < (a: Instant, b: Instant) -> Bool { a.offset < b.offset }
  }
  private let time = Mutex(Instant())
  var now: Instant { time.withLock { $0 } }
  var minimumResolution: Duration { .zero }

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    try await Task.sleep(for: .seconds(3_600))
  }
  func advance(by duration: Duration) { time.withLock { $0 = $0.advanced(by: duration) } }
}

@Suite("The access desk")
struct AccessDeskTests {
  private static let room = AccessPolicyTests.room
  private static let ann = "Y2lzY29zcGFyazovL3VzL1BFT1BMRS9hbm4"
  private let spaces = Spaces()
  private let lines = Lines()
  private let clock = Stopwatch()

  private func desk(_ change: (inout AssistantConfiguration) -> Void) -> AccessDesk {
    var configuration = AssistantConfiguration()
    change(&configuration)
    var quiet = Logger(label: "test")
    quiet.logLevel = .critical
    return AccessDesk(
      configuration: configuration, source: spaces.source, clock: clock, audit: lines.logger,
      logger: quiet)
  }

  private func subject(
    _ email: String = "ann@team.example", direct: Bool = true, event: String? = nil
  ) -> AccessSubject {
    AccessSubject(
      email: email, personID: Self.ann, spaceID: "space", isDirect: direct, eventID: event)
  }

  private static let address = "ciscospark://us/ROOM/\(room)"

  @Test("a member of an approved space may write directly, and is looked up once a minute")
  func member() async {
    spaces.state.withLock { $0.members = [Self.address: [Self.ann: false]] }
    let desk = desk { $0.access = AccessPolicy(rooms: [AccessPolicyTests.roomID]) }
    for _ in 0..<3 {
      #expect(await desk.admits(subject(), what: "message") == .allowed(.member(Self.room)))
    }
    #expect(spaces.asked == [Self.address])
    // Removed from the space: the cache forgets.
    spaces.state.withLock { $0.members = [Self.address: [:]] }
    clock.advance(by: .seconds(59))
    #expect(await desk.admits(subject(), what: "message").isAllowed)
    clock.advance(by: .seconds(1))
    #expect(await desk.admits(subject(), what: "message") == .refused(.notListed))
    // And a refusal is remembered as long.
    spaces.state.withLock { $0.members = [Self.address: [Self.ann: false]] }
    #expect(await desk.admits(subject(), what: "message") == .refused(.notListed))
    clock.advance(by: .seconds(60))
    #expect(await desk.admits(subject(), what: "message").isAllowed)
    #expect(spaces.asked.count == 3)
  }

  @Test("whose membership cannot be looked up is refused, and looked up again next time")
  func failure() async {
    spaces.state.withLock { $0.failure = WebexError(.serverFailure, status: 502, message: "") }
    let desk = desk { $0.access = AccessPolicy(rooms: [AccessPolicyTests.roomID]) }
    #expect(await desk.admits(subject(), what: "message") == .refused(.membershipUnknown))
    spaces.state.withLock {
      $0.failure = nil
      $0.members = [Self.address: [Self.ann: false]]
    }
    #expect(await desk.admits(subject(), what: "message").isAllowed)
  }

  @Test("one membership is enough, though another space cannot be asked about")
  func oneOfTwo() async {
    let hidden = AccessPolicyTests.elsewhere
    spaces.state.withLock { $0.members = [Self.address: [Self.ann: false]] }
    let desk = desk { $0.access = AccessPolicy(rooms: [hidden, AccessPolicyTests.roomID]) }
    #expect(await desk.admits(subject(), what: "message") == .allowed(.member(Self.room)))
  }

  @Test("a space that was given as a uuid is asked for in its own cluster")
  func cluster() async throws {
    let id = WebexID(cluster: "urn:TEAM:us-west-2_r", kind: .room, uuid: Self.room)
    spaces.state.withLock {
      $0.rooms = [(id.encoded, "Deploy desk")]
      $0.members = [id.description: [Self.ann: false]]
    }
    let desk = desk { $0.access = AccessPolicy(rooms: [Self.room]) }
    #expect(await desk.admits(subject(), what: "message").isAllowed)
    clock.advance(by: .seconds(61))
    #expect(await desk.admits(subject(), what: "message").isAllowed)
    #expect(spaces.asked == ["rooms", id.description, id.description])
  }

  @Test("nobody is looked up where it does not matter")
  func unneeded() async {
    let desk = desk {
      $0.access = AccessPolicy(users: ["ann@team.example"], rooms: [AccessPolicyTests.roomID])
      $0.admins = ["root@team.example"]
    }
    #expect(await desk.admits(subject(), what: "message").isAllowed)
    #expect(await desk.admits(subject("root@team.example"), what: "message").isAllowed)
    #expect(await !desk.admits(subject("eve@x.example", direct: false), what: "message").isAllowed)
    #expect(await !desk.admits(subject("helper@webex.bot"), what: "message").isAllowed)
    #expect(spaces.asked.isEmpty)
  }

  @Test(
    "who may change the settings of a space",
    arguments: [
      (SettingsPolicy.anyone, "ann@team.example", false, AccessDecision.allowed(.everyone)),
      (.moderators, "ann@team.example", false, .refused(.notModerator)),
      (.moderators, "ann@team.example", true, .allowed(.ownSpace)),
      (.moderators, "root@team.example", false, .allowed(.admin("root@team.example"))),
      (.admins, "ann@team.example", false, .refused(.notAdmin)),
      (.admins, "ann@team.example", true, .allowed(.ownSpace)),
      (.admins, "root@team.example", false, .allowed(.admin("root@team.example"))),
    ])
  func settings(
    policy: SettingsPolicy, email: String, direct: Bool, expected: AccessDecision
  ) async {
    spaces.state.withLock { $0.members = ["here": [Self.ann: false]] }
    let desk = desk {
      $0.settingsPolicy = policy
      $0.admins = ["root@team.example"]
    }
    #expect(
      await desk.mayChangeSettings(subject(email, direct: direct), roomID: "here") == expected)
  }

  @Test("a moderator may change the settings of a space; who cannot be looked up may not")
  func moderators() async {
    spaces.state.withLock { $0.members = ["here": [Self.ann: true]] }
    let desk = desk { $0.settingsPolicy = .moderators }
    let ann = subject(direct: false)
    #expect(await desk.mayChangeSettings(ann, roomID: "here") == .allowed(.moderator))
    spaces.state.withLock { $0.failure = WebexError(.timedOut, message: "") }
    #expect(await desk.mayChangeSettings(ann, roomID: "there") == .refused(.moderatorUnknown))
  }

  @Test(
    "who may run a command",
    arguments: [
      (CommandAccess.everyone, "ann@team.example", AccessDecision.allowed(.everyone)),
      (.admins, "ann@team.example", .refused(.notAdmin)),
      (.admins, "root@team.example", .allowed(.admin("root@team.example"))),
      (.settings, "ann@team.example", .refused(.notAdmin)),
      (.settings, "root@team.example", .allowed(.admin("root@team.example"))),
      (.only(AccessPolicy(users: ["bob@*"])), "ann@team.example", .refused(.notListed)),
      (.only(AccessPolicy(users: ["bob@*"])), "bob@team.example", .allowed(.user("bob@*"))),
      (
        .only(AccessPolicy(users: ["bob@*"])), "root@team.example",
        .allowed(.admin("root@team.example"))
      ),
      (.only(AccessPolicy(rooms: ["space"])), "ann@team.example", .allowed(.space)),
    ])
  func commands(access: CommandAccess, email: String, expected: AccessDecision) async {
    let desk = desk {
      $0.settingsPolicy = .admins
      $0.admins = ["root@team.example"]
    }
    let decision = await desk.mayRun(
      access, keyword: "/x", subject(email, direct: false), roomID: "here")
    #expect(decision == expected)
  }

  @Test("titles of approved spaces are refused with the id to use")
  func titles() async throws {
    spaces.state.withLock {
      $0.rooms = [("id-1", "Deploy Desk"), ("id-2", "Twice"), ("id-3", "twice")]
    }
    let desk = desk { _ in }
    try await desk.check(AccessPolicy(rooms: [AccessPolicyTests.roomID, Self.room]))
    #expect(spaces.asked.isEmpty)
    let error = await #expect(throws: AssistantError.self) {
      try await desk.check(AccessPolicy(rooms: ["deploy desk", "Twice", "Gone"]))
    }
    #expect(error?.code == .configuration)
    let message = try #require(error?.message)
    #expect(message.contains("for \"deploy desk\" use id-1"))
    #expect(message.contains("2 spaces have the title \"twice\": id-2, id-3"))
    #expect(message.contains("the bot is in no space with the title \"gone\""))
  }

  @Test("a refused person is told once an hour, and only directly")
  func denials() async {
    let desk = desk { $0.access = AccessPolicy(users: ["ann@team.example"]) }
    let eve = subject("eve@x.example")
    #expect(await desk.denial(of: subject("eve@x.example", direct: false)) == nil)
    #expect(await desk.denial(of: eve) == Sentences.denied)
    clock.advance(by: .seconds(3_599))
    #expect(await desk.denial(of: eve) == nil)
    #expect(await desk.denial(of: subject("mallory@x.example")) == Sentences.denied)
    clock.advance(by: .seconds(1))
    #expect(await desk.denial(of: eve) == Sentences.denied)
    #expect(await desk.denial(of: subject("helper@webex.bot")) == nil)
  }

  @Test(
    "the operator's own words, or none", arguments: [("Ask IT.", "Ask IT."), (nil, nil)])
  func ownWords(setting: String?, expected: String?) async {
    let desk = desk { $0.deniedReply = setting }
    #expect(await desk.denial(of: subject()) == expected)
  }

  @Test("a listed bot is answered until it floods the space")
  func loop() async {
    let desk = desk { $0.access = AccessPolicy(users: ["helper@webex.bot"]) }
    for n in 0..<20 {
      let bot = subject("helper@webex.bot", event: "\(n)")
      #expect(await desk.admits(bot, what: "message").isAllowed)
      #expect(await desk.decide(bot).isAllowed)
    }
    #expect(
      await desk.admits(subject("helper@webex.bot", event: "20"), what: "message")
        == .refused(.loop))
    #expect(await desk.admits(subject("helper@webex.bot", event: "0"), what: "x").isAllowed)
  }

  @Test(
    "every decision is one line with who, where, what, whether and why; a flood is one a minute")
  func audit() async {
    let desk = desk { $0.access = AccessPolicy(users: ["ann@team.example"]) }
    _ = await desk.admits(subject(), what: "message")
    _ = await desk.admits(subject(), what: "message")
    for _ in 0..<50 { _ = await desk.admits(subject("eve@x.example"), what: "message") }
    _ = await desk.admits(subject("eve@x.example"), what: "press")
    clock.advance(by: .seconds(60))
    _ = await desk.admits(subject("eve@x.example"), what: "message")
    _ = await desk.decide(subject())
    let all = lines.all.withLock { $0 }
    #expect(
      all.first == [
        "who": "ann@team.example", "space": "space", "what": "message", "allowed": "true",
        "why": "user: ann@team.example",
      ])
    #expect(all.count == 5)
    #expect(all.map { $0["unsaid"] } == [nil, nil, nil, nil, "49"])
    #expect(all.map { $0["allowed"] } == ["true", "true", "false", "false", "false"])
  }
}
