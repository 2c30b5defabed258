// The version that `--version`, the User-Agent and the log tell.

enum ProgramVersion {
  static let current = "0.1.0"
  static let userAgent = "webex-assistant/\(current)"
}
