// What an error body says, in whichever shape it came: LiteLLM's and OpenAI's error object, a
// string, FastAPI's `detail`, plain text, a reverse proxy's HTML page.

import FoundationEssentials

/// The facts of an error body that the classifier decides by.
struct LLMErrorBody: Equatable, Sendable {
  /// LiteLLM's internals behind the message are cut off; not yet bounded or redacted.
  var message = ""
  var type: String?
  /// LiteLLM's `code` is the status as a string; OpenAI's is a word such as `invalid_api_key`.
  var code: String?
  /// The guardrail that blocked, where one did.
  var guardrail: String?
  var shape = Shape.text

  enum Shape: Hashable, Sendable { case object, detail, text, html, empty }

  init(_ bytes: [UInt8]) {
    if let json = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes)) {
      read(json)
    } else {
      readText(String(decoding: bytes.prefix(Self.maximumBytes), as: UTF8.self))
    }
    message = Self.cuttingTail(message)
  }

  /// As much of a body as is worth reading.
  static let maximumBytes = 64 << 10

  private mutating func read(_ json: JSONValue) {
    shape = .object
    switch json {
    case .string(let text): message = text
    case .object:
      if let error = json["error"], error != .null {
        readError(error)
      } else if let detail = json["detail"], detail != .null {
        shape = .detail
        readDetail(detail)
      } else {
        readError(json)
      }
    default: message = "an error without a message"
    }
  }

  private mutating func readError(_ error: JSONValue) {
    guard case .object = error else {
      message = error.string ?? "an error without a message"
      return
    }
    message = error["message"]?.string ?? error["error"]?.string ?? error["detail"]?.string ?? ""
    type = error["type"]?.string
    code = error["code"]?.string ?? error["code"]?.double.flatMap(Self.whole)
    if code == nil { code = error["status"]?.double.flatMap(Self.whole) }
    if let fields = error["provider_specific_fields"] {
      guardrail = fields["guardrail_name"]?.string ?? (fields["guardrail_mode"] == nil ? nil : "")
    }
  }

  private static func whole(_ number: Double) -> String? {
    Int(exactly: number).map(String.init)
  }

  /// FastAPI: a sentence, an error object, or a list of validation errors with `msg`.
  private mutating func readDetail(_ detail: JSONValue) {
    switch detail {
    case .string(let text): message = text
    case .array(let entries):
      message = entries.compactMap { $0["msg"]?.string ?? $0.string }.joined(separator: "; ")
    default: readError(detail["error"] ?? detail)
    }
  }

  private mutating func readText(_ text: String) {
    let trimmed = text.trimmingBlanks()
    if trimmed.isEmpty {
      shape = .empty
    } else if trimmed.hasPrefix("<") {
      shape = .html
      message = "an HTML page: " + Self.title(of: trimmed)
    } else {
      message = trimmed
    }
  }

  /// The page's title, or its first words without the tags.
  private static func title(of page: String) -> String {
    let lowered = page.lowercased()
    if let start = lowered.firstRange(of: "<title>"),
      let end = lowered[start.upperBound...].firstRange(of: "</title>")
    {
      return lowered[start.upperBound..<end.lowerBound].trimmingBlanks()
    }
    var words = ""
    var isInTag = false
    for character in page.prefix(2048) {
      if character == "<" {
        isInTag = true
      } else if character == ">" {
        isInTag = false
      } else if !isInTag {
        words.append(character)
      }
    }
    return String(words.trimmingBlanks().prefix(80))
  }

  /// LiteLLM hangs routing internals onto a provider's message; they name models that have nothing
  /// to do with the failure (`context_window_fallbacks=None` is in every context error).
  static func cuttingTail(_ message: String) -> String {
    var end = message.endIndex
    for mark in tailMarks {
      if let found = message[..<end].firstRange(of: mark) { end = found.lowerBound }
    }
    return message[..<end].trimmingBlanks()
  }

  private static let tailMarks = [
    "\n\nLiteLLM: model group", " Received Model Group=", "\nReceived Model Group=",
    "\nAvailable Model Group Fallbacks=", "\nmodel=", "context_window_fallbacks=",
    "\n\nSet 'context_window_fallback'", "Deployment Info:", "\nTraceback (most recent call last)",
  ]
}

extension StringProtocol {
  func trimmingBlanks() -> String {
    var rest = Substring(self)
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }
}
