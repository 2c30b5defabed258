// One readable line per event: time, level, room, message, key=value pairs in a stable order.
import Logging

struct TextLogHandler: LineLogHandler {
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

  func line(_ event: LogEvent, metadata: Logger.Metadata) -> String {
    let level = event.level.rawValue
    var line = "\(output.timestamp()) \(level)"
    line += String(repeating: " ", count: max(0, 8 - level.count))
    line += " [\(label)] \(Self.onOneLine("\(event.message)"))"
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      line += " \(key)=\(Self.quoted("\(value)"))"
    }
    return line + "\n"
  }

  /// Nobody who can put a line break into a name can forge a second log line.
  private static func onOneLine(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var line = ""
    for scalar in text.unicodeScalars {
      if isControl(scalar) {
        line += scalar.escaped(asASCII: true)
      } else {
        line.unicodeScalars.append(scalar)
      }
    }
    return line
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }

  private static func quoted(_ text: String) -> String {
    let line = onOneLine(text)
    guard line.isEmpty || line.contains(where: { $0 == " " || $0 == "\"" || $0 == "=" }) else {
      return line
    }
    return "\"\(line.replacing("\"", with: "\\\""))\""
  }
}
