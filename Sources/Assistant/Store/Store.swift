// The one SQLite file: opened here, asked through the extensions in this folder.

import FoundationEssentials
import GRDB
import Glibc

/// The assistant's database. All methods may be called from any task.
public final class Store: Sendable {
  let pool: Connections
  /// Of this process: claims of another one are void, since the lock is ours.
  let runID = UUID().uuidString.lowercased()
  let path: String
  private let file: FileIdentity?
  /// Held as long as this process uses the database.
  private let lock: FileLock

  /// Opens or creates the file (mode 0600, its folder 0700) and migrates it.
  ///
  /// - Throws: ``AssistantError`` with code `database`, naming the path.
  public init(path: String) throws {
    self.path = path
    do {
      try Self.createPrivately(path)
      lock = try FileLock(path: path + ".lock")
      var configuration = Configuration()
      configuration.foreignKeysEnabled = true
      configuration.busyMode = .timeout(5)
      let database = try DatabasePool(path: path, configuration: configuration)
      // Store, then ack: what Mercury heard acked must survive a power cut. Only now, since the pool
      // itself sets NORMAL when it turns on the write-ahead log.
      try database.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA synchronous = FULL")
        // After a burst the log is cut back to this; else it keeps its largest size.
        try db.execute(sql: "PRAGMA journal_size_limit = 16777216")
      }
      try Schema.migrate(database, path: path)
      try Self.check(database)
      pool = Connections(database)
      file = FileIdentity(path: path)
    } catch let error as AssistantError {
      throw error
    } catch let error as DatabaseError where error.isDamage {
      throw AssistantError.damaged(path, error)
    } catch {
      let why = (error as? DatabaseError)?.problem ?? "\(error)"
      throw AssistantError(.database, "cannot open the database at \(path): \(why)", cause: error)
    }
  }

  /// A look that takes no longer for a big file: the pages of the schema and of what is open. Damage
  /// elsewhere is found when it is read, and ends the program then.
  private static func check(_ pool: DatabasePool) throws {
    try pool.read { db in
      if try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0 <= Self.pagesOfSmallFile {
        let problem = try String.fetchOne(db, sql: "PRAGMA quick_check(1)")
        guard problem == "ok" else { throw DatabaseError(resultCode: .SQLITE_CORRUPT) }
      }
      _ = try Int.fetchOne(db, sql: "SELECT COUNT(json) FROM event WHERE finishedAt IS NULL")
    }
  }

  /// 64 MB, which is checked as a whole in well under a second.
  private static let pagesOfSmallFile = 16_384

  /// A file that was removed still takes writes, which end with the process: nothing may be acked.
  func checkPlace() throws {
    guard FileIdentity(path: path) != file else { return }
    throw DatabaseError(resultCode: .SQLITE_CANTOPEN, message: "its file is gone from \(path)")
  }

  /// SQLite gives -wal and -shm the mode of the database, so the file must exist with 0600 first.
  private static func createPrivately(_ path: String) throws {
    try createFolder(of: path)
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      let reason = String(cString: strerror(errno))
      throw AssistantError(.database, "cannot open the database at \(path): \(reason)")
    }
    Glibc.close(descriptor)
    chmod(path, 0o600)
  }

  /// The folder's mode is 0700 if it is made here.
  static func createFolder(of path: String) throws {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
    let folder = String(path[..<slash])
    guard !FileManager.default.fileExists(atPath: folder) else { return }
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
    } catch {
      throw AssistantError(
        .database, "cannot make the folder \(folder) for the database", cause: error)
    }
  }

  /// Flushes the write-ahead log and closes every connection.
  public func close() throws {
    // Whoever copies the file of a stopped program expects it whole.
    try? pool.database.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
    try pool.database.close()
    lock.release()
  }
}
