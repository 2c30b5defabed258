import Synchronization
import Testing
import WebexAPI

@testable import MercuryClient

private let uuid = "9e4b0014-b895-11f1-8c3d-4a5b6c7d8e9f"
private let parentUUID = "9e4b0001-b895-11f1-8c3d-4a5b6c7d8e9f"
private let room = "2b7c9e4d-51a8-3f60-8e27-9d4c6b1a0f35"
private let west = "urn:TEAM:us-west-2_r"
private let lookup = "GET /conversation/api/v1/messages/\(uuid)"

private func encoded(
  _ kind: WebexID.Kind = .message, _ uuid: String = uuid, in cluster: String = "us"
) -> String {
  WebexID(cluster: cluster, kind: kind, uuid: uuid).encoded
}

private func get(_ id: String, _ path: String = "messages") -> String { "GET /v1/\(path)/\(id)" }

/// A resolver with a clock of its own, and the cloud that it asks.
private struct Desk {
  let caller: CloudCaller
  let clock = ManualClock()
  let resolver: ActivityResolver

  init(_ caller: CloudCaller, retryDelays: [Duration]? = []) {
    self.caller = caller
    let webex = WebexClient(
      transport: caller.transport, baseURL: caller.cloud.url + "/v1", logger: caller.logger)
    resolver =
      if let retryDelays {
        ActivityResolver(
          webex: webex, transport: caller.transport, clock: clock, retryDelays: retryDelays)
      } else {
        ActivityResolver(webex: webex, transport: caller.transport, clock: clock)
      }
  }

  var cloud: FakeCloud { caller.cloud }

  func post(
    _ verb: String = "post", cluster: String = "us", url: String? = nil,
    parent: Activity.Parent? = nil
  ) -> Activity {
    Activity(
      id: uuid, verb: verb, object: .init(objectType: "comment"),
      target: .init(
        id: room, url: url ?? "\(cloud.url)/conversation/api/v1/conversations/\(room)",
        globalID: encoded(.room, room, in: cluster)),
      parent: parent)
  }

  func answer(_ line: String, _ answers: FakeCloud.Answer...) {
    cloud.switches.withLock { $0.answers[line] = answers }
  }

