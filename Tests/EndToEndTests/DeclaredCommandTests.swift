import Foundation
import HTTPTypes
import Testing
import WebexAPI

private let alice = "sim-alice-token"
private let bob = "sim-bob-token"
private let mention = SimulatedWebex.mention

@Suite("Declared commands", .serialized)
struct DeclaredCommandTests {
  private static func start(_ settings: [String: String] = [:], folder: URL? = nil) async throws
    -> (SimulatedWebex, StandIns, AssistantProcess)
  {
    let webex = try await SimulatedWebex.start()
    try await webex.script(["text": "An answer.", "speed": 0, "delay": 0])
    let services = try await StandIns.start()
    let assistant = try await AssistantProcess.start(
      webex, folder: folder, services.environment.merging(settings) { _, own in own })
    return (webex, services, assistant)
  }

  @discardableResult
  private static func run(
    _ text: String, expecting part: String, _ webex: SimulatedWebex, as token: String = alice,
    in room: SimulatedWebex.Room? = nil
  ) async throws -> String {
    let place: SimulatedWebex.Room
    if let room { place = room } else { place = try await webex.directRoom(of: "alice") }
    let root = try await webex.post(
      place.isDirect ? text : "\(mention) \(text)", in: place, as: token)
    return try await webex.says(part, under: root, in: place, as: token, within: .seconds(40))
  }

  @Test("GitHub, Jira, Jenkins and the status page answer as their examples say")
  func examples() async throws {
    let (webex, services, assistant) = try await Self.start()
    let pulls = try await Self.run("/github prs", expecting: "#9", webex)
    #expect(pulls.contains("https://github.com/octo/hello/pull/7"))
    // What the service sends formats nothing and pings nobody.
    #expect(!pulls.contains("<@all>") && !pulls.contains("*bold*"))
    try await Self.run("/github prs nobody-at-all", expecting: "No open pull requests", webex)
    let found = try await Self.run("/jira search disk", expecting: "OPS-7", webex)
    #expect(found.contains("Ada Lovelace"))
    try await Self.run("/jira search nothing", expecting: "Nothing found", webex)
    try await Self.run("/build status hello", expecting: "SUCCESS", webex)
    try await Self.run("/build status team/job/hello", expecting: "SUCCESS", webex)
    try await Self.run("/build status running", expecting: "running since", webex)
    try await Self.run("/build status missing", expecting: "no job", webex)
    let room = try await webex.directRoom(of: "alice")
    let (_, card) = try await webex.open("/status", in: room, as: alice)
    #expect(card.text.contains("Minor Service Outage") && card.text.contains("Webhooks are late"))
    #expect(card.fallback.contains("partial_outage") || card.fallback.contains("partial\\_outage"))
    #expect(try await webex.modelRequests().isEmpty)
    #expect(try await services.requests("jira").count == 2)
    #expect(await assistant.stop() == 0)
  }

