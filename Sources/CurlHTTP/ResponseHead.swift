// Header lines, as libcurl hands them over, become one HTTPResponse. Interim responses (103 and
// the like) and trailers are passed over.

import HTTPTypes

struct ResponseHeadParser {
  /// All header lines together; libcurl itself allows 300 KB.
  private static let maximumBytes = 256 * 1024

  private var status: HTTPResponse.Status?
  private var fields: [(name: String, value: String)] = []
  private var byteCount = 0
  private var isDone = false

  /// - Returns: the response head when this line ends the final one.
  mutating func handle(line raw: UnsafeRawBufferPointer) throws(HTTPError) -> HTTPResponse? {
    guard !isDone else { return nil }  // trailers
    byteCount += raw.count
    guard byteCount <= Self.maximumBytes else {
      throw HTTPError(code: .protocolError, message: "response headers over 256 KB")
    }
    var end = raw.count
    while end > 0, raw[end - 1] == 0x0A || raw[end - 1] == 0x0D { end -= 1 }
    let line = UnsafeRawBufferPointer(rebasing: raw[..<end])
    if line.isEmpty { return finish() }
    if line.starts(with: "HTTP/".utf8) {
      status = Self.status(String(decoding: line, as: UTF8.self))
      fields = []
    } else if line[0] == 0x20 || line[0] == 0x09 {
      // RFC 9112 §5.2: a folded line continues the value before it.
      if !fields.isEmpty {
        fields[fields.count - 1].value += " " + Self.trim(line)
      }
    } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
      fields.append(
        (
          Self.trim(UnsafeRawBufferPointer(rebasing: line[..<colon])),
          Self.trim(UnsafeRawBufferPointer(rebasing: line[(colon + 1)...]))
        ))
    }
    return nil
  }

  private mutating func finish() -> HTTPResponse? {
    guard let status else { return nil }
    if status.kind == .informational, status.code != 101 {
      self.status = nil
      return nil
    }
    isDone = true
    var headerFields = HTTPFields()
    headerFields.reserveCapacity(fields.count)
    for field in fields {
      guard let name = HTTPField.Name(field.name) else { continue }
      headerFields.append(HTTPField(name: name, value: field.value))
    }
    fields = []
    return HTTPResponse(status: status, headerFields: headerFields)
  }

  /// `HTTP/1.1 404 Not Found`, or `HTTP/2 404` without a phrase.
  private static func status(_ line: String) -> HTTPResponse.Status? {
    let words = line.split(separator: " ", maxSplits: 2)
    guard words.count >= 2, let code = Int(words[1]), (100...999).contains(code) else { return nil }
    return HTTPResponse.Status(code: code, reasonPhrase: words.count > 2 ? String(words[2]) : "")
  }

  private static func trim(_ bytes: UnsafeRawBufferPointer) -> String {
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    guard let first = bytes.firstIndex(where: { !isBlank($0) }),
      let last = bytes.lastIndex(where: { !isBlank($0) })
    else { return "" }
    return String(decoding: bytes[first...last], as: UTF8.self)
  }
}
