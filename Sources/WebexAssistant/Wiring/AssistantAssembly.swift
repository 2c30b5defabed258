// Puts the rooms together and runs them until a signal or a permanent failure. `run` and `demo` call
// it; there is no logic here but order: what is built first, and what ends last.
import Assistant
import CurlHTTP
import FoundationEssentials
import LLMClient
import Logging
import MercuryClient
import ServiceLifecycle
import Synchronization
import UnixSignals
import WebexAPI

/// The assistant as one process.
struct AssistantAssembly {
  var settings: Settings
  var token: Secret
  /// Behind the built-in ones.
  var commands: [any Command] = OwnCommands.all
  /// How long running answers may go on after SIGTERM or SIGINT.
  var drainTimeout: Duration = .seconds(20)
  /// Services that start before the assistant and end after it.
  var companions: [any Service] = []
  /// Called once, when messages are heard for the first time.
  var onReady: (@Sendable (AssistantHealth) -> Void)?
  var logger: Logger

  /// Returns after a clean end; throws what stopped the assistant.
  func run() async throws {
    let webexHTTP = try HTTPClient(configuration: httpConfiguration)
    let modelHTTP = try HTTPClient(configuration: httpConfiguration)
    // Of its own: a slow service takes no connection from Webex or the model.
    let commandHTTP = try HTTPClient(configuration: httpConfiguration)
    let services = DeclaredServices(http: commandHTTP)
    let outcome: Result<Void, any Error>
    do {
      outcome = .success(
        try await serve(webexHTTP: webexHTTP, modelHTTP: modelHTTP, declaring: services))
    } catch {
      outcome = .failure(error)
    }
    // They would outlive this process.
    await services.programs.endAll(patience: services.patience)
    await webexHTTP.shutdown()
    await modelHTTP.shutdown()
    await commandHTTP.shutdown()
    try outcome.get()
  }

  private func serve(
    webexHTTP: HTTPClient, modelHTTP: HTTPClient, declaring services: DeclaredServices
  ) async throws {
    let declared = try declaredCommands(services)
    let store = try Store(path: settings.databasePath)
    let transport = BearerTransport(
      token: token.value,
      reload: { [path = settings.webexAPITokenFile] in
        path.flatMap { try? String(contentsOfFile: $0, encoding: .utf8) }
      }, http: webexHTTP,
      hosts: TokenHostPolicy(operatorURLs: [settings.webexAPIBaseURL, settings.webexU2CURL]),
      userAgent: ProgramVersion.userAgent, logger: Logger(label: "webex"))
    let webex = WebexClient(
      transport: transport, baseURL: settings.webexAPIBaseURL, logger: Logger(label: "webex"))
    let mercury = MercuryClient(
      transport: transport,
      configuration: mercuryConfiguration,
      deviceStore: store, logger: Logger(label: "mercury"))
    // The assistant itself waits for a model that is busy, since it can show that it does.
    var retry = LLMConfiguration.defaultRetry
    retry.statuses.remove(429)
    let llm = LLMClient(
      http: modelHTTP, baseURL: settings.liteLLMBaseURL, apiKey: settings.liteLLMAPIKey?.value,
      configuration: LLMConfiguration(retry: retry, userAgent: ProgramVersion.userAgent),
      logger: Logger(label: "llm"))
    let assistant = AssistantService(
      configuration: assistantConfiguration, webex: webex, mercury: mercury,
      resolver: ActivityResolver(webex: webex, transport: transport), llm: llm, store: store,
      commands: commands, declared: declared, logger: Logger(label: "assistant"))
    let admin = AdminServer(
      address: settings.adminAddress, health: { assistant.health }, logger: Logger(label: "admin"))

    // Services end in reverse order: the health end points still answer while answers finish.
    let notice = onReady.map { ReadyNotice(health: { assistant.health }, tell: $0) }
    let extras: [(any Service)?] = [admin, notice]
    let services = companions + extras.compactMap { $0 } + [assistant]
    let outcome: Result<Void, any Error>
    do {
      outcome = .success(try await supervise(services))
    } catch {
      outcome = .failure(error)
    }
    try? store.close()
    try outcome.get()
  }

  private var mercuryConfiguration: MercuryConfiguration {
    var configuration = MercuryConfiguration(
      u2cURL: settings.webexU2CURL, deviceName: settings.deviceName)
    // Mercury keeps for it what is pressed until the next start, which takes it again by its name.
    configuration.deleteDeviceOnExit = false
    return configuration
  }

  /// A bad file stops the start.
  private func declaredCommands(_ services: DeclaredServices) throws -> CommandWatcher? {
    guard let path = settings.commandsFile else { return nil }
    let own = commands.map { $0.keyword.lowercased() }
    return try CommandWatcher(
      CommandFile(
        path: path, environment: settings.environment.mapValues(\.value),
        reserved: AssistantService.reservedKeywords.union(own),
        services: services,
        alwaysMasked: [token.value, settings.liteLLMAPIKey?.value].compactMap(\.self)),
      logger: Logger(label: "commands"))
  }