  @Test("what changes something outside asks first; Confirm runs it once, in its place")
  func confirm() async throws {
    let (webex, services, assistant) = try await Self.start()
    let desk = try await webex.group("Deploy desk")
    let (root, card) = try await webex.open(
      "/jira create --project WEB --type Bug The login is *slow* & \"odd\"", in: desk, as: alice)
    #expect(card.text.contains("login is"))
    #expect(try await services.requests("jira").isEmpty)
    // Only for the person who asked.
    try await webex.press("Confirm", on: card, as: bob)
    try await webex.says("Only Alice Example", under: root, in: desk, as: alice)
    #expect(try await services.requests("jira").isEmpty)
    async let first: Void = webex.press("Confirm", on: card, as: alice)
    async let second: Void = webex.press("Confirm", on: card, as: alice)
    _ = try await (first, second)
    try await webex.says("Created [WEB-", under: root, in: desk, as: alice)
    _ = try await webex.card(under: root, in: desk, as: alice) {
      $0.text.contains("Confirmed by Alice Example") && $0.buttons.isEmpty
    }
    try await webex.says("already used", under: root, in: desk, as: alice)
    let requests = try await services.requests("jira")
    #expect(requests.count == 1)
    #expect(
      requests.first?["body"]?.stringValue?.contains(#"The login is *slow* & \"odd\""#) == true)
    #expect(requests.first?["body"]?.stringValue?.contains("\"Bug\"") == true)
    #expect(await assistant.stop() == 0)
  }

  @Test("Cancel does nothing, and says so in the card's place")
  func cancel() async throws {
    let (webex, services, assistant) = try await Self.start()
    let room = try await webex.directRoom(of: "alice")
    let (root, card) = try await webex.open("/build start hello", in: room, as: alice)
    try await webex.press("Cancel", on: card, as: alice)
    let after = try await webex.card(under: root, in: room, as: alice) {
      $0.text.contains("Cancelled by")
    }
    #expect(after.buttons.isEmpty)
    // The card is gone, and with it every further press.
    await #expect(throws: TimedOut.self) {
      try await webex.press("Confirm", on: card, as: alice)
    }
    #expect(try await services.requests("jenkins").isEmpty)
    #expect(await assistant.stop() == 0)
  }

  @Test("missing arguments are asked for by a card, which keeps what is wrong with its reason")
  func form() async throws {
    let (webex, services, assistant) = try await Self.start()
    let room = try await webex.directRoom(of: "alice")
    let (root, card) = try await webex.open("/github issue", in: room, as: alice)
    #expect(card.field("repository") != nil && card.field("title") != nil)
    try await webex.press("Send", on: card, with: ["title": "It is broken"], as: alice)
    let again = try await webex.card(under: root, in: room, as: alice, "the form again") {
      $0.messageID != card.messageID && $0.field("repository") != nil
    }
    #expect(again.field("title")?.value == "It is broken")
    try await webex.press(
      "Send", on: again, with: ["repository": "octo/hello", "label": "bug"], as: alice)
    let confirm = try await webex.card(under: root, in: room, as: alice, "the confirmation") {
      $0.button("Confirm") != nil
    }
    #expect(try await services.requests("github").isEmpty)
    try await webex.press("Confirm", on: confirm, as: alice)
    let made = try await webex.card(under: root, in: room, as: alice, "the issue") {
      $0.text.contains("It is broken") && $0.text.contains("octo/hello")
        && $0.button("Confirm") == nil && $0.text.contains("open")
    }
    #expect(made.text.contains("bug"))
    #expect(try await services.requests("github").count == 1)
    #expect(await assistant.stop() == 0)
  }

  @Test(
    "a service that disappoints is told in a sentence with a reference, within its limits",
    arguments: [
      ("500", "failed (status 500)"), ("429", "too often"), ("html", "web page"),
      ("large", "stopped reading"), ("garbage", "cannot read"), ("drop", "broke"),
      ("truncated", "broke"), ("elsewhere", "another address"), ("loop", "another address"),
      ("hang", "took too long"),
    ])
  func failures(mode: String, part: String) async throws {
    let (webex, services, assistant) = try await Self.start()
    for service in ["github", "statuspage"] { try await services.mode(mode, of: service) }
    let room = try await webex.directRoom(of: "alice")
    // Of the two the status page has the shorter timeout.
    let text = mode == "hang" ? "/status" : "/github prs"
    let root = try await webex.post(text, in: room, as: alice)
    let told = try await eventually("a sentence about \(mode)") {
      try await webex.replies(to: root, in: room, as: alice).last?.markdown
    }
    #expect(told.contains(part), "\(mode): \(told)")
    #expect(!told.contains("127.0.0.1") && !told.contains("ghp_"))
    #expect(told.components(separatedBy: "reference").count == 2)
    // The space goes on.
    let next = try await webex.post("hello?", in: room, as: alice)
    #expect(try await webex.reply(to: next, in: room, as: alice) == "An answer.")
    #expect(!assistant.process.stderr.contains("ghp_StandInToken"))
    #expect(await assistant.stop() == 0)
  }

