// The configuration as the operator meets it: which source wins, what is refused, and in what words.
import CurlHTTP
import FoundationEssentials
import Logging
import Testing

@testable import WebexAssistant

private let token = "sim-bot-token"

private func sources(
  flags: [SettingKey: String] = [:], environment: [String: String] = ["WEBEX_API_TOKEN": token],
  dotEnv: String = "", yaml: String = "", files: [String: String] = [:],
  directories: Set<String> = []
) -> ConfigurationSources {
  ConfigurationSources(
    flags: ConfigurationSources.Flag.named(flags), environment: environment,
    dotEnv: DotEnvFile(dotEnv), settingsFile: SettingsFile(yaml), readFile: { files[$0] },
    isDirectory: { directories.contains($0) })
}

private func settings(_ sources: ConfigurationSources) throws -> Settings {
  try Settings.load(sources).get()
}

private func problems(_ sources: ConfigurationSources) -> [ConfigurationProblem] {
  switch Settings.load(sources) {
  case .success: []
  case .failure(let problems): problems.list
  }
}

@Suite struct SettingsTests {
  @Test("with only a token, every other setting has its documented default")
  func defaults() throws {
    let settings = try settings(sources())
    #expect(settings.webexAPIToken?.value == token)
    #expect(settings.webexAPIBaseURL == "https://webexapis.com/v1")
    #expect(settings.webexU2CURL == "https://u2c.wbx2.com/u2c/api/v1")
    #expect(settings.liteLLMBaseURL == "http://localhost:4000")
    #expect(settings.liteLLMAPIKey == nil)
    #expect(settings.liteLLMModel == nil)
    #expect(settings.approvedUsers.isEmpty)
    #expect(!settings.requireApproval)
    #expect(settings.databasePath == "data/assistant.sqlite")
    #expect(settings.promptsDirectory == "prompts")
    #expect(settings.adminAddress == .socket(host: "127.0.0.1", port: 8080))
    #expect(settings.logLevel == .info)
    #expect(settings.logFormat == .text)
    #expect(settings.proxy == .none)
  }

  struct Precedence: Sendable, CustomTestStringConvertible {
    var flag: String?
    var environment: String?
    var dotEnv: String?
    var yaml: String?
    var expected: String?
    var origin: SettingOrigin?
    var testDescription: String { origin.map { "\($0)" } ?? "default" }
  }

  @Test(
    "a flag wins over the environment, the environment over .env, .env over assistant.yaml",
    arguments: [
      Precedence(
        flag: "f", environment: "e", dotEnv: "d", yaml: "y", expected: "f",
        origin: .flag("--litellm-model")),
      Precedence(
        environment: "e", dotEnv: "d", yaml: "y", expected: "e",
        origin: .environment(variable: "LITELLM_MODEL")),
      Precedence(dotEnv: "d", yaml: "y", expected: "d", origin: .dotEnv(line: 2)),
      Precedence(yaml: "y", expected: "y", origin: .settingsFile(line: 3)),
      Precedence(),
      Precedence(environment: "", dotEnv: "d", expected: "d", origin: .dotEnv(line: 2)),
    ])
  func precedence(_ row: Precedence) throws {
    var environment = ["WEBEX_API_TOKEN": token]
    environment["LITELLM_MODEL"] = row.environment
    let settings = try settings(
      sources(
        flags: row.flag.map { [.liteLLMModel: $0] } ?? [:], environment: environment,
        dotEnv: row.dotEnv.map { "# comment\nLITELLM_MODEL=\($0)\n" } ?? "",
        yaml: row.yaml.map { "# comment\n\nlitellm_model: \($0)\n" } ?? ""))
    #expect(settings.liteLLMModel == row.expected)
    #expect(settings.origins[.liteLLMModel] == row.origin)
  }

