// Who may use the assistant: a pure decision over the actor of an event.

import WebexAPI

/// The operator's lists. Any list that matches admits; with no list set, everyone may,
/// unless `requireApproval` turns that into nobody.
public struct AccessPolicy: Sendable, Equatable {
  /// E-mail addresses, compared without case; `*` stands for any characters.
  public let users: [String]
  /// Exact mail domains; `.example.com` also admits its subdomains.
  public let domains: [String]
  /// The uuids of rooms; given in REST form or as uuid.
  public let rooms: [String]
  public let requireApproval: Bool

  public init(
    users: [String] = [], domains: [String] = [], rooms: [String] = [],
    requireApproval: Bool = false
  ) {
    self.users = users.map { $0.lowercased() }
    self.domains = domains.map { $0.lowercased() }
    self.rooms = rooms.map { WebexID($0)?.uuid ?? $0.lowercased() }
    self.requireApproval = requireApproval
  }

  /// True when nobody is kept out.
  public var admitsEveryone: Bool {
    users.isEmpty && domains.isEmpty && rooms.isEmpty && !requireApproval
  }

  /// - Parameters:
  ///   - email: the actor's address; nil is admitted only where everyone or the room is.
  ///   - roomUUID: the space in which the event happened.
  public func admits(email: String?, roomUUID: String?) -> Bool {
    if admitsEveryone { return true }
    if let roomUUID, rooms.contains(roomUUID) { return true }
    guard let email = email?.lowercased(), let at = email.lastIndex(of: "@") else { return false }
    if users.contains(where: { Self.matches(email[...], pattern: $0[...]) }) { return true }
    let domain = email[email.index(after: at)...]
    return domains.contains { allowed in
      allowed.hasPrefix(".")
        ? domain.hasSuffix(allowed) || domain == allowed.dropFirst() : domain == allowed
    }
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
