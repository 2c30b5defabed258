import Testing

@testable import Assistant

private struct Named: Command {
  var keyword: String
  var match = CommandMatch.exact
  var help: String { "" }
  var access: CommandAccess = .everyone

  func run(_ context: CommandContext) async throws -> CommandReply { .nothing }
}

/// A lookup as it can be compared.
enum Meaning: Equatable, Sendable {
  case command(String, String)
  case ambiguous([String])
  case unknown(String, [String])
  case none

  init(_ lookup: CommandLookup) {
    switch lookup {
    case .command(let command, let text): self = .command(command.keyword, text)
    case .ambiguous(let keywords): self = .ambiguous(keywords)
    case .unknown(let keyword, let suggestions): self = .unknown(keyword, suggestions)
    case .none: self = .none
    }
  }
}

@Suite("Command matching")
struct CommandTableTests {
  static let table = CommandTable([
    Named(keyword: "/ask"), Named(keyword: "/chat"), Named(keyword: "/reset"),
    Named(keyword: "/help"), Named(keyword: "/stop"), Named(keyword: "/retry"),
    Named(keyword: "/continue"), Named(keyword: "/model"), Named(keyword: "/settings"),
    Named(keyword: "/jira search"), Named(keyword: "/jira create"),
    Named(keyword: "/github"), Named(keyword: "/github issue"),
    Named(keyword: "/status page"),
    Named(keyword: "/build", match: .prefix), Named(keyword: "/buildlog", match: .prefix),
    Named(keyword: "/deploy to", match: .prefix),
    Named(keyword: "on call", match: .partial), Named(keyword: "lunch", match: .partial),
    Named(keyword: "pizza", match: .partial), Named(keyword: "lunch menu", match: .partial),
    Named(keyword: "/lunch", match: .partial),
    Named(keyword: "Straße", match: .partial),
    Named(keyword: "/admin drop", access: .admins),
    Named(keyword: "secret word", match: .partial, access: .admins),
    Named(keyword: "shutdown", access: .admins),
  ])

  @Test(
    "an exact keyword is the message, alone or followed by white space",
    arguments: [
      ("/ask why?", Meaning.command("/ask", "why?")),
      ("/ASK why?", .command("/ask", "why?")),
      ("/ask", .command("/ask", "")),
      ("  /reset  ", .command("/reset", "")),
      ("/ask\nline one\n  line two\n", .command("/ask", "line one\n  line two")),
      ("/ask\tone  two", .command("/ask", "one  two")),
      ("/ask\u{00A0}no-break", .command("/ask", "no-break")),
      ("/Stop please", .command("/stop", "please")),
      ("/ask /help", .command("/ask", "/help")),
      ("/ask //x", .command("/ask", "//x")),
      ("/jira search open bugs", .command("/jira search", "open bugs")),
      ("/JIRA   Search  open  bugs", .command("/jira search", "open  bugs")),
      ("/jira\nsearch", .command("/jira search", "")),
      ("/github", .command("/github", "")),
      ("/github issues", .command("/github", "issues")),
      ("/github issue --title x", .command("/github issue", "--title x")),
    ])
  func exact(text: String, expected: Meaning) {
    #expect(Meaning(Self.table.match(text)) == expected)
  }

  @Test(
    "a prefix is whatever begins with it, the longest one first",
    arguments: [
      ("/build", Meaning.command("/build", "")),
      ("/build42", .command("/build", "42")),
      ("/BUILD42 now", .command("/build", "42 now")),
      ("/build 42", .command("/build", "42")),
      ("/buildlog 42", .command("/buildlog", "42")),
      ("/buildlo", .command("/build", "lo")),
      ("/deploy to-staging", .command("/deploy to", "-staging")),
      ("/deploy tomorrow", .command("/deploy to", "morrow")),
      ("please /build42", .none),
    ])
  func prefix(text: String, expected: Meaning) {
    #expect(Meaning(Self.table.match(text)) == expected)
  }

  @Test(
    "a partial keyword stands anywhere, as words of its own, the longest one first",
    arguments: [
      ("who is on call today?", Meaning.command("on call", "who is on call today?")),
      ("Who is ON  CALL?", .command("on call", "Who is ON  CALL?")),
      ("is there lunch?", .command("lunch", "is there lunch?")),
      ("(lunch)", .command("lunch", "(lunch)")),
      ("what is on the lunch menu", .command("lunch menu", "what is on the lunch menu")),
      ("launch lunchtime", .none),
      ("collection callback", .none),
      ("welche STRASSE?", .none),
      ("welche STRAßE?", .command("Straße", "welche STRAßE?")),
      ("pizza or lunch menu?", .command("lunch menu", "pizza or lunch menu?")),
      ("lunch: pizza", .ambiguous(["lunch", "pizza"])),
      ("/lunch", .command("/lunch", "/lunch")),
      ("when is /lunch?", .command("/lunch", "when is /lunch?")),
      // An exact keyword comes first, however short.
      ("/ask who is on call", .command("/ask", "who is on call")),
      ("/build lunch menu", .command("/build", "lunch menu")),
    ])
  func partial(text: String, expected: Meaning) {
    #expect(Meaning(Self.table.match(text)) == expected)
  }