  /// A first SIGTERM or SIGINT lets running answers finish, a second one does not.
  private func supervise(_ services: [any Service]) async throws {
    var configuration = ServiceGroupConfiguration(
      services: services, gracefulShutdownSignals: [.sigterm, .sigint],
      logger: Logger(label: "lifecycle"))
    configuration.maximumGracefulShutdownDuration = drainTimeout + .seconds(8)
    configuration.maximumCancellationDuration = .seconds(8)
    let group = ServiceGroup(configuration: configuration)
    let signals = SignalCount()
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        do {
          try await group.run()
        } catch is CancellationError where signals.count == 1 {
          logger.warning("ended before everything was finished; the rest is done at the next start")
        }
      }
      tasks.addTask {
        for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) {
          guard signals.increment() == 1 else {
            throw ProgramError(
              sentence: "ended at once; what was unfinished is done at the next start",
              exitStatus: 1)
          }
          logger.notice("stopping: running answers may finish; a second signal ends them")
        }
      }
      defer { tasks.cancelAll() }
      try await tasks.next()
    }
  }

  private var assistantConfiguration: AssistantConfiguration {
    var configuration = AssistantConfiguration()
    configuration.model = settings.liteLLMModel
    configuration.promptsDirectory = settings.promptsDirectory
    configuration.access = AccessPolicy(
      users: settings.approvedUsers, domains: settings.approvedDomains,
      rooms: settings.approvedRooms, requireApproval: settings.requireApproval)
    configuration.admins = settings.admins
    configuration.settingsPolicy = settings.settingsPolicy
    configuration.deniedReply = settings.deniedReply
    configuration.leavesUnapprovedSpaces = settings.leaveUnapprovedSpaces
    if let maximum = settings.maximumConcurrentAnswers {
      configuration.maximumConcurrentAnswers = maximum
    }
    if let maximum = settings.maximumWaitingPerSpace {
      configuration.maximumWaitingPerConversation = maximum
    }
    if let maximum = settings.maximumWaitingPerPerson {
      configuration.maximumWaitingPerPerson = maximum
    }
    configuration.rateLimitPatience = .seconds(settings.rateLimitWait)
    configuration.backfillMaximumAge = .seconds(settings.backfillMaximumAge)
    configuration.greets = settings.greeting
    configuration.footer = settings.replyFooter
    configuration.drainTimeout = drainTimeout
    return configuration
  }

  private var httpConfiguration: HTTPClientConfiguration {
    HTTPClientConfiguration(
      proxy: settings.proxy, caFile: settings.caFile, userAgent: ProgramVersion.userAgent)
  }
}

/// Tells once that the assistant hears messages, and which model answers.
private struct ReadyNotice: Service {
  let health: @Sendable () -> AssistantHealth
  let tell: @Sendable (AssistantHealth) -> Void
  /// The catalog may be slower than Webex; the notice does not wait for it for ever.
  private static let patienceForModel = 60

  func run() async throws {
    await cancelWhenGracefulShutdown {
      var looks = 0
      while !health().isReady || (health().model == nil && looks < Self.patienceForModel) {
        if health().isReady { looks += 1 }
        guard (try? await Task.sleep(for: .milliseconds(50))) != nil else { return }
      }
      tell(health())
    }
    try? await gracefulShutdown()
  }
}

/// How many signals came: the first is a request, the second an order.
private final class SignalCount: Sendable {
  private let value = Mutex(0)

  var count: Int { value.withLock { $0 } }

  func increment() -> Int {
    value.withLock { value in
      value += 1
      return value
    }
  }
}

extension Settings {
  /// What the environment says is already in the settings, so the client need not look itself.
  var proxy: ProxyConfiguration {
    httpProxy == nil && httpsProxy == nil
      ? .none : .explicit(http: httpProxy, https: httpsProxy, noProxy: noProxy)
  }

  /// Loads the settings for a command, or ends it with every problem and EX_CONFIG.
  static func loadOrExplain(
    flags: [SettingKey: ConfigurationSources.Flag], for purpose: Purpose
  ) throws -> Settings {
    switch load(.ofProcess(flags: flags), for: purpose) {
    case .success(let settings): return settings
    case .failure(let problems): throw ProgramError.configuration(problems)
    }
  }

  /// Which setting came from where, for the first lines of the log; values stay out of it.
  var originsMetadata: Logger.Metadata {
    Dictionary(
      uniqueKeysWithValues: origins.map { ($0.key.rawValue, "\($0.value)") })
  }
}
