// What the program asks the operating system about itself.
import Glibc

enum ProcessFacts {
  /// Standard error, for sentences meant for the person who started the program.
  static func complain(_ text: String) {
    write("webex-assistant: \(text)\n", to: 2)
  }

  /// One `write(2)` per call as far as the kernel takes it, so that lines do not mix.
  static func write(_ text: String, to descriptor: Int32) {
    var bytes = ArraySlice(text.utf8)
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        return
      }
      bytes = bytes.dropFirst(count)
    }
  }
}

/// Exit codes of sysexits.h, which systemd and shells know by name.
enum ExitStatus {
  /// EX_UNAVAILABLE: an address is taken, a file cannot be opened.
  static let unavailable: Int32 = 69
  /// EX_NOPERM: Webex refused the token.
  static let refused: Int32 = 77
  /// EX_CONFIG: a setting is missing or malformed.
  static let configuration: Int32 = 78
}
