// Wakes the retries: an event was parked, or there is room in the mailboxes again.

/// Rung by turns and by the conversations; heard by `Retries` alone.
struct RetryBell: Sendable {
  let rings: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation

  init() { (rings, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

  func ring() { continuation.yield() }
}
