// A stored event on its way through its conversation, and its message, read once.

import MercuryClient
import Synchronization
import WebexAPI

/// A stored event and the activity in it.
struct Job: Sendable {
  var activity: Activity
  /// The space's uuid: the conversation it belongs to.
  var spaceID: String
  var kind: ActivityKind
  let letter = Letter()

  init(activity: Activity, spaceID: String, kind: ActivityKind) {
    self.activity = activity
    self.spaceID = spaceID
    self.kind = kind
  }

  /// Whose turn it takes up, for fairness between people.
  var personID: String { activity.actor?.entryUUID ?? activity.actor?.id ?? "unknown" }

  /// The uuid of the message that it is about: for an edit the edited one. A press has none.
  var messageUUID: String? { kind == .press ? nil : activity.messageID?.uuid }

  /// The thread that an answer goes into; of a press only the card's record tells it.
  var threadID: String? {
    kind == .press ? nil : (activity.threadRootID ?? activity.messageID)?.encoded
  }
}

/// A message whose meaning is known.
struct ReadMessage: Sendable {
  var message: Message
  var inbound: Inbound
  var decision: Decision
  /// Who wrote it, on one line.
  var speaker: String
  var subject: AccessSubject
}

/// The message of a job, read once whoever needs it first: its turn, or the look ahead for `/stop`.
final class Letter: Sendable {
  private let reading = Mutex<Task<ReadMessage, any Error>?>(nil)

  /// - Parameter read: fetches and decides; called at most once until `forget`.
  func read(_ read: @escaping @Sendable () async throws -> ReadMessage) async throws
    -> ReadMessage
  {
    let task = reading.withLock { reading in
      if let reading { return reading }
      let task = Task { try await read() }
      reading = task
      return task
    }
    do {
      return try await withTaskCancellationHandler {
        try await task.value
      } onCancel: {
        task.cancel()
      }
    } catch {
      // A look ahead may have been too early: the turn asks again.
      reading.withLock { if $0 == task { $0 = nil } }
      throw error
    }
  }

  /// The message was edited: its next reader reads it anew.
  func forget() { reading.withLock { $0 = nil } }
}
