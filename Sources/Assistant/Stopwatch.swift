// Time since a start, of an injected clock, whose instants have no type to hold.

enum Stopwatch {
  static func start(_ clock: any Clock<Duration>) -> @Sendable () -> Duration { begin(clock) }

  private static func begin<C: Clock<Duration>>(_ clock: C) -> @Sendable () -> Duration {
    let start = clock.now
    return { start.duration(to: clock.now) }
  }
}
