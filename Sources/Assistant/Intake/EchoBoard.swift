// The bot's own posts as Mercury echoes them. A POST whose response was lost is looked for here
// before it is sent again; a bot cannot list its own messages in a group space.

import FoundationEssentials
import MercuryClient
import WebexAPI

actor EchoBoard {
  private struct Echo {
    var spaceID: String
    /// The uuid of the thread's root; nil outside a thread.
    var threadUUID: String?
    var published: Date
    var messageID: WebexID
  }

  private var echoes: [Echo] = []
  /// Uuids of messages whose POST was answered, so that nobody takes them for a lost one.
  private var claimed: Set<String> = []
  private var claimOrder: [String] = []
  /// A lost response is looked for within seconds; this many posts are minutes.
  private static let maximum = 1_000

  func note(_ activity: Activity) {
    guard activity.verb == "post" || activity.verb == "share", !activity.isEdit,
      let spaceID = activity.target?.id, let messageID = activity.messageID,
      let published = activity.published
    else { return }
    let thread = activity.parent?.type == "reply" ? activity.parent?.id : nil
    echoes.append(
      Echo(spaceID: spaceID, threadUUID: thread, published: published, messageID: messageID))
    if echoes.count > Self.maximum { echoes.removeFirst(Self.maximum / 2) }
  }

  /// This message's POST was answered.
  func claim(_ messageID: String) {
    let uuid = WebexID(messageID)?.uuid ?? messageID
    guard claimed.insert(uuid).inserted else { return }
    claimOrder.append(uuid)
    if claimOrder.count > Self.maximum {
      claimed.subtract(claimOrder.prefix(Self.maximum / 2))
      claimOrder.removeFirst(Self.maximum / 2)
    }
  }

  /// The newest own message of a thread that nobody claims and that came after `date` (Webex's
  /// clock); it is claimed with this.
  func takeUnclaimed(spaceID: String, threadUUID: String?, after date: Date) -> WebexID? {
    let found = echoes.last {
      $0.spaceID == spaceID && $0.threadUUID == threadUUID && $0.published >= date
        && !claimed.contains($0.messageID.uuid)
    }
    if let found { claim(found.messageID.encoded) }
    return found?.messageID
  }
}
