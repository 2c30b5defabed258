// Placeholder while the typed elements are being written.
public struct CardElement: Sendable, Hashable, Codable { public var json: JSONValue }
public struct CardAction: Sendable, Hashable, Codable { public var json: JSONValue }
extension AdaptiveCard: Codable {
  public init(from decoder: any Decoder) throws { self.init(body: []) }
  public func encode(to encoder: any Encoder) throws {}
}