  @Test(
    "what is no command goes to the model",
    arguments: [
      "", "   ", "hello", "//reset is a command, why?", "//", "/", "/ 2", "/2nd",
      "/etc/hosts has what?",
      "/usr/bin", "/-x", "1/2", "help", "reset please", "http://x.example/ask", "/ask/why",
      "/ask:why", "\\/reset", "-/help", "/a.b",
    ])
  func ordinary(text: String) {
    #expect(Meaning(Self.table.match(text)) == .none)
  }

  @Test(
    "a near miss is answered with suggestions",
    arguments: [
      ("/rest", ["/reset"]), ("/hlep", ["/help"]), ("/continu", ["/continue"]),
      ("/weather Berlin", []), ("/stp", ["/stop"]), ("/re", ["/reset", "/retry"]),
      ("/akss", []), ("/aks why", ["/ask"]), ("/stop!", ["/stop"]), ("/STOPP", ["/stop"]),
      ("/xyz", []), ("/resetall", []), ("/setings", ["/settings"]), ("/modell gpt", ["/model"]),
      ("/jirasearch bugs", ["/jira search"]), ("/jira-search", ["/jira search"]),
      ("/jira_create", ["/jira create"]), ("/jirra search", ["/jira search"]),
      ("/buil", ["/build", "/buildlog"]), ("/githb issue", ["/github issue", "/github"]),
    ])
  func nearMisses(text: String, expected: [String]) throws {
    let keyword = try #require(text.lowercased().split(separator: " ").first)
      .filter { $0 != "!" }
    #expect(Meaning(Self.table.match(text)) == .unknown(keyword, expected))
  }

  @Test(
    "the first word of several commands alone is ambiguous; a wrong second word gets the near ones",
    arguments: [
      ("/jira", Meaning.ambiguous(["/jira create", "/jira search"])),
      ("/JIRA", .ambiguous(["/jira create", "/jira search"])),
      ("/jira open bugs", .ambiguous(["/jira create", "/jira search"])),
      ("/jira serch", .unknown("/jira serch", ["/jira search"])),
      ("/jira Creat a bug", .unknown("/jira creat", ["/jira create"])),
      ("/jira s", .unknown("/jira s", ["/jira search"])),
      ("/status", .unknown("/status", ["/status page"])),
      ("/status pge", .unknown("/status pge", ["/status page"])),
    ])
  func families(text: String, expected: Meaning) {
    #expect(Meaning(Self.table.match(text)) == expected)
  }

  @Test(
    "what someone may not run is neither suggested nor found in a sentence, yet known when it is meant",
    arguments: [
      ("/admin drop now", true, Meaning.command("/admin drop", "now")),
      ("/admin drop now", false, .command("/admin drop", "now")),
      ("/admin drpo", true, .unknown("/admin drpo", ["/admin drop"])),
      ("/admin drpo", false, .unknown("/admin", [])),
      ("the secret word is", true, .command("secret word", "the secret word is")),
      ("the secret word is", false, .none),
      ("shutdown the bot?", true, .command("shutdown", "the bot?")),
      ("shutdown the bot?", false, .none),
    ])
  func rights(text: String, isAdmin: Bool, expected: Meaning) {
    let lookup = Self.table.match(text) { isAdmin || $0.access != .admins }
    #expect(Meaning(lookup) == expected)
  }

  @Test("an empty table and doubled keywords are no trouble")
  func oddTables() {
    #expect(Meaning(CommandTable([]).match("/ask x")) == .unknown("/ask", []))
    #expect(Meaning(CommandTable([]).match("hello")) == .none)
    let table = CommandTable([
      Named(keyword: "/x"), Named(keyword: "/X", match: .exact), Named(keyword: "  "),
      Named(keyword: "/y  Z"),
    ])
    #expect(Meaning(table.match("/X 1")) == .command("/x", "1"))
    #expect(Meaning(table.match("/y z 1")) == .command("/y  Z", "1"))
  }

  @Test("a long text costs little and means nothing")
  func long() {
    let word = "/" + String(repeating: "x", count: 100_000)
    #expect(Meaning(Self.table.match(word)) == .unknown(word, []))
    let text = Array(repeating: "on cal", count: 20_000).joined(separator: " ")
    #expect(Meaning(Self.table.match(text)) == .none)
  }

  @Test(
    "the distance of two words",
    arguments: [
      ("", "", 0), ("a", "", 1), ("help", "hlep", 1), ("rest", "reset", 1), ("abc", "cba", 2),
      ("kitten", "sitting", 3),
    ])
  func distance(a: String, b: String, expected: Int) {
    #expect(EditDistance.between(a, b) == expected)
    #expect(EditDistance.between(b, a) == expected)
  }
}
