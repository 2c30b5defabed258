// `webex-assistant demo`: a Webex in the browser and the assistant on it, in one process.
import ArgumentParser
import Assistant
import FoundationEssentials
import Logging
import ServiceLifecycle
import WebexSimulator

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Chat with the assistant in a page that behaves like Webex, without an account.",
    discussion: """
      Without --litellm a scripted model answers, which says so. The demo never touches the real \
      Webex: tokens, addresses and the database of other settings are not read.
      """)

  @Option(help: ArgumentHelp("The page's port; 0 takes any free one.", valueName: "port"))
  var port: UInt16 = 0
  @Option(help: ArgumentHelp("Answer with this LiteLLM proxy.", valueName: "url"))
  var litellm: String?
  @Option(help: ArgumentHelp("The model to ask.", valueName: "name"))
  var model: String?
  @Option(help: ArgumentHelp("Keep the conversations in this SQLite file.", valueName: "path"))
  var database: String?
  @Option(help: ArgumentHelp("The folder with the system prompt.", valueName: "path"))
  var promptsDir: String?
  @Option(help: ArgumentHelp("The file with commands.", valueName: "path"))
  var commandsFile: String?
  @OptionGroup(title: "Log") var log: LogFlags

  func run() async throws {
    var settings = Settings()
    try await endingInOneSentence { settings = try .loadOrExplain(flags: flags, for: .demo) }
    settings.adminAddress = .off
    // A person at a browser reads the page, not the log.
    if settings.origins[.logLevel] == nil { settings.logLevel = .warning }
    settings.logFormat.bootstrap(level: settings.logLevel)
    try await endingInOneSentence(settings: settings) { [settings] in
      if let database {
        try await serve(settings, database: database)
      } else {
        try await TemporaryFolder.use { try await serve(settings, database: "\($0)/demo.sqlite") }
      }
    }
  }

  private var flags: [SettingKey: ConfigurationSources.Flag] {
    var flags = ConfigurationSources.Flag.named([
      .promptsDirectory: promptsDir, .commandsFile: commandsFile,
    ])
    if let litellm { flags[.liteLLMBaseURL] = .init(name: "--litellm", value: litellm) }
    if let model { flags[.liteLLMModel] = .init(name: "--model", value: model) }
    return flags.merging(log.values) { own, _ in own }
  }

  private func serve(_ settings: Settings, database: String) async throws {
    let simulator = Simulator(configuration: SimulatorConfiguration(port: port))
    let addresses = try await simulator.started(onPort: port)
    var settings = settings
    settings.databasePath = database
    settings.webexAPIBaseURL = addresses.apiBaseURL
    settings.webexU2CURL = addresses.u2cURL
    settings.deviceName = "webex-assistant demo"
    // Everyone in the simulator is made up: no warning that everyone is let in.
    settings.approvedUsers = ["*"]
    if litellm == nil {
      settings.liteLLMBaseURL = addresses.llmBaseURL
      settings.liteLLMAPIKey = nil
      settings.liteLLMModel = model
    }
    // A question that comes before the bot listens would never be heard: first ready, then told.
    let onReady: @Sendable (AssistantHealth) -> Void = { health in
      simulator.setAnsweringModel(health.model ?? "no model yet")
      ProcessFacts.write(banner(page: addresses.pageURL, model: health.model), to: 1)
    }
    do {
      try await AssistantAssembly(
        settings: settings, token: Secret(value: addresses.botToken),
        commands: OwnCommands.all + [EchoCommand()], drainTimeout: .seconds(1),
        companions: [SimulatorService(simulator: simulator)], onReady: onReady,
        logger: Logger(label: "demo")
      ).run()
    } catch {
      await simulator.stop()
      throw error
    }
    ProcessFacts.write("The demo has ended.\n", to: 1)
  }

  private func banner(page: String, model: String?) -> String {
    let answers =
      litellm.map { "\(model ?? "A model") answers, through LiteLLM at \($0)." }
      ?? "A scripted model answers: it shows how answers arrive, not what a model knows."
    return """

        Open  \(page)

        You are Alice there. Write to the assistant in the direct space, or mention
        @Assistant in a group; /reset forgets the conversation.
        \(answers)
        Ctrl-C ends the demo.


      """
  }
}

/// The simulator among the services: it ends last, so that the assistant can say goodbye.
struct SimulatorService: Service {
  let simulator: Simulator

  func run() async throws {
    try? await gracefulShutdown()
    await simulator.stop()
  }
}

/// A folder that is gone afterwards.
enum TemporaryFolder {
  static func use(_ body: (_ path: String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "webex-assistant-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder.path)
  }
}
