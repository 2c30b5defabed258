// Who is in which space, remembered for a minute. AccessDesk asks.

import FoundationEssentials
import Logging
import WebexAPI

/// What is asked of Webex.
struct MembershipSource: Sendable {
  /// The membership of a person in a space, both as REST names them; nil if there is none.
  var membership: @Sendable (_ roomID: String, _ personID: String) async throws -> Membership?
  /// The bot's spaces.
  var rooms: @Sendable () async throws -> [Room]

  /// Spaces beyond this many are not looked through.
  static let maximumRooms = 10_000

  init(
    membership:
      @escaping @Sendable (_ roomID: String, _ personID: String) async throws ->
      Membership?, rooms: @escaping @Sendable () async throws -> [Room]
  ) {
    self.membership = membership
    self.rooms = rooms
  }

  init(_ webex: WebexClient) {
    self.init(
      membership: { roomID, personID in
        try await webex.memberships(roomID: roomID, personID: personID, max: 2).collect(upTo: 2)
          .first { WebexID($0.personID)?.uuid == WebexID(personID)?.uuid }
      },
      rooms: { try await webex.rooms(max: 1_000).collect(upTo: Self.maximumRooms) })
  }
}

actor Memberships {
  enum Place: Sendable { case absent, member, moderator }

  private let source: MembershipSource
  private let elapsed: @Sendable () -> Duration
  private let clock: any Clock<Duration>
  private let logger: Logger
  private var known: [String: (place: Place, at: Duration)] = [:]
  /// Asked for once, whoever else wants to know meanwhile.
  private var asking: [String: Task<Place?, Never>] = [:]
  /// The REST ids of the bot's spaces by uuid: their cluster is known to Webex alone.
  private var roomIDs: [String: String] = [:]
  private var listedAt: Duration?

  private static let lifetime: Duration = .seconds(60)
  /// Webex's answer is waited for no longer.
  private static let limit: Duration = .seconds(20)

  init(
    source: MembershipSource, elapsed: @escaping @Sendable () -> Duration,
    clock: any Clock<Duration>, logger: Logger
  ) {
    self.source = source
    self.elapsed = elapsed
    self.clock = clock
    self.logger = logger
  }

  /// Those of the policy's rooms in which the person is; nil if none is known and one could not be
  /// asked about.
  func rooms(of personID: String, in policy: AccessPolicy) async -> Set<String>? {
    var isKnown = true
    for uuid in policy.rooms {
      guard let roomID = await roomID(uuid, policy) else {
        isKnown = false
        continue
      }
      switch await place(of: personID, inRoom: roomID) {
      case .absent: break
      // One is enough.
      case .member, .moderator: return [uuid]
      case nil: isKnown = false
      }
    }
    return isKnown ? [] : nil
  }

  /// - Returns: nil if it cannot be looked up; that is not remembered.
  func place(of personID: String, inRoom roomID: String) async -> Place? {
    let key = "\(roomID) \(personID)"
    let now = elapsed()
    if let (place, at) = known[key], now - at < Self.lifetime { return place }
    if let task = asking[key] { return await task.value }
    let task = Task { await self.ask(personID, roomID) }
    asking[key] = task
    let place = await task.value
    asking[key] = nil
    known = known.filter { now - $0.value.at < Self.lifetime }
    if let place { known[key] = (place, elapsed()) }
    return place
  }

  private func ask(_ personID: String, _ roomID: String) async -> Place? {
    do {
      let membership = try await inTime { [source] in
        try await source.membership(roomID, personID)
      }
      return membership.map { $0.isModerator ? .moderator : .member } ?? .absent
    } catch let error as WebexError where error.code == .notFound {
      // A space that the bot is not in: as far as it can see, nobody is.
      return .absent
    } catch {
      logger.warning("membership not looked up", metadata: ["error": "\(error)"])
      return nil
    }
  }

  /// The bot's spaces are listed at most once a minute. One that is not among them is asked for in
  /// the default cluster.
  private func roomID(_ uuid: String, _ policy: AccessPolicy) async -> String? {
    if let roomID = policy.roomIDs[uuid] ?? roomIDs[uuid] { return roomID }
    let now = elapsed()
    if listedAt.map({ now - $0 >= Self.lifetime }) ?? true {
      do {
        learn(try await inTime(source.rooms))
      } catch {
        logger.warning("spaces not listed", metadata: ["error": "\(error)"])
        return nil
      }
    }
    return roomIDs[uuid] ?? WebexID(kind: .room, uuid: uuid).encoded
  }

  func learn(_ rooms: [Room]) {
    listedAt = elapsed()
    for room in rooms {
      if let uuid = WebexID(room.id)?.uuid.lowercased() { roomIDs[uuid] = room.id }
    }
  }

  private func inTime<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value)
    async throws -> Value
  {
    try await withThrowingTaskGroup(of: Value.self) { [clock] group in
      group.addTask(operation: work)
      group.addTask {
        try await clock.sleep(for: Self.limit)
        throw WebexError(.timedOut, message: "no answer within \(Self.limit)")
      }
      defer { group.cancelAll() }
      guard let value = try await group.next() else { throw CancellationError() }
      return value
    }
  }
}