  @Test(
    "acceptable values are taken",
    arguments: [
      ("APPROVED_USERS", "Alice@Example.com, ci-*@example.com", "ci-*@example.com"),
      ("APPROVED_DOMAINS", "@example.com,.partner.example", ".partner.example"),
      ("APPROVED_ROOMS", "2f1c9f60-5a4a-11ee-8c99-0242ac120002", "2f1c9f60"),
      ("LITELLM_BASE_URL", "http://litellm:4000/v1/", "\"http://litellm:4000/v1\""),
      ("WEBEX_API_BASE_URL", "http://127.0.0.1:9000/v1", "127.0.0.1:9000"),
      ("WEBEX_U2C_URL", "https://u2c.example.com/u2c/api/v1/catalog", "/catalog"),
      ("APPROVED_ROOMS", "webexteams://im?space=2f1c9f60-5a4a-11ee-8c99-0242ac120002", "2f1c9f60"),
      // Refused when Webex has told the ids of the spaces with that title.
      ("APPROVED_ROOMS", "Deploy desk", "Deploy desk"),
      ("REQUIRE_APPROVAL", "Yes", "requireApproval: true"),
      ("ADMINS", "Root@Example.com, ops-*@example.com", "root@example.com"),
      ("SETTINGS_POLICY", "Moderators", "settingsPolicy: Assistant.SettingsPolicy.moderators"),
      ("DENIED_REPLY", "Please ask IT.", "deniedReply: Optional(\"Please ask IT.\")"),
      ("DENIED_REPLY", "OFF", "deniedReply: nil"),
      ("LEAVE_UNAPPROVED_SPACES", "yes", "leaveUnapprovedSpaces: true"),
      ("MAXIMUM_CONCURRENT_ANSWERS", "1000", "1000"),
      ("MAXIMUM_WAITING_PER_SPACE", "3", "maximumWaitingPerSpace: Optional(3)"),
      ("MAXIMUM_WAITING_PER_PERSON", "4", "maximumWaitingPerPerson: Optional(4)"),
      ("RATE_LIMIT_WAIT", "0", "rateLimitWait: 0"),
      ("BACKFILL_MAX_AGE", "0", "backfillMaximumAge: 0"),
      ("BACKFILL_MAX_AGE", "518400", "backfillMaximumAge: 518400"),
      ("GREETING", "false", "greeting: false"),
      ("REPLY_FOOTER", "on", "replyFooter: Assistant.ReplyFooter(rawValue: 15)"),
      ("REPLY_FOOTER", "Model, seconds", "replyFooter: Assistant.ReplyFooter(rawValue: 9)"),
      ("ADMIN_ADDRESS", "[::1]:0", "::1"),
      ("ADMIN_ADDRESS", "localhost:9090", "9090"),
      ("ADMIN_ADDRESS", "off", "adminAddress: off"),
      ("LOG_LEVEL", "DEBUG", "debug"),
      ("LOG_FORMAT", "json", "LogFormat.json"),
      ("HTTPS_PROXY", "proxy.example.com:3128", "proxy.example.com:3128"),
      ("DEVICE_NAME", "assistant two", "assistant two"),
    ])
  func accepted(key: String, value: String, expected: String) throws {
    let settings = try settings(sources(environment: ["WEBEX_API_TOKEN": token, key: value]))
    #expect("\(settings)".contains(expected))
  }

