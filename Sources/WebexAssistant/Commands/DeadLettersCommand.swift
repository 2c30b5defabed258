// `webex-assistant dead-letters`: what was given up, and another try for it.
import ArgumentParser
import Assistant
import FoundationEssentials

struct DeadLettersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dead-letters",
    abstract: "List the messages that were given up, or have them tried again.",
    discussion: """
      Whose, where, what, how often it was tried and why it was given up; never what was said. They \
      are kept for 30 days. Works beside the running program, which takes what is to be tried again \
      up within half a minute, and without it. The exit status is 0, 1 if --retry found nothing, or \
      69 if the database cannot be read.
      """)

  @Option(help: ArgumentHelp("Try it again: an id of the list, or `all`.", valueName: "id|all"))
  var retry: String?
  @Flag(help: "Print the list as JSON.")
  var json = false
  @OptionGroup(title: "Database") var place: DatabaseFlag

  func validate() throws {
    guard let retry, retry != "all", Int64(retry) == nil else { return }
    throw ValidationError("--retry takes an id of the list, or `all`")
  }

  func run() async throws {
    try await endingInOneSentence {
      let letters = try DeadLetters(path: try place.path())
      defer { letters.close() }
      if let retry {
        try put(back: retry, letters)
      } else {
        let all = try letters.all()
        ProcessFacts.write(json ? try Self.json(all) : Self.table(all), to: 1)
      }
    }
  }

  private func put(back retry: String, _ letters: DeadLetters) throws {
    let count = try letters.retry(Int64(retry))
    if json {
      ProcessFacts.write("{\"retried\":\(count)}\n", to: 1)
    } else if count > 0 {
      ProcessFacts.write("\(count) to be tried again\n", to: 1)
    }
    guard count == 0 else { return }
    if !json {
      ProcessFacts.complain(
        retry == "all" ? "there are no dead letters" : "there is no dead letter \(retry)")
    }
    throw ExitCode(1)
  }

  private static func json(_ letters: [DeadLetter]) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    return String(decoding: try encoder.encode(letters), as: UTF8.self) + "\n"
  }

  static func table(_ letters: [DeadLetter]) -> String {
    guard !letters.isEmpty else { return "There are no dead letters.\n" }
    let head = ["ID", "GIVEN UP", "WHO", "SPACE", "WHAT", "TRIES", "WHY"]
    let rows = letters.map { letter in
      [
        "\(letter.id)", letter.failedAt.formatted(.iso8601), letter.personEmail ?? "?",
        letter.spaceID + (letter.isDirect.map { $0 ? " (direct)" : " (group)" } ?? ""),
        letter.kind, "\(letter.tries)", letter.reason,
      ]
    }
    let widths = head.indices.map { column in ([head] + rows).map { $0[column].count }.max() ?? 0 }
    return ([head] + rows).map { row in
      row.indices.map { column in
        // Nothing stands behind the last one.
        column == row.count - 1
          ? row[column]
          : row[column] + String(repeating: " ", count: widths[column] - row[column].count)
      }.joined(separator: "  ") + "\n"
    }.joined()
  }
}

/// Where the database is, for the commands that look at it: found as `run` finds it.
struct DatabaseFlag: ParsableArguments {
  @Option(help: ArgumentHelp("The SQLite file.", valueName: "path"))
  var database: String?

  func path() throws -> String {
    try Settings.loadOrExplain(
      flags: ConfigurationSources.Flag.named([.databasePath: database]), for: .database
    ).databasePath
  }
}
