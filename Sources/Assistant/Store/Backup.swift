// A copy of the database while it is in use, and the way back. Used by `webex-assistant backup` and
// `restore`.

public import FoundationEssentials
import GRDB
import Glibc

/// Copies of a database file.
public enum Backup {
  /// Copies the database as it is at one moment, beside whoever uses it. The copy is one file of mode
  /// 0600, checked, and complete or not there at all.
  ///
  /// - Parameter overwrites: whether a file of that name may be replaced.
  /// - Returns: the size of the copy in bytes.
  /// - Throws: ``AssistantError`` with code `database`.
  @discardableResult
  public static func make(of path: String, at copy: String, overwrites: Bool) throws -> Int {
    guard FileIdentity(path: path) != nil else {
      throw AssistantError(.database, "there is no database at \(path)")
    }
    if let there = FileIdentity(path: copy) {
      guard there != FileIdentity(path: path) else {
        throw AssistantError(.database, "\(copy) is the database itself")
      }
      guard overwrites else {
        throw AssistantError(.database, "\(copy) is there already; --force replaces it")
      }
    }
    var configuration = Configuration()
    configuration.busyMode = .timeout(10)
    let partial = copy + ".partial"
    do {
      let source = try DatabaseQueue(path: path, configuration: configuration)
      defer { try? source.close() }
      try copyPages(from: source, to: partial) { _ in }
      try move(partial, to: copy)
    } catch {
      unlink(partial)
      throw AssistantError.opening(path, error)
    }
    var status = stat()
    return stat(copy, &status) == 0 ? Int(status.st_size) : 0
  }

  /// What a restore did.
  public struct Restored: Sendable, Equatable {
    /// Where the database that was there is now; nil if there was none.
    public var keptAt: String?
    /// Messages that were open in the backup and are dead letters now.
    public var deadLetters: Int
  }

  /// Puts a backup in the database's place. What was there is kept beside it.
  ///
  /// Whatever was open when the backup was made may have been answered since: it becomes dead letters,
  /// so that nothing is answered twice.
  /// - Throws: ``AssistantError`` with code `database`: the assistant runs, the file is no backup.
  public static func restore(_ file: String, to path: String, now: Date = Date()) throws -> Restored
  {
    guard FileIdentity(path: file) != nil else {
      throw AssistantError(.database, "there is no file \(file)")
    }
    guard FileIdentity(path: file) != FileIdentity(path: path) else {
      throw AssistantError(.database, "\(file) is the database itself")
    }
    try Store.createFolder(of: path)
    let lock = try FileLock(path: path + ".lock")
    defer { lock.release() }
    let new = path + ".restoring"
    var deadLetters = 0
    do {
      var configuration = Configuration()
      configuration.readonly = true
      let source = try DatabaseQueue(path: file, configuration: configuration)
      defer { try? source.close() }
      guard try source.read({ try $0.tableExists("event") && $0.tableExists("grdb_migrations") })
      else { throw AssistantError(.database, "\(file) is no backup of webex-assistant") }
      try copyPages(from: source, to: new) { copy in
        try Schema.migrate(copy, path: file)
        deadLetters = try copy.write { try closeWhatWasOpen($0, at: now) }
      }
    } catch {
      unlink(new)
      throw AssistantError.opening(file, error)
    }
    let keptAt = try putAside(path, at: now)
    try move(new, to: path)
    return Restored(keptAt: keptAt, deadLetters: deadLetters)
  }

  // MARK: Parts

  /// - Parameter change: made to the copy before it is checked.
  private static func copyPages(
    from source: DatabaseQueue, to path: String, change: (DatabaseQueue) throws -> Void
  ) throws {
    unlink(path)
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw AssistantError(
        .database, "cannot make \(path): \(String(cString: strerror(errno)))")
    }
    defer { Glibc.close(descriptor) }
    do {
      let copy = try DatabaseQueue(path: path)
      // In one step: a snapshot, whatever is written meanwhile.
      try source.backup(to: copy)
      try copy.writeWithoutTransaction { db in
        // One file, without a log beside it.
        _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = DELETE")
      }
      try change(copy)
      let problem = try copy.read { try String.fetchOne($0, sql: "PRAGMA integrity_check(1)") }
      guard problem == "ok" else { throw DatabaseError(resultCode: .SQLITE_CORRUPT) }
      try copy.close()
    }
    guard fsync(descriptor) == 0 else {
      throw AssistantError(.database, "cannot write \(path): \(String(cString: strerror(errno)))")
    }
  }

  private static func move(_ path: String, to place: String) throws {
    guard rename(path, place) == 0 else {
      throw AssistantError(
        .database, "cannot rename \(path) to \(place): \(String(cString: strerror(errno)))")
    }
    let folder = place.lastIndex(of: "/").map { String(place[...$0]) } ?? "."
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if descriptor >= 0 {
      fsync(descriptor)
      Glibc.close(descriptor)
    }
  }

  /// The log goes with its database, or the next one would be read with it.
  private static func putAside(_ path: String, at now: Date) throws -> String? {
    guard FileIdentity(path: path) != nil else { return nil }
    var kept = "\(path).before-restore-\(Int(now.timeIntervalSince1970))"
    while FileIdentity(path: kept) != nil { kept += "-1" }
    for suffix in ["-wal", "-shm", ""] where FileIdentity(path: path + suffix) != nil {
      try move(path + suffix, to: kept + suffix)
    }
    return kept
  }

  private static func closeWhatWasOpen(_ db: Database, at now: Date) throws -> Int {
    try db.execute(
      sql: """
        UPDATE event SET state = 'failed', finishedAt = ?, claimedBy = NULL, retryAt = NULL,
          outcome = 'failed', reason = 'open when the backup was made: it may be answered already'
        WHERE finishedAt IS NULL
        """, arguments: [now])
    let count = db.changesCount
    try db.execute(
      sql: """
        UPDATE turn SET state = 'finished', finishedAt = ?, outcome = 'restored from a backup'
        WHERE finishedAt IS NULL
        """, arguments: [now])
    // Neither looked for nor sent again, nor delivered; the registration is another one by now.
    for table in ["send", "echo", "answer", "device"] {
      try db.execute(sql: "DELETE FROM \(table)")
    }
    // Nothing from before is looked up either.
    try db.execute(sql: "DELETE FROM meta WHERE key = 'gapSince'")
    // No message from before now is anybody's question, and without the overlap that a backfill adds
    // no edit is either.
    try db.execute(
      sql: """
        INSERT OR REPLACE INTO meta (key, value) VALUES ('installedAt', :now), ('completeTo', :later)
        """,
      arguments: ["now": now, "later": now.addingTimeInterval(BackfillPlan.overlap)])
    return count
  }
}
