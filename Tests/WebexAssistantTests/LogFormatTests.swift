// Log lines as people and collectors read them.
import FoundationEssentials
import Logging
import Synchronization
import Testing

@testable import WebexAssistant

private final class Lines: Sendable {
  private let lines = Mutex<[String]>([])
  var all: [String] { lines.withLock { $0 } }
  var output: LogOutput {
    LogOutput(
      write: { line in self.lines.withLock { $0.append(line) } },
      now: { Date(timeIntervalSince1970: 1_700_000_000.25) })
  }

  func logger(_ format: LogFormat, level: Logger.Level = .info) -> Logger {
    Logger(label: "room") { format.handler(label: $0, level: level, output: self.output) }
  }
}

@Suite struct LogFormatTests {
  @Test("a text line has time, level, room, message and sorted metadata")
  func text() {
    let lines = Lines()
    var logger = lines.logger(.text)
    logger[metadataKey: "b"] = "two words"
    logger.info("it happened", metadata: ["a": "1", "c": ""])
    #expect(
      lines.all == [
        "2023-11-14T22:13:20.250Z info     [room] it happened a=1 b=\"two words\" c=\"\"\n"
      ])
  }

  @Test(
    "no text in a log line can begin a second one", arguments: ["\n", "\r", "\u{2028}", "\u{1b}"])
  func forgery(character: String) throws {
    let lines = Lines()
    lines.logger(.text).info(
      "a\(character)2023 error", metadata: ["name": "b\(character)c"])
    let line = try #require(lines.all.first)
    #expect(line.dropLast().allSatisfy { !$0.isNewline && $0 != "\u{1b}" })
    #expect(line.hasSuffix("\n"))
  }

  @Test("a JSON line is one object, metadata nested with its structure")
  func json() throws {
    let lines = Lines()
    lines.logger(.json).warning(
      "line\nbreak", metadata: ["ids": ["1", "2"], "http": ["status": "\(429)"]])
    #expect(
      lines.all == [
        #"{"label":"room","level":"warning","message":"line\nbreak","metadata":{"http":{"status":"429"},"ids":["1","2"]},"time":"2023-11-14T22:13:20.250Z"}"#
          + "\n"
      ])
  }

  @Test("lines below the level are not written", arguments: LogFormat.allCases)
  func level(format: LogFormat) {
    let lines = Lines()
    let logger = lines.logger(format, level: .notice)
    logger.info("quiet")
    logger.notice("heard")
    #expect(lines.all.count == 1)
  }

  @Test("an error given beside the message is in the line", arguments: LogFormat.allCases)
  func error(format: LogFormat) throws {
    let lines = Lines()
    let logger = lines.logger(format)
    logger.error("failed", error: ConfigurationProblem(key: "K", origin: nil, finding: "f"))
    #expect(try #require(lines.all.first).contains("K f"))
  }
}
