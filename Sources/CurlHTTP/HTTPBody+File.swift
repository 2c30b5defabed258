// Downloads: a body written to a file as it comes.

import Glibc

extension HTTPBody {
  /// Writes the rest of the body to a file that only this user may read, created or emptied first.
  /// When anything fails, the file is removed.
  ///
  /// - Returns: the number of bytes.
  /// - Throws: `.bodyTooLarge` beyond `limit` bytes, `.fileError`, or what the transfer throws.
  public func write(toFile path: String, upTo limit: Int) async throws -> Int {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw Self.fileError("cannot be opened", path) }
    defer { close(file) }
    do {
      var total = 0
      for try await chunk in self {
        total += chunk.count
        guard total <= limit else {
          cancel()
          throw HTTPError.bodyTooLarge(limit)
        }
        try Self.writeAll(chunk, to: file, path)
      }
      return total
    } catch {
      unlink(path)
      throw error
    }
  }

  private static func writeAll(_ bytes: [UInt8], to file: Int32, _ path: String) throws {
    var offset = 0
    while offset < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(file, $0.baseAddress! + offset, $0.count - offset)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw fileError("cannot be written", path)
      }
      offset += count
    }
  }

  private static func fileError(_ what: String, _ path: String) -> HTTPError {
    HTTPError(
      code: .fileError, message: "\(path) \(what): \(String(cString: strerror(errno)))",
      receivedResponseBytes: true, requestWasSent: true)
  }
}
