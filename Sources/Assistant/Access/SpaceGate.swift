// Leaves a group to which the bot was added if nobody in it may use the bot. Greeting asks when an
// `add` comes.

import FoundationEssentials
import Logging
import WebexAPI

/// Whether the bot stays in a group: pure.
enum SpaceVerdict: Equatable, Sendable {
  case stays
  case leaves

  /// Members of approved spaces may write directly only, so they keep the bot in no other space.
  ///
  /// - Parameter people: the addresses of the members; nil where Webex tells none.
  static func of(
    spaceID: String, people: [String?], policy: AccessPolicy, admins: [String]
  ) -> SpaceVerdict {
    let isUseful = people.contains { email in
      let subject = AccessSubject(email: email, spaceID: spaceID, isDirect: false)
      return subject.isPerson && policy.decide(subject, admins: admins).isAllowed
    }
    return isUseful ? .stays : .leaves
  }
}

struct SpaceGate: Sendable {
  let configuration: AssistantConfiguration
  let bot: Person
  let webex: WebexClient
  let say: @Sendable (_ sentence: String, _ roomID: String) async throws -> Void
  let audit: Logger
  let logger: Logger

  /// A space with more people than this is not looked through to the end; the bot stays.
  static let maximumPeople = 2_000

  init(
    configuration: AssistantConfiguration, bot: Person, webex: WebexClient,
    audit: Logger = Logger(label: "audit"), logger: Logger,
    say: @escaping @Sendable (_ sentence: String, _ roomID: String) async throws -> Void
  ) {
    self.configuration = configuration
    self.bot = bot
    self.webex = webex
    self.say = say
    self.audit = audit
    self.logger = logger
  }

  /// The bot was added to a space.
  ///
  /// - Returns: true if the bot has left it again. A failure keeps it there: it answers nobody who
  ///   is not approved, wherever it is.
  func left(spaceID: String, roomID: String, isDirect: Bool) async throws -> Bool {
    guard configuration.leavesUnapprovedSpaces, !isDirect else { return false }
    do {
      return try await leaveIfUseless(spaceID: spaceID, roomID: roomID)
    } catch let error as WebexError where error.code == .notFound {
      // Removed again meanwhile, or left by an earlier process.
      return true
    } catch let error as WebexError where ![.unauthorized, .cancelled].contains(error.code) {
      logger.warning("space not left", metadata: ["space": "\(spaceID)", "error": "\(error)"])
      return false
    }
  }

  private func leaveIfUseless(spaceID: String, roomID: String) async throws -> Bool {
    let members = try await webex.memberships(roomID: roomID, max: 1_000)
      .collect(upTo: Self.maximumPeople)
    let isWhole = members.count < Self.maximumPeople
    let verdict = SpaceVerdict.of(
      spaceID: spaceID, people: members.map(\.personEmail), policy: configuration.access,
      admins: configuration.admins)
    let botUUID = WebexID(bot.id)?.uuid
    guard verdict == .leaves, isWhole,
      let own = members.first(where: { WebexID($0.personID)?.uuid == botUUID })
    else { return false }
    audit.info(
      "access",
      metadata: [
        "who": "the bot", "space": "\(spaceID)", "what": "stay", "allowed": "false",
        "why": "none of its \(members.count - 1) other members may use it",
      ])
    do {
      try await say(Sentences.leaving, roomID)
    } catch let error as WebexError {
      logger.warning("leaving not told", metadata: ["space": "\(spaceID)", "error": "\(error)"])
    }
    try await webex.deleteMembership(own.id)
    return true
  }
}
