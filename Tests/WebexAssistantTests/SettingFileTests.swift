// The two files that settings come from, read line by line.
import Testing

@testable import WebexAssistant

@Suite struct SettingFileTests {
  @Test(
    ".env lines are read as shells and docker compose read them",
    arguments: [
      ("A=b", "b"), ("A = b ", "b"), ("export A=b", "b"), ("A=b=c", "b=c"), ("A=\"b c\"", "b c"),
      ("A='b # c'", "b # c"), ("A=b # comment", "b"), ("A=b#c", "b#c"), ("A=", ""),
      ("A=\"b\" # comment", "b"), ("\u{FEFF}A=b", "b"), ("A=b\r", "b"),
    ])
  func dotEnvLine(line: String, value: String) {
    let file = DotEnvFile(line)
    #expect(file.problems.isEmpty)
    #expect(file.entries == [.init(key: "A", value: value, line: 1)])
  }

  @Test("blank lines and comments of .env count as lines and as nothing else")
  func dotEnvComments() {
    let file = DotEnvFile("# one\r\n\r\n  # two\nA=1\n")
    #expect(file.entries == [.init(key: "A", value: "1", line: 4)])
  }

  @Test(
    "a malformed .env line is told by its number, never by its text",
    arguments: ["hunter2", "=hunter2", "A B=hunter2", "A=\"hunter2", "A='hunter2' and more"])
  func dotEnvMalformed(line: String) throws {
    let file = DotEnvFile("X=1\n" + line)
    let problem = try #require(file.problems.first)
    #expect(file.problems.count == 1)
    #expect(problem.origin == .dotEnv(line: 2))
    #expect(!problem.description.contains("hunter2"))
  }

  @Test("assistant.yaml holds scalars and lists, whatever YAML takes their type for")
  func yaml() {
    let file = SettingsFile(
      """
      # who
      approved_users: [a@b.cd, e@f.gh]
      approved_domains:
        - example.com
      maximum_concurrent_answers: 8
      require_approval: yes
      log_level: "debug"
      litellm_model: ~
      """)
    #expect(file.problems.isEmpty)
    #expect(
      file.entries == [
        .init(name: "approved_users", value: "a@b.cd,e@f.gh", line: 2),
        .init(name: "approved_domains", value: "example.com", line: 3),
        .init(name: "maximum_concurrent_answers", value: "8", line: 5),
        .init(name: "require_approval", value: "yes", line: 6),
        .init(name: "log_level", value: "debug", line: 7),
        .init(name: "litellm_model", value: "", line: 8),
      ])
  }

  @Test(
    "an empty assistant.yaml sets nothing", arguments: ["", "\n", "# only a comment\n", "---\n"])
  func emptyYAML(text: String) {
    let file = SettingsFile(text)
    #expect(file.entries.isEmpty)
    #expect(file.problems.isEmpty)
  }

  @Test(
    "an assistant.yaml of another shape is a problem with its line",
    arguments: [
      ("just text", 1), ("- a\n- b", 1), ("log_level: info\nlitellm:\n  model: x", 2),
      ("log_level: info\nlog_level: debug", 1), ("a: [1", 1), ("a: {b: }}", 1),
    ])
  func otherYAML(text: String, line: Int) throws {
    let problem = try #require(SettingsFile(text).problems.first)
    guard case .settingsFile(let found) = problem.origin else {
      Issue.record("no line in \(problem)")
      return
    }
    #expect(found >= line)
  }

  @Test(
    "the nearest name is suggested, and none when nothing is near",
    arguments: [
      ("LITELLM_MODLE", "LITELLM_MODEL"), ("WEBEX_TOKEN", "WEBEX_API_TOKEN"),
      ("LITELLM_URL", "LITELLM_BASE_URL"), ("LITELLM", "LITELLM_MODEL"), ("X", nil),
      ("WEBEX_SPACESHIP_COLOUR", nil),
    ] as [(String, String?)])
  func nearest(name: String, expected: String?) {
    let nearest = NearestName.of(
      name, among: ["LITELLM_MODEL", "LITELLM_BASE_URL", "WEBEX_API_TOKEN"])
    if let expected { #expect(nearest == expected) } else { #expect(nearest == nil) }
  }
}
