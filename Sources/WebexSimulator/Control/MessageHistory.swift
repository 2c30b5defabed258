// What a reader saw of each message over time: its texts and cards, its files, its end. Tests read it at
// `/sim/messages`: that a text grew, that a notice is gone. `Cloud.change` feeds it.

import Synchronization

final class MessageHistory: Sendable {
  private struct Version: Sendable {
    let time: Timestamp
    let text: String
    let card: JSON?
  }

  private struct Entry: Sendable {
    let message: Message
    var versions: [Version]
    let files: [String]
    var deleted: Timestamp?
    var deletedBy: String?
  }

  private struct State {
    var entries: [String: Entry] = [:]
    /// In order of posting.
    var order: [String] = []
  }

  private let state = Mutex(State())
  private let limit: Int

  /// - Parameter limit: messages to keep; the oldest go first.
  init(limit: Int) { self.limit = max(limit, 1) }

  func note(_ happening: Happening, in world: borrowing WorldState) {
    let now = Timestamp.now
    switch happening {
    case .posted(let message, _):
      let files = message.contentKeys.compactMap { world.contents[$0]?.filename }
      state.withLock { state in
        state.entries[message.uuid] = Entry(
          message: message, versions: [Self.version(of: message, at: now)], files: files)
        state.order.append(message.uuid)
        // In slices, as the record does.
        guard state.order.count > limit + limit / 4 else { return }
        for uuid in state.order.prefix(state.order.count - limit) { state.entries[uuid] = nil }
        state.order.removeFirst(state.order.count - limit)
      }
    case .edited(let message, _):
      state.withLock {
        $0.entries[message.uuid]?.versions.append(Self.version(of: message, at: now))
      }
    case .deleted(let message, let who, _):
      let email = world.people[who]?.email
      state.withLock {
        $0.entries[message.uuid]?.deleted = now
        $0.entries[message.uuid]?.deletedBy = email
      }
    default: break
    }
  }

  func clear() { state.withLock { $0 = State() } }

  private static func version(of message: Message, at time: Timestamp) -> Version {
    Version(
      time: time, text: message.markdown ?? message.text ?? "", card: message.card?["content"])
  }

  /// - Parameter roomUUID: only this room's; nil for all.
  func json(roomUUID: String?, in world: borrowing WorldState) -> JSON {
    let state = state.withLock { $0 }
    var items: [JSON] = []
    for uuid in state.order {
      guard let entry = state.entries[uuid], [nil, entry.message.roomUUID].contains(roomUUID) else {
        continue
      }
      let versions = entry.versions.map { version -> JSON in
        .compact([
          "time": .string(version.time.iso), "text": .string(version.text), "card": version.card,
        ])
      }
      items.append(
        .compact([
          "id": .string(world.id(.message, uuid)),
          "roomId": .string(world.id(.room, entry.message.roomUUID)),
          "parentId": entry.message.parentUUID.map { .string(world.id(.message, $0)) },
          "personEmail": world.people[entry.message.authorUUID].map { .string($0.email) },
          "versions": .array(versions),
          "files": entry.files.isEmpty ? nil : .strings(entry.files),
          "deleted": entry.deleted.map { .string($0.iso) },
          "deletedBy": entry.deletedBy.map(JSON.string),
        ]))
    }
    return .array(items)
  }
}
