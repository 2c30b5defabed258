// The door of this room: requests in, responses with streaming bodies out. WebexAPI, MercuryClient
// and LLMClient each go through it; `Authorization` is theirs to add.

public import HTTPTypes

/// An HTTP client on libcurl's multi interface: one event-loop thread, any number of transfers.
///
/// Connections are pooled per client. The client may be dropped while bodies are still being read;
/// `shutdown()` ends them.
public final class HTTPClient: Sendable {
  public let configuration: HTTPClientConfiguration
  private let loop: CurlLoop

  /// - Throws: `.fileError` for a CA file that cannot be read; `.other` when the system has no
  ///   thread or descriptor left.
  public init(configuration: HTTPClientConfiguration = .init()) throws(HTTPError) {
    self.configuration = configuration
    loop = try CurlLoop(configuration: configuration)
  }

  /// Sends a request and returns as soon as the final response head is there; interim 1xx heads are
  /// passed over. The body streams with back-pressure. Cancelling the task, or dropping the body,
  /// closes the transfer. Any status is a response, not an error.
  ///
  /// - Throws: `HTTPError`, or `CancellationError`.
  public func send(
    _ request: HTTPRequest, body: HTTPRequestBody = .none, options: HTTPRequestOptions = .init()
  ) async throws -> (HTTPResponse, HTTPBody) {
    try Task.checkCancellation()
    var plan = try plan(request, body: body, options: options)
    var redirectsLeft = max(0, options.maximumRedirects)
    while true {
      let transfer = Transfer(plan: plan, loop: loop)
      let owner = BodyOwner(transfer)
      let head = try await transfer.start()
      guard options.maximumRedirects > 0, let next = try plan.redirected(by: head) else {
        return (head, HTTPBody(source: owner))
      }
      guard redirectsLeft > 0 else {
        throw HTTPError(
          code: .tooManyRedirects, message: "more than \(options.maximumRedirects) redirects",
          receivedResponseBytes: true, requestWasSent: true)
      }
      redirectsLeft -= 1
      await owner.drain()
      plan = next
    }
  }

  /// `send`, with the whole body.
  ///
  /// - Throws: `.bodyTooLarge` as soon as the body has more than `limit` bytes.
  public func data(
    _ request: HTTPRequest, body: HTTPRequestBody = .none, options: HTTPRequestOptions = .init(),
    upTo limit: Int = 8 << 20
  ) async throws -> (HTTPResponse, [UInt8]) {
    let (response, stream) = try await send(request, body: body, options: options)
    return (response, try await stream.collect(upTo: limit))
  }

  /// A raw byte stream to the URL's host and port, through the same DNS, proxy (CONNECT), TLS and CA
  /// settings as requests. The URL's scheme, http(s) or ws(s), says whether there is TLS; its path
  /// is not used.
  ///
  /// - Parameter connectTimeout: `nil`: the client's.
  /// - Throws: `HTTPError`, or `CancellationError`.
  public func connect(
    _ url: String, connectTimeout: Duration? = nil
  ) async throws -> ByteConnection {
    try Task.checkCancellation()
    let stream = ByteStream(
      url: try URLParts(url), connectTimeout: connectTimeout ?? configuration.timeouts.connect,
      loop: loop)
    // Made first, so that the stream is closed on every way out.
    let connection = ByteConnection(stream: stream)
    try await stream.connect()
    return connection
  }

  /// Ends every transfer and raw connection with `.shutdown`, closes the pool and waits for the loop
  /// thread. Later requests fail with `.shutdown`. May be called again.
  public func shutdown() async {
    await loop.shutdown()
  }

  /// libcurl handles alive now: running transfers and raw connections.
  public var openTransfers: Int { loop.mailbox.liveHandles }
}

extension HTTPClient {
  private func plan(
    _ request: HTTPRequest, body: HTTPRequestBody, options: HTTPRequestOptions
  ) throws(HTTPError) -> RequestPlan {
    guard let urlString = request.urlString else {
      throw HTTPError(code: .badURL, message: "a request without scheme or authority")
    }
    let url = try URLParts(urlString)
    for field in request.headerFields where !field.value.isFreeOfControls {
      throw HTTPError(code: .badURL, message: "a control character in header \(field.name)")
    }
    if case .multipart(let form) = body {
      for part in form.parts {
        guard part.name.isFreeOfControls, part.filename?.isFreeOfControls ?? true,
          part.contentType?.isFreeOfControls ?? true
        else { throw HTTPError(code: .badURL, message: "a control character in a form part") }
      }
    }
    let timeouts = options.timeouts ?? configuration.timeouts
    return RequestPlan(
      url: url, method: request.method, headerFields: request.headerFields, body: body,
      timeouts: timeouts,
      deadline: timeouts.total.map { monotonicNow() + $0.nanoseconds },
      maximumBodyBytes: options.maximumBodyBytes,
      isRepeatable: options.isRepeatable ?? request.method.isRepeatable)
  }
}

extension String {
  /// libcurl writes header values as they are: a CR or LF would start a header of its own.
  fileprivate var isFreeOfControls: Bool {
    utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
  }
}

extension HTTPRequest.Method {
  /// Idempotent by RFC 9110 §9.2.2.
  fileprivate var isRepeatable: Bool {
    switch self {
    case .get, .head, .put, .delete, .options, .trace: true
    default: false
    }
  }
}