  @Test("a careless service's secrets and links do not reach the space")
  func echoes() async throws {
    let (webex, services, assistant) = try await Self.start()
    try await services.mode("echo", of: "github")
    let room = try await webex.directRoom(of: "alice")
    let root = try await webex.post("/github prs", in: room, as: alice)
    let told = try await eventually("an answer") {
      try await webex.replies(to: root, in: room, as: alice).last?.markdown
    }
    #expect(!told.contains("ghp_StandInToken") && !told.contains("javascript:"))
    #expect(await assistant.stop() == 0)
  }

  @Test("arguments inject nothing into addresses, queries, bodies or Markdown")
  func injection() async throws {
    let (webex, services, assistant) = try await Self.start()
    let room = try await webex.directRoom(of: "alice")
    for text in [
      "/build status ../../credentials", "/build status hello/../../script",
      "/build status hello?delay=0#x", "/build status \"hello%2f..%2f\"",
      "/jira search x\" OR project = SECRET OR text ~ \"y",
      "/github prs \"@me repo:secret/secret\"",
    ] {
      let root = try await webex.post(text, in: room, as: alice)
      _ = try await eventually("an answer to \(text)") {
        try await webex.replies(to: root, in: room, as: alice).last
      }
    }
    for request in try await services.requests("jenkins") {
      let path = try #require(request["path"]?.stringValue)
      #expect(path.hasPrefix("/job/") && path.hasSuffix("/lastBuild/api/json"))
      #expect(!path.contains("/../"))
      #expect(request["query"]?.stringValue?.contains("delay") == false)
    }
    for request in try await services.requests("jira") {
      let query = try #require(request["query"]?.stringValue)
      // Each quotation mark of the person is escaped.
      #expect(query.contains("%5C%22") || query.contains("%5c%22"), "\(query)")
    }
    let queries = try await services.requests("github").compactMap { $0["query"]?.stringValue }
    #expect(queries.allSatisfy { !$0.contains("repo%3Asecret%2Fsecret+") })
    #expect(await assistant.stop() == 0)
  }

  @Test("a result goes through the model, and a canned question has its own prompt")
  func model() async throws {
    let (webex, _, assistant) = try await Self.start()
    let room = try await webex.directRoom(of: "alice")
    for (text, part) in [
      ("/github digest", "Draft"), ("/translate --to German good morning", "good morning"),
    ] {
      let root = try await webex.post(text, in: room, as: alice)
      try await webex.says("An answer.", under: root, in: room, as: alice, within: .seconds(15))
      let asked = try #require(try await webex.completions().last)
      #expect(asked.question.contains(part))
      #expect(asked.messages.count == 2)
    }
    let systems = try await webex.modelRequests().compactMap { $0["system"]?.stringValue }
    #expect(Set(systems).count == 2)
    #expect(await assistant.stop() == 0)
  }

  @Test("a confirmation outlives kill -9; one killed while it ran is not run again")
  func restart() async throws {
    let folder = try AssistantProcess.newFolder()
    let (webex, services, first) = try await Self.start(folder: folder)
    let room = try await webex.directRoom(of: "alice")
    let (root, card) = try await webex.open("/build start hello", in: room, as: alice)
    try await first.untilTurns(1)
    await first.kill()
    let second = try await AssistantProcess.start(webex, folder: folder, services.environment)
    try await webex.press("Confirm", on: card, as: alice)
    try await webex.says("Queued", under: root, in: room, as: alice)
    #expect(try await services.requests("jenkins").count == 1)

    try await services.mode("hang", of: "jenkins")
    let (other, another) = try await webex.open("/build start hello", in: room, as: alice)
    try await webex.press("Confirm", on: another, as: alice)
    try await eventually("the request") {
      try await services.requests("jenkins").count == 2 ? () : nil
    }
    await second.kill()
    try await services.mode("ok", of: "jenkins")
    let third = try await AssistantProcess.start(webex, folder: folder, services.environment)
    try await webex.says("do not know whether it was done", under: other, in: room, as: alice)
    #expect(try await services.requests("jenkins").count == 2)
    #expect(await third.stop() == 0)
  }

