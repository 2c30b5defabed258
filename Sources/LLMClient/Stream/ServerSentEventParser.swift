// Server-sent events out of raw bytes, after the WHATWG HTML standard, "Parsing an event stream".
// Fed by ChatStreamAssembler with whatever the socket delivers.

import Glibc

/// One dispatched event.
public struct ServerSentEvent: Hashable, Sendable {
  /// The `event:` field, `message` where there was none.
  public var type: String
  /// The `data:` lines, joined with line feeds. UTF-8 as it came, not checked.
  public var data: [UInt8]
  /// The last `id:` seen so far in the stream.
  public var lastEventID: String

  public init(type: String = "message", data: [UInt8], lastEventID: String = "") {
    self.type = type
    self.data = data
    self.lastEventID = lastEventID
  }
}

/// An incremental parser: any chunk boundary gives the same events, and each byte is looked at once.
///
/// Line ends are LF, CRLF and CR, mixed as they like. One leading byte order mark is dropped. An
/// event without a closing blank line at the end of the stream is discarded, as the standard says.
public struct ServerSentEventParser: Sendable {
  public enum Output: Hashable, Sendable {
    case event(ServerSentEvent)
    /// A line that starts with a colon: a keep-alive.
    case comment
    /// `retry:`, in milliseconds.
    case retry(Int)
  }

  /// An event, or a single line, is longer than the limit.
  public struct TooLarge: Error, Hashable, Sendable {
    public var limit: Int
  }

  private let limit: Int
  /// The line that a chunk boundary has cut, without its line end.
  private var line: [UInt8] = []
  private var data: [UInt8] = []
  private var hasData = false
  private var type = ""
  private var lastEventID = ""
  /// The last byte was a CR: an LF right after it belongs to the same line end.
  private var sawCR = false
  /// How many bytes of a byte order mark have been seen; 3 once the start is behind us.
  private var markBytes = 0
  /// How many bytes have been searched for line ends: for the test that this grows with the input
  /// and not faster.
  private(set) var examinedBytes = 0
  /// Where the cut line is kept: for the test that it is not copied for each chunk.
  var lineAddress: Int { line.withUnsafeBufferPointer { Int(bitPattern: $0.baseAddress) } }

  /// - Parameter maximumEventBytes: bounds the data of one event, and each line.
  public init(maximumEventBytes: Int = 16 << 20) {
    limit = maximumEventBytes
  }

