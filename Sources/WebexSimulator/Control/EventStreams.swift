// `GET /sim/events`: the live updates of the web page, as server-sent events. Each subscriber is a
// person and hears what that person may see.

import Synchronization

final class EventStreams: Sendable {
  /// A reader that falls this far behind is cut off; the page then reconnects and reloads.
  static let maximumBacklog = 2000

  private struct Subscriber {
    let personUUID: String
    let continuation: AsyncStream<String>.Continuation
  }

  private let subscribers = Mutex<[Int: Subscriber]>([:])
  private let nextID = Mutex(0)

  func subscribe(_ personUUID: String) -> AsyncStream<String> {
    let id = nextID.withLock { next in
      next += 1
      return next
    }
    let (stream, continuation) = AsyncStream.makeStream(
      of: String.self, bufferingPolicy: .bufferingOldest(Self.maximumBacklog))
    subscribers.withLock {
      $0[id] = Subscriber(personUUID: personUUID, continuation: continuation)
    }
    continuation.onTermination = { [weak self] _ in
      self?.subscribers.withLock { $0[id] = nil }
    }
    return stream
  }

  /// Ends every stream.
  func finish() {
    let all = subscribers.withLock { subscribers in
      defer { subscribers = [:] }
      return subscribers.values.map(\.continuation)
    }
    for continuation in all { continuation.finish() }
  }

  func publish(_ happening: Happening, in state: borrowing WorldState, baseURL: String) {
    let current = subscribers.withLock { Array($0.values) }
    guard !current.isEmpty else { return }
    for subscriber in current {
      guard let person = state.people[subscriber.personUUID] else { continue }
      for (event, data) in Self.frames(happening, for: person, in: state, baseURL: baseURL) {
        let text = "event: \(event)\ndata: \(data.serialized)\n\n"
        if case .dropped = subscriber.continuation.yield(text) { subscriber.continuation.finish() }
      }
    }
  }

  private static func frames(
    _ happening: Happening, for person: Person, in state: borrowing WorldState, baseURL: String
  ) -> [(String, JSON)] {
    func message(_ type: JSON, _ message: Message) -> [(String, JSON)] {
      guard state.isVisible(message, to: person) else { return [] }
      var body = state.json(message, baseURL: baseURL)
      body["edits"] = .int(message.edits)
      return [("message", ["type": type, "message": body])]
    }
    func room(_ type: JSON, _ room: Room) -> [(String, JSON)] {
      guard room.contains(person.uuid) else { return [] }
      return [("room", ["type": type, "room": state.json(room, for: person)])]
    }
    switch happening {
    case .posted(let posted, _): return message("created", posted)
    case .edited(let edited, _): return message("updated", edited)
    case .filesReady(let ready, _): return message("updated", ready)
    case .deleted(let deleted, _, _): return message("deleted", deleted)
    case .pressed(let action, let card):
      guard state.isVisible(card, to: person) else { return [] }
      return [
        (
          "card-action",
          [
            "type": "created", "action": state.json(action),
            "personEmail": .string(state.people[action.personUUID]?.email ?? ""),
          ]
        )
      ]
    case .roomCreated(let created): return room("created", created)
    case .roomRenamed(let renamed, _): return room("updated", renamed)
    case .roomDeleted(let deleted): return room("deleted", deleted)
    case .memberAdded(let changed, let who, _):
      return room(who == person.uuid ? "created" : "updated", changed)
    case .memberLeft(let before, let who, _):
      return room(who == person.uuid ? "deleted" : "updated", before)
    case .moderator(let changed, _, _, _): return room("updated", changed)
    case .lock(let changed, _): return room("updated", changed)
    }
  }
}
