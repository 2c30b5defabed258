// What people read about who may do what.

extension Sentences {
  static let leaving =
    "Nobody in this space is among the people whom I may answer, so I leave it again. "
    + "Please ask my operator."

  /// Why a command was not run, or a card's button did nothing.
  static func mayNot(_ keyword: String, _ reason: AccessReason) -> String {
    let command = "`\(keyword.prefix(60).filter { $0 != "`" })`"
    return switch reason {
    case .notAdmin: "Only my administrators may use \(command) here."
    case .notModerator: "Only moderators of this space may use \(command) here."
    case .moderatorUnknown, .membershipUnknown:
      "I could not look up whether you may use \(command). Please try again in a minute."
    default: "You may not use \(command) here."
    }
  }

  /// Why the settings were not changed.
  static func mayNotChangeSettings(_ reason: AccessReason) -> String {
    switch reason {
    case .notModerator: "Only moderators of this space may change its settings."
    case .moderatorUnknown:
      "I could not look up whether you are a moderator of this space. Please try again in a minute."
    default: "Only my administrators may change the settings of this space."
    }
  }

  /// For `/whoami`: why the person is admitted.
  static func admitted(_ reason: AccessReason) -> String {
    switch reason {
    case .everyone: "everyone may use me"
    case .admin: "you are one of my administrators"
    case .user: "your address is approved"
    case .domain: "your organization is approved"
    case .space: "this space is approved"
    case .member: "you are a member of an approved space"
    default: "you are approved"
    }
  }
}
