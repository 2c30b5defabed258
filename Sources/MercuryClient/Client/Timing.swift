// Time for code that holds `any Clock<Duration>`: how long something has been going on, and limits.

/// How long ago `since` was called.
struct Stopwatch: Sendable {
  let elapsed: @Sendable () -> Duration

  init(_ clock: any Clock<Duration>) { elapsed = Self.start(clock) }

  private static func start<C: Clock>(_ clock: C) -> @Sendable () -> Duration
  where C.Duration == Duration {
    let start = clock.now
    return { start.duration(to: clock.now) }
  }
}

/// Cancels the operation at the limit.
/// - Throws: `MercuryError` (`.timeout`), or what the operation throws.
func withTimeout<Result: Sendable>(
  _ limit: Duration, clock: any Clock<Duration>, _ what: String,
  _ operation: @escaping @Sendable () async throws -> Result
) async throws -> Result {
  try await withThrowingTaskGroup(of: Result.self) { group in
    group.addTask { try await operation() }
    group.addTask {
      try await clock.sleep(for: limit)
      throw MercuryError(.timeout, "\(what) took longer than \(limit)")
    }
    defer { group.cancelAll() }
    return try await group.next()!
  }
}