  static func message(_ id: String) -> FakeCloud.Answer {
    .init(status: 200, body: #"{"id":"\#(id)","roomId":"r","personId":"p","text":"plain \#(id)"}"#)
  }

  static func found(_ id: String) -> FakeCloud.Answer {
    .init(status: 200, body: #"{"id":"\#(id)","objectType":"activity"}"#)
  }

  /// Waits until the resolver sleeps for this long, and lets it.
  func pass(_ delay: Duration) async throws {
    try await clock.wait("a wait of \(delay)") { $0 == [delay] }
    clock.advance(by: delay)
  }
}

@Suite("Activity resolver", .timeLimit(.minutes(3)))
struct ActivityResolverTests {
  /// One for each case, and alive as long as it.
  private let caller: CloudCaller

  init() throws { caller = try CloudCaller() }

  @Test("one request, with the id that the space's cluster gives", arguments: ["us", west])
  func direct(_ cluster: String) async throws {
    let desk = Desk(caller)
    let id = encoded(in: cluster)
    desk.answer(get(id), Desk.message(id))
    let message = try await desk.resolver.message(for: desk.post(cluster: cluster))
    #expect(message.id == id)
    #expect(message.text == "plain \(id)")
    #expect(desk.cloud.lines == [get(id)])
    #expect(
      desk.cloud.requests.values[0].fields["authorization"] == "Bearer \(FakeCloud.token)")
  }

  static let subjects: [(verb: String, parent: Activity.Parent?, subject: String)] = [
    ("post", nil, uuid),
    ("post", .init(id: parentUUID, type: "reply"), uuid),
    ("post", .init(id: parentUUID, type: "edit"), parentUUID),
    ("share", nil, uuid),
    ("share", .init(id: parentUUID, type: "reply"), uuid),
    ("update", .init(id: parentUUID, type: "edit"), parentUUID),
    ("cardAction", .init(id: parentUUID, type: "cardAction"), parentUUID),
  ]

  @Test("asks for the message that the activity is about", arguments: subjects.indices)
  func subject(_ index: Int) async throws {
    let (verb, parent, subject) = Self.subjects[index]
    let desk = Desk(caller)
    let id = encoded(.message, subject)
    desk.answer(get(id), Desk.message(id))
    let message = try await desk.resolver.message(for: desk.post(verb, parent: parent))
    #expect(message.id == id)
  }

  @Test("a press is fetched as an attachment action, if need be under the id that is looked up")
  func attachmentAction() async throws {
    let desk = Desk(caller)
    let press = desk.post("cardAction", parent: .init(id: parentUUID, type: "cardAction"))
    let path = "attachment/actions"
    let (guess, real) = (encoded(.attachmentAction), encoded(.attachmentAction, in: west))
    let action = FakeCloud.Answer(
      status: 200, body: #"{"id":"\#(real)","type":"submit","inputs":{"colour":"red"}}"#)
    desk.answer(get(guess, path), action, .init(status: 404))
    let direct = try await desk.resolver.attachmentAction(for: press)
    #expect(direct.inputs["colour"] == "red")
    #expect(desk.cloud.lines == [get(guess, path)])

    desk.answer("GET /conversation/api/v1/attachment/actions/\(uuid)", Desk.found(real))
    desk.answer(get(real, path), action)
    let found = try await desk.resolver.attachmentAction(for: press)
    #expect(found.inputs["colour"] == "red")
    #expect(
      desk.cloud.lines.dropFirst() == [
        get(guess, path), "GET /conversation/api/v1/attachment/actions/\(uuid)", get(real, path),
      ])
  }

  @Test("a 404 means a wrong cluster at first: the conversation service knows the id")
  func lookedUp() async throws {
    let desk = Desk(caller)
    let (guess, real) = (encoded(), encoded(in: west))
    desk.answer(lookup, Desk.found(real))
    desk.answer(get(real), Desk.message(real))
    let message = try await desk.resolver.message(for: desk.post())
    #expect(message.id == real)
    #expect(desk.cloud.lines == [get(guess), lookup, get(real)])
    for request in desk.cloud.requests.values {
      #expect(request.fields["authorization"] == "Bearer \(FakeCloud.token)")
    }
    #expect(desk.clock.waits.values.isEmpty, "nothing to wait for")
  }

  @Test("without a globalId the cluster is taken for us")
  func noGlobalID() async throws {
    let desk = Desk(caller)
    var activity = desk.post()
    activity.target?.globalID = nil
    desk.answer(get(encoded()), Desk.message(encoded()))
    let message = try await desk.resolver.message(for: activity)
    #expect(message.id == encoded())
  }

  @Test(
    "the lookup never takes the token to a foreign host",
    arguments: [
      "http://foreign.example/conversation/api/v1/conversations/\(room)",
      "http://127.0.0.1.foreign.example/conversations/\(room)",
      "http://conv-a.wbx2.com/conversation/api/v1/conversations/\(room)",
      "http://127.0.0.1@foreign.example/conversations/\(room)",
    ])
  func foreignHost(_ url: String) async throws {
    let desk = Desk(caller)
    let error = await #expect(throws: WebexError.self) {
      try await desk.resolver.message(for: desk.post(url: url))
    }
    #expect(error?.code == .notFound)
    #expect(desk.cloud.lines == [get(encoded())])
    #expect(caller.elsewhere.requests.values.isEmpty)
  }

  static let unusableTargets: [(id: String?, url: String?)] = [
    (room, nil), (nil, "{base}/conversations/\(room)"), ("", "{base}/conversations/"),
    (room, "{base}/conversations/other"), (room, "{base}/conversations/\(room)/"),
    (room, "{base}/\(room)"), (room, "{base}/conversations/\(room)?x=1"),
  ]

  @Test("a target of another form is not looked up", arguments: unusableTargets.indices)
  func unusableTarget(_ index: Int) async throws {
    let (id, url) = Self.unusableTargets[index]
    let desk = Desk(caller)
    var activity = desk.post()
    let base = desk.cloud.url + "/conversation/api/v1"
    activity.target?.id = id
    activity.target?.url = url?.replacing("{base}", with: base)
    await #expect(throws: WebexError.self) { try await desk.resolver.message(for: activity) }
    #expect(desk.cloud.lines == [get(encoded())])
  }

  @Test("an id that would change the path is not looked up", arguments: ["../x", "a?b", "a#b", ""])
  func oddID(_ id: String) {
    let target = Activity.Target(id: room, url: "https://c.wbx2.com/conversations/\(room)")
    let activity = Activity(id: id, verb: "post", target: target)
    #expect(ActivityResolver.lookupURL(for: activity, path: "messages", uuid: id) == nil)
  }

