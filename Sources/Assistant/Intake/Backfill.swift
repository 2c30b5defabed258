// Finds by REST what the socket did not bring: after a start, a long disconnect, a sequence gap, and on
// patrol. What it finds goes through the same intake as what comes live. Run by the service.

import CrashPoints
import FoundationEssentials
import Logging
import MercuryClient
import WebexAPI

struct Backfill: Sendable {
  let environment: TurnEnvironment
  let intake: Intake
  /// Messages reached REST and not the healthy socket: it may belong to the wrong region.
  let rediscover: @Sendable () -> Void

  private static let roomsPage = 100
  private static let messagesPage = 100
  /// Over all spaces of one look; the rest is the next look's.
  private static let maximumRooms = 5_000
  /// Younger ones may be on their way.
  private static let missedAfter: Duration = .seconds(120)

  private var store: Store { environment.store }
  private var stream: StreamWatch { intake.stream }
  private var logger: Logger { environment.logger }

  /// Notes at the first start of all where the assistant's business begins.
  func prepare() async throws {
    guard try await store.marks() == nil else { return }
    let newest = try await rooms(max: 1).collect(upTo: 1).first
    // In no space: all that is ever said to it is said after this.
    try await store.begin(at: newest?.lastActivity ?? Date(timeIntervalSince1970: 0))
  }

