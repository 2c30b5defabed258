// Stops two bots that answer each other: a listed bot is answered until a space is flooded. Pure;
// AccessDesk holds it.

/// Counts what bots do in each space. Times are since any fixed moment and never go back.
struct LoopGuard: Sendable {
  /// So many events of bots within the window are worked on; one more is not, nor any other until
  /// the space has been quiet for a whole window.
  static let maximumEvents = 20
  static let window: Duration = .seconds(60)

  private struct Space: Sendable {
    /// The counted events of the last window, oldest first, with what was said of each.
    var events: [(id: String, at: Duration, isAllowed: Bool)] = []
    var isClosed = false
  }

  private var spaces: [String: Space] = [:]

  /// - Parameter event: counted once, however often it is asked about.
  mutating func admits(_ event: String, of spaceID: String, at now: Duration) -> Bool {
    spaces = spaces.filter { $0.value.events.last.map { now - $0.at < Self.window } ?? false }
    var space = spaces[spaceID] ?? Space()
    if let known = space.events.first(where: { $0.id == event }) { return known.isAllowed }
    space.events.removeAll { now - $0.at >= Self.window }
    if space.events.count >= Self.maximumEvents { space.isClosed = true }
    space.events.append((event, now, !space.isClosed))
    // A flood is not remembered whole.
    if space.events.count > 10 * Self.maximumEvents { space.events.removeFirst() }
    defer { spaces[spaceID] = space }
    return !space.isClosed
  }
}
