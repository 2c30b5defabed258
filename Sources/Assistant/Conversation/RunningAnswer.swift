// The hold that others have on an answer while it is written: /stop and an edited question reach it
// through this, without waiting in its mailbox.

import Synchronization

final class RunningAnswer: Sendable {
  /// Stops what runs beside this in the conversation, in the name of a person.
  ///
  /// - Returns: false if there is nothing.
  let stopOthers: @Sendable (String?) async -> Bool

  init(stopOthers: @escaping @Sendable (String?) async -> Bool = { _ in false }) {
    self.stopOthers = stopOthers
  }

  enum Intent: Sendable {
    case stop(by: String?)
    /// The question was deleted: as a stop, and nothing is remembered.
    case drop
    /// The question was edited while it was being answered.
    case restart(ReadMessage)
  }

  private struct State {
    var intent: Intent?
    var cancel: (@Sendable () -> Void)?
    var isOver = false
    var isCommand = false
    /// The question as it stood when it was read, to tell an edit from its announcement.
    var wording: Decision?
  }

  private let state = Mutex(State())

  /// Interrupts the model; the upstream request is closed at once.
  ///
  /// - Returns: false if there is nothing left to interrupt.
  func request(_ intent: Intent) -> Bool {
    let cancel = state.withLock { state -> (@Sendable () -> Void)? in
      guard !state.isOver else { return nil }
      // A command is not its question: edited or deleted, it leaves the answer alone.
      switch intent {
      case .restart where state.isCommand, .drop where state.isCommand: return nil
      // It was read after that edit, or the edit was announced twice.
      case .restart(let edited) where state.wording == edited.decision: return {}
      case .restart(let edited): state.wording = edited.decision
      default: break
      }
      // A stop is final; a later edit of the question does not bring the answer back.
      switch (state.intent, intent) {
      case (.drop, _), (.stop, .restart), (.stop, .stop): break
      default: state.intent = intent
      }
      return state.cancel ?? {}
    }
    cancel?()
    return cancel != nil
  }

  /// Runs a part of the answer that a request may interrupt.
  ///
  /// - Throws: what `work` throws; `CancellationError` after a request or the task's own cancellation.
  func interruptible<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value)
    async throws -> Value
  {
    let task = Task { try await work() }
    let isRequested = state.withLock { state in
      state.cancel = { task.cancel() }
      return state.intent != nil
    }
    if isRequested { task.cancel() }
    defer { state.withLock { $0.cancel = nil } }
    return try await withTaskCancellationHandler {
      try await task.value
    } onCancel: {
      task.cancel()
    }
  }

  /// What is asked, as it was read.
  func answers(_ wording: Decision) {
    state.withLock { state in
      state.wording = wording
      // An edit that came before is in what was read.
      if case .restart(let edited)? = state.intent, edited.decision == wording {
        state.intent = nil
      }
    }
  }

  /// The message that is answered is a command, /retry or /continue.
  func answersCommand() { state.withLock { $0.isCommand = true } }

  /// What was asked for, once.
  func takeIntent() -> Intent? {
    state.withLock { state in
      defer { state.intent = nil }
      return state.intent
    }
  }

  /// Nothing can be interrupted any more.
  ///
  /// - Returns: a request that came in the last moment; then it is not over yet.
  func end() -> Intent? {
    state.withLock { state in
      if let intent = state.intent {
        state.intent = nil
        return intent
      }
      state.isOver = true
      return nil
    }
  }
}
