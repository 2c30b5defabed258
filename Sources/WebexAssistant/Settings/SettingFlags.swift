// The settings as command-line flags. Only spelling; what the values must be is in `SettingKey`.
import ArgumentParser

/// Every setting of `run`.
struct SettingFlags: ParsableArguments {
  @Option(help: ArgumentHelp("Webex's REST API.", valueName: "url"))
  var webexApiBaseUrl: String?
  @Option(help: ArgumentHelp("Webex's service catalog.", valueName: "url"))
  var webexU2cUrl: String?
  @Option(help: ArgumentHelp("A file that holds the bot's token.", valueName: "path"))
  var webexApiTokenFile: String?
  @Option(help: ArgumentHelp("The name of the event connection at Webex.", valueName: "name"))
  var deviceName: String?
  @Option(help: ArgumentHelp("The LiteLLM proxy, with or without /v1.", valueName: "url"))
  var litellmBaseUrl: String?
  @Option(help: ArgumentHelp("A file that holds the proxy's key.", valueName: "path"))
  var litellmApiKeyFile: String?
  @Option(help: ArgumentHelp("The model to ask.", valueName: "name"))
  var litellmModel: String?
  @Option(help: ArgumentHelp("Who may use the assistant.", valueName: "addresses"))
  var approvedUsers: String?
  @Option(help: ArgumentHelp("Whose people may use the assistant.", valueName: "domains"))
  var approvedDomains: String?
  @Option(help: ArgumentHelp("Where the assistant may be used.", valueName: "ids"))
  var approvedRooms: String?
  @Option(help: ArgumentHelp("Whether empty lists admit nobody.", valueName: "true|false"))
  var requireApproval: String?
  @Option(help: ArgumentHelp("Who may do everything.", valueName: "addresses"))
  var admins: String?
  @Option(
    help: ArgumentHelp("Who may change a group's settings.", valueName: "anyone|moderators|admins"))
  var settingsPolicy: String?
  @Option(help: ArgumentHelp("What a refused person is told, or off.", valueName: "text"))
  var deniedReply: String?
  @Option(
    help: ArgumentHelp("Whether groups without approved people are left.", valueName: "true|false"))
  var leaveUnapprovedSpaces: String?
  @Option(help: ArgumentHelp("The file with commands.", valueName: "path"))
  var commandsFile: String?
  @Option(help: ArgumentHelp("The SQLite file.", valueName: "path"))
  var databasePath: String?
  @Option(help: ArgumentHelp("The folder with the system prompt.", valueName: "path"))
  var promptsDir: String?
  @Option(help: ArgumentHelp("Answers that run at the same moment.", valueName: "number"))
  var maximumConcurrentAnswers: String?
  @Option(help: ArgumentHelp("Messages that may wait in one space.", valueName: "number"))
  var maximumWaitingPerSpace: String?
  @Option(help: ArgumentHelp("Messages of one person that may wait.", valueName: "number"))
  var maximumWaitingPerPerson: String?
  @Option(help: ArgumentHelp("How long a busy model is waited for.", valueName: "seconds"))
  var rateLimitWait: String?
  @Option(help: ArgumentHelp("How old a missed message may be.", valueName: "seconds"))
  var backfillMaxAge: String?
  @Option(help: ArgumentHelp("Whether a space is greeted once.", valueName: "true|false"))
  var greeting: String?
  @Option(help: ArgumentHelp("What stands under each answer.", valueName: "parts"))
  var replyFooter: String?
  @Option(help: ArgumentHelp("Where health is served, or off.", valueName: "host:port"))
  var adminAddress: String?
  @Option(help: ArgumentHelp("The proxy for https.", valueName: "url"))
  var httpsProxy: String?
  @Option(help: ArgumentHelp("The proxy for http.", valueName: "url"))
  var httpProxy: String?
  @Option(help: ArgumentHelp("Hosts that are reached without a proxy.", valueName: "hosts"))
  var noProxy: String?
  @Option(help: ArgumentHelp("Certificate authorities to trust (PEM).", valueName: "path"))
  var caFile: String?

  /// Refused with an explanation, instead of as an unknown flag.
  @Option(help: .hidden)
  var webexApiToken: String?
  @Option(help: .hidden)
  var litellmApiKey: String?

  @OptionGroup var log: LogFlags

  var values: [SettingKey: ConfigurationSources.Flag] {
    let own: [SettingKey: String?] = [
      .webexAPIToken: webexApiToken, .webexAPITokenFile: webexApiTokenFile,
      .webexAPIBaseURL: webexApiBaseUrl, .webexU2CURL: webexU2cUrl, .deviceName: deviceName,
      .liteLLMBaseURL: litellmBaseUrl, .liteLLMAPIKey: litellmApiKey,
      .liteLLMAPIKeyFile: litellmApiKeyFile, .liteLLMModel: litellmModel,
      .approvedUsers: approvedUsers, .approvedDomains: approvedDomains,
      .approvedRooms: approvedRooms, .requireApproval: requireApproval,
      .admins: admins, .settingsPolicy: settingsPolicy, .deniedReply: deniedReply,
      .leaveUnapprovedSpaces: leaveUnapprovedSpaces, .commandsFile: commandsFile,
      .databasePath: databasePath, .promptsDirectory: promptsDir,
      .maximumConcurrentAnswers: maximumConcurrentAnswers,
      .maximumWaitingPerSpace: maximumWaitingPerSpace,
      .maximumWaitingPerPerson: maximumWaitingPerPerson, .rateLimitWait: rateLimitWait,
      .backfillMaximumAge: backfillMaxAge, .greeting: greeting,
      .replyFooter: replyFooter, .adminAddress: adminAddress,
      .httpsProxy: httpsProxy, .httpProxy: httpProxy, .noProxy: noProxy, .caFile: caFile,
    ]
    return log.values.merging(ConfigurationSources.Flag.named(own)) { own, _ in own }
  }
}

/// The two flags that every command with a log takes.
struct LogFlags: ParsableArguments {
  @Option(help: ArgumentHelp("trace, debug, info, notice, warning, error, critical."))
  var logLevel: String?
  @Option(help: ArgumentHelp("text or json."))
  var logFormat: String?

  var values: [SettingKey: ConfigurationSources.Flag] {
    ConfigurationSources.Flag.named([.logLevel: logLevel, .logFormat: logFormat])
  }
}

extension ConfigurationSources.Flag {
  /// The given ones under their usual names.
  static func named(_ values: [SettingKey: String?]) -> [SettingKey: Self] {
    var flags: [SettingKey: Self] = [:]
    for case (let key, let value?) in values { flags[key] = Self(name: key.flagName, value: value) }
    return flags
  }
}
