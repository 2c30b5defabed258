// The one SQLite file: opened here, asked through the extensions in this folder.

import FoundationEssentials
import GRDB
import Glibc

/// The assistant's database. All methods may be called from any task.
public final class Store: Sendable {
  let pool: DatabasePool
  /// Held as long as this process uses the database.
  private let lock: FileLock

  /// Opens or creates the file (mode 0600, its folder 0700) and migrates it.
  ///
  /// - Throws: ``AssistantError`` with code `database`, naming the path.
  public init(path: String) throws {
    do {
      try Self.createPrivately(path)
      lock = try FileLock(path: path + ".lock")
      var configuration = Configuration()
      configuration.foreignKeysEnabled = true
      configuration.busyMode = .timeout(5)
      pool = try DatabasePool(path: path, configuration: configuration)
      // Store, then ack: what Mercury heard acked must survive a power cut. Only now, since the pool
      // itself sets NORMAL when it turns on the write-ahead log.
      try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
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
    lock.release()
  }
}

/// Two processes on one database would answer everything twice: the second one refuses.
private final class FileLock: Sendable {
  private let descriptor: Int32

  func release() { flock(descriptor, LOCK_UN) }

  init(path: String) throws {
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw AssistantError(
        .database, "cannot open \(path): \(String(cString: strerror(errno)))")
    }
    // The kernel lets go of it when the process ends, however that happens.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      Glibc.close(descriptor)
      throw AssistantError(
        .database, "another process uses this database (\(path) is locked): only one may run")
    }
  }

  deinit { Glibc.close(descriptor) }
}
