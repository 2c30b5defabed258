// The ids of Webex's REST API: unpadded Base64 of `ciscospark://{cluster}/{TYPE}/{uuid}`.
// People and organizations are always in cluster `us`; everything else carries the world's region.

import FoundationEssentials

struct HydraID: Sendable, Equatable {
  enum Kind: String, Sendable {
    case message = "MESSAGE"
    case room = "ROOM"
    case people = "PEOPLE"
    case organization = "ORGANIZATION"
    case membership = "MEMBERSHIP"
    case attachmentAction = "ATTACHMENT_ACTION"
    case content = "CONTENT"
    case team = "TEAM"
  }

  var cluster: String
  var type: String
  /// A uuid; `person:room` for memberships, `message/index` for contents.
  var key: String

  init(cluster: String, kind: Kind, key: String) {
    self.cluster = kind == .people || kind == .organization ? "us" : cluster
    type = kind.rawValue
    self.key = key
  }

  var encoded: String {
    Base64.encode(Array("ciscospark://\(cluster)/\(type)/\(key)".utf8), padded: false)
  }

  /// Nil unless `text` is a Base64 id.
  init?(_ text: String) {
    guard let bytes = Base64.decode(text),
      let url = String(validating: bytes, as: UTF8.self), url.hasPrefix("ciscospark://")
    else { return nil }
    let parts = url.dropFirst("ciscospark://".count).split(
      separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
    (cluster, type, key) = (String(parts[0]), String(parts[1]), String(parts[2]))
  }
}

enum RawID {
  static func random() -> String { UUID().uuidString.lowercased() }

  static func isUUID(_ text: String) -> Bool { UUID(uuidString: text) != nil }

  /// The same name always gives the same uuid (RFC 9562 §5.5 in shape), so that links and
  /// screenshots of the default world stay valid from run to run.
  static func named(_ name: String) -> String {
    var hash = Array(SHA1.hash(Array("webex-simulator:\(name)".utf8)).prefix(16))
    hash[6] = hash[6] & 0x0F | 0x50
    hash[8] = hash[8] & 0x3F | 0x80
    let hex = hash.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    let text = Array(hex)
    return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(text[$0]) }.joined(
      separator: "-")
  }
}
