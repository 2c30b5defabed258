import MercuryClient
import Testing

@testable import Assistant

@Suite("Access")
struct AccessPolicyTests {
  static let room = "8d2f3a10-7c41-11f1-9b02-3f5a7e9c1d24"
  static let roomID =
    "Y2lzY29zcGFyazovL3VzL1JPT00vOGQyZjNhMTAtN2M0MS0xMWYxLTliMDItM2Y1YTdlOWMxZDI0"
  static let elsewhere = "00000000-7c41-11f1-9b02-3f5a7e9c1d24"

  struct Row: Sendable, CustomTestStringConvertible {
    var policy = AccessPolicy()
    var email: String? = "bob@team.example"
    var isPerson = true
    var space = AccessPolicyTests.elsewhere
    var isDirect = false
    var memberships: Set<String>? = []
    var admins: [String] = []
    var expected: AccessDecision
    var testDescription: String {
      "\(policy.users + policy.domains + policy.rooms) \(email ?? "-") \(expected.reason)"
    }
  }

  private static let ann = AccessPolicy(users: ["Ann@Team.example"])
  private static let rooms = AccessPolicy(rooms: [roomID])
  private static let nobody = AccessPolicy(requireApproval: true)
  private static let all = AccessPolicy(
    users: ["ann@team.example"], domains: ["team.example"], rooms: [roomID])

