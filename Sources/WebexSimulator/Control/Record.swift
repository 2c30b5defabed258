// What the simulator saw: requests, what it rejected, Mercury's deliveries, acks and sockets.
// Tests and the page read it at `/sim/record`.

import Synchronization

final class Record: Sendable {
  struct Entry: Sendable {
    let received: Timestamp
    /// When the answer, or its beginning, was there.
    let time: Timestamp
    let method: String
    let path: String
    let status: Int
    let owner: String?
    let trackingID: String
    let bytes: Int
    let message: String?
  }

  struct Socket: Sendable {
    let id: Int
    let registration: String
    let owner: String
    let opened: Timestamp
    let query: String
    var closed: Timestamp?
    var closeCode: Int?
    var closedBy: String?
    var frames = 0
  }

  struct Ack: Sendable {
    let messageID: String
    /// Whether it named a delivery that waited for an ack.
    let isKnown: Bool
  }

  private struct State {
    var entries: [Entry] = []
    var acks: [Ack] = []
    var sockets: [Socket] = []
    var dropped = 0
  }

  private let state = Mutex(State())
  private let limit: Int

  init(limit: Int) { self.limit = max(limit, 1) }

  func add(
    _ request: Request, _ response: Response, received: Timestamp, trackingID: String,
    owner: String?
  ) {
    var message: String?
    if response.status >= 400, case .bytes(let bytes) = response.body {
      let body = JSON(parsing: bytes)
      message = body?["message"]?.string ?? body?["error"]?["message"]?.string
    }
    let entry = Entry(
      received: received, time: .now, method: request.method, path: request.target,
      status: response.status, owner: owner, trackingID: trackingID, bytes: request.body.count,
      message: message)
    state.withLock { state in
      state.entries.append(entry)
      // In slices: trimming one at a time would move the whole array for each request.
      if state.entries.count > limit + limit / 4 {
        state.dropped += state.entries.count - limit
        state.entries.removeFirst(state.entries.count - limit)
      }
    }
  }

  func ack(_ messageID: String, isKnown: Bool) {
    state.withLock { state in
      state.acks.append(Ack(messageID: messageID, isKnown: isKnown))
      if state.acks.count > limit + limit / 4 { state.acks.removeFirst(state.acks.count - limit) }
    }
  }

  func opened(_ socket: Socket) {
    state.withLock { state in
      state.sockets.append(socket)
      if state.sockets.count > 1000 { state.sockets.removeFirst() }
    }
  }

  func changeSocket(_ id: Int, _ change: (inout Socket) -> Void) {
    state.withLock { state in
      guard let index = state.sockets.lastIndex(where: { $0.id == id }) else { return }
      change(&state.sockets[index])
    }
  }

  func clear() {
    state.withLock { state in
      let open = state.sockets.filter { $0.closed == nil }
      state = State()
      state.sockets = open
    }
  }

  // MARK: Whether something is going on

  private let traffic = Mutex((passed: 0, open: 0))

  func began() { traffic.withLock { $0 = ($0.passed + 1, $0.open + 1) } }
  func ended() { traffic.withLock { $0 = ($0.passed + 1, $0.open - 1) } }
  /// A frame of a socket, in either direction.
  func framePassed() { traffic.withLock { $0.passed += 1 } }

  /// What has come and gone, and requests without an answer.
  var trafficSoFar: (passed: Int, open: Int) { traffic.withLock { $0 } }

  var entries: [Entry] { state.withLock { $0.entries } }

  func json(deliveries: [JSON]) -> JSON {
    let state = state.withLock { $0 }
    func json(_ entry: Entry) -> JSON {
      .compact([
        "received": .string(entry.received.iso), "time": .string(entry.time.iso),
        "method": .string(entry.method),
        "path": .string(entry.path), "status": .int(entry.status),
        "tokenOwner": entry.owner.map(JSON.string), "trackingId": .string(entry.trackingID),
        "bytes": .int(entry.bytes), "message": entry.message.map(JSON.string),
      ])
    }
    return [
      "requests": .array(state.entries.map(json)),
      "rejected": .array(
        state.entries.filter { $0.status >= 400 && $0.path.hasPrefix("/v1") }.map(json)),
      "acks": .strings(state.acks.map(\.messageID)),
      "unknownAcks": .strings(state.acks.filter { !$0.isKnown }.map(\.messageID)),
      "deliveries": .array(deliveries),
      "sockets": .array(
        state.sockets.map { socket in
          .compact([
            "id": .int(socket.id), "registration": .string(socket.registration),
            "owner": .string(socket.owner), "opened": .string(socket.opened.iso),
            "query": .string(socket.query), "frames": .int(socket.frames),
            "closed": socket.closed.map { .string($0.iso) },
            "closeCode": socket.closeCode.map(JSON.int),
            "closedBy": socket.closedBy.map(JSON.string),
          ])
        }),
      "dropped": .int(state.dropped),
    ]
  }
}
