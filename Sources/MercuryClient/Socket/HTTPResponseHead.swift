// The few lines of HTTP/1.1 that come before a WebSocket: an incremental parser of response heads
// with a size limit. What follows the head belongs to the frames and is handed back.

package struct HTTPResponseHead: Sendable, Equatable {
  package let status: Int
  /// Names in lower case, values trimmed, in order.
  package let fields: [(name: String, value: String)]

  package static func == (a: Self, b: Self) -> Bool {
    a.status == b.status && a.fields.elementsEqual(b.fields, by: ==)
  }

  /// All values of a field joined by commas, nil if there is none. `name` is in lower case.
  package subscript(name: String) -> String? {
    let values = fields.filter { $0.name == name }.map(\.value)
    return values.isEmpty ? nil : values.joined(separator: ", ")
  }

  /// The comma-separated elements of a field, in lower case.
  package func tokens(_ name: String) -> [String] {
    (self[name] ?? "").split(separator: ",").map { String($0.trimmedOfSpaces).lowercased() }
  }
}

package struct HTTPResponseHeadParser: Sendable {
  package static let maximumBytes = 32 << 10
  private var buffer: [UInt8] = []

  package init() {}

  /// The head and the bytes after it, as soon as it is complete. Interim answers (100, 103) are
  /// skipped.
  package mutating func receive(
    _ bytes: [UInt8]
  ) throws(WebSocketUpgradeError) -> (head: HTTPResponseHead, rest: [UInt8])? {
    var searchFrom = max(0, buffer.count - 3)
    buffer += bytes
    while let end = endOfHead(from: searchFrom) {
      guard end <= Self.maximumBytes else { throw Self.malformed("too long") }
      let head = try Self.parse(buffer[..<end])
      let rest = Array(buffer[end...])
      if head.status == 101 || head.status >= 200 { return (head, rest) }
      buffer = rest
      searchFrom = 0
    }
    guard buffer.count <= Self.maximumBytes else { throw Self.malformed("too long") }
    return nil
  }

  private func endOfHead(from start: Int) -> Int? {
    var index = start
    while index + 4 <= buffer.count {
      if buffer[index] == 13, buffer[index + 1] == 10, buffer[index + 2] == 13,
        buffer[index + 3] == 10
      {
        return index + 4
      }
      index += 1
    }
    return nil
  }

  private static func malformed(_ what: String) -> WebSocketUpgradeError {
    WebSocketUpgradeError(status: nil, retryAfter: nil, reason: "the response's head is \(what)")
  }

  private static func parse(
    _ bytes: ArraySlice<UInt8>
  ) throws(WebSocketUpgradeError) -> HTTPResponseHead {
    // Latin-1: every byte is a character, so that an odd field value cannot fail the head.
    let lines = bytes.split(separator: 10, omittingEmptySubsequences: false).map { line in
      String(String.UnicodeScalarView(line.filter { $0 != 13 }.map { Unicode.Scalar($0) }))
    }
    let status = lines[0].split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard status.count >= 2, status[0].hasPrefix("HTTP/1."), status[1].utf8.count == 3,
      let code = Int(status[1]), (100...599).contains(code)
    else { throw malformed("not HTTP/1.1") }
    var fields: [(name: String, value: String)] = []
    for line in lines.dropFirst() where !line.isEmpty {
      guard let colon = line.firstIndex(of: ":"), colon > line.startIndex else {
        throw malformed("malformed")
      }
      let name = line[..<colon].lowercased()
      guard !name.contains(where: { $0 == " " || $0 == "\t" }) else { throw malformed("malformed") }
      fields.append((name, String(line[line.index(after: colon)...].trimmedOfSpaces)))
    }
    return HTTPResponseHead(status: code, fields: fields)
  }
}

extension StringProtocol {
  fileprivate var trimmedOfSpaces: SubSequence {
    let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    let tail = drop(while: isSpace)
    guard let last = tail.lastIndex(where: { !isSpace($0) }) else {
      return tail[tail.startIndex..<tail.startIndex]
    }
    return self[tail.startIndex...last]
  }
}
