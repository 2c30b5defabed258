// The door of this room: requests in, responses with streaming bodies out.

public import HTTPTypes

public final class HTTPClient: Sendable {
  public let configuration: HTTPClientConfiguration

  public init(configuration: HTTPClientConfiguration = .init()) throws(HTTPError) {
    self.configuration = configuration
  }

  /// Returns as soon as the response head is there; the body streams with back-pressure.
  public func send(
    _ request: HTTPRequest, body: HTTPRequestBody = .none, options: HTTPRequestOptions = .init()
  ) async throws -> (HTTPResponse, HTTPBody) {
    throw HTTPError(code: .other, message: "not yet")
  }

  /// `send` and collect.
  public func data(
    _ request: HTTPRequest, body: HTTPRequestBody = .none, options: HTTPRequestOptions = .init(),
    upTo limit: Int = 8 << 20
  ) async throws -> (HTTPResponse, [UInt8]) {
    let (response, stream) = try await send(request, body: body, options: options)
    return (response, try await stream.collect(upTo: limit))
  }

  public func connect(_ url: String, connectTimeout: Duration? = nil) async throws
    -> ByteConnection
  {
    throw HTTPError(code: .other, message: "not yet")
  }

  public func shutdown() async {}

  public var openTransfers: Int { 0 }
}
