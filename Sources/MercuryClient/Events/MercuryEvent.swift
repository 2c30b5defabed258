// What Mercury hands to its listener: one event per envelope, the wire bytes kept beside the typed
// view so that the intake can store exactly what arrived. Read by `MercuryClient`'s handler.

/// One event from the socket, in the order of arrival.
public struct MercuryEvent: Sendable, Equatable {
  /// The envelope's id: what the ack names. A redelivery may carry a new one, so deduplicate by
  /// `activity.id` instead.
  public let id: String
  /// For example `conversation.activity`; unknown types are passed on as they are.
  public let eventType: String
  /// The typed activity; nil for other event types and for an activity without id or verb.
  public let activity: Activity?
  /// Rises by one per socket; nil when the server sent none.
  public let sequenceNumber: Int?
  /// The frame as received, before any `headers` override.
  public let json: [UInt8]

  public init(
    id: String, eventType: String, activity: Activity?, sequenceNumber: Int? = nil,
    json: [UInt8] = []
  ) {
    self.id = id
    self.eventType = eventType
    self.activity = activity
    self.sequenceNumber = sequenceNumber
    self.json = json
  }
}
