// Looking for messages whose POSTs have no answer: right away, after a restart, and afterwards for
// those that come too late.

import FoundationEssentials
import Logging
import MercuryClient
import WebexAPI

extension SendLedger {
  struct Found: Sendable {
    var messageID: String?
    /// It is certainly not there.
    var isSettled = false
  }

  /// Looks for the message of a lost send; found, it is on record when this returns.
  func look(for row: SendRow) async throws -> Found {
    looking.insert(row.id)
    defer { looking.remove(row.id) }
    let place = row.send.place
    var search = LostSearch(mayList: await isDirect(row))
    while true {
      await read(place)
      if let id = book.found(for: row.id) {
        book.claim(id)
        await finish(row, messageID: id.encoded)
        return Found(messageID: id.encoded)
      }
      switch search.next(isReady: health.current.isReady) {
      case .list: search.listed(isWhole: await list(row))
      case .wait(let time): try await clock.sleep(for: time)
      case .giveUp(let isSettled):
        await giveUp(row)
        return Found(isSettled: isSettled)
      }
    }
  }

  private func isDirect(_ row: SendRow) async -> Bool {
    (try? await store.isDirect(row.spaceID)) ?? false
  }

  /// Newest first; what is looked for is young.
  private static let maximumListed = 200

  private func giveUp(_ row: SendRow) async {
    switch row.role {
    // Said late is better than said twice or not at all: nobody says it again.
    case .sentence, .greeting: return await forget(row)
    case .reply, .notice: break
    }
    // A passing message that comes too late would stay for ever.
    let isReplaced = row.role == .notice
    rows[row.id]?.givenUpAt = now()
    book.givesUp(row.id, isReplaced: isReplaced)
    // In an outage of hours a reply is sent time and again.
    if let oldest = book.excess(in: row.send.place), let row = rows[oldest] { await forget(row) }
    do {
      let time = now()
      try await keep("send") {
        try await $0.giveUpSend(row.id, isReplaced: isReplaced, at: time)
      }
    } catch {
      logger.error("send not given up", metadata: ["error": "\(error)"])
    }
  }

  // MARK: Seeing

  /// Reads what was seen in a place, each once.
  private func read(_ place: SendPlace) async {
    for id in book.unread(in: place) where reading.insert(id.uuid).inserted {
      defer { reading.remove(id.uuid) }
      do {
        if try await store.isOnRecord(id.encoded) {
          book.claim(id)
          continue
        }
        let message = try await webex.message(id.encoded)
        book.read(id, await content(of: message))
      } catch {
        // REST may be behind the socket: tried again with the next look.
        logger.debug("own message not read", metadata: ["error": "\(error)"])
        try? await clock.sleep(for: .milliseconds(500))
      }
    }
  }

  private func content(of message: Message) async -> MessageContent {
    var name: String?
    // While Webex scans a file, its head is not to be had.
    if let file = message.files.first { name = try? await webex.contentInfo(file).filename }
    return MessageContent(of: message, fileName: name)
  }

  /// - Returns: whether the list says all there is to know.
  private func list(_ row: SendRow) async -> Bool {
    let place = row.send.place
    do {
      let messages = try await webex.messages(roomID: row.roomID, parentID: row.threadID)
        .collect(upTo: Self.maximumListed)
      for message in messages {
        if let created = message.created, let notBefore = row.notBefore, created < notBefore {
          break
        }
        guard message.personID == botID, let id = WebexID(message.id), !book.isClaimed(id),
          SendPlace(roomID: row.roomID, threadID: message.parentID) == place
        else { continue }
        if try await store.isOnRecord(message.id) {
          book.claim(id)
          continue
        }
        book.saw(
          SendBook.Sighting(
            messageID: id, place: place, published: message.created,
            content: await content(of: message)))
      }
      return true
    } catch {
      logger.debug("thread not listed", metadata: ["error": "\(error)"])
      return false
    }
  }

  // MARK: Too late

  /// Nobody who speaks waits for it.
  func healSoon(_ place: SendPlace) {
    guard book.hasGivenUp(in: place) else { return }
    Task { await heal(place) }
  }

