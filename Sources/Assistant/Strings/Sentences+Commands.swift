// What a person reads about commands: their arguments, and what became of a declared command.

extension Sentences {
  // MARK: Arguments. Each completes "`name` …".

  static let givenTwice = "was given twice."
  static let needsValue = "needs a value."
  static let unprintable = "has characters that cannot be used there."
  static let noInteger = "must be a whole number."
  static let noNumber = "must be a number, such as 2.5."
  static let noBoolean = "must be yes or no."

  static func tooLongValue(_ limit: Int) -> String { "may have at most \(limit) characters." }

  static func noChoice(_ choices: [String]) -> String {
    "must be one of \(choices.map { code($0) }.joined(separator: ", "))."
  }

  /// Why the arguments cannot be used, and how the command is used.
  static func argumentProblem(_ problem: ArgumentProblem, usage: String) -> String {
    let what =
      switch problem {
      case .missing(let arguments, _):
        "\(arguments.map { code($0.name) }.joined(separator: ", ")) "
          + (arguments.count == 1 ? "is missing." : "are missing.")
      case .invalid(let name, let reason): "\(code(name)) \(reason)"
      case .unknownOption(let name, let known) where known.isEmpty:
        "There is no option \(code("--" + name)): this command has none. "
          + "To write text that begins with dashes, put `--` before it."
      case .unknownOption(let name, let known):
        "There is no option \(code("--" + name)). There are: "
          + known.map { code("--" + $0) }.joined(separator: ", ") + "."
      case .tooMany(let word):
        "\(code(word)) is more than this command takes. Words that belong together go in quotes."
      }
    return "\(what)\n\nUsage: \(code(usage))"
  }

  // MARK: Confirmations

  /// When the operator wrote no question of their own.
  static func confirmation(of keyword: String, _ arguments: [(name: String, value: String)])
    -> String
  {
    let list = arguments.map { "\n- \($0.name): \($0.value)" }.joined()
    return "Run \(code(keyword))" + (list.isEmpty ? "?" : " with these?\n\(list)")
  }

  // MARK: Declared commands. The reference is added where they are told.

  static func unreachable(_ keyword: String) -> String {
    "The service behind \(code(keyword)) cannot be reached at the moment. Please try again in a few "
      + "minutes."
  }

  static func serviceTimeout(_ keyword: String, mayHaveRun: Bool) -> String {
    "The service behind \(code(keyword)) took too long, so I stopped waiting. "
      + "\(mayHaveRun ? lookFirst : "Please try again later.")"
  }

  static func serviceLost(_ keyword: String, mayHaveRun: Bool) -> String {
    "The connection to the service behind \(code(keyword)) broke. "
      + "\(mayHaveRun ? lookFirst : "Please try again.")"
  }

  private static let lookFirst =
    "What you asked for may have been done all the same: please look before you try again."

  static func serviceStatus(_ keyword: String, _ status: Int) -> String {
    let what =
      switch status {
      case 300..<400: "sent me somewhere else"
      case 401, 403: "did not accept my credentials; my operator has to look at them"
      case 404: "does not know this"
      case 409, 412: "says that this is in conflict with what it has"
      case 429: "says that I ask too often; please try again in a while"
      case 400..<500: "did not accept the request"
      default: "failed"
      }
    return "The service behind \(code(keyword)) \(what) (status \(status))."
  }

  static func serviceTooLarge(_ keyword: String, limit: Int) -> String {
    "The service behind \(code(keyword)) sent more than \(size(limit)), so I stopped reading."
  }

  static func serviceUnreadable(_ keyword: String, isPage: Bool) -> String {
    "The service behind \(code(keyword)) answered with "
      + (isPage
        ? "a web page instead of data. Perhaps it wants a sign-in; my operator has to look at it."
        : "something that I cannot read.")
  }

  static func serviceElsewhere(_ keyword: String) -> String {
    "The service behind \(code(keyword)) sent me to another address, and I do not go there. My "
      + "operator has to look at it."
  }

  static let unusableInAddress =
    "One of the values cannot be part of an address: it is empty, or `.` or `..`."
  static let unusableInHeader = "One of the values cannot be sent: it has a line break in it."
  static let unusableAsOption =
    "A value must not begin with a dash here: the program would take it for an option."
  static let unusableInProgram = "One of the values cannot be given to a program."

  static let unusableBody = "One of the values cannot be part of the request."
  static let done = "Done."

  static func unusableTemplate(_ keyword: String) -> String {
    "The answer for \(code(keyword)) could not be put into words. My operator has to look at its "
      + "declaration."
  }

  static func notStarted(_ keyword: String) -> String {
    "The program behind \(code(keyword)) could not be started. My operator has to look at it."
  }

  static func cutAnswer(limit: Int) -> String { "_Cut off here, after \(size(limit))._" }

  static let restInFile = "_Too long for a message: the whole reply is in the file._"
  static let restNotShown = "_Too long for a message: the rest is not shown._"

  /// Under the output of a program.
  static func ended(_ end: ProgramEnd, after time: Duration, limit: Int, timeout: Duration)
    -> String
  {
    let spent = Self.time(time)
    return switch end {
    case .exited(let code): "_Ended with exit code \(code) after \(spent)._"
    case .killed(let signal): "_Ended by signal \(signal) after \(spent)._"
    case .timedOut: "_Took longer than its time limit of \(span(timeout)), so I ended it._"
    case .cut: "_Wrote more than \(size(limit)), so I ended it after \(spent)._"
    }
  }

  /// A time limit; those of the settings may be shorter than a second.
  private static func span(_ time: Duration) -> String {
    let milliseconds = time.components.attoseconds / 1_000_000_000_000_000
    return time < .seconds(1) ? "\(milliseconds) ms" : self.time(time)
  }

  static let noOutput = "_No output._"
  static let hidden = "•••"

  static func size(_ bytes: Int) -> String {
    bytes >= 1_000_000
      ? "\(bytes / 1_000_000) MB" : bytes >= 1_000 ? "\(bytes / 1_000) KB" : "\(bytes) bytes"
  }
}