  private static let rows: [Row] = [
    // No list.
    Row(expected: .allowed(.everyone)),
    Row(email: nil, expected: .allowed(.everyone)),
    Row(isDirect: true, memberships: nil, expected: .allowed(.everyone)),
    Row(policy: nobody, expected: .refused(.nobody)),
    Row(policy: nobody, email: nil, expected: .refused(.nobody)),
    Row(
      policy: nobody, admins: ["bob@team.example"], expected: .allowed(.admin("bob@team.example"))),
    // People.
    Row(policy: ann, email: "ann@team.example", expected: .allowed(.user("ann@team.example"))),
    Row(policy: ann, email: "ANN@team.EXAMPLE", expected: .allowed(.user("ann@team.example"))),
    Row(policy: ann, expected: .refused(.notListed)),
    Row(policy: ann, email: nil, expected: .refused(.notListed)),
    Row(policy: ann, email: "", expected: .refused(.notListed)),
    Row(policy: ann, email: "ann@team.example.evil", expected: .refused(.notListed)),
    Row(policy: ann, email: "xann@team.example", expected: .refused(.notListed)),
    Row(
      policy: AccessPolicy(users: ["ann@team.example"], requireApproval: true),
      email: "ann@team.example", expected: .allowed(.user("ann@team.example"))),
    // Globs.
    Row(
      policy: AccessPolicy(users: ["*@team.example"]), expected: .allowed(.user("*@team.example"))),
    Row(
      policy: AccessPolicy(users: ["*@team.example"]), email: "bob@team.example.evil",
      expected: .refused(.notListed)),
    Row(
      policy: AccessPolicy(users: ["*@team.example"]), email: "bob@sub.team.example",
      expected: .refused(.notListed)),
    Row(
      policy: AccessPolicy(users: ["b*b@*.example"]), expected: .allowed(.user("b*b@*.example"))),
    Row(
      policy: AccessPolicy(users: ["b*b@*.example"]), email: "b@x.example",
      expected: .refused(.notListed)),
    Row(policy: AccessPolicy(users: ["*"]), expected: .allowed(.user("*"))),
    Row(policy: AccessPolicy(users: ["*"]), email: "nonsense", expected: .refused(.notListed)),
    // Domains.
    Row(
      policy: AccessPolicy(domains: ["Team.example"]), expected: .allowed(.domain("team.example"))),
    Row(
      policy: AccessPolicy(domains: ["team.example"]), email: "bob@sub.team.example",
      expected: .refused(.notListed)),
    Row(
      policy: AccessPolicy(domains: [".team.example"]), email: "bob@sub.team.example",
      expected: .allowed(.domain(".team.example"))),
    Row(
      policy: AccessPolicy(domains: [".team.example"]),
      expected: .allowed(.domain(".team.example"))),
    Row(
      policy: AccessPolicy(domains: [".team.example"]), email: "bob@evilteam.example",
      expected: .refused(.notListed)),
    Row(
      policy: AccessPolicy(domains: ["team.example"]), email: "a@evil.example@team.example",
      expected: .allowed(.domain("team.example"))),
    Row(
      policy: AccessPolicy(domains: ["team.example"]), email: nil, expected: .refused(.notListed)),
    // Spaces, and their members who write directly.
    Row(policy: rooms, space: room, expected: .allowed(.space)),
    Row(policy: rooms, space: room.uppercased(), expected: .allowed(.space)),
    Row(policy: rooms, email: nil, space: room, expected: .allowed(.space)),
    Row(policy: rooms, expected: .refused(.notListed)),
    Row(policy: rooms, memberships: [room], expected: .refused(.notListed)),
    Row(policy: rooms, isDirect: true, memberships: [room], expected: .allowed(.member(room))),
    Row(policy: rooms, isDirect: true, memberships: [elsewhere], expected: .refused(.notListed)),
    Row(policy: rooms, isDirect: true, expected: .refused(.notListed)),
    Row(policy: rooms, isDirect: true, memberships: nil, expected: .refused(.membershipUnknown)),
    Row(policy: rooms, memberships: nil, expected: .refused(.notListed)),
    Row(policy: ann, isDirect: true, memberships: nil, expected: .refused(.notListed)),
    Row(
      policy: all, isDirect: true, memberships: nil, expected: .allowed(.domain("team.example"))),
    Row(
      policy: all, email: "eve@x.example", isDirect: true, memberships: nil,
      expected: .refused(.membershipUnknown)),
    Row(
      policy: all, email: "eve@x.example", isDirect: true, memberships: [room],
      expected: .allowed(.member(room))),
    Row(policy: all, email: "eve@x.example", space: room, expected: .allowed(.space)),
    // Admins.
    Row(policy: ann, admins: ["*@team.example"], expected: .allowed(.admin("*@team.example"))),
    Row(policy: ann, admins: ["BOB@team.example"], expected: .allowed(.admin("BOB@team.example"))),
    Row(policy: ann, admins: ["eve@x.example"], expected: .refused(.notListed)),
    // Bots.
    Row(isPerson: false, expected: .refused(.bot)),
    Row(email: "helper@webex.bot", expected: .refused(.bot)),
    Row(email: "Helper@SparkBot.io", expected: .refused(.bot)),
    Row(policy: AccessPolicy(users: ["*"]), email: "helper@webex.bot", expected: .refused(.bot)),
    Row(policy: AccessPolicy(users: ["*@*"]), email: "helper@webex.bot", expected: .refused(.bot)),
    Row(
      policy: AccessPolicy(users: ["helper@webex.bot"]), email: "helper@webex.bot", isPerson: false,
      expected: .allowed(.user("helper@webex.bot"))),
    Row(
      policy: AccessPolicy(users: ["*-ci@webex.bot"]), email: "a-ci@webex.bot",
      expected: .allowed(.user("*-ci@webex.bot"))),
    Row(
      policy: AccessPolicy(domains: ["webex.bot"]), email: "helper@webex.bot",
      expected: .refused(.bot)),
    Row(policy: rooms, email: "helper@webex.bot", space: room, expected: .refused(.bot)),
    Row(
      policy: rooms, email: "helper@webex.bot", isDirect: true, memberships: [room],
      expected: .refused(.bot)),
    Row(email: nil, isPerson: false, expected: .refused(.bot)),
  ]

  @Test("who may use the assistant, and why", arguments: rows)
  func decisions(row: Row) {
    let subject = AccessSubject(
      email: row.email, isPerson: row.isPerson, spaceID: row.space, isDirect: row.isDirect,
      approvedMemberships: row.memberships)
    #expect(row.policy.decide(subject, admins: row.admins) == row.expected)
    #expect(row.expected.isAllowed == row.policy.decide(subject, admins: row.admins).isAllowed)
  }

  @Test(
    "a space is known in every form in which people find it",
    arguments: [
      (roomID, room), (roomID + "==", room), (room, room), (room.uppercased(), room),
      ("ciscospark://us/ROOM/\(room)", room),
      ("ciscospark://urn:TEAM:us-west-2_r/ROOM/\(room)", room),
      ("webexteams://im?space=\(room)", room), ("https://web.webex.com/spaces/\(room)/chat", room),
      ("Deploy desk", nil), ("", nil),
      ("Y2lzY29zcGFyazovL3VzL1BFT1BMRS9jMWE1YjZkNy0yZTNmLTRhMWItOWM4ZC03ZTZmNWE0YjNjMmQ", nil),
      ("https://web.webex.com/spaces/x", nil), ("space=\(room)", nil),
    ] as [(String, String?)])
  func roomForms(text: String, expected: String?) {
    #expect(AccessPolicy.roomUUID(text) == expected)
  }

