// The programs of declared commands that run at this moment. A process that ends does not take its
// children with it: the program's assembly calls `endAll` before it returns.

import Glibc
import Synchronization

public final class RunningPrograms: Sendable {
  private struct State {
    var groups: Set<pid_t> = []
    var isClosed = false
  }

  private let state = Mutex(State())

  public init() {}

  /// How many run.
  var count: Int { state.withLock { $0.groups.count } }

  /// Ends every process group: SIGTERM, `patience`, SIGKILL. No program is started from now on.
  public func endAll(patience: Duration = .seconds(3)) async {
    let groups = state.withLock { state in
      state.isClosed = true
      return state.groups
    }
    for group in groups { kill(-group, SIGTERM) }
    // In a task that nobody cancels: the caller may be on its way out already.
    await Task {
      let end = ContinuousClock.now + patience
      while groups.contains(where: { kill(-$0, 0) == 0 }), ContinuousClock.now < end {
        try? await Task.sleep(for: .milliseconds(20))
      }
    }.value
    state.withLock { state in
      for group in state.groups { kill(-group, SIGKILL) }
    }
  }

  /// - Returns: false if it came too late; the group is ended then.
  func begin(_ group: pid_t) -> Bool {
    let isOpen = state.withLock { state in
      if !state.isClosed { state.groups.insert(group) }
      return !state.isClosed
    }
    if !isOpen { kill(-group, SIGKILL) }
    return isOpen
  }

  /// What is left of the group ends too: nothing that a program started outlives it.
  func end(_ group: pid_t) {
    state.withLock { state in
      // The leader's number may be another's as soon as its group is empty, so this comes at once.
      kill(-group, SIGKILL)
      state.groups.remove(group)
    }
  }
}
