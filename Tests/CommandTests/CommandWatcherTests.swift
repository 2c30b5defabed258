import Foundation
import Logging
import Synchronization
import Testing

@testable import Assistant

@Suite("A change of the declared commands")
struct CommandWatcherTests {
  private static func yaml(_ keyword: String) -> String {
    "commands:\n  - {keyword: \(keyword), help: h, ask: {prompt: default}}\n"
  }

  @Test("a good change is handed on, a broken one is told once and keeps the old")
  func changes() async throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Self.yaml("/a"))
    let log = LogLines()
    let watcher = try CommandWatcher(Declared.file(path), logger: log.logger)
    #expect(watcher.first.map(\.keyword) == ["/a"])
    let applied = Mutex<[[String]]>([])
    func look() async {
      await watcher.look { commands in
        applied.withLock { $0.append(commands.map(\.keyword)) }
      }
    }
    await look()
    #expect(applied.withLock { $0 } == [])

    try folder.write(Self.yaml("/b"))
    await look()
    // It may still be being written.
    #expect(applied.withLock { $0 } == [])
    await look()
    await look()
    #expect(applied.withLock { $0 } == [["/b"]])

    try folder.write("")
    for _ in 0..<3 { await look() }
    #expect(applied.withLock { $0 } == [["/b"]])
    #expect(log.lines.filter { $0.contains("commands.yaml: is empty") }.count == 1)

    try folder.write(Self.yaml("/help"))
    for _ in 0..<3 { await look() }
    #expect(applied.withLock { $0 } == [["/b"]])
    #expect(log.lines.filter { $0.contains("commands.yaml:2: the keyword") }.count == 1)

    try FileManager.default.removeItem(atPath: path)
    for _ in 0..<3 { await look() }
    #expect(log.lines.filter { $0.contains("cannot be read") }.count == 1)

    try folder.write(Self.yaml("/c"))
    await look()
    await look()
    #expect(applied.withLock { $0 } == [["/b"], ["/c"]])
  }

  @Test("a secret in a file of its own is read again when that file changes")
  func secretFiles() async throws {
    let folder = try TemporaryFolder()
    let secret = try folder.write("first-secret", to: "key")
    let path = try folder.write(
      """
      commands:
        - keyword: /a
          help: h
          http: {url: "https://a.example/", headers: {X-Key: "${KEY}"}}
      """)
    let watcher = try CommandWatcher(
      Declared.file(path, ["KEY_FILE": secret]), logger: Logger(label: "test"))
    let applied = Mutex<[DeclaredCommand]>([])
    try folder.write("second-secret", to: "key")
    for _ in 0..<2 { await watcher.look { commands in applied.withLock { $0 = commands } } }
    let command = try #require(applied.withLock { $0.first })
    #expect(command.mask.hiding("first-secret second-secret") == "first-secret •••")
  }

  @Test("a broken file stops the start")
  func start() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Self.yaml("/help"))
    #expect(throws: CommandFileError.self) {
      _ = try CommandWatcher(Declared.file(path), logger: Logger(label: "test"))
    }
  }
}

/// Log lines with their metadata.
private final class LogLines: Sendable {
  private let all = Mutex<[String]>([])

  var lines: [String] { all.withLock { $0 } }
  var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }

  private struct Handler: LogHandler {
    let lines: LogLines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      lines.all.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") }
    }
  }
}
