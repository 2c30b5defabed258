// Parses HTTP/1.1 request heads, query strings and chunked bodies. Pure, apart from reading the
// body from the socket; limits keep a wrong client from filling memory.

enum HTTPParseError: Error {
  case headTooLarge
  case bodyTooLarge
  case malformed
}

enum HTTPParser {
  static let maximumHeadBytes = 65_536

  /// `bytes` is a whole head with its closing empty line.
  static func head(_ bytes: [UInt8]) throws -> Request {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw HTTPParseError.malformed
    }
    var lines = text.split(separator: "\r\n", omittingEmptySubsequences: true)
    guard !lines.isEmpty else { throw HTTPParseError.malformed }
    let parts = lines.removeFirst().split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[2].hasPrefix("HTTP/1."), !parts[0].isEmpty else {
      throw HTTPParseError.malformed
    }
    var headers: Headers = [:]
    for line in lines {
      guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else {
        throw HTTPParseError.malformed
      }
      headers.fields.append(
        (
          name: String(line[..<colon]),
          value: line[line.index(after: colon)...].trimming(" \t")
        ))
    }
    var target = String(parts[1])
    if target.hasPrefix("http://") || target.hasPrefix("https://") {  // absolute form
      let rest = target.drop { $0 != ":" }.dropFirst(3)
      target = rest.firstIndex(of: "/").map { String(rest[$0...]) } ?? "/"
    }
    guard target.hasPrefix("/") else { throw HTTPParseError.malformed }
    let cut = target.firstIndex(of: "?") ?? target.endIndex
    let path = String(target[..<cut])
    return Request(
      method: String(parts[0]), target: target, path: path,
      segments: path.split(separator: "/").map { percentDecoded($0) },
      query: cut == target.endIndex ? [] : form(target[target.index(after: cut)...]),
      headers: headers)
  }

  /// `a=b&c=d`, percent-decoded, `+` as space.
  static func form(_ text: some StringProtocol) -> [(name: String, value: String)] {
    text.split(separator: "&").map { pair in
      let cut = pair.firstIndex(of: "=") ?? pair.endIndex
      let value = cut == pair.endIndex ? pair[cut...] : pair[pair.index(after: cut)...]
      return (
        name: percentDecoded(pair[..<cut], plusIsSpace: true),
        value: percentDecoded(value, plusIsSpace: true)
      )
    }
  }

  static func percentDecoded(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String {
    let bytes = Array(text.utf8)
    var out: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
        let value = UInt8(String(decoding: bytes[index + 1...index + 2], as: UTF8.self), radix: 16)
      {
        out.append(value)
        index += 3
      } else {
        out.append(
          plusIsSpace && bytes[index] == UInt8(ascii: "+") ? UInt8(ascii: " ") : bytes[index])
        index += 1
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// Unreserved characters of RFC 3986 stay, everything else is escaped.
  static func percentEncoded(_ text: String) -> String {
    var out = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        out.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let hex = String(byte, radix: 16, uppercase: true)
        out += "%" + (hex.count == 1 ? "0" : "") + hex
      }
    }
    return out
  }

  /// The body by `Content-Length` or chunked coding, at most `limit` bytes.
  static func body(of head: Request, from socket: ServerSocket, limit: Int) async throws -> [UInt8]?
  {
    if let coding = head.headers["transfer-encoding"] {
      guard coding.lowercased().hasSuffix("chunked") else { throw HTTPParseError.malformed }
      return try await chunkedBody(from: socket, limit: limit)
    }
    guard let length = head.headers["content-length"] else { return [] }
    guard let count = Int(length), count >= 0 else { throw HTTPParseError.malformed }
    guard count <= limit else { throw HTTPParseError.bodyTooLarge }
    return try await socket.read(exactly: count)
  }

  private static func chunkedBody(from socket: ServerSocket, limit: Int) async throws -> [UInt8]? {
    let lineEnd: [UInt8] = [0x0D, 0x0A]
    var body: [UInt8] = []
    while true {
      guard let line = try await socket.read(through: lineEnd, limit: 1024) else { return nil }
      let text = String(decoding: line.dropLast(2), as: UTF8.self)
      let digits = text.split(separator: ";").first.map { $0.trimming(" \t") } ?? ""
      guard let size = Int(digits, radix: 16), size >= 0 else { throw HTTPParseError.malformed }
      if size == 0 {
        while let trailer = try await socket.read(through: lineEnd, limit: 8192) {
          if trailer == lineEnd { return body }
        }
        return nil
      }
      guard body.count + size <= limit else { throw HTTPParseError.bodyTooLarge }
      guard let chunk = try await socket.read(exactly: size),
        try await socket.read(exactly: 2) == lineEnd
      else { return nil }
      body += chunk
    }
  }
}
