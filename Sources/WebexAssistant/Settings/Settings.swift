// The configuration, complete and checked. Commands load it once and hand its parts to the rooms.
import Assistant
import Logging

/// What the operator decided. Every value is valid; secrets print as "<redacted>".
struct Settings: Sendable {
  var webexAPIToken: Secret?
  /// The file that it was read from; it may change there.
  var webexAPITokenFile: String?
  var webexAPIBaseURL = "https://webexapis.com/v1"
  var webexU2CURL = "https://u2c.wbx2.com/u2c/api/v1"
  var deviceName = "webex-assistant"
  var liteLLMBaseURL = "http://localhost:4000"
  var liteLLMAPIKey: Secret?
  /// nil: the first chat model that the proxy lists.
  var liteLLMModel: String?
  /// Lower case.
  var approvedUsers: [String] = []
  /// Lower case, without "@".
  var approvedDomains: [String] = []
  var approvedRooms: [String] = []
  var requireApproval = false
  /// Lower case.
  var admins: [String] = []
  var settingsPolicy = SettingsPolicy.anyone
  /// Empty: the assistant's own sentence; nil: nothing.
  var deniedReply: String? = ""
  var leaveUnapprovedSpaces = false
  /// nil: none was named, and there is none by the usual name.
  var commandsFile: String?
  var databasePath = "data/assistant.sqlite"
  var promptsDirectory = "prompts"
  /// nil: as many as the assistant takes by itself.
  var maximumConcurrentAnswers: Int?
  var maximumWaitingPerSpace: Int?
  var maximumWaitingPerPerson: Int?
  /// Seconds.
  var rateLimitWait = 120
  /// Seconds.
  var backfillMaximumAge = 86_400
  var greeting = true
  var replyFooter: ReplyFooter = []
  var adminAddress = AdminAddress.socket(host: "127.0.0.1", port: 8080)
  var logLevel = Logger.Level.info
  var logFormat = LogFormat.text
  var httpsProxy: String?
  var httpProxy: String?
  /// Loopback is always among them when a proxy is set.
  var noProxy: String?
  var caFile: String?
  /// What declared commands may name as `${NAME}`: the environment, and `.env` behind it.
  var environment: [String: Secret] = [:]
  /// Where each value that is not a default came from.
  var origins: [SettingKey: SettingOrigin] = [:]

  /// Read if it is there and no other is named.
  static let usualCommandsFile = "commands.yaml"

  /// What a command is going to use. Settings that it does not use are not checked.
  enum Purpose: Sendable {
    case run, demo, health, database

    fileprivate var keys: Set<SettingKey> {
      switch self {
      case .run: Set(SettingKey.allCases)
      case .demo:
        // The demo has its own Webex and its own database, and must never meet the real ones.
        [
          .liteLLMBaseURL, .liteLLMAPIKey, .liteLLMAPIKeyFile, .liteLLMModel, .promptsDirectory,
          .maximumConcurrentAnswers, .maximumWaitingPerSpace, .maximumWaitingPerPerson,
          .rateLimitWait, .backfillMaximumAge, .greeting, .commandsFile,
          .replyFooter, .logLevel, .logFormat, .httpsProxy, .httpProxy, .noProxy,
          .caFile,
        ]
      case .health: [.adminAddress]
      case .database: [.databasePath]
      }
    }
  }

