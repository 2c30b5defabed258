// Serves one connection: requests in turn, each answered by the router; upgrades to WebSocket;
// notices when a client hangs up during a streamed answer.

import Synchronization

struct HTTPConnection: Sendable {
  typealias Respond = @Sendable (Request) async -> Response

  let socket: ServerSocket
  let bodyLimit: @Sendable (Request) -> Int
  let respond: Respond

  /// Returns when the connection is over. The caller closes the socket.
  func serve() async {
    do {
      while try await serveOne() {}
    } catch let error as HTTPParseError {
      let status =
        switch error {
        case .headTooLarge: 431
        case .bodyTooLarge: 413
        case .malformed: 400
        }
      try? await send(
        .json(["message": .string(Self.reason(status))], status: status), keepAlive: false)
    } catch let hangUp as HangUp {
      if hangUp.reset { socket.resetOnClose() }
    } catch {
      // The peer went away, or the server is stopping: nobody is left to tell.
    }
  }

  /// False when the connection must end.
  private func serveOne() async throws -> Bool {
    guard
      let head = try await socket.read(
        through: Array("\r\n\r\n".utf8), limit: HTTPParser.maximumHeadBytes)
    else { return false }
    var request = try HTTPParser.head(Array(head.drop { $0 == 0x0D || $0 == 0x0A }))
    if request.headers["expect"]?.lowercased() == "100-continue" {
      try await socket.write(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
    }
    guard
      let body = try await HTTPParser.body(of: request, from: socket, limit: bodyLimit(request))
    else { return false }
    request.body = body
    let keepAlive = request.headers["connection"]?.lowercased() != "close"
    let response = await respond(request)
    switch response.body {
    case .bytes:
      try await send(response, keepAlive: keepAlive, isHead: request.method == "HEAD")
    case .stream(let produce):
      try await stream(response, produce: produce, keepAlive: keepAlive)
    case .webSocket(let session):
      return try await upgrade(request, session: session)
    case .hangUp(let reset):
      throw HangUp(reset: reset)
    }
    return keepAlive
  }

  private func send(_ response: Response, keepAlive: Bool, isHead: Bool = false) async throws {
    guard case .bytes(let bytes) = response.body else { return }
    var response = response
    if response.headers["content-length"] == nil, response.status != 204 {
      response.headers["Content-Length"] = String(bytes.count)
    }
    let head = Self.head(of: response, keepAlive: keepAlive)
    try await socket.write(isHead ? head : head + bytes)
  }

  private func stream(
    _ response: Response, produce: @escaping @Sendable (BodyWriter) async throws -> Void,
    keepAlive: Bool
  ) async throws {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask { [socket] in
        var response = response
        response.headers["Transfer-Encoding"] = "chunked"
        let writer = BodyWriter(socket: socket, response: response, isChunked: true) {
          Self.head(of: $0, keepAlive: keepAlive)
        }
        try await produce(writer)
        try await writer.finish()
        return true
      }
      group.addTask { [socket] in
        while try await socket.fill(atMost: 4096), socket.bufferedCount < 65_536 {}
        return false
      }
      defer { group.cancelAll() }
      let isComplete = try await group.next() ?? false
      if !isComplete {
        // Cancelled before leaving, so that the producer ends while the socket is still ours.
        group.cancelAll()
        while (try? await group.next()) != nil {}
        throw CancellationError()
      }
    }
  }

  private func upgrade(_ request: Request, session: @Sendable (WebSocket) async -> Void)
    async throws -> Bool
  {
    guard request.headers["upgrade"]?.lowercased() == "websocket",
      request.headers["sec-websocket-version"] == "13",
      let key = request.headers["sec-websocket-key"]
    else {
      try await send(.text("WebSocket upgrade required", status: 426), keepAlive: false)
      return false
    }
    let head = """
      HTTP/1.1 101 Switching Protocols\r
      Upgrade: websocket\r
      Connection: Upgrade\r
      Sec-WebSocket-Accept: \(WebSocketHandshake.accept(for: key))\r
      \r

      """
    try await socket.write(Array(head.utf8))
    await session(WebSocket(socket: socket))
    return false
  }

  static func head(of response: Response, keepAlive: Bool) -> [UInt8] {
    let phrase = response.reason ?? reason(response.status)
    var text = "HTTP/1.1 \(response.status) \(phrase)\r\n"
    for field in response.headers.fields {
      text +=
        "\(field.name): \(field.value.filter { $0 != "\r" && $0 != "\n" && $0 != "\r\n" })\r\n"
    }
    if !keepAlive { text += "Connection: close\r\n" }
    return Array((text + "\r\n").utf8)
  }

  static func reason(_ status: Int) -> String {
    [
      200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 206: "Partial Content",
      304: "Not Modified", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
      404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout", 409: "Conflict",
      410: "Gone", 413: "Content Too Large", 415: "Unsupported Media Type",
      422: "Unprocessable Entity", 423: "Locked", 426: "Upgrade Required",
      428: "Precondition Required", 429: "Too Many Requests",
      431: "Request Header Fields Too Large", 500: "Internal Server Error", 502: "Bad Gateway",
      503: "Service Unavailable", 504: "Gateway Timeout",
    ][status] ?? "Status"
  }
}
