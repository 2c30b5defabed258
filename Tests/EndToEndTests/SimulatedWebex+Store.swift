// The assistant's database as a test looks at it, and the commands that work on it.

import Foundation
import GRDB
import Testing

extension AssistantProcess {
  var database: String { folder.appending(path: "assistant.sqlite").path }

  func query(_ sql: String, _ arguments: StatementArguments = []) throws -> [Row] {
    let queue = try DatabaseQueue(path: database)
    defer { try? queue.close() }
    return try queue.read { try Row.fetchAll($0, sql: sql, arguments: arguments) }
  }

  func change(_ sql: String, _ arguments: StatementArguments = []) throws {
    var configuration = Configuration()
    configuration.busyMode = .timeout(10)
    let queue = try DatabaseQueue(path: database, configuration: configuration)
    defer { try? queue.close() }
    try queue.write { try $0.execute(sql: sql, arguments: arguments) }
  }

  func logged(_ text: String, times: Int = 1, within limit: Duration = .seconds(90)) async throws {
    try await eventually("\"\(text)\" in the log", within: limit) {
      process.stderr.components(separatedBy: text).count > times ? () : nil
    }
  }

  /// Runs a command of the program on this database.
  func command(_ arguments: String...) async throws -> (status: Int32, out: String, error: String) {
    try await Self.command(arguments, database: database)
  }

  static func command(_ arguments: [String], database: String) async throws
    -> (status: Int32, out: String, error: String)
  {
    let process = try ChildProcess(arguments, environment: ["DATABASE_PATH": database])
    let status = await process.exit()
    return (status, process.stdout, process.stderr)
  }
}
