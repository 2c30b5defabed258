// What a health check may know: states, never content.

import Synchronization

/// The assistant's state at one moment.
public struct AssistantHealth: Sendable, Equatable {
  /// The Mercury connection in words: `ready`, `connecting`, `waiting`…
  public var mercury = "starting"
  /// True while events arrive.
  public var isReady = false
  /// False while Webex refuses a token that has worked before.
  public var isTokenAccepted = true
  /// False after the last write to the database failed.
  public var isDatabaseWritable = true
  /// Why it is not, in words: "the disk is full".
  public var databaseProblem: String?
  /// The model that answers by default, once known.
  public var model: String?
  /// Answers that run now, and messages that wait for their turn.
  public var runningAnswers = 0
  public var waitingMessages = 0
}

/// The one place where the rooms note their part of the health.
final class HealthBoard: Sendable {
  private let state = Mutex(AssistantHealth())
  private let damage = Mutex((isNoted: false, listeners: [AsyncStream<Void>.Continuation]()))

  var current: AssistantHealth { state.withLock { $0 } }

  func update(_ change: (inout AssistantHealth) -> Void) {
    state.withLock { change(&$0) }
  }

  func change<Value: Sendable>(_ change: (inout AssistantHealth) -> Value) -> Value {
    state.withLock { change(&$0) }
  }

  /// The program ends: nothing that is read from such a file can be trusted.
  func noteDamage() {
    damage.withLock { damage in
      damage.isNoted = true
      for listener in damage.listeners { listener.yield() }
    }
  }

  /// One element when the database's file turns out to be damaged.
  func damages() -> AsyncStream<Void> {
    let (stream, listener) = AsyncStream<Void>.makeStream()
    damage.withLock { damage in
      damage.listeners.append(listener)
      if damage.isNoted { listener.yield() }
    }
    return stream
  }
}
