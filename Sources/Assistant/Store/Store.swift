// The one SQLite file: opened here, asked through the extensions in this folder.

import FoundationEssentials
import GRDB
import Glibc

/// The assistant's database. All methods may be called from any task.
public final class Store: Sendable {
  let pool: DatabasePool

  /// Opens or creates the file (mode 0600, its folder 0700) and migrates it.
  ///
  /// - Throws: ``AssistantError`` with code `database`, naming the path.
  public init(path: String) throws {
    do {
      try Self.createPrivately(path)
      var configuration = Configuration()
      configuration.foreignKeysEnabled = true
      // Store, then ack: what Mercury heard acked must survive a power cut.
      configuration.prepareDatabase { db in try db.execute(sql: "PRAGMA synchronous = FULL") }
      configuration.busyMode = .timeout(5)
      pool = try DatabasePool(path: path, configuration: configuration)
      try Schema.migrator().migrate(pool)
    } catch let error as AssistantError {
      throw error
    } catch {
      throw AssistantError(.database, "cannot open the database at \(path): \(error)", cause: error)
    }
  }

  /// SQLite gives -wal and -shm the mode of the database, so the file must exist with 0600 first.
  private static func createPrivately(_ path: String) throws {
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      let folder = String(path[..<slash])
      if !FileManager.default.fileExists(atPath: folder) {
        do {
          try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        } catch {
          throw AssistantError(
            .database, "cannot make the folder \(folder) for the database", cause: error)
        }
      }
    }
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      let reason = String(cString: strerror(errno))
      throw AssistantError(.database, "cannot open the database at \(path): \(reason)")
    }
    Glibc.close(descriptor)
    chmod(path, 0o600)
  }

  /// Flushes the write-ahead log and closes every connection.
  public func close() throws {
    try pool.close()
  }
}
