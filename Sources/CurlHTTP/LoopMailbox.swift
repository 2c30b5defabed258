// How every other thread speaks to the loop: a locked queue and one eventfd. Nothing else crosses.

import CCurl
import Glibc

/// What the loop can be asked to do.
enum LoopCommand: Sendable {
  case start(Transfer)
  case unpause(Transfer)
  case cancel(Transfer)
  case connect(ByteStream)
  /// There is something to write, or room to read into.
  case service(ByteStream)
  case close(ByteStream)
  case shutdown
}

final class LoopMailbox: Sendable {
  private struct State {
    var commands: [LoopCommand] = []
    var isSignalled = false
    var isClosed = false
    var liveHandles = 0
    var endWaiters: [CheckedContinuation<Void, Never>] = []
    var hasEnded = false
  }

  private let state = Lock(State())
  let eventFD: Int32

  init() throws(HTTPError) {
    eventFD = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
    guard eventFD >= 0 else { throw HTTPError(code: .other, message: "eventfd: errno \(errno)") }
  }

  deinit {
    close(eventFD)
  }

  /// Queues a command and wakes the loop. `false` once the loop has ended.
  @discardableResult
  func post(_ command: LoopCommand) -> Bool {
    let (isAccepted, mustWake) = state.withLock { state in
      guard !state.isClosed else { return (false, false) }
      state.commands.append(command)
      let mustWake = !state.isSignalled
      state.isSignalled = true
      return (true, mustWake)
    }
    if mustWake {
      var one: UInt64 = 1
      _ = write(eventFD, &one, 8)
    }
    return isAccepted
  }

  // MARK: the loop's side

  func take() -> [LoopCommand] {
    state.withLock { state in
      state.isSignalled = false
      let commands = state.commands
      state.commands = []
      return commands
    }
  }

  func clearSignal() {
    var count: UInt64 = 0
    _ = read(eventFD, &count, 8)
  }

  /// Accepts nothing more; what was still queued is the loop's to refuse.
  func closeForGood() -> [LoopCommand] {
    state.withLock { state in
      state.isClosed = true
      let commands = state.commands
      state.commands = []
      return commands
    }
  }

  func setLiveHandles(_ count: Int) {
    state.withLock { $0.liveHandles = count }
  }

  func markEnded() {
    let waiters = state.withLock { state in
      state.hasEnded = true
      let waiters = state.endWaiters
      state.endWaiters = []
      return waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  // MARK: everyone's

  var liveHandles: Int { state.withLock { $0.liveHandles } }

  func waitForEnd() async {
    await withCheckedContinuation { continuation in
      let hasEnded = state.withLock { state in
        if !state.hasEnded { state.endWaiters.append(continuation) }
        return state.hasEnded
      }
      if hasEnded { continuation.resume() }
    }
  }
}
