// Every POST of the assistant goes through here: on record before it is sent, with its message once
// Webex has answered, and looked for where the answer was lost. Called by whatever speaks; the search
// is in `SendLedger+Search.swift`.

import CrashPoints
import FoundationEssentials
import Logging
import MercuryClient
import WebexAPI

/// Whose message it will be.
struct SendPurpose: Sendable {
  var role: SendRole
  /// The event that it belongs to.
  var activityID: String?
  var turnID: String?
  var spaceID: String
  /// The message is younger. Webex's clock.
  var notBefore: Date?
  /// Of a card that can be pressed: its record, without a message yet.
  var card: SentCard?
  /// Which part of an answer it has for good.
  var place: ReplyPlace?
}

actor SendLedger {
  let store: Store
  let webex: WebexClient
  let botID: String
  let storing: StoreRetry
  let health: HealthBoard
  let clock: any Clock<Duration>
  let now: @Sendable () -> Date
  let logger: Logger

  var book = SendBook()
  /// Of all that is in the book.
  var rows: [String: SendRow] = [:]
  /// What earlier processes said about events that they did not finish.
  var said: [SendRow] = []
  /// Candidates that are being read.
  var reading: Set<String> = []
  /// Lost sends that somebody looks for.
  var looking: Set<String> = []

  init(
    store: Store, webex: WebexClient, botID: String, storing: StoreRetry, health: HealthBoard,
    clock: any Clock<Duration>, now: @escaping @Sendable () -> Date, logger: Logger
  ) {
    self.store = store
    self.webex = webex
    self.botID = botID
    self.storing = storing
    self.health = health
    self.clock = clock
    self.now = now
    self.logger = logger
  }

  // MARK: Posting

  /// Posts a message. It is on record when this returns, and a POST once begun is not torn apart by
  /// cancellation: what Webex has must be on record, or the next start says it a second time. The HTTP
  /// client's time-outs bound it.
  ///
  /// - Throws: `WebexError`; with `mayHaveArrived` if it was looked for and may be there all the same.
  func post(
    _ draft: MessageDraft, _ purpose: SendPurpose, to destination: ReplyDestination
  ) async throws -> String {
    let row = try row(of: draft, purpose, to: destination)
    do {
      return try await Task { try await send(draft, row) }.value
    } catch var error as WebexError where error.mayHaveArrived {
      logger.warning("the answer to a post was lost", metadata: ["error": "\(error)"])
      let search = try await look(for: row)
      if let found = search.messageID { return found }
      error.mayHaveArrived = !search.isSettled
      throw error
    }
  }

  private func send(_ draft: MessageDraft, _ row: SendRow) async throws -> String {
    rows[row.id] = row
    book.begins(row.send)
    do {
      // Before the POST, so that a killed process's successor knows what to look for.
      try await keep("send") { try await $0.beginSend(row) }
      CrashPoint.posting.reached()
      let id = try await webex.createMessage(draft).id
      CrashPoint.posted.reached()
      if row.kind == .card { CrashPoint.cardPosted.reached() }
      await finish(row, messageID: id)
      CrashPoint.postRecorded.reached()
      return id
    } catch let error as WebexError where error.mayHaveArrived {
      book.lost(row.id)
      looking.insert(row.id)
      throw error
    } catch {
      await forget(row)
      throw error
    }
  }

  private func row(
    of draft: MessageDraft, _ purpose: SendPurpose, to destination: ReplyDestination
  ) throws -> SendRow {
    let content = MessageContent(of: draft)
    return SendRow(
      id: UUID().uuidString.lowercased(), activityID: purpose.activityID, turnID: purpose.turnID,
      spaceID: purpose.spaceID, roomID: destination.roomID, threadID: destination.parentID,
      place: SendPlace(roomID: destination.roomID, threadID: destination.parentID).key,
      role: purpose.role, kind: content.kind, fingerprint: content.fingerprint,
      payload: try purpose.card.map {
        String(decoding: try JSONEncoder().encode($0), as: UTF8.self)
      },
      part: try purpose.place?.json, notBefore: purpose.notBefore, begunAt: now())
  }

  // MARK: The end of a send

  /// Its message is known.
  func finish(_ row: SendRow, messageID: String) async {
    // At once: its echo is nobody else's, however long the database takes.
    if let id = WebexID(messageID) { book.claim(id) }
    do {
      let time = now()
      try await keep("reply") { try await $0.finishSend(row, messageID: messageID, at: time) }
    } catch {
      logger.error("message not recorded", metadata: ["error": "\(error)"])
    }
    book.answered(row.id, messageID: WebexID(messageID))
    rows[row.id] = nil
    for (id, other) in rows
    where other.activityID == row.activityID && other.place == row.place && row.activityID != nil {
      guard case .givenUp? = book.state(of: id) else { continue }
      book.givesUp(id, isReplaced: true)
    }
    healSoon(row.send.place)
  }

  /// Nothing is to be done about it any more.
  func forget(_ row: SendRow) async {
    book.remove(row.id)
    rows[row.id] = nil
    do {
      try await keep("send") { try await $0.forgetSend(row) }
    } catch {
      logger.error("send not forgotten", metadata: ["error": "\(error)"])
    }
    healSoon(row.send.place)
  }

  nonisolated func keep(
    _ what: String, always: Bool = false, _ write: @Sendable (Store) async throws -> Void
  ) async throws {
    try await storing(what, always: always) { try await write(store) }
  }

  // MARK: Echoes

  /// A message of the bot's own came over the socket. When this returns it may be acked.
  ///
  /// - Throws: if it is needed and could not be stored; then it must not be acked.
  func saw(_ activity: Activity) async throws {
    guard activity.verb == "post" || activity.verb == "share", !activity.isEdit,
      let spaceID = activity.target?.id, let messageID = activity.messageID,
      let published = activity.published
    else { return }
    let thread = activity.parent?.type == "reply" ? activity.parent?.id : nil
    let place = SendPlace(spaceUUID: spaceID, threadUUID: thread)
    guard
      book.saw(SendBook.Sighting(messageID: messageID, place: place, published: published))
    else { return }
    // Acked, it does not come again; the process that needs it may be the next one.
    try await keep("echo", always: true) {
      try await $0.recordEcho(messageID.encoded, place: place.key, publishedAt: published)
    }
    healSoon(place)
  }
}

extension SendRow {
  var send: SendBook.Send {
    SendBook.Send(
      id: id, place: SendPlace(roomID: roomID, threadID: threadID), content: content,
      notBefore: notBefore)
  }
}
