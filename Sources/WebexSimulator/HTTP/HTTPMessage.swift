// Requests and responses of the simulator's HTTP/1.1 server. Every surface (REST, WDM, model, page)
// is a function from `Request` to `Response`.

/// Header fields in their order, looked up without regard to case.
struct Headers: Sendable, ExpressibleByDictionaryLiteral {
  var fields: [(name: String, value: String)] = []

  init(dictionaryLiteral elements: (String, String)...) {
    fields = elements.map { (name: $0.0, value: $0.1) }
  }

  subscript(name: String) -> String? {
    get {
      let lower = name.lowercased()
      return fields.first { $0.name.lowercased() == lower }?.value
    }
    set {
      let lower = name.lowercased()
      fields.removeAll { $0.name.lowercased() == lower }
      if let newValue { fields.append((name: name, value: newValue)) }
    }
  }
}

struct Request: Sendable {
  var method: String
  /// As on the request line.
  var target: String
  /// Path without query, as sent.
  var path: String
  /// Percent-decoded path segments.
  var segments: [String]
  var query: [(name: String, value: String)]
  var headers: Headers
  var body: [UInt8] = []

  func query(_ name: String) -> String? { query.first { $0.name == name }?.value }

  /// The media type without parameters, in lower case.
  var mediaType: String? {
    headers["content-type"]?.split(separator: ";").first.map {
      $0.trimming(" \t").lowercased()
    }
  }

  /// The token of `Authorization: Bearer …`.
  var bearerToken: String? {
    guard let value = headers["authorization"] else { return nil }
    let parts = value.split(separator: " ", omittingEmptySubsequences: true)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
    return String(parts[1])
  }
}

struct Response: Sendable {
  enum Body: Sendable {
    case bytes([UInt8])
    /// Chunked. The head goes out with the first write. The task is cancelled when the client hangs up.
    case stream(@Sendable (BodyWriter) async throws -> Void)
    case webSocket(@Sendable (WebSocket) async -> Void)
    /// No answer at all: the connection ends with a FIN, or with a RST.
    case hangUp(reset: Bool)
  }

  var status: Int
  /// Nil for the usual phrase; empty for none, as LiteLLM answers a 529.
  var reason: String?
  var headers: Headers
  var body: Body

  init(status: Int, reason: String? = nil, headers: Headers = [:], body: Body = .bytes([])) {
    self.status = status
    self.reason = reason
    self.headers = headers
    self.body = body
  }

  static func json(_ value: JSON, status: Int = 200, headers: Headers = [:]) -> Response {
    var response = Response(status: status, headers: headers, body: .bytes(value.bytes))
    response.headers["Content-Type"] = "application/json;charset=UTF-8"
    return response
  }

  static func text(_ value: String, status: Int = 200, type: String = "text/plain; charset=utf-8")
    -> Response
  {
    Response(status: status, headers: ["Content-Type": type], body: .bytes(Array(value.utf8)))
  }

  static let noContent = Response(status: 204)
  static let hangUp = Response(status: 0, body: .hangUp(reset: false))
}

/// Thrown by a streamed body to end the connection in the middle of the body.
struct HangUp: Error {
  var reset = false
}

/// Writes one chunked body; used by the one task that runs the body's closure.
final class BodyWriter {
  private let socket: ServerSocket
  private let head: (Response) -> [UInt8]
  private(set) var isStarted = false
  private let isChunked: Bool
  /// May be changed until the first write: a stream that fails early is still a proper HTTP error.
  var response: Response

  init(
    socket: ServerSocket, response: Response, isChunked: Bool, head: @escaping (Response) -> [UInt8]
  ) {
    self.socket = socket
    self.response = response
    self.isChunked = isChunked
    self.head = head
  }

  /// Sends the head if it is not out yet, then `bytes` as one chunk.
  func write(_ bytes: [UInt8]) async throws {
    var out: [UInt8] = []
    if !isStarted {
      isStarted = true
      out = head(response)
    }
    if !bytes.isEmpty {
      if isChunked { out += "\(String(bytes.count, radix: 16))\r\n".utf8 }
      out += bytes
      if isChunked { out += "\r\n".utf8 }
    }
    if !out.isEmpty { try await socket.write(out) }
  }

  func write(_ text: String) async throws { try await write(Array(text.utf8)) }

  func finish() async throws {
    try await write([])
    if isChunked { try await socket.write(Array("0\r\n\r\n".utf8)) }
  }
}

extension StringProtocol {
  /// Without leading and trailing characters of `set`.
  func trimming(_ set: String) -> String {
    var slice = self[...]
    while let first = slice.first, set.contains(first) { slice.removeFirst() }
    while let last = slice.last, set.contains(last) { slice.removeLast() }
    return String(slice)
  }
}
