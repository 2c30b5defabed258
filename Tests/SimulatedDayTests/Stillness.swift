// Whether anything in this process still has something to do: the kernel knows, whatever the machine's
// load. Without it a busy machine would look like a quiet program.

import Foundation
import Glibc

enum Stillness {
  /// No thread but this one runs or wants to.
  static var isStill: Bool {
    let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self")
    let own = link?.split(separator: "/").last.map(String.init)
    guard let threads = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")
    else { return true }
    return threads.allSatisfy { $0 == own || !isRunnable($0) }
  }

  private static func isRunnable(_ thread: String) -> Bool {
    let descriptor = open("/proc/self/task/\(thread)/stat", O_RDONLY | O_CLOEXEC)
    // It has ended.
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = read(descriptor, &buffer, buffer.count)
    guard count > 0, let end = buffer[..<count].lastIndex(of: UInt8(ascii: ")")), end + 2 < count
    else { return false }
    // Running, or waiting for the disk.
    return buffer[end + 2] == UInt8(ascii: "R") || buffer[end + 2] == UInt8(ascii: "D")
  }
}