  @Test("an event may be faster than the message: tries again after moments")
  func race() async throws {
    let desk = Desk(caller, retryDelays: nil)
    let id = encoded()
    desk.answer(
      get(id), .init(status: 404), .init(status: 404), .init(status: 404), Desk.message(id))
    async let message = desk.resolver.message(for: desk.post())
    for delay in [Duration.milliseconds(500), .milliseconds(1500), .seconds(3)] {
      try await desk.pass(delay)
    }
    let found = try await message
    #expect(found.id == id)
    #expect(
      desk.cloud.lines == Array(repeating: [get(id), lookup], count: 3).flatMap { $0 } + [get(id)]
    )
  }

  @Test("what was looked up is asked for from then on")
  func raceAfterLookup() async throws {
    let desk = Desk(caller, retryDelays: [.seconds(1)])
    let (guess, real) = (encoded(), encoded(in: west))
    desk.answer(lookup, Desk.found(real))
    desk.answer(get(real), .init(status: 404), Desk.message(real))
    async let message = desk.resolver.message(for: desk.post())
    try await desk.pass(.seconds(1))
    let found = try await message
    #expect(found.id == real)
    #expect(desk.cloud.lines == [get(guess), lookup, get(real), get(real)])
  }

  @Test("when every way and every try was a 404, that is the error")
  func neverFound() async throws {
    let desk = Desk(caller, retryDelays: [.seconds(1), .seconds(2)])
    let task = Task { try await desk.resolver.message(for: desk.post()) }
    try await desk.pass(.seconds(1))
    try await desk.pass(.seconds(2))
    let error = await #expect(throws: WebexError.self) { try await task.value }
    #expect(error?.code == .notFound)
    #expect(desk.cloud.lines.count == 6)
  }

  @Test(
    "a lookup that brings nothing new does no harm",
    arguments: [
      FakeCloud.Answer(status: 500), .init(status: 401), .init(status: 200, body: "<html>"),
      .init(status: 200, body: "{}"), .init(status: 200, body: #"{"id":"not an id"}"#),
      .init(status: 302, fields: ["Location: http://foreign.example/"]), Desk.found(encoded()),
    ])
  func uselessLookup(_ answer: FakeCloud.Answer) async throws {
    let desk = Desk(caller)
    desk.answer(lookup, answer)
    let error = await #expect(throws: WebexError.self) {
      try await desk.resolver.message(for: desk.post())
    }
    #expect(error?.code == .notFound)
    #expect(desk.cloud.lines == [get(encoded()), lookup])
    #expect(caller.elsewhere.lines.isEmpty)
  }

  @Test(
    "any other error is told at once, also that of the looked-up id",
    arguments: [(401, WebexError.Code.unauthorized), (403, .forbidden), (410, .gone)])
  func otherErrors(_ status: Int, _ code: WebexError.Code) async throws {
    let desk = Desk(caller, retryDelays: [.seconds(1)])
    desk.answer(get(encoded()), .init(status: status))
    let first = await #expect(throws: WebexError.self) {
      try await desk.resolver.message(for: desk.post())
    }
    #expect(first?.code == code)
    #expect(desk.cloud.lines == [get(encoded())])

    desk.answer(lookup, Desk.found(encoded(in: west)))
    desk.answer(get(encoded(in: west)), .init(status: status))
    let second = await #expect(throws: WebexError.self) {
      try await desk.resolver.message(for: desk.post())
    }
    #expect(second?.code == code)
  }

  @Test("cancelling ends the waiting")
  func cancelled() async throws {
    let desk = Desk(caller, retryDelays: [.seconds(1)])
    let task = Task { try await desk.resolver.message(for: desk.post()) }
    try await desk.clock.wait("the wait") { $0 == [.seconds(1)] }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(desk.cloud.lines == [get(encoded()), lookup])
  }

  static let withoutMessage: [Activity] = [
    Activity(id: uuid, verb: "acknowledge", object: .init(id: parentUUID, objectType: "activity")),
    Activity(id: uuid, verb: "add", object: .init(objectType: "person")),
    Activity(id: uuid, verb: "update", object: .init(id: parentUUID, objectType: "content")),
    Activity(id: uuid, verb: "delete", object: .init(objectType: "activity")),
    Activity(id: uuid, verb: "post", parent: .init(type: "edit")),
    Activity(id: uuid, verb: "cardAction"),
    Activity(id: uuid, verb: "something new"),
  ]

  @Test(
    "an activity that names no message is a mistake of the caller's; nothing is sent",
    arguments: withoutMessage)
  func noMessage(_ activity: Activity) async throws {
    let desk = Desk(caller)
    let error = await #expect(throws: MercuryError.self) {
      try await desk.resolver.message(for: activity)
    }
    #expect(error?.code == .badRequest)
    #expect(desk.cloud.lines.isEmpty)
  }

  @Test("only a press has an attachment action")
  func noPress() async throws {
    let desk = Desk(caller)
    let error = await #expect(throws: MercuryError.self) {
      try await desk.resolver.attachmentAction(for: desk.post())
    }
    #expect(error?.code == .badRequest)
    #expect(desk.cloud.lines.isEmpty)
  }
}