  @Test(
    "a malformed value stops the start and names key, source, value and what is accepted",
    arguments: [
      ("APPROVED_USERS", "alice"), ("APPROVED_USERS", "a@b@c"), ("APPROVED_USERS", "a b@c.de"),
      ("APPROVED_DOMAINS", "exa mple.com"), ("APPROVED_DOMAINS", "a..b"),
      ("APPROVED_ROOMS", "https://webex.example/meet/ann"),
      (
        "APPROVED_ROOMS",
        "Y2lzY29zcGFyazovL3VzL1BFT1BMRS9jMWE1YjZkNy0yZTNmLTRhMWItOWM4ZC03ZTZmNWE0YjNjMmQ"
      ),
      ("ADMINS", "root"), ("SETTINGS_POLICY", "everyone"), ("COMMANDS_FILE", "nowhere.yaml"),
      ("LEAVE_UNAPPROVED_SPACES", "never"),
      ("LITELLM_BASE_URL", "localhost:4000"), ("LITELLM_BASE_URL", "ftp://localhost"),
      ("LITELLM_BASE_URL", "http://host:99999"),
      ("WEBEX_API_BASE_URL", "http://webexapis.com/v1"),
      ("WEBEX_U2C_URL", "http://10.0.0.1/u2c"), ("REQUIRE_APPROVAL", "perhaps"),
      ("DATABASE_PATH", "data/"), ("PROMPTS_DIR", "nowhere"),
      ("MAXIMUM_CONCURRENT_ANSWERS", "0"), ("MAXIMUM_CONCURRENT_ANSWERS", "1001"),
      ("MAXIMUM_CONCURRENT_ANSWERS", "many"), ("MAXIMUM_WAITING_PER_SPACE", "0"),
      ("MAXIMUM_WAITING_PER_PERSON", "-1"), ("GREETING", "loud"),
      ("RATE_LIMIT_WAIT", "3601"),
      ("BACKFILL_MAX_AGE", "518401"),
      ("BACKFILL_MAX_AGE", "1d"),
      ("REPLY_FOOTER", "model, weather"), ("REPLY_FOOTER", ","),
      ("ADMIN_ADDRESS", "0.0.0.0:8080"), ("ADMIN_ADDRESS", "::1:8080"),
      ("ADMIN_ADDRESS", "8080"), ("ADMIN_ADDRESS", "127.0.0.1:70000"),
      ("LOG_LEVEL", "verbose"), ("LOG_FORMAT", "xml"), ("HTTP_PROXY", "gopher://proxy"),
      ("CA_FILE", "/missing.pem"), ("DEVICE_NAME", "Gerät"),
    ])
  func refused(key: String, value: String) throws {
    let found = problems(sources(environment: ["WEBEX_API_TOKEN": token, key: value]))
    let problem = try #require(found.first)
    #expect(found.count == 1)
    let accepts = try #require(SettingKey(rawValue: key)).accepts
    #expect(
      problem.description
        == "\(key) (environment variable \(key)) is \"\(value)\"; accepted: \(accepts)")
  }

  @Test("all problems are told at once, in one report")
  func allAtOnce() {
    let found = problems(
      sources(
        flags: [.logLevel: "loud"], environment: ["LITELLM_BASE_URL": "nonsense"],
        dotEnv: "REQUIRE_APPROVAL=maybe\nWEBEX_API_TOEKN=x\nbroken line\n",
        yaml: "admin_adress: off\nlog_format: xml\n"))
    #expect(
      Set(found.map(\.key)) == [
        "LOG_LEVEL", "LITELLM_BASE_URL", "REQUIRE_APPROVAL", "WEBEX_API_TOEKN", ".env",
        "admin_adress", "LOG_FORMAT", "WEBEX_API_TOKEN",
      ])
    #expect(found.count == 8)
    let report = ConfigurationProblem.report(found)
    #expect(report.hasPrefix("the configuration has 8 problems:\n"))
    #expect(report.split(separator: "\n").count == 9)
    #expect(
      report.contains(
        "WEBEX_API_TOEKN (.env line 2) is not a setting; did you mean WEBEX_API_TOKEN?"))
    #expect(
      report.contains(
        "admin_adress (assistant.yaml line 1) is not a setting; did you mean admin_address?"))
  }

  @Test("a missing token is told with where to put it")
  func missingToken() {
    let found = problems(sources(environment: [:]))
    #expect(found.map(\.key) == ["WEBEX_API_TOKEN"])
    #expect(found.first?.description.contains("is not set") == true)
    #expect(found.first?.description.contains("WEBEX_API_TOKEN_FILE") == true)
  }

  @Test(
    "a secret is refused where others can read it, without being shown",
    arguments: [SettingKey.webexAPIToken, .liteLLMAPIKey], ["flag", "yaml"])
  func misplacedSecret(key: SettingKey, place: String) throws {
    let found = problems(
      sources(
        flags: place == "flag" ? [key: "hunter2"] : [:],
        yaml: place == "yaml" ? "\(key.fileName): hunter2" : ""))
    let problem = try #require(found.first)
    #expect(found.count == 1)
    #expect(problem.key == key.rawValue)
    #expect(problem.finding == "is a secret and must not be there")
    #expect(
      problem.origin == (place == "flag" ? .flag(key.flagName) : .settingsFile(line: 1)))
    #expect(!problem.description.contains("hunter2"))
  }

  @Test(
    "a secret that cannot be one is refused without being shown",
    arguments: ["Bearer hunter2", "hunter 2", "hunter2\nhunter2", "hüter2"])
  func malformedSecret(value: String) {
    let found = problems(sources(environment: ["WEBEX_API_TOKEN": value]))
    #expect(found.map(\.key) == ["WEBEX_API_TOKEN"])
    #expect(!"\(found)".contains("2\""))
    #expect(!ConfigurationProblem.report(found).contains("hunter"))
    #expect(!ConfigurationProblem.report(found).contains("hüter"))
  }

  @Test("a secret is read from its file, without the line end of the file")
  func secretFile() throws {
    let settings = try settings(
      sources(
        environment: ["WEBEX_API_TOKEN_FILE": "/run/secrets/t"],
        yaml: "litellm_api_key_file: /run/secrets/k",
        files: ["/run/secrets/t": "abc\n", "/run/secrets/k": "sk-1"]))
    #expect(settings.webexAPIToken == Secret(value: "abc"))
    #expect(settings.liteLLMAPIKey == Secret(value: "sk-1"))
    #expect(settings.origins[.webexAPITokenFile] == .environment(variable: "WEBEX_API_TOKEN_FILE"))
  }

  @Test("a secret's file that is missing or empty is one problem, not also a missing token")
  func unreadableSecretFile() {
    for files in [[:], ["/t": " \n"]] {
      let found = problems(sources(environment: ["WEBEX_API_TOKEN_FILE": "/t"], files: files))
      #expect(found.map(\.key) == ["WEBEX_API_TOKEN_FILE"])
    }
  }

  @Test("a secret and its file: the higher source wins, the same source is a problem")
  func secretAndFile() throws {
    let files = ["/t": "from-file"]
    let higher = try settings(
      sources(
        environment: ["WEBEX_API_TOKEN": "direct"], dotEnv: "WEBEX_API_TOKEN_FILE=/t",
        files: files))
    #expect(higher.webexAPIToken?.value == "direct")
    let flag = try settings(sources(flags: [.webexAPITokenFile: "/t"], files: files))
    #expect(flag.webexAPIToken?.value == "from-file")
    let both = ["WEBEX_API_TOKEN": "direct", "WEBEX_API_TOKEN_FILE": "/t"]
    #expect(problems(sources(environment: both, files: files)).map(\.key) == ["WEBEX_API_TOKEN"])
  }

  @Test("secrets do not appear when settings are printed or dumped")
  func secretsStaySecret() throws {
    let settings = try settings(
      sources(environment: ["WEBEX_API_TOKEN": "hunter2", "LITELLM_API_KEY": "hunter3"]))
    var dumped = ""
    dump(settings, to: &dumped)
    #expect(!("\(settings)" + String(reflecting: settings) + dumped).contains("hunter"))
  }

  @Test(
    "user, password and query of a refused URL are not shown",
    arguments: [
      ("HTTPS_PROXY", "ftp://me:hunter2@proxy:1", "ftp://<redacted>@proxy:1"),
      ("HTTPS_PROXY", "me:hunter2@proxy:99999", "<redacted>@proxy:99999"),
      ("HTTP_PROXY", "ftp://me:hun?ter2@proxy:1", "ftp://<redacted>@proxy:1"),
      ("LITELLM_BASE_URL", "https://h/v1?api_key=sk-1", "https://h/v1?<redacted>"),
      ("LITELLM_BASE_URL", "h/v1?api_key=sk-1", "h/v1?<redacted>"),
    ])
  func redactedURL(key: String, value: String, shown: String) {
    let found = problems(sources(environment: ["WEBEX_API_TOKEN": token, key: value]))
    #expect(found.map(\.finding) == ["is \"\(shown)\""])
  }

  @Test(
    "a slip in the name of an access setting stops the start, in the environment and in .env",
    arguments: [
      ("APPROVED_USER", "APPROVED_USERS"), ("REQUIRE_APROVAL", "REQUIRE_APPROVAL"),
      ("APROVED_DOMAINS", "APPROVED_DOMAINS"), ("approved_rooms", "APPROVED_ROOMS"),
    ])
  func misspelledAccess(name: String, meant: String) {
    let inEnvironment = problems(sources(environment: ["WEBEX_API_TOKEN": token, name: "x"]))
    #expect(inEnvironment.map(\.key) == [name])
    #expect(inEnvironment.map(\.suggestion) == [meant])
    #expect(inEnvironment.map(\.origin) == [.environment(variable: name)])
    let inFile = problems(sources(dotEnv: "\(name)=x"))
    #expect(inFile.map(\.suggestion) == [meant])
  }

  @Test("other programs' variables in the environment are left alone")
  func foreignEnvironment() {
    let environment = [
      "WEBEX_API_TOKEN": token, "WEBEX_BOT_NAME": "x", "LITELLM_MASTER_KEY": "sk-1",
      "LITELLM_MODLE": "x", "REQUIRED": "1", "PATH": "/bin", "APPROVED_USER": "",
    ]
    #expect(problems(sources(environment: environment)).isEmpty)
  }

  @Test(
    "a file of settings that is there but cannot be read stops the start",
    arguments: [".env", "assistant.yaml"], ["directory", "too long", "dangling link", "absent"])
  func unreadable(name: String, state: String) throws {
    let files = FileManager.default
    let directory = files.temporaryDirectory.path() + "/settings-" + UUID().uuidString
    try files.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? files.removeItem(atPath: directory) }
    let path = "\(directory)/\(name)"
    switch state {
    case "directory": try files.createDirectory(atPath: path, withIntermediateDirectories: false)
    case "too long":
      let comment = Data(repeating: UInt8(ascii: "#"), count: (1 << 20) + 1)
      try comment.write(to: URL(filePath: path))
    case "dangling link":
      try files.createSymbolicLink(atPath: path, withDestinationPath: "\(directory)/nowhere")
    default: break
    }
    var sources = ConfigurationSources.ofProcess(flags: [:], directory: directory)
    sources.environment = ["WEBEX_API_TOKEN": token]
    #expect(problems(sources).map(\.key) == (state == "absent" ? [] : [name]))
  }

  @Test("variables of other programs in .env are left alone, LiteLLM's own too")
  func foreignVariables() {
    #expect(
      problems(sources(dotEnv: "COMPOSE_PROJECT_NAME=x\nLITELLM_MASTER_KEY=sk-1\nTZ=UTC")).isEmpty)
  }

  @Test("lower-case proxy variables count, and win, as curl has it")
  func lowerCaseProxy() throws {
    let settings = try settings(
      sources(
        environment: [
          "WEBEX_API_TOKEN": token, "https_proxy": "http://a:1", "no_proxy": "b.example",
        ]))
    #expect(
      settings.proxy
        == .explicit(
          http: nil, https: "http://a:1", noProxy: "b.example,localhost,127.0.0.1,::1"))
  }

  @Test("the demo does not look at the real Webex's settings")
  func demo() throws {
    let settings = try Settings.load(
      sources(
        environment: ["WEBEX_API_TOKEN": "real", "WEBEX_API_BASE_URL": "nonsense"],
        yaml: "database_path: /data/real.sqlite"), for: .demo
    ).get()
    #expect(settings.webexAPIToken == nil)
    #expect(settings.databasePath == "data/assistant.sqlite")
  }
}
