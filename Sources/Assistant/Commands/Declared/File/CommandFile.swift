// commands.yaml: read at start and after a change. `CommandWatcher` does both.

import FoundationEssentials
import Yams

/// The file in which an operator declares commands, or a folder of such files.
public struct CommandFile: Sendable {
  /// Bytes of one file.
  static let maximumSize = 1 << 20

  public var path: String
  /// Where `${NAME}` is looked up; a `NAME_FILE` names a file with the value.
  public var environment: [String: String]
  /// Keywords that no declared command may take, such as `/help`.
  public var reserved: Set<String>
  public var services: DeclaredServices

  public init(
    path: String, environment: [String: String], reserved: Set<String>, services: DeclaredServices
  ) {
    self.path = path
    self.environment = environment
    self.reserved = reserved
    self.services = services
  }

  /// Of a folder, every `.yaml` and `.yml` in it, by name.
  ///
  /// - Throws: ``CommandFileError`` with all problems.
  public func read() throws(CommandFileError) -> [DeclaredCommand] {
    let reading = CommandReading(
      environment: environment, reserved: reserved, services: services)
    for file in files() {
      reading.begin(file: file)
      guard let data = try? Data(contentsOf: URL(filePath: file)) else {
        reading.note("cannot be read")
        continue
      }
      guard data.count <= Self.maximumSize else {
        reading.note("is larger than 1 MB")
        continue
      }
      guard let text = String(validating: data, as: UTF8.self) else {
        reading.note("is not UTF-8")
        continue
      }
      do {
        guard let root = try compose(yaml: text), root.scalar?.string.isEmpty != true else {
          continue
        }
        reading.readRoot(root)
      } catch {
        reading.note(yaml: error)
      }
    }
    guard reading.problems.isEmpty else {
      throw CommandFileError(
        problems: reading.problems.sorted { ($0.file, $0.line) < ($1.file, $1.line) })
    }
    return reading.commands
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
