// commands.yaml: read at start and after a change. `CommandWatcher` does both.

import FoundationEssentials
import Yams

/// The file in which an operator declares commands, or a folder of such files.
public struct CommandFile: Sendable {
  public var path: String
  /// Where `${NAME}` is looked up; a `NAME_FILE` names a file with the value.
  public var environment: [String: String]
  /// Keywords that no declared command may take, such as `/help`.
  public var reserved: Set<String>
  public var services: DeclaredServices
  /// What no command may show either, such as the assistant's own tokens.
  public var alwaysMasked: [String]

  public init(
    path: String, environment: [String: String], reserved: Set<String>, services: DeclaredServices,
    alwaysMasked: [String] = []
  ) {
    self.alwaysMasked = alwaysMasked
    self.path = path
    self.environment = environment
    self.reserved = reserved
    self.services = services
  }

  /// Of a folder, every `.yaml` and `.yml` in it, by name.
  ///
  /// - Throws: ``CommandFileError`` with all problems.
  public func read() throws(CommandFileError) -> [DeclaredCommand] {
    try read(reading())
  }

  func reading() -> CommandReading {
    CommandReading(environment: environment, reserved: reserved, services: services)
  }

  /// - Parameter reading: a new one; it knows afterwards what was looked at.
  func read(_ reading: CommandReading) throws(CommandFileError) -> [DeclaredCommand] {
    for file in files() {
      reading.begin(file: file)
      do {
        read(try RegularFile.bytes(file), reading)
      } catch {
        reading.note(error.rawValue)
      }
    }
    guard reading.problems.isEmpty else {
      throw CommandFileError(
        problems: reading.problems.sorted { ($0.file, $0.line) < ($1.file, $1.line) })
    }
    return reading.finished(hiding: alwaysMasked)
  }

  func read(_ bytes: [UInt8], _ reading: CommandReading) {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      return reading.note("is not UTF-8")
    }
    if let line = YAMLBudget.lineOfAliasInKey(text) {
      return reading.note("a key must be a name, not an alias", line: line)
    }
    do {
      guard let root = try compose(yaml: text), root.scalar?.string.isEmpty != true else { return }
      guard !YAMLBudget.isExceeded(by: root) else {
        return reading.note(
          "has more than \(YAMLBudget.maximumNodes) values, aliases counted as what they stand for")
      }
      reading.readRoot(root)
    } catch {
      reading.note(yaml: error, in: text)
    }
  }

  /// The files that are read, in order.
  func files() -> [String] {
    var isDirectory = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory
    else { return [path] }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }
      .filter { !$0.hasPrefix(".") }.sorted().map { path + "/" + $0 }
  }
}
