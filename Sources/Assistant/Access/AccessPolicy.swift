// Who may use the assistant: a pure decision over the actor of an event. AccessDesk asks it, with
// the memberships that it needs; declared commands have one of their own.

import FoundationEssentials
import WebexAPI

/// The operator's lists. Any list that matches admits; with no list set, everyone may,
/// unless `requireApproval` turns that into nobody.
public struct AccessPolicy: Sendable, Equatable {
  /// E-mail addresses, compared without case; `*` stands for any characters.
  public let users: [String]
  /// Exact mail domains; `.example.com` also admits its subdomains.
  public let domains: [String]
  /// The uuids of rooms, whatever form they were given in; a title stays as it is, in lower case.
  public let rooms: [String]
  /// Their REST ids by uuid, of those that were given so: a uuid alone does not tell its cluster.
  let roomIDs: [String: String]
  public let requireApproval: Bool

  public init(
    users: [String] = [], domains: [String] = [], rooms: [String] = [],
    requireApproval: Bool = false
  ) {
    self.users = users.map { $0.lowercased() }
    self.domains = domains.map { $0.lowercased() }
    self.rooms = rooms.map { Self.roomUUID($0) ?? $0.lowercased() }
    roomIDs = Dictionary(
      rooms.compactMap { WebexID($0) }.filter { $0.kind == .room }
        .map { ($0.uuid.lowercased(), $0.encoded) }, uniquingKeysWith: { first, _ in first })
    self.requireApproval = requireApproval
  }

  /// True when nobody is kept out. Bots are, all the same.
  public var admitsEveryone: Bool { hasNoLists && !requireApproval }

  private var hasNoLists: Bool { users.isEmpty && domains.isEmpty && rooms.isEmpty }

  /// May this actor do something here?
  ///
  /// - Parameter admins: may do everything; addresses as in `users`.
  public func decide(_ subject: AccessSubject, admins: [String] = []) -> AccessDecision {
    let email = subject.email?.lowercased() ?? ""
    guard subject.isPerson else {
      let entry = Self.entry(for: email, in: users + admins, ofBot: true)
      return entry.map { .allowed(.user($0)) } ?? .refused(.bot)
    }
    if let entry = Self.entry(for: email, in: admins) { return .allowed(.admin(entry)) }
    if hasNoLists { return requireApproval ? .refused(.nobody) : .allowed(.everyone) }
    if let entry = Self.entry(for: email, in: users) { return .allowed(.user(entry)) }
    if let entry = domain(of: email) { return .allowed(.domain(entry)) }
    if rooms.contains(subject.spaceID.lowercased()) { return .allowed(.space) }
    guard subject.isDirect, !rooms.isEmpty else { return .refused(.notListed) }
    guard let memberships = subject.approvedMemberships else {
      return .refused(.membershipUnknown)
    }
    return rooms.first(where: memberships.contains).map { .allowed(.member($0)) }
      ?? .refused(.notListed)
  }

  /// Whether a bot with that address is listed among the users, by a pattern that names its domain:
  /// `*` alone means people.
  public func lists(bot email: String?) -> Bool {
    Self.entry(for: email?.lowercased() ?? "", in: users, ofBot: true) != nil
  }

  // MARK: Matching

  /// The pattern that matches an address in lower case.
  static func entry(for email: String, in patterns: [String], ofBot isBot: Bool = false) -> String?
  {
    guard email.contains("@") else { return nil }
    return patterns.first { pattern in
      if isBot {
        guard let at = pattern.lastIndex(of: "@"), !pattern[at...].contains("*") else {
          return false
        }
      }
      return matches(email[...], pattern: pattern.lowercased()[...])
    }
  }

  private func domain(of email: String) -> String? {
    guard let at = email.lastIndex(of: "@") else { return nil }
    let domain = email[email.index(after: at)...]
    return domains.first { allowed in
      allowed.hasPrefix(".")
        ? domain.hasSuffix(allowed) || domain == allowed.dropFirst() : domain == allowed
    }
  }

  /// What stands among the rooms and is no id.
  var titles: [String] { rooms.filter { UUID(uuidString: $0) == nil } }

  /// The uuid of a space in any form that people come across: the id of REST, `ciscospark://…/ROOM/…`,
  /// the uuid, or the link that Webex copies. Nil: a title, or the id of something else.
  public static func roomUUID(_ text: String) -> String? {
    if let id = WebexID(text) { return id.kind == .room ? id.uuid.lowercased() : nil }
    if UUID(uuidString: text) != nil { return text.lowercased() }
    for mark in ["/ROOM/", "space=", "/spaces/"] {
      guard text.contains("://"), let found = text.firstRange(of: mark) else { continue }
      let uuid = String(text[found.upperBound...].prefix(36))
      if UUID(uuidString: uuid) != nil { return uuid.lowercased() }
    }
    return nil
  }

  /// Glob with `*` only, without backtracking over more than one star's worth of state.
  static func matches(_ text: Substring, pattern: Substring) -> Bool {
    var text = text
    let pieces = pattern.split(separator: "*", omittingEmptySubsequences: false)
    guard pieces.count > 1, let first = pieces.first, let last = pieces.last else {
      return text == pattern
    }
    guard text.hasPrefix(first) else { return false }
    text = text.dropFirst(first.count)
    guard text.count >= last.count, text.hasSuffix(last) else { return false }
    text = text.dropLast(last.count)
    for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
      guard let found = text.firstRange(of: piece) else { return false }
      text = text[found.upperBound...]
    }
    return true
  }
}