  private static let small = """
    commands:
      - keyword: /say
        help: Says what it is told
        arguments:
          - name: words
            type: text
        run:
          program: /bin/echo
          arguments: ["--", "{{arguments.words}}"]
      - keyword: /own
        help: For Alice
        approved_users: [alice@example.com]
        run:
          program: /bin/echo
          arguments: [hers]
    """

  @Test("a program gets its arguments without a shell; a command of its own list is for that list")
  func programs() async throws {
    let folder = try AssistantProcess.newFolder()
    let file = folder.appending(path: "commands.yaml")
    try Self.small.write(to: file, atomically: true, encoding: .utf8)
    let (webex, _, assistant) = try await Self.start(["COMMANDS_FILE": file.path])
    let desk = try await webex.group("Deploy desk")
    let said = try await Self.run(
      "/say $(id); rm -rf / `id` && echo pwned | cat", expecting: "$(id)", webex, in: desk)
    #expect(!said.contains("uid="))
    try await Self.run("/own", expecting: "hers", webex, in: desk)
    try await Self.run("/own", expecting: "may not", webex, as: bob, in: desk)
    let (root, card) = try await webex.open("/help", in: desk, as: alice)
    #expect(card.button("/own") != nil)
    try await webex.press("/own", on: card, as: bob)
    try await webex.says("may not", under: root, in: desk, as: alice)
    let (_, bobs) = try await webex.open("/help", in: desk, as: bob)
    #expect(bobs.button("/own") == nil && bobs.button("/say") != nil)
    #expect(await assistant.stop() == 0)
  }

  @Test("a change of the file is used without a restart; a broken one keeps the old and is logged")
  func changes() async throws {
    let folder = try AssistantProcess.newFolder()
    let file = folder.appending(path: "commands.yaml")
    try Self.small.write(to: file, atomically: true, encoding: .utf8)
    let (webex, _, assistant) = try await Self.start(["COMMANDS_FILE": file.path])
    try await Self.run("/say one", expecting: "one", webex)
    try Self.small.replacing("/say", with: "/tell").write(
      to: file, atomically: true, encoding: .utf8)
    try await eventually("the change") {
      assistant.process.stderr.contains("commands read again") ? () : nil
    }
    try await Self.run("/tell two", expecting: "two", webex)
    try await Self.run("/say three", expecting: "do not know", webex)
    try Self.small.replacing("program:", with: "porgram:").write(
      to: file, atomically: true, encoding: .utf8)
    try await eventually("the problem in the log") {
      assistant.process.stderr.contains("porgram") ? () : nil
    }
    #expect(assistant.process.stderr.contains("commands.yaml:"))
    try await Self.run("/tell four", expecting: "four", webex)
    #expect(await assistant.stop() == 0)
  }

  @Test("a bad file stops the start with its line and reason")
  func badFile() async throws {
    let webex = try await SimulatedWebex.start()
    let folder = try AssistantProcess.newFolder()
    let file = folder.appending(path: "commands.yaml")
    let text = Self.small.replacing("keyword: /own", with: "keyword: /help")
      .replacing(
        "program: /bin/echo\n      arguments: [\"--\"",
        with: "program: echo\n      arguments: [\"--\"")
    try text.write(to: file, atomically: true, encoding: .utf8)
    let assistant = try await AssistantProcess.start(
      webex, ["COMMANDS_FILE": file.path], waitUntilReady: false)
    #expect(await assistant.process.exit() == 78)
    let told = assistant.process.stderr
    #expect(told.contains("commands.yaml:2") || told.contains("commands.yaml:1"), "\(told)")
    #expect(told.contains("/help"))
  }
}