  /// Removes what came although something else had been sent in its stead.
  private func heal(_ place: SendPlace) async {
    // REST may be behind the socket for some seconds.
    for _ in 0..<20 {
      await read(place)
      while let (send, id) = book.surplus(in: place) {
        book.claim(id)
        await remove(id.encoded)
        if let row = rows[send] { await forget(row) }
      }
      guard book.hasGivenUp(in: place), !book.unread(in: place).isEmpty else { return }
    }
  }

  /// Of the bot's own messages only. Deleting is idempotent: what is gone already is what was wanted.
  private func remove(_ messageID: String) async {
    var wait: Duration = .seconds(1)
    while true {
      do {
        try await webex.deleteMessage(messageID)
        return logger.notice("a message that is one too many was removed")
      } catch let error as WebexError
        where [.unreachable, .timedOut, .serverFailure, .rateLimited].contains(error.code)
      {
        guard wait < .seconds(300), (try? await clock.sleep(for: wait)) != nil else {
          return logger.warning("message not removed", metadata: ["error": "\(error)"])
        }
        wait *= 3
      } catch let error as WebexError where error.code == .notFound {
        return
      } catch {
        return logger.warning("message not removed", metadata: ["error": "\(error)"])
      }
    }
  }

  // MARK: After a restart

  /// Takes over what earlier processes left. Called before the first event is worked on.
  func load() async throws {
    for row in try await store.sends() {
      guard row.messageID == nil else {
        said.append(row)
        continue
      }
      rows[row.id] = row
      book.remembers(
        row.send, row.givenUpAt == nil ? .lost : .givenUp(isReplaced: row.isReplaced))
    }
    for echo in try await store.echoes() {
      guard let id = WebexID(echo.messageID) else { continue }
      let parts = echo.place.split(separator: "/", omittingEmptySubsequences: false)
      let thread = parts.count > 1 && !parts[1].isEmpty ? String(parts[1]) : nil
      book.saw(
        SendBook.Sighting(
          messageID: id, place: SendPlace(spaceUUID: String(parts[0]), threadUUID: thread),
          published: echo.publishedAt))
    }
    if !rows.isEmpty {
      logger.notice("posts without an answer", metadata: ["count": "\(rows.count)"])
    }
  }

  /// Has the replies to an event complete that an earlier attempt at it has left: called before its
  /// turn posts anything. Takes no time where there is nothing to look for.
  func resolve(activityID: String) async throws {
    while let row = left({ $0.activityID == activityID && $0.role == .reply }) {
      try await resolve(row)
    }
  }

  /// Until cancelled: what earlier processes left beside their turns, and forgetting.
  func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.unsay() }
      while let row = left({ $0.role != .reply }) {
        looking.insert(row.id)
        group.addTask { await self.sweep(row) }
      }
      while (try? await clock.sleep(for: .seconds(300))) != nil { await prune() }
    }
  }

  private func left(_ matches: (SendRow) -> Bool) -> SendRow? {
    rows.values.first {
      matches($0) && !looking.contains($0.id) && book.state(of: $0.id) == .lost
    }
  }

  @discardableResult
  private func resolve(_ row: SendRow) async throws -> Found {
    let found = try await look(for: row)
    logger.notice(
      "a post of an earlier attempt",
      metadata: ["kind": "\(row.kind)", "found": "\(found.messageID != nil)"])
    return found
  }

  private func sweep(_ row: SendRow) async {
    guard let found = try? await resolve(row) else { return }
    switch (row.role, found.messageID) {
    case (.notice, let id?):
      await remove(id)
      _ = try? await store.forgetNotice(id)
    // The work on its event says it again.
    case (.sentence, let id?):
      if (try? await store.isOpen(row.activityID)) == true { await remove(id) }
    // The next contact is the first one again.
    case (.greeting, nil): _ = try? await store.releaseGreeting(spaceID: row.spaceID)
    case (_, _): break
    }
  }

  /// What was said about events whose work begins again: it says it again.
  private func unsay() async {
    let rows = said
    said = []
    for row in rows {
      guard let id = row.messageID else { continue }
      if (try? await store.isOpen(row.activityID)) == true { await remove(id) }
      await forget(row)
    }
  }

  private func prune() async {
    let date = now().addingTimeInterval(-3_600)
    // Not by their rows in memory alone: the database may have been out of order.
    guard let ids = try? await store.pruneSends(begunBefore: date) else { return }
    for id in ids where book.state(of: id) != .flying {
      book.remove(id)
      rows[id] = nil
    }
  }
}
