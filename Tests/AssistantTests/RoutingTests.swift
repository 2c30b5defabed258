import MercuryClient
import Testing

@testable import Assistant

@Suite("Routing")
struct RoutingTests {
  private let commands: [any Command] = [
    AskCommand(), ConversationAction.stop, ConversationAction.retry, ConversationAction.goOn,
    ConversationAction.reset,
    NamedCommand(keyword: "/help"),
  ]

  @Test(
    "a text becomes a decision",
    arguments: [
      ("hello", Decision.ask("hello", hasFiles: false)),
      ("/ask why?", .ask("why?", hasFiles: false)),
      ("/ASK why?", .ask("why?", hasFiles: false)),
      ("/ask\nline one\nline two", .ask("line one\nline two", hasFiles: false)),
      ("  /reset  ", .reset),
      ("/help", .command(CommandCall(keyword: "/help", text: ""))),
      ("/HELP me", .command(CommandCall(keyword: "/help", text: "me"))),
      ("/stop", .stop),
      ("/Stop please", .stop),
      ("/retry", .retry),
      ("/continue", .goOn),
      ("/continu", .unknownCommand("/continu", suggestions: ["/continue"])),
      ("/ask", .nothingSaid),
      ("", .nothingSaid),
      ("//reset is a command, why?", .ask("//reset is a command, why?", hasFiles: false)),
      ("/etc/hosts has what?", .ask("/etc/hosts has what?", hasFiles: false)),
      ("/ 2", .ask("/ 2", hasFiles: false)),
      ("/rest", .unknownCommand("/rest", suggestions: ["/reset"])),
      ("/hlep", .unknownCommand("/hlep", suggestions: ["/help"])),
      ("/weather Berlin", .unknownCommand("/weather", suggestions: [])),
    ])
  func decisions(text: String, expected: Decision) {
    let router = Router(commands: CommandTable(commands)) { _ in true }
    #expect(router.decide(Inbound(text: text, isDirect: true, isAllowed: true)) == expected)
  }

  @Test("in a group only a mention is for the bot")
  func groups() {
    let router = Router(commands: CommandTable(commands)) { _ in true }
    #expect(
      router.decide(Inbound(text: "hi", isDirect: false, isAllowed: true))
        == .ignore("not mentioned"))
    #expect(
      router.decide(Inbound(text: "hi", isDirect: false, isMentioned: true, isAllowed: true))
        == .ask("hi", hasFiles: false))
  }

  @Test("a file with a caption is a question, without one a sentence")
  func files() {
    let router = Router(commands: CommandTable(commands)) { _ in true }
    #expect(
      router.decide(Inbound(text: "what is this?", isDirect: true, hasFiles: true, isAllowed: true))
        == .ask("what is this?", hasFiles: true))
    #expect(
      router.decide(Inbound(text: "", isDirect: true, hasFiles: true, isAllowed: true))
        == .onlyFiles)
  }

  @Test("someone who is not approved is denied before the text is looked at")
  func denied() {
    let router = Router(commands: CommandTable(commands)) { _ in true }
    #expect(
      router.decide(Inbound(text: "/reset", isDirect: true, isAllowed: false)) == .denied)
  }

  static let bot = "c1a5b6d7-2e3f-4a1b-9c8d-7e6f5a4b3c2d"

  private static func activity(
    _ verb: String, actor: String = "alice", type: String? = "PERSON",
    object: Activity.ActivityObject? = nil, parent: Activity.Parent? = nil, target: Bool = true
  ) -> Activity {
    Activity(
      id: "a", verb: verb, actor: Activity.Actor(id: actor, type: type), object: object,
      target: target ? Activity.Target(id: "space") : nil, parent: parent)
  }

  @Test(
    "messages, files and edits of people are worked on, and being added to a space",
    arguments: [
      (activity("post"), ActivityKind.message),
      (activity("share"), .message),
      (activity("post", parent: .init(id: "root", type: "reply")), .message),
      (activity("post", type: nil), .message),
      (activity("post", parent: .init(id: "m", type: "edit")), .edit),
      (activity("update", parent: .init(id: "m", type: "edit")), .edit),
      (activity("add", object: .init(id: bot, objectType: "person")), .added),
      (activity("add", object: .init(id: "bob", objectType: "person")), nil),
      (activity("add", object: .init(id: bot, objectType: "reaction2")), nil),
      (activity("add", actor: bot, object: .init(id: bot, objectType: "person")), nil),
      (activity("post", actor: bot, parent: .init(id: "m", type: "edit")), nil),
      (activity("cardAction", parent: .init(id: "card", type: "cardAction")), .press),
      (activity("cardAction", type: "BOT"), nil),
      (activity("update"), nil),
      (activity("update", object: .init(id: "m", objectType: "content")), nil),
      (activity("delete"), nil),
      (activity("acknowledge"), nil),
      (activity("somethingNew"), nil),
      (activity("post", actor: bot), nil),
      (activity("post", type: "BOT"), nil),
      (activity("post", type: "MACHINE"), nil),
      (activity("post", target: false), nil),
    ])
  func relevance(activity: Activity, expected: ActivityKind?) {
    switch Relevance.of(activity, botUUID: Self.bot) {
    case .taken(let kind): #expect(kind == expected)
    case .ignored: #expect(expected == nil)
    }
  }

  static let mention = """
    <spark-mention data-object-type="person" \
    data-object-id="Y2lzY29zcGFyazovL3VzL1BFT1BMRS9jMWE1YjZkNy0yZTNmLTRhMWItOWM4ZC03ZTZmNWE0YjNjMmQ">\
    Helper Bot</spark-mention>
    """

  @Test(
    "the bot's mention vanishes by its element; everything else reads as it was typed",
    arguments: [
      ("<p>\(mention) deploy status please</p>", "deploy status please"),
      ("<p>\(mention) what is the Helper Bot?</p>", "what is the Helper Bot?"),
      ("<p><strong>\(mention)</strong> /whoami</p>", "/whoami"),
      ("<p><strong><em>\(mention)</em></strong> <b>a</b><b></b></p>", "**a**"),
      (
        "<p>\(mention) ask <spark-mention data-object-id=\"bob\">Bob</spark-mention></p>",
        "ask @Bob"
      ),
      ("<p>a &lt;b&gt; &amp;amp; c&#39;s &#x1F600;</p>", "a <b> &amp; c's 😀"),
      ("<p>one</p><p>two<br/>three</p>", "one\n\ntwo\nthree"),
      ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
      ("<ol start=\"3\"><li>a</li><li>b</li></ol>", "3. a\n4. b"),
      (
        "<p>see</p><pre><code class=\"language-c\">if (a &lt; b) {\n  x();\n}\n</code></pre>",
        "see\n\n```c\nif (a < b) {\n  x();\n}\n```"
      ),
      ("<p><strong>x</strong> and <em>y</em> <code>z</code></p>", "**x** and *y* `z`"),
      (
        "<p><a href=\"https://a.example/\">https://a.example</a> <a href=\"https://b.example\">b</a></p>",
        "https://a.example [b](https://b.example)"
      ),
      ("a < b and 3 > 2", "a < b and 3 > 2"),
      (
        "<pre><code class=\"language-swift\">let a = 1</code></pre>",
        "```swift\nlet a = 1\n```"
      ),
    ])
  func html(html: String, expected: String) {
    #expect(MessageText.markdown(html: html, botUUID: Self.bot) == expected)
  }
}

/// A command that is never run.
struct NamedCommand: Command {
  var keyword: String
  var help = ""
  func run(_ context: CommandContext) async throws -> CommandReply { .nothing }
}
