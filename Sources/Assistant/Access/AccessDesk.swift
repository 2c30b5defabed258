// Asks AccessPolicy with what it needs to know, and writes down every answer: one audit line with
// who, where, what, allowed or not, and why; never content. The readers of messages and the turns call it.

import FoundationEssentials
import Logging
import WebexAPI

actor AccessDesk {
  private let configuration: AssistantConfiguration
  private let source: MembershipSource
  private let memberships: Memberships
  /// Since the desk was opened.
  private let elapsed: @Sendable () -> Duration
  private var audit: AuditLog
  private var loops = LoopGuard()
  private var deniedAt: [String: Duration] = [:]

  /// Beyond this many people within the hour nobody is told any more that they are refused.
  private static let maximumDenied = 10_000

  init(
    configuration: AssistantConfiguration, webex: WebexClient,
    clock: any Clock<Duration> = ContinuousClock(), audit: Logger = Logger(label: "audit"),
    logger: Logger
  ) {
    self.init(
      configuration: configuration, source: MembershipSource(webex), clock: clock, audit: audit,
      logger: logger)
  }

  init(
    configuration: AssistantConfiguration, source: MembershipSource, clock: any Clock<Duration>,
    audit: Logger = Logger(label: "audit"), logger: Logger
  ) {
    self.configuration = configuration
    elapsed = Self.stopwatch(clock)
    self.source = source
    memberships = Memberships(source: source, elapsed: elapsed, clock: clock, logger: logger)
    self.audit = AuditLog(logger: audit)
  }

  // MARK: Start

  /// Refuses titles among the approved rooms, naming the ids to use: anyone can give a space a title.
  ///
  /// - Throws: `AssistantError` with the code `configuration`, or what Webex failed with.
  func check(_ policy: AccessPolicy, setting: String = "APPROVED_ROOMS") async throws {
    guard !policy.titles.isEmpty else { return }
    let rooms = try await source.rooms()
    await memberships.learn(rooms)
    let groups = rooms.filter { $0.type != .direct }
    let problems = policy.titles.map { title in
      let found = groups.filter { $0.title?.lowercased() == title }
      let shown = "\"\(PromptVariables.line(title, longest: PromptVariables.longestName))\""
      switch found.count {
      case 0: return "the bot is in no space with the title \(shown)"
      case 1: return "for \(shown) use \(found[0].id)"
      default:
        return
          "\(found.count) spaces have the title \(shown): \(found.map(\.id).prefix(5).joined(separator: ", "))"
      }
    }
    throw AssistantError(
      .configuration,
      "\(setting) takes ids of spaces, not titles: \(problems.joined(separator: "; "))")
  }

  // MARK: The assistant

  /// May this actor use the assistant here? Recorded as a decision about `what`.
  func admits(_ subject: AccessSubject, what: String) async -> AccessDecision {
    let decision = await decide(subject)
    audit.note(subject, what: what, decision, at: elapsed())
    return decision
  }

  /// The same, without a record: for signs and failures of an event whose decision is on record.
  func decide(_ subject: AccessSubject) async -> AccessDecision {
    let decision = await decide(subject, by: configuration.access)
    guard decision.isAllowed, !subject.isPerson, let event = subject.eventID,
      !loops.admits(event, of: subject.spaceID, at: elapsed())
    else { return decision }
    return .refused(.loop)
  }

  /// What a refused person is told: in a direct space only, once an hour, in the operator's words.
  func denial(of subject: AccessSubject) -> String? {
    guard let words = configuration.deniedReply, subject.isDirect, subject.isPerson else {
      return nil
    }
    let now = elapsed()
    deniedAt = deniedAt.filter { now - $0.value < .seconds(3_600) }
    guard deniedAt[subject.who] == nil, deniedAt.count < Self.maximumDenied else { return nil }
    deniedAt[subject.who] = now
    return words.isEmpty ? Sentences.denied : words
  }

  // MARK: Settings and commands

  func isAdmin(_ email: String?) -> Bool {
    AccessPolicy.entry(for: email?.lowercased() ?? "", in: configuration.admins) != nil
  }

  /// May this actor, who may use the assistant, change the settings of this space?
  func mayChangeSettings(_ subject: AccessSubject, roomID: String, what: String = "settings")
    async -> AccessDecision
  {
    let decision = await settingsDecision(subject, roomID: roomID)
    audit.note(subject, what: what, decision, at: elapsed())
    return decision
  }

  /// May this actor, who may use the assistant, run a command here?
  func mayRun(_ access: CommandAccess, keyword: String, _ subject: AccessSubject, roomID: String)
    async -> AccessDecision
  {
    let decision = await decide(access, subject, roomID: roomID)
    audit.note(subject, what: keyword, decision, at: elapsed())
    return decision
  }

  /// Those of the commands that this actor may run here; nothing is recorded. For `/help`, for
  /// suggestions, and before a text is matched.
  func runnable(_ commands: [any Command], by subject: AccessSubject, roomID: String)
    async -> [any Command]
  {
    var runnable: [any Command] = []
    for command in commands
    where await decide(command.access, subject, roomID: roomID).isAllowed {
      runnable.append(command)
    }
    return runnable
  }

  private func decide(_ access: CommandAccess, _ subject: AccessSubject, roomID: String) async
    -> AccessDecision
  {
    switch access {
    case .everyone: return .allowed(.everyone)
    case .admins: return admin(subject) ?? .refused(.notAdmin)
    case .settings: return await settingsDecision(subject, roomID: roomID)
    case .only(let policy): return await decide(subject, by: policy)
    }
  }

  private func settingsDecision(_ subject: AccessSubject, roomID: String) async -> AccessDecision {
    if let admin = admin(subject) { return admin }
    // Nobody else is there whose settings these could be.
    if subject.isDirect { return .allowed(.ownSpace) }
    switch configuration.settingsPolicy {
    case .anyone: return .allowed(.everyone)
    case .admins: return .refused(.notAdmin)
    case .moderators:
      guard let person = subject.personID,
        let place = await memberships.place(of: person, inRoom: roomID)
      else { return .refused(.moderatorUnknown) }
      return place == .moderator ? .allowed(.moderator) : .refused(.notModerator)
    }
  }

  private func admin(_ subject: AccessSubject) -> AccessDecision? {
    AccessPolicy.entry(
      for: subject.email?.lowercased() ?? "", in: configuration.admins, ofBot: !subject.isPerson
    ).map { .allowed(.admin($0)) }
  }

  // MARK: Memberships

  /// Memberships are looked up only where they matter.
  private func decide(_ subject: AccessSubject, by policy: AccessPolicy) async -> AccessDecision {
    var subject = subject
    subject.approvedMemberships = nil
    let decision = policy.decide(subject, admins: configuration.admins)
    guard decision.reason == .membershipUnknown, let person = subject.personID else {
      return decision
    }
    subject.approvedMemberships = await memberships.rooms(of: person, in: policy)
    return policy.decide(subject, admins: configuration.admins)
  }

  private static func stopwatch(_ clock: some Clock<Duration>) -> @Sendable () -> Duration {
    let start = clock.now
    return { start.duration(to: clock.now) }
  }
}
