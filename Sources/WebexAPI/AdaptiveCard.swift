// Adaptive Cards as typed values. The assistant builds cards from them; the tests hold their JSON.

/// An Adaptive Card of version 1.3, the highest that Webex draws (Webex docs, buttons and cards).
public struct AdaptiveCard: Sendable, Hashable {
  /// Later elements (Table, Action.Execute, refresh) are not drawn: never announce more than this.
  public static let version = "1.3"

  public var body: [CardElement]
  /// The buttons at the foot of the card; Webex draws up to five.
  public var actions: [CardAction]
  /// Shown by clients that cannot draw the card.
  public var fallbackText: String?

  public init(body: [CardElement], actions: [CardAction] = [], fallbackText: String? = nil) {
    self.body = body
    self.actions = actions
    self.fallbackText = fallbackText
  }
}
