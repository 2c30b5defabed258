// The assistant as one service: connects, takes events in, answers, drains. Run by the program.

public import FoundationEssentials
public import LLMClient
public import Logging
public import MercuryClient
public import ServiceLifecycle
public import WebexAPI

/// Everything between a Mercury event and an answer.
public final class AssistantService: Service, Sendable {
  let configuration: AssistantConfiguration
  let webex: WebexClient
  let mercury: MercuryClient
  let resolver: ActivityResolver
  let llm: LLMClient
  let store: Store
  /// Of the program that runs the assistant, behind the built-in ones.
  let commands: [any Command]
  let declared: CommandWatcher?
  let logger: Logger
  let clock: any Clock<Duration>
  let now: @Sendable () -> Date
  let board = HealthBoard()

  /// - Parameters:
  ///   - commands: of the program's own; see `docs/commands.md`.
  ///   - declared: the operator's, from `COMMANDS_FILE`.
  public init(
    configuration: AssistantConfiguration, webex: WebexClient, mercury: MercuryClient,
    resolver: ActivityResolver, llm: LLMClient, store: Store, commands: [any Command] = [],
    declared: CommandWatcher? = nil, logger: Logger,
    clock: any Clock<Duration> = ContinuousClock(), now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.configuration = configuration
    self.webex = webex
    self.mercury = mercury
    self.resolver = resolver
    self.llm = llm
    self.store = store
    self.commands = commands
    self.declared = declared
    self.logger = logger
    self.clock = clock
    self.now = now
  }

  /// Keywords that no declared command may take.
  public static let reservedKeywords = CommandList.reserved

  public var health: AssistantHealth { board.current }

  /// Runs until a graceful shutdown or cancellation.
  ///
  /// - Throws: ``AssistantError``: the token is refused, another process took over, …
  public func run() async throws {
    guard let bot = try await untilShutdown({ try await self.identify() }) else { return }
    guard let botUUID = WebexID(bot.id)?.uuid else {
      throw AssistantError(.connection, "people/me gave an id that cannot be read")
    }
    let models = ModelDirectory(
      llm: llm, configured: configuration.model, health: board, logger: logger)
    let prompts = PromptLibrary(directory: configuration.promptsDirectory, logger: logger)
    let settings = SettingsDesk(
      store: store, prompts: prompts, models: models, configuration: configuration)
    let access = AccessDesk(configuration: configuration, webex: webex, logger: logger)
    let registry = CommandRegistry { [commands] all in
      CommandList.builtIn(settings, access, all) + commands
    }
    registry.declare(declared?.first ?? [])
    let environment = TurnEnvironment(
      configuration: configuration, bot: bot, webex: webex, resolver: resolver, llm: llm,
      models: models, store: store, access: access, commands: registry, settings: settings,
      titles: SpaceTitles(webex: webex), busyNotices: NoticeLimiter(every: .seconds(60)),
      sends: SendLedger(
        store: store, webex: webex, botID: bot.id,
        storing: StoreRetry(health: board, logger: logger, clock: clock), health: board,
        clock: clock, now: now, logger: logger),
      health: board, clock: clock, now: now, logger: logger)
    let signs = WaitingSigns(environment: environment)
    let conversations = conversations(environment, signs)
    let stream = StreamWatch(clock: clock, timing: configuration.gapTiming)
    let intake = Intake(
      store: store, conversations: conversations, sends: environment.sends, botUUID: botUUID,
      access: configuration.access, storing: environment.storing, stream: stream,
      now: environment.now, logger: logger)
    let backfill = Backfill(environment: environment, intake: intake) { [mercury] in
      mercury.rediscover()
    }

    await watchToken()
    warn(about: prompts)
    warn(about: declared?.first ?? [], prompts)
    guard try await untilShutdown({ try await self.checkRooms(access) }) != nil else { return }
    guard
      try await untilShutdown({ try await self.whenReachable { try await backfill.prepare() } })
        != nil
    else { return }
    try await environment.sends.load()
    try await untilDamaged { try await intake.resume() }
    let retries = Retries(environment: environment, intake: intake)

    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await conversations.run() }
      group.addTask { await self.checkModel(models) }
      group.addTask { await signs.removeLeftovers() }
      group.addTask { await environment.sends.run() }
      group.addTask { await retries.run() }
      group.addTask { await self.prune(environment.storing) }
      group.addTask { await backfill.run() }
      if let declared {
        group.addTask {
          await declared.run { commands in
            guard await self.mayDeclare(commands, access) else { return }
            self.warn(about: commands, prompts)
            registry.declare(commands)
          }
        }
      }
      defer { group.cancelAll() }
      do {
        try await self.untilDamaged { try await self.listen(intake) }
      } catch let error as AssistantError where error.code != .unauthorized {
        // Events have ended, REST has not: running answers may still finish.
        await self.drain(conversations)
        throw error
      }
      await self.drain(conversations)
    }
  }

  private func conversations(_ environment: TurnEnvironment, _ signs: WaitingSigns)
    -> ConversationManager
  {
    let reader = MessageReader(environment: environment)
    return ConversationManager(
      limits: .init(
        running: configuration.maximumConcurrentAnswers,
        waitingPerConversation: configuration.maximumWaitingPerConversation,
        waitingPerPerson: configuration.maximumWaitingPerPerson),
      health: board,
      work: .init(
        read: { try await reader.read($0) },
        run: { job, running in
          await Turn(environment: environment, job: job, running: running).run()
        },
        finish: { job, outcome in
          await reader.finish(job, outcome)
        },
        refuse: { job, admission in
          await Overflow(environment: environment, job: job, admission: admission).tell()
        },
        waits: { await signs.update($0, waiting: $1) },
        drains: { await signs.removeAll() },
        hasRoom: { environment.retries.ring() }))
  }

  // MARK: Run and end

  private func listen(_ intake: Intake) async throws {
    do {
      try await untilShutdown { try await self.hear(intake) }
    } catch let error as MercuryError {
      throw AssistantError(of: error)
    }
  }

  /// - Throws: `AssistantError` as soon as the database turns out to be damaged.
  private func untilDamaged(_ work: @escaping @Sendable () async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await work() }
      group.addTask { [board, store] in
        for await _ in board.damages() { throw AssistantError.damaged(store.path) }
      }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  /// - Returns: nil if a graceful shutdown came first.
  @discardableResult
  func untilShutdown<Value: Sendable>(
    _ work: @escaping @Sendable () async throws -> Value
  ) async throws -> Value? {
    do {
      return try await cancelWhenGracefulShutdown(work)
    } catch is CancellationError {
      return nil
    }
  }

  private func drain(_ conversations: ConversationManager) async {
    let running = board.current.runningAnswers
    guard running > 0 else { return }
    logger.notice("finishing running answers", metadata: ["count": "\(running)"])
    let limit = configuration.drainTimeout
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await conversations.drain() }
      group.addTask { [clock] in try? await clock.sleep(for: limit) }
      await group.next()
      group.cancelAll()
    }
  }
}

extension AssistantError {
  init(of error: MercuryError) {
    switch error.code {
    case .replaced:
      self.init(
        .replaced,
        "another process took over this bot's registration: only one may run with the same token and DEVICE_NAME",
        cause: error)
    case .unauthorized:
      self.init(
        .unauthorized, "Webex refused the token (401): check WEBEX_API_TOKEN", cause: error)
    case .forbidden: self.init(.forbidden, "\(error)", cause: error)
    default: self.init(.connection, "\(error)", cause: error)
    }
  }
}
