// The titles of spaces, for prompts and commands: asked for once in a while, never waited for long.

import Logging
import WebexAPI

actor SpaceTitles {
  private let webex: WebexClient
  private let clock = ContinuousClock()
  private var known: [String: (title: String, at: ContinuousClock.Instant)] = [:]
  private static let freshness: Duration = .seconds(600)
  private static let failurePause: Duration = .seconds(30)
  private static let patience: Duration = .seconds(2)
  private static let maximum = 5_000

  init(webex: WebexClient) { self.webex = webex }

  /// On one line; empty if it cannot be had soon.
  func title(of roomID: String) async -> String {
    if let (title, at) = known[roomID], clock.now - at < Self.freshness { return title }
    let fetched = await fetch(roomID)
    let title = fetched ?? known[roomID]?.title ?? ""
    if known.count >= Self.maximum { known = [:] }
    // A title that cannot be had is not asked for again with each message.
    let age = fetched == nil ? Self.failurePause - Self.freshness : .zero
    known[roomID] = (title, clock.now + age)
    return title
  }

  private func fetch(_ roomID: String) async -> String? {
    await withTaskGroup(of: String?.self) { [webex] group in
      group.addTask {
        (try? await webex.room(roomID))?.title.map { MessageReader.oneLine($0) }
      }
      group.addTask {
        try? await Task.sleep(for: Self.patience)
        return nil
      }
      defer { group.cancelAll() }
      return await group.next() ?? nil
    }
  }
}
