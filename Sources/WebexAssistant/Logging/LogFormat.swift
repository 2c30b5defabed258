// Sets swift-log up for the program: text for people, JSON lines for machines (`LOG_FORMAT`).
import FoundationEssentials
import Logging

/// How a log line looks.
enum LogFormat: String, Sendable, CaseIterable {
  case text, json
}

/// Where log lines go. Tests take the lines and set the clock.
struct LogOutput: Sendable {
  var write: @Sendable (_ line: String) -> Void = { ProcessFacts.write($0, to: 2) }
  var now: @Sendable () -> Date = { Date() }

  /// "2026-11-21T09:08:03.123Z".
  func timestamp() -> String {
    now().formatted(
      Date.ISO8601FormatStyle(includingFractionalSeconds: true, timeZone: .gmt))
  }
}

extension LogFormat {
  /// Once per process, before the first `Logger` is made.
  func bootstrap(level: Logger.Level, output: LogOutput = LogOutput()) {
    LoggingSystem.bootstrap { label in handler(label: label, level: level, output: output) }
  }

  func handler(label: String, level: Logger.Level, output: LogOutput) -> any LogHandler {
    switch self {
    case .text: TextLogHandler(label: label, level: level, output: output)
    case .json: JSONLogHandler(label: label, level: level, output: output)
    }
  }
}

/// What both handlers share: the metadata of logger, provider and message, and the level.
protocol LineLogHandler: LogHandler {
  var output: LogOutput { get }
  func line(_ event: LogEvent, metadata: Logger.Metadata) -> String
}

extension LineLogHandler {
  func log(event: LogEvent) {
    var all = metadata
    if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
    if let own = event.metadata { all.merge(own) { _, new in new } }
    if let error = event.error { all["error"] = "\(error)" }
    output.write(line(event, metadata: all))
  }
}
