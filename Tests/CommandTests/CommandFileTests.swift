import Foundation
import Testing
import WebexAPI

@testable import Assistant

@Suite("The file of declared commands")
struct CommandFileTests {
  static func command(_ lines: String) -> String {
    "commands:\n  - keyword: /x\n    help: h\n"
      + lines.split(separator: "\n").map { "    \($0)\n" }
      .joined()
  }

  static let ask = "ask: {prompt: default}"

  @Test(
    "every mistake is told with its line",
    arguments: [
      ("commands: 5", "commands.yaml:1: \"commands\" must be a list"),
      ("commnds: []", "commands.yaml:1: unknown key \"commnds\" in the file; is it \"commands\"?"),
      (command("\(ask)\nhlep: x"), "commands.yaml:5: unknown key \"hlep\""),
      (command("\(ask)\nmatch: fuzzy"), ":5: \"match\" must be one of exact, prefix, partial"),
      (command("\(ask)\nform: yes"), ":5: \"form\" must be true or false"),
      (command("help: again\n\(ask)"), "stands twice"),
      (command("help: again\n\(ask)"), ":4: not YAML: the key \"help\" stands twice"),
      (command("\(ask)\nconfirm: yes"), ":5: \"confirm\" must be true, false or a text"),
      (command("\(ask)\nconfirm: True"), ":5: \"confirm\" must be true, false or a text"),
      (
        command("\(ask)\napproved_users:\n  - ada@example.com\n  - ada"),
        ":7: \"ada\" in \"approved_users\" is not an e-mail address"
      ),
      (command("\(ask)\napproved_domains: ['a b']"), ":5: \"a b\" in \"approved_domains\""),
      (command("\(ask)\napproved_domains: ada@example.com"), "is not a mail domain"),
      (command("\(ask)\napproved_rooms: https://a.example/"), "is not the id of a space"),
      (
        command("http: {url: 'https://a.example/'}\nreply: x\ncard: {body: [{type: '{{text}}'}]}"),
        ":6: a \"type\" cannot come from"
      ),
      (command("match: exact"), "exactly one of http, run and ask"),
      (command("\(ask)\nrun: {program: /bin/true}"), "exactly one of http, run and ask"),
      (
        "commands:\n  - keyword: /help\n    help: h\n    \(ask)",
        ":2: the keyword \"/help\" belongs"
      ),
      ("commands:\n  - keyword: /HELP me\n    help: h\n    \(ask)", "belongs to a built-in"),
      ("commands:\n  - keyword: //x\n    help: h\n    \(ask)", ":2: the keyword"),
      ("commands:\n  - keyword: /a  b\n    help: h\n    \(ask)", "single spaces"),
      (
        "commands:\n  - {keyword: /A, help: h, \(ask)}\n  - {keyword: /a, help: h, \(ask)}",
        ":3: the keyword \"/a\" is declared twice; the first is at commands.yaml:2"
      ),
      ("commands:\n  - keyword: /x\n    \(ask)", "needs a \"help\""),
      ("commands:\n  - [1\n", "not YAML"),
      (command("arguments: [{name: 1x}]\n\(ask)"), "needs a \"name\""),
      (command("arguments: [{name: a, type: date}]\n\(ask)"), "the type must be"),
      (command("arguments: [{name: a, type: choice}]\n\(ask)"), "needs \"choices\""),
      (command("arguments: [{name: a}, {name: A}]\n\(ask)"), "declared twice"),
      (command("arguments: [{name: a, type: text}, {name: b}]\n\(ask)"), "nothing can follow"),
      (
        command("arguments: [{name: a, required: false}, {name: b}]\n\(ask)"),
        "cannot follow an optional"
      ),
      (
        command("arguments: [{name: a, type: integer, default: x}]\n\(ask)"),
        "the default of \"a\" must be a whole number"
      ),
      (command("ask: {text: '{{arguments.x}}'}"), ":4: \"text\": there is no argument \"x\""),
      (command("ask: {text: '{{argument.x}}'}"), "{{argument.x}} is not known here"),
      (command("ask: {text: '{{#text}}'}"), "does not parse"),
      (command("ask: {text: '{{> other}}'}"), "not supported"),
      (command("ask: {text: '{{=<% %>=}}'}"), "not supported"),
      (command("ask: {text: '{{% CONTENT_TYPE:TEXT}}'}"), "not supported"),
      (command("ask: {text: '{{upper(text)}}'}"), "there is no upper(…)"),
      (command("run: {program: ls}"), "absolute path"),
      (command("run: {program: /bin/nothing-here}"), "there is no program"),
      (command("run: {program: /usr/bin}"), "there is no program"),
      (command("run: {program: '/bin/{{text}}'}"), "absolute path"),
      (command("run: {program: /bin/true, directory: /nowhere}"), "there is no directory"),
      (command("run: {program: /bin/true, timeout: 2h}"), "a time such as 20s"),
      (command("run: {program: /bin/true, limit: 5GB}"), "a size such as 500KB"),
      (command("run: {program: /bin/true, arguments: ls -l}"), "must be a list"),
      (
        command("run: {program: /bin/true, stream: true}\nsummarize: writer"),
        "cannot become a card or a summary"
      ),
      (command("http: {method: GET}"), "needs a \"url\""),
      (command("http: {url: ftp://example.com/}"), ":4: "),
      (command("http: {url: 'https://a.example/', method: BREW}"), "the method must be"),
      (command("http: {url: 'https://a.example/', body: {a: 1}}"), "has no body"),
      (command("http: {url: 'https://a.example/', headers: {Host: b}}"), "not a header"),
      (command("http: {url: 'https://a.example/', headers: {'a b': b}}"), "not a header"),
      (command("http: {url: 'https://a.example/', statuses: [ok]}"), "\"statuses\" must be"),
      (command("http: {url: 'https://a.example/', limit: 11MB}"), "at most 10 MB"),
      (command("http: {url: 'https://a.example/', timeout: 10m}"), "at most 300s"),
      (
        command("http: {url: 'https://a.example/'}\ncard: {body: []}"),
        "needs a \"reply\""
      ),
      (
        command(
          "http: {url: 'https://a.example/'}\nreply: x\n"
            + "card: {body: [], actions: [{type: Action.Submit}]}"),
        ":6: nothing answers an Action.Submit"
      ),
      (command("http: {url: 'https://a.example/'}\nreply: '{{code(answer)}}'"), "three braces"),
      (command("http: {url: '${NOWHERE}/x'}"), "${NOWHERE} is not set"),
      (command("http: {url: '${EMPTY}/x'}"), "${EMPTY} is not set"),
      (command("http: {url: '${BRACES}/x'}"), "has braces"),
      (command("http: {url: '${NOT A NAME}/x'}"), "is not the name of"),
      (command("http: {url: 'https://a.example/${WEBEX_API_TOKEN}'}"), "belongs to the assistant"),
      (
        command("http: {url: 'https://a.example/?k=${LITELLM_API_KEY}'}"),
        "belongs to the assistant"
      ),
      (
        command("http: {url: 'https://a.example/', headers: {X-K: '${TOKEN}'}}\nreply: '${TOKEN}'"),
        "the secret ${TOKEN} stands in a text that people read"
      ),
    ])
  func mistakes(yaml: String, problem: String) throws {
    let environment = [
      "TOKEN": "secret-1234", "EMPTY": "", "BRACES": "https://{{text}}",
      "WEBEX_API_TOKEN": "t0ken", "LITELLM_API_KEY": "k3y",
    ]
    let error = #expect(throws: CommandFileError.self) {
      _ = try Declared.commands(yaml, environment)
    }
    #expect(error?.description.contains(problem) == true, "\(error?.description ?? "")")
    for value in environment.values where !value.isEmpty {
      #expect(error?.description.contains(value) == false)
    }
  }

  @Test(
    "a host never comes from what a person wrote",
    arguments: [
      "https://{{text}}/x", "https://{{{text}}}", "{{text}}", "https://a.example{{text}}/",
      "https://a.example:{{arguments.port}}/", "${BASE}{{text}}", "https://{{! c }}a.example/",
      "https://${HOST}{{text}}/", "https://{{#text}}a{{/text}}.example/", "//{{text}}/x",
      "https://a.example@{{text}}/",
    ])
  func hosts(url: String) throws {
    let yaml = Self.command("arguments: [{name: port}]\nhttp: {url: '\(url)'}")
    let error = #expect(throws: CommandFileError.self) {
      _ = try Declared.commands(yaml, ["BASE": "https://b.example", "HOST": "c.example"])
    }
    #expect(error?.description.contains("URL") == true, "\(error?.description ?? "")")
  }

  @Test("all problems of a file are told at once, in its order")
  func all() throws {
    let yaml = """
      commands:
        - keyword: /a
          help: h
          form: maybe
          http: {url: "https://{{text}}/", timeout: never}
        - keyword: /b
          help: h
          run: {program: ls}
      """
    let error = #expect(throws: CommandFileError.self) { _ = try Declared.commands(yaml) }
    #expect(error?.problems.map(\.line) == [4, 5, 5, 8])
  }

  @Test("a file, or a folder of files, gives commands; an empty file none")
  func folders() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.command(Self.ask), to: "b.yaml")
    try folder.write("", to: "a.yml")
    try folder.write("not: [yaml", to: "notes.txt")
    #expect(try Declared.file(folder.path).read().map(\.keyword) == ["/x"])
    try folder.write(Self.command(Self.ask), to: "c.yaml")
    let error = #expect(throws: CommandFileError.self) {
      _ = try Declared.file(folder.path).read()
    }
    #expect(error?.description.contains("c.yaml:2: the keyword \"/x\"") == true)
    #expect(throws: CommandFileError.self) { _ = try Declared.file("/nowhere.yaml").read() }
  }

  @Test("arguments keep what was written, and defaults what a person would type")
  func arguments() throws {
    let command = try Declared.only(
      Self.command(
        """
        arguments:
          - {name: a, default: yes}
          - {name: b, type: integer, default: 012}
          - {name: c, choices: [yes, 12, "no"], option: true}
          - {name: d, type: boolean, option: true}
        \(Self.ask)
        """))
    #expect(
      try CommandArguments.parse("", Array(command.arguments.prefix(2))).get()
        == ["a": "yes", "b": 12])
    #expect(command.arguments[2].kind == .choice(["yes", "12", "no"]))
    #expect(!command.arguments[3].isRequired)
    #expect(command.usage == "/x [<a>] [<b>] --c yes|12|no [--d]")
  }

  @Test("its own lists admit; empty lists admit nobody")
  func access() throws {
    func access(_ line: String) throws -> CommandAccess {
      try Declared.only(Self.command("\(line)\n\(Self.ask)")).access
    }
    #expect(try access("match: prefix") == .everyone)
    #expect(try access("admins_only: true") == .admins)
    guard case .only(let some) = try access("approved_domains: example.com"),
      case .only(let none) = try access("approved_users: []")
    else {
      Issue.record("not a list")
      return
    }
    func admits(_ policy: AccessPolicy, _ email: String) -> Bool {
      policy.decide(AccessSubject(email: email, spaceID: "", isDirect: false)).isAllowed
    }
    #expect(admits(some, "ada@example.com"))
    #expect(!admits(some, "eve@example.org"))
    #expect(!admits(none, "ada@example.com"))
  }

  @Test(
    "aliases of aliases do not make a file endless",
    arguments: ["", "? *i\n", "? [*i]\n", "*i : 1\n", "[x, *i]: 1\n", "{a: *i}: 1\n"])
  func aliases(key: String) throws {
    var yaml = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for (name, before) in zip("bcdefghi", "abcdefgh") {
      let nine = Array(repeating: "*\(before)", count: 9).joined(separator: ", ")
      yaml += "\(name): &\(name) [\(nine)]\n"
    }
    let error = #expect(throws: CommandFileError.self) {
      _ = try Declared.commands(yaml + key + "commands: *i\n")
    }
    #expect(
      error?.description.contains(key.isEmpty ? "more than 10000" : "not an alias") == true)
    let stars = Array(repeating: "*a", count: 10_000).joined(separator: " ")
    #expect(YAMLBudget.lineOfAliasInKey("x: &a 1\ny: \(stars)") == nil)
    #expect(YAMLBudget.lineOfAliasInKey(String(repeating: "&a*a", count: 10_000)) == nil)
    let often = Array(
      repeating: "  - {keyword: /a, ask: *ask, reply: '[{{x}}](y): {{z}}: *'}", count: 30)
    #expect(YAMLBudget.lineOfAliasInKey("a: &ask 1\n" + often.joined(separator: "\n")) == nil)
    let honest = """
      commands:
        - {keyword: /a, help: h, ask: &ask {prompt: default}}
        - {keyword: /b, help: "*ask", ask: *ask}
      """
    #expect(try Declared.commands(honest).flatMap(\.prompts) == ["default", "default"])
  }

  @Test("what is no file is not waited for, and a huge one not read")
  func odd() throws {
    let folder = try TemporaryFolder()
    let pipe = folder.path + "/pipe.yaml"
    #expect(mkfifo(pipe, 0o600) == 0)
    let error = #expect(throws: CommandFileError.self) { _ = try Declared.file(pipe).read() }
    #expect(error?.description == "pipe.yaml:1: is not a regular file")
    let secret = #expect(throws: CommandFileError.self) {
      _ = try Declared.commands(Self.command("http: {url: '${KEY}/'}"), ["KEY_FILE": pipe])
    }
    #expect(secret?.description.contains("${KEY} is not set") == true)
    let huge = try folder.write("", to: "huge.yaml")
    #expect(truncate(huge, 1 << 40) == 0)
    let large = #expect(throws: CommandFileError.self) { _ = try Declared.file(huge).read() }
    #expect(large?.description == "huge.yaml:1: is larger than 1 MB")
  }

  @Test("no command shows another's secret, or the assistant's")
  func otherSecrets() throws {
    let folder = try TemporaryFolder()
    let yaml = """
      commands:
        - {keyword: /a, help: h, http: {url: "https://a.example/", headers: {X-K: "${KEY}"}}}
        - {keyword: /b, help: h, ask: {prompt: default}}
      """
    var file = Declared.file(try folder.write(yaml), ["KEY": "of-the-first"])
    file.alwaysMasked = ["webex-token"]
    for command in try file.read() {
      #expect(command.mask.hiding("of-the-first, webex-token") == "•••, •••")
    }
  }

  @Test("a declaration's fingerprint changes with it, and with nothing else")
  func fingerprints() throws {
    func fingerprint(_ lines: String, _ url: String = "https://a.example") throws -> String {
      try #require(
        try Declared.commands("\(lines)", ["URL": url]).first { $0.keyword == "/x" }
      ).fingerprint
    }
    let declaration = Self.command("http: {url: '${URL}/x', method: POST}\nconfirm: true")
    let first = try fingerprint(declaration)
    #expect(first.count == 16)
    #expect(try fingerprint("# a comment\n\n" + declaration) == first)
    #expect(try fingerprint(declaration.replacing("/x'", with: "/y'")) != first)
    #expect(try fingerprint(declaration, "https://b.example") != first)
  }

  @Test("a prompt's place is known, and the default directory is the file's")
  func places() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path + "/a b", withIntermediateDirectories: true)
    let path = try folder.write(
      Self.command("run: {program: /bin/true}\nsummarize: nobody"), to: "a b/commands.yaml")
    let command = try #require(try Declared.file(path).read().first)
    #expect(command.promptPlace == "commands.yaml:5" && command.prompts == ["nobody"])
    guard case .run(let action) = command.action else { throw CancellationError() }
    #expect(action.directory == folder.path + "/a b/")
  }

  @Test("a question goes to the model with its prompt, and words are data")
  func asks() async throws {
    let command = try Declared.only(
      Self.command(
        "arguments: [{name: w, type: text}]\nask: {prompt: p, model: m, text: 'Do: {{arguments.w}}'}"
      ))
    let reply = try await command.run(typed: "{{person.email}} <b> ${HOME}")
    #expect(
      reply.question
        == CommandQuestion("Do: {{person.email}} <b> ${HOME}", prompt: "p", model: "m"))
    #expect(command.isRepeatable)
  }

  @Test("the examples are whole, and name what they need")
  func examples() throws {
    let folder = StandIns.root.appending(path: "examples/commands").path(percentEncoded: false)
    var environment = [
      "GITHUB_API_URL", "JIRA_URL", "JENKINS_URL", "STATUSPAGE_URL",
    ].reduce(into: [:]) { $0[$1] = "https://a.example" }
    for name in ["GITHUB_TOKEN", "JIRA_EMAIL", "JIRA_TOKEN", "JENKINS_USER", "JENKINS_TOKEN"] {
      environment[name] = "x1234"
    }
    let commands = try Declared.file(folder, environment).read()
    #expect(
      commands.map(\.keyword) == [
        "/github prs", "/github issue", "/github digest", "/build status", "/build start",
        "/jira search", "/jira create", "/translate", "/tidy", "/status",
      ])
    #expect(Set(commands.flatMap(\.prompts)) == ["summariser", "translator", "writer"])
    for (name, _) in environment {
      var fewer = environment
      fewer[name] = nil
      let error = #expect(throws: CommandFileError.self) {
        _ = try Declared.file(folder, fewer).read()
      }
      #expect(error?.description.contains("${\(name)} is not set") == true)
    }
  }

  @Test("a secret can stand in a file of its own")
  func secretFiles() throws {
    let folder = try TemporaryFolder()
    let secret = try folder.write("from-a-file\n", to: "secret")
    let command = try Declared.only(
      Self.command("http: {url: 'https://a.example/', headers: {X-K: '${KEY}'}}"),
      ["KEY_FILE": secret])
    #expect(command.mask.hiding("it is from-a-file!") == "it is •••!")
  }
}
