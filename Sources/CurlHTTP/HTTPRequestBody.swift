// What a request carries. Files are read by the loop as libcurl asks for bytes, never whole.

/// The body of a request. Only `multipart` brings a `Content-Type` of its own.
public enum HTTPRequestBody: Sendable {
  /// No body. POST, PUT and PATCH say `Content-Length: 0`.
  case none
  case bytes([UInt8])
  case multipart(MultipartForm)
  /// The file's bytes, with its size at the start of the request as `Content-Length`.
  case file(path: String)
}

/// A `multipart/form-data` body (RFC 7578), streamed by libcurl's MIME engine.
public struct MultipartForm: Sendable {
  public struct Part: Sendable {
    public enum Content: Sendable {
      case bytes([UInt8])
      case file(path: String)
    }

    public var name: String
    public var filename: String?
    public var contentType: String?
    public var content: Content

    public init(
      name: String, filename: String? = nil, contentType: String? = nil, content: Content
    ) {
      self.name = name
      self.filename = filename
      self.contentType = contentType
      self.content = content
    }

    public init(name: String, _ value: String) {
      self.init(name: name, content: .bytes(Array(value.utf8)))
    }
  }

  public var parts: [Part]

  public init(parts: [Part] = []) {
    self.parts = parts
  }
}
