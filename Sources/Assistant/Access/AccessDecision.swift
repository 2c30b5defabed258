// The question "may this actor do that here?" and its answer, as values. AccessPolicy decides,
// AccessDesk asks and records.

import MercuryClient
import WebexAPI

/// The actor of an event, and where it happened.
public struct AccessSubject: Sendable, Equatable {
  public var email: String?
  /// As REST names them; without it no membership can be looked up.
  public var personID: String?
  public var isPerson: Bool
  /// The space's uuid.
  public var spaceID: String
  public var isDirect: Bool
  /// The approved rooms of which the actor is a member, as far as they were asked for;
  /// nil: they could not be looked up.
  public var approvedMemberships: Set<String>?
  /// The event, so that the loop guard counts it once however often it is asked about.
  public var eventID: String?

  public init(
    email: String?, personID: String? = nil, isPerson: Bool = true, spaceID: String,
    isDirect: Bool, approvedMemberships: Set<String>? = [], eventID: String? = nil
  ) {
    self.email = email
    self.personID = personID
    self.isPerson = isPerson && !Self.isBotAddress(email)
    self.spaceID = spaceID
    self.isDirect = isDirect
    self.approvedMemberships = approvedMemberships
    self.eventID = eventID
  }

  /// The actor of an activity.
  ///
  /// - Parameters:
  ///   - email: as REST names it, where it is known.
  ///   - isDirect: nil: as the activity says.
  init(of activity: Activity, spaceID: String, email: String? = nil, isDirect: Bool? = nil) {
    self.init(
      email: email ?? activity.actor?.emailAddress, personID: activity.personID?.encoded,
      isPerson: activity.isByPerson, spaceID: spaceID,
      isDirect: isDirect ?? activity.target?.isDirect ?? false, eventID: activity.id)
  }

  /// Webex gives bots addresses of these domains, and only bots.
  static func isBotAddress(_ email: String?) -> Bool {
    guard let email = email?.lowercased() else { return false }
    return email.hasSuffix("@webex.bot") || email.hasSuffix("@sparkbot.io")
  }

  /// For the audit log.
  var who: String { email ?? personID ?? "unknown" }
}

extension Activity {
  /// Of actors without a type Webex says nothing; bots and machines have one.
  var isByPerson: Bool { (actor?.type ?? "PERSON") == "PERSON" }
}

/// Why someone may do something, or not.
public enum AccessReason: Sendable, Equatable, CustomStringConvertible {
  // Admits.
  case everyone
  case admin(String)
  case user(String)
  case domain(String)
  /// It happened in an approved space.
  case space
  /// Is a member of this approved space, and writes directly.
  case member(String)
  case moderator
  /// Their own direct space.
  case ownSpace
  // Refuses.
  case nobody
  case notListed
  case membershipUnknown
  case bot
  /// Bots of this space wrote too much: see `LoopGuard`.
  case loop
  case notAdmin
  case notModerator
  case moderatorUnknown

  public var description: String {
    switch self {
    case .everyone: "no list is set"
    case .admin(let entry): "ADMINS: \(entry)"
    case .user(let entry): "user: \(entry)"
    case .domain(let entry): "domain: \(entry)"
    case .space: "approved space"
    case .member(let room): "member of the approved space \(room)"
    case .moderator: "moderator"
    case .ownSpace: "own direct space"
    case .nobody: "REQUIRE_APPROVAL is on and no list is set"
    case .notListed: "in no list"
    case .membershipUnknown: "memberships could not be looked up"
    case .bot: "a bot that is not listed"
    case .loop: "bots wrote 20 times within a minute"
    case .notAdmin: "not in ADMINS"
    case .notModerator: "not a moderator of the space"
    case .moderatorUnknown: "whether a moderator could not be looked up"
    }
  }
}

/// An answer, with its reason.
public struct AccessDecision: Sendable, Equatable {
  public var isAllowed: Bool
  public var reason: AccessReason

  public static func allowed(_ reason: AccessReason) -> Self {
    .init(isAllowed: true, reason: reason)
  }
  public static func refused(_ reason: AccessReason) -> Self {
    .init(isAllowed: false, reason: reason)
  }
}
