// Files that operators name: commands, and secrets in files of their own.

import Glibc

enum RegularFile {
  enum Problem: String, Error {
    case unreadable = "cannot be read"
    case otherKind = "is not a regular file"
    case tooLarge = "is larger than 1 MB"
  }

  /// Bytes of one file.
  static let maximumSize = 1 << 20

  /// Never waits, as a named pipe would, and never reads more than it should.
  static func bytes(_ path: String) throws(Problem) -> [UInt8] {
    let file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { throw .unreadable }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw .unreadable }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .otherKind }
    guard status.st_size <= maximumSize else { throw .tooLarge }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(file, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .unreadable }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
      // It may grow while it is read.
      guard bytes.count <= maximumSize else { throw .tooLarge }
    }
  }
}
