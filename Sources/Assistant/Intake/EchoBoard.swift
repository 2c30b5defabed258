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
    var number: Int
  }

  /// A POST that Webex has not answered.
  private struct Send {
    var number: Int
    var spaceID: String
    var threadUUID: String?
    /// Its response will not come.
    var isLost = false
  }

  private var echoes: [Echo] = []
  /// In the order of their start.
  private var sends: [Send] = []
  /// Of echoes and sends, as they came: an echo is younger than its send.
  private var count = 0
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
    count += 1
    echoes.append(
      Echo(
        spaceID: spaceID, threadUUID: thread, published: published, messageID: messageID,
        number: count))
    if echoes.count > Self.maximum { echoes.removeFirst(Self.maximum / 2) }
  }

  /// A POST begins. Every call is followed by one of `answered`, `failed` and `lost`.
  ///
  /// - Returns: the send's number.
  func begins(spaceID: String, threadUUID: String?) -> Int {
    count += 1
    sends.append(Send(number: count, spaceID: spaceID, threadUUID: threadUUID))
    if sends.count > Self.maximum { sends.removeFirst(Self.maximum / 2) }
    return count
  }

  func answered(_ send: Int, messageID: String) {
    sends.removeAll { $0.number == send }
    claim(messageID)
  }

  /// Certainly nothing arrived.
  func failed(_ send: Int) { sends.removeAll { $0.number == send } }

  /// The response is lost: `takeUnclaimed` finds the message, or `givesUp` ends the search.
  func lost(_ send: Int) {
    guard let index = sends.firstIndex(where: { $0.number == send }) else { return }
    sends[index].isLost = true
  }

  /// A lost message of the thread is looked for no longer. What is there and nobody's may be it:
  /// no other send takes it for its own.
  func givesUp(spaceID: String, threadUUID: String?) {
    let lost = sends.firstIndex {
      $0.isLost && $0.spaceID == spaceID && $0.threadUUID == threadUUID
    }
    guard let lost else { return }
    for echo in unclaimed(for: sends.remove(at: lost)) { claim(echo.messageID.encoded) }
  }

  /// The own message of a thread that can only be the one lost there, and that came after `date`
  /// (Webex's clock); it is claimed with this.
  ///
  /// - Returns: nil also while another send there has no answer: the echo may be that one's.
  func takeUnclaimed(spaceID: String, threadUUID: String?, after date: Date) -> WebexID? {
    let open = sends.filter { $0.spaceID == spaceID && $0.threadUUID == threadUUID }
    guard open.count == 1, let send = open.first, send.isLost else { return nil }
    let found = unclaimed(for: send).filter { $0.published >= date }
    // Mercury may deliver an echo twice.
    guard let echo = found.first, Set(found.map(\.messageID.uuid)).count == 1 else { return nil }
    answered(send.number, messageID: echo.messageID.encoded)
    return echo.messageID
  }

  private func unclaimed(for send: Send) -> [Echo] {
    echoes.filter {
      $0.spaceID == send.spaceID && $0.threadUUID == send.threadUUID && $0.number > send.number
        && !claimed.contains($0.messageID.uuid)
    }
  }

  private func claim(_ messageID: String) {
    let uuid = WebexID(messageID)?.uuid ?? messageID
    guard claimed.insert(uuid).inserted else { return }
    claimOrder.append(uuid)
    if claimOrder.count > Self.maximum {
      claimed.subtract(claimOrder.prefix(Self.maximum / 2))
      claimOrder.removeFirst(Self.maximum / 2)
    }
  }
}
