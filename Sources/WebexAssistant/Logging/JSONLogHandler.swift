// One JSON object per line, for collectors. Metadata is nested under "metadata", never at the top,
// so that no key of ours can be shadowed.
import FoundationEssentials
import Logging

struct JSONLogHandler: LineLogHandler {
  let label: String
  let output: LogOutput
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?

  init(label: String, level: Logger.Level, output: LogOutput) {
    self.label = label
    self.logLevel = level
    self.output = output
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  private struct Line: Encodable {
    var time: String
    var level: String
    var label: String
    var message: String
    var metadata: [String: Value]?
  }

  private enum Value: Encodable {
    case string(String)
    case array([Value])
    case object([String: Value])

    init(_ value: Logger.MetadataValue) {
      switch value {
      case .string(let text): self = .string(text)
      case .stringConvertible(let value): self = .string("\(value)")
      case .array(let values): self = .array(values.map(Value.init))
      case .dictionary(let values): self = .object(values.mapValues(Value.init))
      @unknown default: self = .string("\(value)")
      }
    }

    func encode(to encoder: any Encoder) throws {
      switch self {
      case .string(let text):
        var container = encoder.singleValueContainer()
        try container.encode(text)
      case .array(let values):
        var container = encoder.singleValueContainer()
        try container.encode(values)
      case .object(let values):
        var container = encoder.singleValueContainer()
        try container.encode(values)
      }
    }
  }

  func line(_ event: LogEvent, metadata: Logger.Metadata) -> String {
    let line = Line(
      time: output.timestamp(), level: event.level.rawValue, label: label,
      message: "\(event.message)",
      metadata: metadata.isEmpty ? nil : metadata.mapValues(Value.init))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(line) else { return "" }
    return String(decoding: data, as: UTF8.self) + "\n"
  }
}