  /// Pure but for the two file questions in `sources`. On failure: every problem, none twice.
  static func load(
    _ sources: ConfigurationSources, for purpose: Purpose = .run
  ) -> Result<Settings, ConfigurationProblems> {
    var reader = SettingReader(sources, keys: purpose.keys)
    var settings = Settings()
    settings.webexAPIToken = reader.secret(.webexAPIToken)
    settings.webexAPITokenFile = reader.secretPaths[.webexAPIToken]
    reader.read(.webexAPIBaseURL, into: &settings.webexAPIBaseURL, SettingValue.webexURL)
    reader.read(.webexU2CURL, into: &settings.webexU2CURL, SettingValue.webexURL)
    reader.read(.liteLLMBaseURL, into: &settings.liteLLMBaseURL, SettingValue.url)
    settings.liteLLMAPIKey = reader.secret(.liteLLMAPIKey)
    settings.liteLLMModel = reader.read(.liteLLMModel, SettingValue.line)
    reader.read(.approvedUsers, into: &settings.approvedUsers) {
      SettingValue.list($0, SettingValue.emailAddress)
    }
    reader.read(.approvedDomains, into: &settings.approvedDomains) {
      SettingValue.list($0, SettingValue.domain)
    }
    reader.read(.approvedRooms, into: &settings.approvedRooms) {
      SettingValue.list($0, SettingValue.roomID)
    }
    reader.read(.requireApproval, into: &settings.requireApproval, SettingValue.boolean)
    reader.read(.admins, into: &settings.admins) {
      SettingValue.list($0, SettingValue.emailAddress)
    }
    reader.read(.settingsPolicy, into: &settings.settingsPolicy) {
      SettingsPolicy(rawValue: $0.lowercased())
    }
    reader.read(.deniedReply, into: &settings.deniedReply, SettingValue.deniedReply)
    reader.read(
      .leaveUnapprovedSpaces, into: &settings.leaveUnapprovedSpaces, SettingValue.boolean)
    settings.commandsFile = reader.read(.commandsFile) {
      sources.isDirectory($0) || sources.readFile($0) != nil ? $0 : nil
    }
    if settings.commandsFile == nil, reader.isUnset(.commandsFile),
      sources.isFile(Self.usualCommandsFile)
    {
      settings.commandsFile = Self.usualCommandsFile
    }
    reader.read(.databasePath, into: &settings.databasePath) {
      sources.isDirectory($0) || $0.hasSuffix("/") ? nil : $0
    }
    reader.read(.promptsDirectory, into: &settings.promptsDirectory) {
      sources.isDirectory($0) ? $0 : nil
    }
    settings.maximumConcurrentAnswers = reader.read(.maximumConcurrentAnswers, SettingValue.count)
    settings.maximumWaitingPerSpace = reader.read(.maximumWaitingPerSpace, SettingValue.count)
    settings.maximumWaitingPerPerson = reader.read(.maximumWaitingPerPerson, SettingValue.count)
    reader.read(.rateLimitWait, into: &settings.rateLimitWait) {
      Int($0).flatMap { (0...3_600).contains($0) ? $0 : nil }
    }
    // Events are known for a week: an older message could have been answered before.
    reader.read(.backfillMaximumAge, into: &settings.backfillMaximumAge) {
      Int($0).flatMap { (0...518_400).contains($0) ? $0 : nil }
    }
    reader.read(.greeting, into: &settings.greeting, SettingValue.boolean)
    reader.read(.replyFooter, into: &settings.replyFooter, SettingValue.footer)
    reader.read(.adminAddress, into: &settings.adminAddress, AdminAddress.init)
    reader.read(.logLevel, into: &settings.logLevel) { Logger.Level(rawValue: $0.lowercased()) }
    reader.read(.logFormat, into: &settings.logFormat) { LogFormat(rawValue: $0.lowercased()) }
    settings.httpsProxy = reader.read(.httpsProxy, SettingValue.proxy)
    settings.httpProxy = reader.read(.httpProxy, SettingValue.proxy)
    settings.noProxy = reader.read(.noProxy, SettingValue.line)
    settings.caFile = reader.read(.caFile) {
      sources.readFile($0)?.contains("-----BEGIN") == true ? $0 : nil
    }
    reader.read(.deviceName, into: &settings.deviceName, SettingValue.deviceName)
    settings.exemptLoopbackFromProxies()
    settings.environment = sources.environment.merging(
      sources.dotEnv.entries.map { ($0.key, $0.value) }
    ) { own, _ in own }.mapValues { Secret(value: $0) }
    if purpose == .run { reader.require(.webexAPIToken, settings.webexAPIToken) }
    settings.origins = reader.origins
    return reader.problems.isEmpty
      ? .success(settings) : .failure(ConfigurationProblems(list: reader.problems))
  }

  /// A proxy cannot reach this machine's own loopback, where LiteLLM often is.
  private mutating func exemptLoopbackFromProxies() {
    guard httpProxy != nil || httpsProxy != nil, noProxy != "*" else { return }
    noProxy = ([noProxy].compactMap(\.self) + ["localhost", "127.0.0.1", "::1"])
      .joined(separator: ",")
  }
}

/// What `Settings.load` fails with.
struct ConfigurationProblems: Error, Sendable, CustomStringConvertible {
  var list: [ConfigurationProblem]

  var description: String { ConfigurationProblem.report(list) }
}
