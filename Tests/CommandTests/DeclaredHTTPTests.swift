import Foundation
import Testing
import WebexAPI

@testable import Assistant

@Suite("The examples against their stand-ins")
struct DeclaredHTTPTests {
  @Test("the stand-ins are there")
  func standIns() throws {
    #expect(try StandIns.started.get().port > 0)
  }

  @Test("GitHub: pull requests are listed, and their titles are only words")
  func pullRequests() async throws {
    let service = StandIns.Case()
    let reply = try await service.command("/github prs").run(typed: "")
    #expect(
      reply.markdown == """
        - [Fix the \\<\u{2060}@all\\> banner in \\*bold\\* \\& \\[links\\](https://evil.example)]\
        (https://github.com/octo/hello/pull/7) #7
        - [Draft: new parser](https://github.com/octo/hello/pull/9) #9 _draft_

        """)
    let request = try #require(try await service.requests().first)
    #expect(request.path == "/search/issues")
    #expect(
      request.query
        == "q=is%3Apr%20is%3Aopen%20archived%3Afalse%20author%3A%40me&sort=updated&per_page=20")
    #expect(request.headers["X-GitHub-Api-Version"] == "2022-11-28")
  }

  @Test("GitHub: nobody's pull requests, and a login that tries to be more than one")
  func otherAuthors() async throws {
    let service = StandIns.Case()
    let command = try service.command("/github prs")
    #expect(try await command.run(typed: "nobody").markdown == "No open pull requests.\n")
    _ = try await command.run(typed: "\"nobody repo:secret/plans&q=x\"")
    let last = try #require(try await service.requests().last)
    #expect(last.query.contains("author%3Anobodyreposecretplansqx&"))
  }

  @Test("GitHub: an issue is created, and shown as a card")
  func createIssue() async throws {
    let service = StandIns.Case()
    let command = try service.command("/github issue")
    let typed =
      "--repository octo/hello --label bug \"It\" <@all> \\ {{person.email}} ${GITHUB_TOKEN}"
    let reply = try await command.run(typed: typed)
    let request = try #require(try await service.requests().first)
    #expect(request.method == "POST" && request.path == "/repos/octo/hello/issues")
    #expect(
      request.json == [
        "title": "\"It\" <@all> \\ {{person.email}} ${GITHUB_TOKEN}",
        "body": "Reported by Ada *L* in Webex.", "labels": [["name": "bug"]],
      ])
    let card = try #require(reply.cardJSON)
    #expect(card.contains("https://github.com/octo/hello/issues/"))
    #expect(!card.contains("<@all"))
    #expect(!reply.markdown.contains("<@all") && reply.markdown.hasPrefix("Created [#"))
    #expect(!command.isRepeatable && command.asksForArguments)
  }

  @Test("GitHub: without a label there is none, and what the service refuses is said")
  func issueFailures() async throws {
    let service = StandIns.Case()
    let command = try service.command("/github issue")
    _ = try await command.run(typed: "--repository octo/hello x")
    #expect(try await service.requests().first?.json?["labels"] == [])
    #expect(
      try await command.failure(typed: "--repository octo/other x")
        == "I cannot see a repository octo/other.")
  }

  @Test(
    "a value cannot lead to another path",
    arguments: [
      "../../user", "..", ".", "octo/..", "octo/../..", "%2e%2e/x", "a//b", "octo/", "..\\user",
      "a/..;x/y",
    ])
  func paths(repository: String) async throws {
    let service = StandIns.Case()
    let sentence = try await service.command("/github issue")
      .failure(typed: "--repository \(repository) x")
    let requests = try await service.requests()
    // A percent sign is escaped, so it is only a strange name.
    if repository.hasPrefix("%") {
      #expect(requests.map(\.path) == ["/repos/%252e%252e/x/issues"])
    } else {
      #expect(sentence == Sentences.unusableInAddress)
      #expect(requests.isEmpty)
    }
  }

  @Test(
    "a value cannot lead to another path where its slashes are encoded either",
    arguments: ["../../user", "..\\..\\user", "a/../b", "..;a/b", "./x"])
  func encodedPaths(value: String) async throws {
    let service = StandIns.Case()
    let command = try Declared.only(
      """
      commands:
        - keyword: /x
          help: h
          arguments: [{name: a, type: text}]
          http: {url: "${GITHUB_API_URL}/files/{{arguments.a}}"}
      """, service.environment)
    #expect(try await command.failure(typed: value) == Sentences.unusableInAddress)
    #expect(try await service.requests().isEmpty)
  }

  @Test("a value cannot become another part of the address")
  func parts() async throws {
    let service = StandIns.Case()
    _ = try? await service.command("/github issue")
      .run(typed: "--repository \"octo/hello?x=1#y @evil.example:80\\z\" title")
    let request = try #require(try await service.requests().first)
    #expect(request.path == "/repos/octo/hello%3Fx%3D1%23y%20%40evil.example%3A80%5Cz/issues")
    #expect(request.query.isEmpty)
  }

  @Test("Jira: a search finds, and a quotation mark does not end the text in JQL")
  func search() async throws {
    let service = StandIns.Case()
    let command = try service.command("/jira search")
    let words = "disk\" OR project = SECRET OR text ~ \"\\"
    let reply = try await command.run(typed: words)
    #expect(reply.markdown.contains("[OPS-7](\(service.url("jira"))/browse/OPS-7) Disk full: "))
    #expect(reply.markdown.contains(": In Progress, Ada Lovelace\n"))
    #expect(reply.markdown.contains("Backups are slow: Done\n"))
    let request = try #require(try await service.requests().first)
    let jql = request.query.split(separator: "&")[0].removingPercentEncoding
    #expect(
      jql
        == "jql=text ~ \"disk\\\" OR project = SECRET OR text ~ \\\"\\\\\" ORDER BY updated DESC")
    #expect(try await command.run(typed: "nothing").markdown == "Nothing found.\n")
    _ = try await command.run(typed: "--project OPS disk")
    let last = try #require(try await service.requests().last?.query.removingPercentEncoding)
    #expect(last.hasPrefix("jql=project = \"OPS\" AND text ~ \"disk\" ORDER"))
  }

  @Test("Jira: an issue is created with its document, or without")
  func createInJira() async throws {
    let service = StandIns.Case()
    let command = try service.command("/jira create")
    let reply = try await command.run(
      typed: "--type bug --description \"first \\\"line\\\"\" Disk {full} \"now\"")
    #expect(reply.markdown.hasPrefix("Created [OPS-"))
    #expect(reply.markdown.hasSuffix(") Disk {full} \"now\"."))
    let fields = try #require(try await service.requests().first?.json?["fields"])
    #expect(
      fields == [
        "project": ["key": "OPS"], "issuetype": ["name": "Bug"],
        "summary": "Disk {full} \"now\"",
        "description": [
          "type": "doc", "version": 1,
          "content": [
            ["type": "paragraph", "content": [["type": "text", "text": "first \"line\""]]]
          ],
        ],
      ])
    _ = try await command.run(typed: "--project WEB y")
    #expect(try await service.requests().last?.json?["fields"]?["description"] == nil)
    let refusal = try await command.failure(typed: "--project NOPE x\ny")
    #expect(refusal.contains("The project: valid project is required"))
    #expect(refusal.contains("The summary: The summary is invalid"))
  }

  @Test("Jira: a confirmation lists what would be done, as words")
  func confirmation() throws {
    let command = try StandIns.Case().command("/jira create")
    let values = try CommandArguments.parse("--project **X** <@all> down", command.arguments).get()
    let question = try #require(command.confirmation(Declared.context(values)))
    #expect(question.contains("- project: \\*\\*X\\*\\*"))
    #expect(question.contains("- type: Task"))
    #expect(question.contains("- summary: \\<\u{2060}@all\\> down"))
    #expect(!question.contains("description"))
  }

  @Test("Jenkins: the last build is told, also of one that runs or is in a folder")
  func buildStatus() async throws {
    let service = StandIns.Case()
    let command = try service.command("/build status")
    #expect(
      try await command.run(typed: "hello").markdown.hasSuffix(" **SUCCESS** after 3 min 4 s."))
    #expect(try await command.run(typed: "team/job/hello").markdown.contains("team/job/hello #17"))
    #expect(
      try await command.run(typed: "running").markdown
        .contains("running since 2026-11-18 11:06:40 UTC."))
    #expect(
      try await command.failure(typed: "nothing") == "There is no job nothing with a build.")
  }

  @Test("Jenkins: a job is started with its parameters as form fields")
  func buildStart() async throws {
    let service = StandIns.Case()
    let command = try service.command("/build start")
    let typed = "--branch \"a&DRY_RUN=x\" --dry-run hello"
    #expect(
      try await command.run(typed: typed).markdown == "Queued hello on a\\&DRY\\_RUN=x.")
    let request = try #require(try await service.requests().first)
    #expect(request.body == "BRANCH=a%26DRY_RUN%3Dx&DRY_RUN=true")
    #expect(request.headers["Content-Type"] == "application/x-www-form-urlencoded")
  }

  @Test("a status page becomes a card with a fact for each component")
  func statusPage() async throws {
    let reply = try await StandIns.Case().command("/status").run(typed: "")
    #expect(
      reply.markdown == """
        **Hello**: Minor Service Outage
        - API: operational
        - Webhooks: partial\\_outage
        - Incident: **Webhooks are late** (minor, investigating)

        """)
    let card = try #require(reply.cardJSON)
    #expect(card.contains(#"{"title":"Webhooks","value":"partial\\_outage"}"#))
    #expect(card.contains(#""text":"**Webhooks are late** (minor, investigating)""#))
    #expect(card.contains(#""url":"https://status.example.com""#))
  }

  @Test("a link in a card leads to the web or is left out")
  func cardLinks() async throws {
    let yaml = """
      commands:
        - keyword: /x
          help: h
          http: {url: "${STATUSPAGE_URL}/x"}
          reply: r
          card:
            body:
              - $each: answer.items
                type: Image
                url: "{{html_url}}"
              - $when: answer.issues
                type: TextBlock
                text: never
              - $when: answer.message
                type: Image
                url: https://a.example/?q={{answer.items.0.html_url}}
      """
    let command = try Declared.only(yaml, StandIns.Case(mode: "echo").environment)
    let card = try #require(try await command.run(typed: "").cardJSON)
    #expect(!card.contains("\"javascript") && !card.contains("never"))
    #expect(!card.contains("https://a.example"))
    let plain = try Declared.only(
      yaml.replacing("answer.message", with: "answer.items"),
      StandIns.Case(mode: "echo").environment)
    #expect(
      try await plain.run(typed: "").cardJSON?
        .contains("https://a.example/?q=javascript%3Aalert%281%29") == true)
  }

  @Test("a card that would be too large for Webex is its text")
  func largeCards() async throws {
    let yaml = """
      commands:
        - keyword: /status
          help: h
          http: {url: "${STATUSPAGE_URL}/api/v2/summary.json"}
          reply: small
          card: {body: [{type: TextBlock, text: "\(String(repeating: "x", count: 20_000))"}]}
      """
    let command = try Declared.only(yaml, StandIns.Case().environment)
    let reply = try await command.run(typed: "")
    #expect(reply.markdown == "small" && reply.cardJSON == nil)
  }

  @Test(
    "answers are read as JSON, strictly",
    arguments: [
      ("{}", [:]), (" [ 1 , -2.5e1 , true,false,null ] ", [1, -25.0, true, false, .null]),
      (#"{"a":{"b":["c"]}}"#, ["a": ["b": ["c"]]]), ("9007199254740993", 9_007_199_254_740_993),
      (#""é\u00e9\n\"\/\\\ud83d\ude00\ud800x""#, "éé\n\"/\\😀\u{FFFD}x"), ("0", 0), ("-0.5", -0.5),
      ("1e400", nil), ("", nil), ("{", nil), ("[1,]", nil), ("{\"a\" 1}", nil), ("{a:1}", nil),
      ("01", nil), ("1.", nil), ("+1", nil), ("tru", nil), ("truex", nil), ("\"a", nil),
      ("[] []", nil),
      ("\"\u{1}\"", nil), ("NaN", nil), (#""\x""#, nil), (#""\u12g4""#, nil),
      (String(repeating: "[", count: 100_000), nil),
    ] as [(String, JSONValue?)])
  func json(text: String, value: JSONValue?) {
    #expect(JSONReader.read(Array(text.utf8)) == value)
  }

  @Test("a result can go to the model under a prompt")
  func digest() async throws {
    let reply = try await StandIns.Case().command("/github digest").run(typed: "")
    let question = try #require(reply.question)
    #expect(question.prompt == "summariser")
    #expect(
      question.text.contains("- Draft: new parser (updated 2026-11-20T09:00:00Z, 2 comments)"))
  }

  @Test(
    "a service that fails is told in a sentence",
    arguments: [
      ("500", Sentences.serviceStatus("/github prs", 500)),
      ("429", Sentences.serviceStatus("/github prs", 429)),
      ("html", Sentences.serviceUnreadable("/github prs", isPage: true)),
      ("garbage", Sentences.serviceUnreadable("/github prs", isPage: false)),
      ("large", Sentences.serviceTooLarge("/github prs", limit: 1_000_000)),
      ("truncated", Sentences.serviceLost("/github prs", mayHaveRun: false)),
      ("drop", Sentences.serviceLost("/github prs", mayHaveRun: false)),
      ("elsewhere", Sentences.serviceElsewhere("/github prs")),
      ("loop", Sentences.serviceElsewhere("/github prs")),
    ])
  func failures(mode: String, sentence: String) async throws {
    let service = StandIns.Case(mode: mode)
    #expect(try await service.command("/github prs").failure(typed: "") == sentence)
    // The redirect's target is on a host of another name: nothing was asked there.
    let count = mode == "loop" ? 6 : 1
    let asked = try await service.requests().count
    // A dead connection may be the pool's own fault: a GET is then sent again.
    #expect(mode == "drop" ? asked >= 1 : asked == count)
  }

  @Test("a redirect within the host is followed, with its method and body")
  func moved() async throws {
    let service = StandIns.Case(mode: "moved")
    let reply = try await service.command("/github issue")
      .run(typed: "--repository octo/hello moved")
    #expect(reply.markdown.hasPrefix("Created [#"))
    let requests = try await service.requests()
    #expect(requests.map(\.method) == ["POST", "POST"])
    #expect(requests[0].body == requests[1].body)
  }

  @Test("credentials that a service shows are hidden")
  func echo() async throws {
    let service = StandIns.Case(mode: "echo")
    let reply = try await service.command("/github prs").run(typed: "")
    #expect(reply.markdown == "- [Bearer •••]() #1\n")
    let yaml = """
      commands:
        - keyword: /raw
          help: h
          http:
            url: ${JIRA_URL}/x
            basic_auth: {user: "${JIRA_EMAIL}", password: "${JIRA_TOKEN}"}
      """
    let raw = try Declared.only(yaml, service.environment)
    #expect(try await raw.run(typed: "").markdown.contains("\"message\" : \"Basic •••\""))
  }

  @Test("what changes something is sent once, also over a connection that turns out dead")
  func once() async throws {
    let service = StandIns.Case(mode: "drop")
    for method in ["PUT", "DELETE", "POST"] {
      // Leaves a connection in the pool.
      _ = try await StandIns.Case().command("/github prs").run(typed: "")
      let command = try Declared.only(
        """
        commands:
          - {keyword: /x, help: h, http: {method: \(method), url: "${GITHUB_API_URL}/x"}}
        """, service.environment)
      #expect(
        try await command.failure(typed: "") == Sentences.serviceLost("/x", mayHaveRun: true))
    }
    #expect(try await service.requests().map(\.method) == ["PUT", "DELETE", "POST"])
  }

  @Test("a service that hangs is left after its time, and one that may have acted is said so")
  func hang() async throws {
    let service = StandIns.Case(mode: "hang")
    for (method, mayHaveRun) in [("GET", false), ("POST", true)] {
      let command = try Declared.only(
        """
        commands:
          - keyword: /slow
            help: h
            http: {method: \(method), url: "${GITHUB_API_URL}/x", timeout: 2s}
        """, service.environment)
      #expect(
        try await command.failure(typed: "")
          == Sentences.serviceTimeout("/slow", mayHaveRun: mayHaveRun))
    }
  }

  @Test("a text is cut off at the limit, and that is told")
  func cut() async throws {
    let command = try Declared.only(
      """
      commands:
        - keyword: /text
          help: h
          http: {url: "${GITHUB_API_URL}/x", answer: text, limit: 20KB}
          reply: "{{{answer}}}"
      """, StandIns.Case(mode: "large").environment)
    let markdown = try await command.run(typed: "").markdown
    #expect(markdown.utf8.count == 20_000 + "\n\n_Cut off here, after 20 KB._".utf8.count)
    #expect(markdown.hasSuffix("xxx\n\n_Cut off here, after 20 KB._"))
  }

  @Test("nothing that listens is told in a sentence")
  func unreachable() async throws {
    let command = try Declared.only(
      """
      commands:
        - {keyword: /x, help: h, http: {url: "http://127.0.0.1:9/"}}
      """)
    #expect(
      try await command.failure(typed: "")
        == Sentences.unreachable("/x"))
  }

  @Test("a header takes no line break, and a JSON text no other shape")
  func shapes() async throws {
    let service = StandIns.Case()
    let yaml = """
      commands:
        - keyword: /x
          help: h
          arguments: [{name: n, type: integer, option: true, default: 3}, {name: v, type: text}]
          http:
            method: POST
            url: ${GITHUB_API_URL}/x
            headers: {X-Title: "{{arguments.v}}"}
            body: '{"n": {{arguments.n}}, "v": "{{arguments.v}}"}'
        - keyword: /y
          help: h
          arguments: [{name: n, type: integer, option: true, default: 3}, {name: v, type: text}]
          http:
            method: POST
            url: ${GITHUB_API_URL}/y
            body: '{"n": {{arguments.n}}, "v": "{{{arguments.v}}}"}'
        - keyword: /z
          help: h
          arguments: [{name: n, type: integer, option: true, default: 3}, {name: v, type: text}]
          http:
            method: PUT
            url: ${GITHUB_API_URL}/z
            body: {n: "{{arguments.n}}", b: true, q: "12", w: yes, v: "x {{arguments.v}}"}
      """
    let commands = try Declared.commands(yaml, service.environment)
    let evil = "a\r\nX-Evil: 1"
    #expect(try await commands[0].failure(typed: evil) == Sentences.unusableInHeader)
    #expect(try await service.requests().isEmpty)
    for command in commands[1...] { _ = try? await command.run(typed: "\", \"n\": 4, \"x\": \"\n") }
    let requests = try await service.requests()
    #expect(requests[0].json == ["n": 3, "v": "\", \"n\": 4, \"x\": \""])
    #expect(
      requests[1].json
        == ["n": 3, "b": true, "q": "12", "w": "yes", "v": "x \", \"n\": 4, \"x\": \""])
  }

  @Test(
    "only the same host and port count as the same, and never less than https",
    arguments: [
      ("https://a.example/x", "https://a.example/y", true),
      ("https://a.example/x", "https://A.EXAMPLE:443/y", true),
      ("http://a.example/x", "https://a.example/y", true),
      ("https://a.example/x", "http://a.example/y", false),
      ("https://a.example/x", "https://b.a.example/y", false),
      ("https://a.example/x", "https://a.example:8443/y", false),
      ("https://a.example/x", "https://a.example.evil.example/", false),
      ("https://a.example/x", "https://a.example@evil.example/", false),
      ("https://a.example/x", "https://user@a.example/", false),
      ("https://a.example/x", "file:///etc/passwd", false),
      ("http://a.example:8080/x", "https://a.example/y", false),
    ])
  func sameHost(from: String, to: String, isSame: Bool) throws {
    let (base, next) = (try #require(URL(string: from)), try #require(URL(string: to)))
    #expect(HTTPExchange.isSameHost(base, next) == isSame)
  }
}