  @Test("titles among the rooms are kept apart, to be refused at the start")
  func titles() {
    #expect(AccessPolicy(rooms: [Self.roomID, "Deploy Desk", Self.room]).titles == ["deploy desk"])
  }

  @Test(
    "a bot is heard if it is listed among the users",
    arguments: [
      (AccessPolicy(), "helper@webex.bot", "BOT", false),
      (AccessPolicy(), "helper@webex.bot", "PERSON", false),
      (AccessPolicy(users: ["*"]), "helper@webex.bot", "BOT", false),
      (AccessPolicy(users: ["helper@webex.bot"]), "Helper@webex.bot", "BOT", true),
      (AccessPolicy(users: ["helper@webex.bot"]), "other@webex.bot", "BOT", false),
      (AccessPolicy(users: ["machine@team.example"]), "machine@team.example", "MACHINE", true),
      (AccessPolicy(users: ["ann@team.example"]), "eve@x.example", "PERSON", true),
    ])
  func bots(policy: AccessPolicy, email: String, type: String, isHeard: Bool) {
    let activity = Activity(
      id: "a", verb: "post", actor: .init(id: "b", emailAddress: email, type: type),
      target: .init(id: "space"))
    #expect(
      (Relevance.of(activity, botUUID: "bot", access: policy) == .taken(.message)) == isHeard)
  }

  @Test(
    "whether the bot stays in a space",
    arguments: [
      (AccessPolicy(), [], ["eve@x.example"], SpaceVerdict.stays),
      (ann, [], ["eve@x.example", "ann@team.example"], .stays),
      (ann, [], ["eve@x.example", nil], .leaves),
      (ann, ["eve@x.example"], ["eve@x.example"], .stays),
      (ann, [], [], .leaves),
      (ann, [], ["helper@webex.bot"], .leaves),
      (AccessPolicy(users: ["helper@webex.bot"]), [], ["helper@webex.bot"], .leaves),
      (nobody, [], ["ann@team.example"], .leaves),
      (nobody, ["ann@*"], ["ann@team.example"], .stays),
      (AccessPolicy(rooms: [elsewhere]), [], ["eve@x.example"], .stays),
      (rooms, [], ["eve@x.example"], .leaves),
    ] as [(AccessPolicy, [String], [String?], SpaceVerdict)])
  func spaces(
    policy: AccessPolicy, admins: [String], people: [String?], expected: SpaceVerdict
  ) {
    let verdict = SpaceVerdict.of(
      spaceID: Self.elsewhere, people: people, policy: policy, admins: admins)
    #expect(verdict == expected)
  }
}

@Suite("The loop guard")
struct LoopGuardTests {
  private var loops = LoopGuard()

  private mutating func admits(_ events: [String], at seconds: Int, of space: String = "space")
    -> [Bool]
  {
    events.map { loops.admits($0, of: space, at: .seconds(seconds)) }
  }

  private static let twenty = (0..<20).map(String.init)

  @Test("twenty events of bots in a minute are worked on, one more is not")
  mutating func limit() {
    var answers = (0..<20).flatMap { admits(["\($0)"], at: $0) }
    #expect(answers == Array(repeating: true, count: 20))
    answers = admits(["20"], at: 20)
    #expect(answers == [false])
    answers = admits(["20"], at: 20, of: "other")
    #expect(answers == [true])
  }

  @Test("the space opens again after a minute of quiet, not before")
  mutating func quiet() {
    _ = admits(Self.twenty + ["x"], at: 0)
    // The bots go on, slower than the limit: refused each time.
    var answers = (1...5).flatMap { admits(["x\($0)"], at: 50 * $0) }
    #expect(answers == Array(repeating: false, count: 5))
    answers = admits(["y"], at: 309) + admits(["z"], at: 309 + 60)
    #expect(answers == [false, true])
  }

  @Test("slow bots are never stopped")
  mutating func slow() {
    let answers = (0..<200).flatMap { admits(["\($0)"], at: 4 * $0) }
    #expect(!answers.contains(false))
  }

  @Test("an event counts once, however often it is asked about, and keeps its answer")
  mutating func once() {
    var answers = admits(Array(repeating: "a", count: 100), at: 0)
    answers += admits(Array(Self.twenty.dropLast()), at: 0)
    #expect(!answers.contains(false))
    answers = admits(["late"], at: 0) + admits(["a", "late"], at: 1)
    #expect(answers == [false, true, false])
  }
}
