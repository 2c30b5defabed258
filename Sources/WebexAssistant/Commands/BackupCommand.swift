// `webex-assistant backup` and `restore`: a copy of the database, and the way back.
import ArgumentParser
import Assistant

struct BackupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup",
    abstract: "Copy the database into a file, while the assistant runs or not.",
    discussion: """
      The copy is the database at one moment: one file, readable by its owner only, checked before it \
      takes its name. Copying the database file itself while the assistant runs gives no such thing.
      """)

  @Argument(help: "The file to make.")
  var file: String
  @Flag(help: "Replace a file of that name.")
  var force = false
  @OptionGroup(title: "Database") var place: DatabaseFlag

  func run() async throws {
    try await endingInOneSentence {
      let size = try Backup.make(of: try place.path(), at: file, overwrites: force)
      ProcessFacts.write("\(file): \(size) bytes\n", to: 1)
    }
  }
}

struct RestoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Put a backup in the database's place. Stop the assistant first.",
    discussion: """
      The database that is there is kept beside the new one. Messages that were open when the backup \
      was made may have been answered since: they become dead letters, and nothing from before the \
      restore is answered by itself; see `webex-assistant dead-letters`.
      """)

  @Argument(help: "A file that `backup` made.")
  var file: String
  @OptionGroup(title: "Database") var place: DatabaseFlag

  func run() async throws {
    try await endingInOneSentence {
      let path = try place.path()
      let restored = try Backup.restore(file, to: path)
      var lines = "\(path) is restored from \(file)\n"
      if let kept = restored.keptAt { lines += "What was there is now \(kept)\n" }
      if restored.deadLetters > 0 {
        lines += "\(restored.deadLetters) open messages are dead letters now\n"
      }
      ProcessFacts.write(lines, to: 1)
    }
  }
}
