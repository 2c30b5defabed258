// Named places at which the crash suite kills the process, as `kill -9` would. A release build has
// none of them: `reached` is empty there.

#if DEBUG
  import Glibc
  import Synchronization
#endif

/// A place on the way of a message, of a press or of the database.
///
/// `WEBEX_ASSISTANT_CRASH_AT=<name>[:<n>]` ends a debug build with SIGKILL when it gets there the
/// n-th time (1 if not said).
package enum CrashPoint: String, CaseIterable, Sendable {
  // Intake.
  case received, stored, acked, backfilling
  // A turn.
  case claimed, fetched, opened, asked
  case lastToken = "last-token"
  case answerKept = "answer-kept"
  case finishing, finished
  // What is sent to Webex.
  case posting, posted
  case postRecorded = "post-recorded"
  case editing, edited
  case finalEditing = "final-editing"
  case finalEdited = "final-edited"
  case deleting, deleted
  // Cards and commands.
  case cardPosted = "card-posted"
  case pressClaimed = "press-claimed"
  case effectBegun = "effect-begun"
  case effectDone = "effect-done"
  // The database.
  case migrating

  #if DEBUG
    private static let armed: (point: CrashPoint, hit: Int)? = {
      guard let value = getenv("WEBEX_ASSISTANT_CRASH_AT").map({ String(cString: $0) }) else {
        return nil
      }
      let parts = value.split(separator: ":", maxSplits: 1)
      // A misspelt name would make a test pass that kills nothing.
      guard let point = CrashPoint(rawValue: String(parts.first ?? "")) else {
        fatalError("WEBEX_ASSISTANT_CRASH_AT=\(value): no such place")
      }
      return (point, parts.count == 2 ? Int(parts[1]) ?? 1 : 1)
    }()
    private static let hits = Mutex(0)
  #endif

  package func reached() {
    #if DEBUG
      guard let armed = Self.armed, armed.point == self else { return }
      let hit = Self.hits.withLock { hits in
        hits += 1
        return hits
      }
      if hit == armed.hit { kill(getpid(), SIGKILL) }
    #endif
  }
}
