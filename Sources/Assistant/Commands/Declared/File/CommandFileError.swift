// What is wrong with a file of declared commands, for the start's refusal and the log.

/// Every problem of the file, with its place.
public struct CommandFileError: Error, Sendable, Equatable, CustomStringConvertible {
  public struct Problem: Sendable, Equatable, CustomStringConvertible {
    /// Its name, without folders.
    public var file: String
    /// From 1.
    public var line: Int
    public var column: Int
    /// One sentence without a full stop; never a secret.
    public var reason: String

    /// Such as `commands.yaml:12: unknown key "metod"; is it "method"?`
    public var description: String { "\(file):\(line): \(reason)" }
  }

  /// At least one, in the order of the file.
  public var problems: [Problem]

  public var description: String { problems.map(\.description).joined(separator: "\n") }
}
