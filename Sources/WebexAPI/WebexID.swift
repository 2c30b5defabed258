// Webex's public ("Hydra") identifiers. REST speaks them; Mercury speaks raw uuids.
// MercuryClient builds the REST id of an activity here instead of asking the network for it.

import FoundationEssentials

/// A Webex REST identifier: base64, without `=`, of `ciscospark://{cluster}/{TYPE}/{uuid}`.
///
/// Webex's own clients build ids the same way, but ids are documented as opaque: an id that
/// does not decode is not an error of Webex's, merely one of which nothing more is known.
public struct WebexID: Hashable, Sendable, CustomStringConvertible {
  /// What the identifier names.
  public enum Kind: Hashable, Sendable {
    case message, room, people, team, organization, membership, attachmentAction, content
    case other(String)

    /// The word in the identifier, such as `MESSAGE`.
    public var word: String {
      switch self {
      case .message: "MESSAGE"
      case .room: "ROOM"
      case .people: "PEOPLE"
      case .team: "TEAM"
      case .organization: "ORGANIZATION"
      case .membership: "MEMBERSHIP"
      case .attachmentAction: "ATTACHMENT_ACTION"
      case .content: "CONTENT"
      case .other(let word): word
      }
    }

    /// The kind of that word; case matters, as in Webex's own SDKs.
    public init(word: String) {
      switch word {
      case "MESSAGE": self = .message
      case "ROOM": self = .room
      case "PEOPLE": self = .people
      case "TEAM": self = .team
      case "ORGANIZATION": self = .organization
      case "MEMBERSHIP": self = .membership
      case "ATTACHMENT_ACTION": self = .attachmentAction
      case "CONTENT": self = .content
      default: self = .other(word)
      }
    }
  }

  /// The cluster name of Webex's first region; people and organizations live there only.
  public static let defaultCluster = "us"

  /// `us`, or a region's urn such as `urn:TEAM:us-west-2_r`.
  public let cluster: String
  public let kind: Kind
  /// What follows the type: a uuid; `person:room` for a membership, `activity/index` for a content.
  public let uuid: String

  /// People and organizations are always in the cluster `us`, whatever is given here: an id of
  /// another cluster is well-formed, and Webex answers it with 404.
  public init(cluster: String = defaultCluster, kind: Kind, uuid: String) {
    switch kind {
    case .people, .organization: self.cluster = Self.defaultCluster
    default: self.cluster = cluster
    }
    self.kind = kind
    self.uuid = uuid
  }

  /// Decodes a REST id, in the standard or the URL-safe alphabet, padded or not.
  /// Nil when the text is not base64 of a `ciscospark://` address with a type and a name.
  public init?(_ encoded: String) {
    guard encoded.utf8.count <= 1_024 else { return nil }
    var base64 = String(
      encoded.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
    )
    while base64.hasSuffix("=") { base64.removeLast() }
    base64 += String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
    guard let data = Data(base64Encoded: base64),
      let address = String(validating: data, as: UTF8.self)
    else { return nil }
    let prefix = "ciscospark://"
    guard address.hasPrefix(prefix) else { return nil }
    let parts = address.dropFirst(prefix.count)
      .split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
    self.init(
      cluster: String(parts[0]), kind: Kind(word: String(parts[1])), uuid: String(parts[2]))
  }

  /// The REST form: base64 of `description`, without padding.
  public var encoded: String {
    var base64 = Data(description.utf8).base64EncodedString()
    while base64.hasSuffix("=") { base64.removeLast() }
    return base64
  }

  /// The decoded form, `ciscospark://us/MESSAGE/…`. It names no content and no secret.
  public var description: String { "ciscospark://\(cluster)/\(kind.word)/\(uuid)" }
}