  /// Parses the next bytes of the stream. After an error the parser is of no further use.
  public mutating func parse(
    _ bytes: [UInt8], _ emit: (Output) -> Void
  ) throws(TooLarge) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(TooLarge) in
      try parse(buffer, emit)
    }
  }

  private mutating func parse(
    _ bytes: UnsafeBufferPointer<UInt8>, _ emit: (Output) -> Void
  ) throws(TooLarge) {
    var start = skipByteOrderMark(bytes)
    var ends = LineEnds(bytes)
    defer { examinedBytes += ends.examined }
    while start < bytes.count {
      if sawCR {
        sawCR = false
        if bytes[start] == Self.lineFeed {
          start += 1
          continue
        }
      }
      guard let end = ends.first(from: start) else { break }
      let piece = UnsafeBufferPointer(rebasing: bytes[start..<end])
      try check(line.count + piece.count)
      if line.isEmpty {
        try take(piece, emit)
      } else {
        line.append(contentsOf: piece)
        // Moved out and back, so that the line is read without a copy and keeps its storage.
        var whole: [UInt8] = []
        swap(&whole, &line)
        try whole.withUnsafeBufferPointer { (buffer) throws(TooLarge) in try take(buffer, emit) }
        whole.removeAll(keepingCapacity: whole.capacity <= Self.keptCapacity)
        swap(&whole, &line)
      }
      sawCR = bytes[end] == Self.carriageReturn
      start = end + 1
    }
    if start < bytes.count {
      try check(line.count + bytes.count - start)
      line.append(contentsOf: bytes[start...])
    }
  }

  /// The event that the end of the stream cut before its blank line. The standard discards it; a
  /// last `data: [DONE]` without line ends is common enough that the caller may look at it.
  public mutating func unfinishedEvent() -> ServerSentEvent? {
    var found: ServerSentEvent?
    let end: [UInt8] = [Self.lineFeed, Self.lineFeed]
    try? parse(end) { if case .event(let event) = $0 { found = event } }
    return found
  }

  /// Drops EF BB BF at the very start. What only began like one is put back as part of the line.
  private mutating func skipByteOrderMark(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var position = 0
    while markBytes < 3, position < bytes.count {
      guard bytes[position] == Self.byteOrderMark[markBytes] else {
        line.append(contentsOf: Self.byteOrderMark[..<markBytes])
        markBytes = 3
        return position
      }
      markBytes += 1
      position += 1
    }
    return position
  }

  private func check(_ size: Int) throws(TooLarge) {
    if size > limit { throw TooLarge(limit: limit) }
  }

  /// One whole line.
  private mutating func take(
    _ line: UnsafeBufferPointer<UInt8>, _ emit: (Output) -> Void
  ) throws(TooLarge) {
    guard let first = line.first else { return dispatch(emit) }
    if first == Self.colon { return emit(.comment) }
    let nameEnd = line.firstIndex(of: Self.colon) ?? line.count
    var valueStart = min(nameEnd + 1, line.count)
    if valueStart < line.count, line[valueStart] == Self.space { valueStart += 1 }
    let name = line[..<nameEnd]
    let value = line[valueStart...]
    if name.elementsEqual(Self.dataField) {
      try check(data.count + value.count + 1)
      if hasData { data.append(Self.lineFeed) }
      data.append(contentsOf: value)
      hasData = true
    } else if name.elementsEqual(Self.eventField) {
      type = String(decoding: value, as: UTF8.self)
    } else if name.elementsEqual(Self.idField) {
      if !value.contains(0) { lastEventID = String(decoding: value, as: UTF8.self) }
    } else if name.elementsEqual(Self.retryField) {
      if !value.isEmpty, value.allSatisfy({ (0x30...0x39).contains($0) }),
        let milliseconds = Int(String(decoding: value, as: UTF8.self))
      {
        emit(.retry(milliseconds))
      }
    }
  }

  /// A blank line. Data that is empty dispatches nothing.
  private mutating func dispatch(_ emit: (Output) -> Void) {
    defer {
      hasData = false
      type = ""
    }
    guard !data.isEmpty else { return }
    var taken: [UInt8] = []
    swap(&taken, &data)
    emit(
      .event(
        ServerSentEvent(
          type: type.isEmpty ? "message" : type, data: taken, lastEventID: lastEventID)))
  }

  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")
  private static let colon = UInt8(ascii: ":")
  private static let space = UInt8(ascii: " ")
  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
  private static let dataField = Array("data".utf8)
  private static let eventField = Array("event".utf8)
  private static let idField = Array("id".utf8)
  private static let retryField = Array("retry".utf8)
  /// A line buffer larger than this is given back after use.
  private static let keptCapacity = 64 << 10
}

/// Finds the line ends of one chunk with memchr, several times as fast as byte by byte. What either
/// search found is kept until it is passed, so no byte is examined more than twice.
private struct LineEnds {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var lineFeed = 0
  private var carriageReturn = 0
  private var isStarted = false
  private(set) var examined = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// The next LF or CR at `position` or behind it. Positions never go back.
  mutating func first(from position: Int) -> Int? {
    if !isStarted || lineFeed < position { lineFeed = search(0x0A, from: position) }
    if !isStarted || carriageReturn < position { carriageReturn = search(0x0D, from: position) }
    isStarted = true
    let end = min(lineFeed, carriageReturn)
    return end < bytes.count ? end : nil
  }

  /// `bytes.count` where there is none.
  private mutating func search(_ byte: Int32, from position: Int) -> Int {
    guard let base = bytes.baseAddress, position < bytes.count else { return bytes.count }
    let found = memchr(base + position, byte, bytes.count - position)
    let end = found.map { UnsafeRawPointer($0) - UnsafeRawPointer(base) } ?? bytes.count
    examined += min(end + 1, bytes.count) - position
    return end
  }
}
