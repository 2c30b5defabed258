// The titles of spaces, for prompts and commands: asked for once in a while, and never waited for
// long. What comes too late is there the next time.

import Logging
import WebexAPI

actor SpaceTitles {
  private struct Entry {
    var title = ""
    var freshUntil: ContinuousClock.Instant
    /// Under way.
    var fetch: Task<Void, Never>?
  }

  private let webex: WebexClient
  private let clock = ContinuousClock()
  private var entries: [String: Entry] = [:]
  private static let freshness: Duration = .seconds(600)
  private static let failurePause: Duration = .seconds(30)
  private static let maximum = 5_000

  init(webex: WebexClient) { self.webex = webex }

  /// On one line; empty if it cannot be had soon.
  ///
  /// - Parameter patience: an answer does not wait for it.
  func title(of roomID: String, patience: Duration = .milliseconds(500)) async -> String {
    if entries.count >= Self.maximum { entries = [:] }
    let entry = entries[roomID] ?? Entry(freshUntil: clock.now)
    guard entry.freshUntil <= clock.now else { return entry.title }
    let fetch = entry.fetch ?? Task { await self.fetch(roomID) }
    entries[roomID] = Entry(title: entry.title, freshUntil: entry.freshUntil, fetch: fetch)
    // A task group would wait for both.
    let (first, done) = AsyncStream<Void>.makeStream()
    let timer = Task {
      try? await Task.sleep(for: patience)
      done.finish()
    }
    Task {
      await fetch.value
      done.finish()
    }
    for await _ in first {}
    timer.cancel()
    return entries[roomID]?.title ?? ""
  }

  private func fetch(_ roomID: String) async {
    let room = try? await webex.room(roomID)
    let title = room?.title.map { PromptVariables.name($0) }
    entries[roomID] = Entry(
      title: title ?? entries[roomID]?.title ?? "",
      freshUntil: clock.now + (room == nil ? Self.failurePause : Self.freshness))
  }
}
