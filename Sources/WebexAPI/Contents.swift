// What is known of a shared file. Returned by WebexClient.content and contentInfo.

import FoundationEssentials
import HTTPTypes

/// The head of a file's response.
public struct ContentInfo: Sendable, Hashable {
  /// The name that the sharer gave, without any path; nil when Webex names none.
  public var filename: String?
  /// As Webex says it, such as `application/pdf`.
  public var contentType: String?
  /// Bytes; nil when Webex does not say.
  public var byteCount: Int?

  public init(filename: String? = nil, contentType: String? = nil, byteCount: Int? = nil) {
    self.filename = filename
    self.contentType = contentType
    self.byteCount = byteCount
  }

  init(headers: HTTPFields) {
    filename = headers[.contentDisposition].flatMap(Self.filename(fromDisposition:))
    contentType = headers[.contentType]
    byteCount = headers[.contentLength].flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
  }

  /// RFC 6266: `filename*` wins over `filename`. A path in it is the sender's trick or accident.
  static func filename(fromDisposition value: String) -> String? {
    let parameters = HeaderParameters(value)
    var name = parameters["filename"]
    if let extended = parameters["filename*"], let quote = extended.range(ofASCII: "''"),
      let decoded = Self.percentDecoded(extended[quote.upperBound...])
    {
      name = decoded
    }
    let last = name?.split { $0 == "/" || $0 == "\\" }.last.map(String.init)?
      .filter { !($0.unicodeScalars.contains { $0.properties.generalCategory == .control }) }
    guard let last, !last.isEmpty, last != ".", last != ".." else { return nil }
    return last.bounded(to: 255)
  }

  /// Nil when the escapes are broken or the bytes are not UTF-8.
  private static func percentDecoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%") {
        let digits = String(Substring(rest.prefix(2)))
        guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16) else { return nil }
        bytes.append(value)
        rest.removeFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
