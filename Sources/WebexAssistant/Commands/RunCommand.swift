// `webex-assistant run`: the assistant on the real Webex, or on a simulator that runs elsewhere.
import ArgumentParser
import Assistant
import Logging

struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Answer on Webex until stopped.",
    discussion: """
      Secrets are never flags: set WEBEX_API_TOKEN and LITELLM_API_KEY in the environment or in \
      .env, or name files that hold them. SIGTERM and Ctrl-C let running answers finish, for up to \
      20 seconds.
      """)

  @OptionGroup(title: "Settings") var flags: SettingFlags

  func run() async throws {
    var loaded = Settings()
    try await endingInOneSentence { loaded = try .loadOrExplain(flags: flags.values, for: .run) }
    let settings = loaded
    settings.logFormat.bootstrap(level: settings.logLevel)
    let logger = Logger(label: "program")
    logger.info(
      "starting",
      metadata: [
        "version": "\(ProgramVersion.current)", "webex": "\(settings.webexAPIBaseURL)",
        "litellm": "\(settings.liteLLMBaseURL)", "database": "\(settings.databasePath)",
      ])
    logger.debug("settings that are not defaults", metadata: settings.originsMetadata)
    guard let token = settings.webexAPIToken else { throw ExitCode(ExitStatus.configuration) }
    try await endingInOneSentence(settings: settings) {
      try await AssistantAssembly(settings: settings, token: token, logger: logger).run()
    }
    logger.info("stopped")
  }
}
