// Reads `multipart/form-data` (RFC 7578), the way in which files come to `POST /v1/messages`.

struct MultipartForm: Sendable {
  struct Part: Sendable {
    var name: String
    var filename: String?
    var contentType: String?
    var bytes: [UInt8]
    var text: String { String(decoding: bytes, as: UTF8.self) }
  }

  var parts: [Part] = []

  /// Nil if the boundary is missing or a part is malformed.
  init?(body: [UInt8], contentType: String) {
    guard let boundary = Self.parameter("boundary", of: contentType), !boundary.isEmpty else {
      return nil
    }
    let delimiter = Array("\r\n--\(boundary)".utf8)
    let body = Array("\r\n".utf8) + body
    let headEnd = Array("\r\n\r\n".utf8)
    var rest = body[...]
    guard let first = rest.firstRange(of: delimiter) else { return nil }
    rest = rest[first.upperBound...]
    while !rest.starts(with: Array("--".utf8)) {
      guard let next = Self.firstRange(of: delimiter, in: rest),
        let cut = rest[..<next.lowerBound].firstRange(of: headEnd)
      else { return nil }
      let head = String(decoding: rest[..<cut.lowerBound], as: UTF8.self)
      guard
        let part = Self.part(head: head, bytes: Array(rest[cut.upperBound..<next.lowerBound]))
      else { return nil }
      parts.append(part)
      rest = rest[next.upperBound...]
    }
  }

  private static func part(head: String, bytes: [UInt8]) -> Part? {
    var disposition: String?
    var contentType: String?
    for line in head.split(separator: "\r\n") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: colon)...].trimming(" \t")
      switch line[..<colon].lowercased() {
      case "content-disposition": disposition = value
      case "content-type": contentType = value
      default: break
      }
    }
    guard let disposition, let name = parameter("name", of: disposition) else { return nil }
    return Part(
      name: name, filename: parameter("filename", of: disposition), contentType: contentType,
      bytes: bytes)
  }

  /// A parameter of a header value: a token, or a quoted string with escapes.
  static func parameter(_ name: String, of header: String) -> String? {
    var rest = Substring(header)
    while let semicolon = rest.firstIndex(of: ";") {
      rest = rest[rest.index(after: semicolon)...].drop { $0 == " " || $0 == "\t" }
      guard let equals = rest.firstIndex(of: "=") else { return nil }
      let key = rest[..<equals].trimming(" \t").lowercased()
      rest = rest[rest.index(after: equals)...]
      var value = ""
      if rest.first == "\"" {
        rest.removeFirst()
        while let character = rest.first, character != "\"" {
          rest.removeFirst()
          if character == "\\", let escaped = rest.first, escaped == "\"" || escaped == "\\" {
            value.append(escaped)
            rest.removeFirst()
          } else {
            value.append(character)
          }
        }
      } else {
        value = rest.prefix { $0 != ";" }.trimming(" \t")
      }
      if key == name { return value }
    }
    return nil
  }

  /// A search by last byte first: files of 100 MB take a fraction of a second.
  private static func firstRange(of needle: [UInt8], in haystack: ArraySlice<UInt8>) -> Range<Int>?
  {
    haystack.withUnsafeBufferPointer { buffer -> Range<Int>? in
      guard buffer.count >= needle.count else { return nil }
      let last = needle.count - 1
      var skip = [Int](repeating: needle.count, count: 256)
      for index in 0..<last { skip[Int(needle[index])] = last - index }
      var position = 0
      while position + last < buffer.count {
        var index = last
        while buffer[position + index] == needle[index] {
          if index == 0 {
            let start = haystack.startIndex + position
            return start..<start + needle.count
          }
          index -= 1
        }
        position += skip[Int(buffer[position + last])]
      }
      return nil
    }
  }
}