  /// Until cancelled.
  func run() async {
    await withDiscardingTaskGroup { group in
      // One look at a time; what is told meanwhile is remembered by the watch.
      let (due, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
      group.addTask {
        var timer: Task<Void, Never>?
        for await _ in stream.changes {
          timer?.cancel()
          guard let next = stream.next else { continue }
          timer = Task { [clock = environment.clock] in
            guard (try? await clock.sleep(for: next.wait)) != nil else { return }
            wake.yield()
          }
        }
        timer?.cancel()
        wake.finish()
      }
      for await _ in due {
        guard !Task.isCancelled else { break }
        guard let next = stream.next, next.wait <= .zero else { continue }
        stream.note(.begun)
        let isComplete = await look(next.cause)
        stream.note(.ended(isComplete: isComplete))
      }
      group.cancelAll()
    }
  }

  // MARK: One look

  /// - Returns: whether everything was seen.
  private func look(_ cause: BackfillCause) async -> Bool {
    do {
      guard let marks = try await store.marks() else { return false }
      let plan = BackfillPlan(
        marks: marks, now: environment.now(),
        maximumAge: TimeInterval(environment.configuration.backfillMaximumAge.components.seconds),
        botUUID: intake.botUUID)
      let (spaces, newest) = try await spaces(plan)
      var found = Found()
      var isComplete = true
      // The longest waiting first.
      for space in spaces.reversed() {
        do {
          try await look(into: space, plan, &found)
        } catch let error as WebexError where [.notFound, .forbidden].contains(error.code) {
          // Out of the space since it was listed.
        } catch let error as WebexError {
          logger.warning("a space cannot be looked into yet", metadata: ["error": "\(error)"])
          isComplete = false
        }
      }
      if isComplete, let newest { try await store.complete(to: newest) }
      report(found, cause)
      return isComplete
    } catch is CancellationError {
      return false
    } catch {
      logger.warning("nothing can be looked for yet", metadata: ["error": "\(error)"])
      return false
    }
  }

  /// What a look found that nobody knew.
  private struct Found {
    var messages = 0
    var edits = 0
    var tooOld = 0
    /// How old the oldest was that ought to have come over the socket.
    var overdue: Duration?
  }

  private struct Space {
    var id: String
    var room: Room
    var start: Date
  }

  /// The spaces in which something happened, newest first, and when the last of it did.
  private func spaces(_ plan: BackfillPlan) async throws -> ([Space], newest: Date?) {
    var spaces: [Space] = []
    var newest: Date?
    for try await room in rooms(max: Self.roomsPage) {
      guard let id = WebexID(room.id)?.uuid else { continue }
      newest = max(newest ?? .distantPast, room.lastActivity ?? .distantPast)
      switch plan.verdict(onSpace: id, lastActivity: room.lastActivity) {
      case .look(let start): spaces.append(Space(id: id, room: room, start: start))
      case .skip: break
      case .end: return (spaces, newest)
      }
      if spaces.count >= Self.maximumRooms { break }
    }
    return (spaces, newest)
  }

  private func rooms(max: Int) -> Paged<Room> {
    environment.webex.rooms(sortBy: .lastActivity, max: max, priority: .background)
  }

  private func look(into space: Space, _ plan: BackfillPlan, _ found: inout Found) async throws {
    while true {
      let harvest = try await harvest(space, plan, &found)
      // Told once, with the last of them.
      let areMore = harvest.isCut && harvest.events.isEmpty
      try await take(harvest.tooOld, in: space, tells: !areMore, &found)
      for find in harvest.events {
        guard try await intake.accept(found: find.activity) else { continue }
        found.messages += 1
        note(find, &found)
        CrashPoint.backfilling.reached()
      }
      guard harvest.isCut, !harvest.finds.isEmpty else { return }
    }
  }

  /// Page by page, newest first; what is known already costs no memory.
  private func harvest(_ space: Space, _ plan: BackfillPlan, _ found: inout Found) async throws
    -> BackfillHarvest
  {
    var harvest = BackfillHarvest()
    var page: [(Message, BackfillPlan.MessageVerdict)] = []
    // A bot sees in a group what mentions it, and may ask for nothing else.
    let messages = environment.webex.messages(
      roomID: space.room.id, mentionedMe: space.room.type != .direct, max: Self.messagesPage,
      priority: .background)
    var isPastStart = false
    var count = 0
    for try await message in messages {
      let verdict = plan.verdict(on: message, since: space.start)
      if verdict == .end { isPastStart = true }
      if verdict != .ignored, verdict != .end { page.append((message, verdict)) }
      count += 1
      guard count.isMultiple(of: Self.messagesPage) else { continue }
      try await sort(&page, space, &harvest, &found)
      // The rest of the page was there anyway, and may have held what was edited since.
      if isPastStart { break }
    }
    try await sort(&page, space, &harvest, &found)
    return harvest
  }

  private func sort(
    _ page: inout [(Message, BackfillPlan.MessageVerdict)], _ space: Space,
    _ harvest: inout BackfillHarvest, _ found: inout Found
  ) async throws {
    defer { page = [] }
    let known = try await store.knownEvents(of: page.compactMap { WebexID($0.0.id)?.uuid })
    for (message, verdict) in page {
      guard let activity = Activity(of: message, name: name(in: space)),
        let created = message.created
      else { continue }
      if known.contains(activity.id) || verdict == .edited {
        try await takeEdit(of: message, space, &found)
      } else {
        harvest.add(.init(activity: activity, created: created, isTooOld: verdict == .tooOld))
      }
    }
  }

  /// Only a question whose answer is on record can be answered anew; the turn looks whether its words
  /// changed at all.
  private func takeEdit(of message: Message, _ space: Space, _ found: inout Found) async throws {
    guard let updated = message.updated, updated >= space.start,
      let edit = Activity(editOf: message, name: name(in: space)),
      let uuid = WebexID(message.id)?.uuid, try await store.question(askedBy: uuid) != nil
    else { return }
    if try await intake.accept(found: edit) { found.edits += 1 }
  }

  /// Each is put on record, and the space is told once.
  private func take(
    _ finds: [BackfillHarvest.Find], in space: Space, tells: Bool, _ found: inout Found
  ) async throws {
    guard let first = finds.first, let last = finds.last else { return }
    for find in finds.dropLast(tells ? 1 : 0) {
      guard
        try await store.recordTooOld(
          activityID: find.activity.id, spaceID: space.id, created: find.created,
          at: environment.now())
      else { continue }
      found.tooOld += 1
      CrashPoint.backfilling.reached()
    }
    guard tells else { return }
    found.tooOld += 1
    try await intake.accept(
      found: MissedMessages.activity(newest: last.activity, since: first.created))
  }

  /// A direct space is named after its person.
  private func name(in space: Space) -> String? {
    space.room.type == .direct ? space.room.title : nil
  }

  // MARK: What it means

  private func note(_ find: BackfillHarvest.Find, _ found: inout Found) {
    let age = Duration.seconds(environment.now().timeIntervalSince(find.created))
    // Sent while the socket was up, and not just now.
    guard age > Self.missedAfter, let ready = stream.readyFor, ready > age else { return }
    found.overdue = max(found.overdue ?? .zero, age)
  }

  private func report(_ found: Found, _ cause: BackfillCause) {
    if found.messages + found.edits + found.tooOld > 0 {
      logger.notice(
        "found what the socket did not bring",
        metadata: [
          "cause": "\(cause)", "messages": "\(found.messages)", "edits": "\(found.edits)",
          "tooOld": "\(found.tooOld)",
        ])
    }
    guard cause == .patrol, let overdue = found.overdue else { return }
    logger.error(
      """
      the socket is healthy, yet messages reach the bot only by REST: its registration may be in the \
      wrong region. Asking U2C again and making a new device
      """,
      metadata: ["oldest": "\(overdue.components.seconds) s"])
    rediscover()
  }
}
