// Who owns a database's file, and whether it is still the same file. Used by the store and by restore.

import Glibc

/// Two processes on one database would answer everything twice: the second one refuses.
final class FileLock: Sendable {
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

/// Which file a path leads to.
struct FileIdentity: Equatable, Sendable {
  private let device: dev_t
  private let inode: ino_t

  /// nil if nothing is there.
  init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    (device, inode) = (status.st_dev, status.st_ino)
  }
}
