// Keeps the declared commands as the file says, without a restart. Run by the assistant's service.

import FoundationEssentials
import Glibc
public import Logging
import Synchronization

/// Looks at the commands' file every two seconds, and hands its commands on when it has changed.
public final class CommandWatcher: Sendable {
  /// What tells one state of a file from the next, by path.
  private typealias Stamps = [String: [Int]]

  /// The commands at the start.
  public let first: [DeclaredCommand]
  private let file: CommandFile
  private let clock: any Clock<Duration>
  private let logger: Logger
  private let state: Mutex<State>

  private struct State {
    /// Of what was read last.
    var used: Stamps
    /// At the last look.
    var seen: Stamps
    /// Secrets in files of their own: they count as parts of the commands.
    var secretFiles: Set<String>
  }

  /// Reads the file.
  ///
  /// - Throws: ``CommandFileError``: the start is to be refused with it.
  public init(
    _ file: CommandFile, clock: any Clock<Duration> = ContinuousClock(), logger: Logger
  ) throws(CommandFileError) {
    self.file = file
    self.clock = clock
    self.logger = logger
    // Before it is read: a change in between is seen as one.
    var stamps = Self.stamps(file.files())
    let reading = file.reading()
    first = try file.read(reading)
    stamps.merge(Self.stamps(reading.secretFiles)) { $1 }
    state = Mutex(State(used: stamps, seen: stamps, secretFiles: reading.secretFiles))
  }

  /// Runs until it is cancelled.
  public func run(_ apply: @Sendable ([DeclaredCommand]) async -> Void) async {
    while (try? await clock.sleep(for: .seconds(2))) != nil { await look(apply) }
  }

  /// One look. A change is read when two looks saw the same: it may still be being written. A broken
  /// one is told once, and the commands stay as they are.
  func look(_ apply: @Sendable ([DeclaredCommand]) async -> Void) async {
    let stamps = Self.stamps(state.withLock { file.files() + $0.secretFiles })
    let old: Stamps? = state.withLock { state in
      defer { state.seen = stamps }
      guard state.used != stamps, state.seen == stamps else { return nil }
      defer { state.used = stamps }
      return state.used
    }
    guard let old else { return }
    let emptied = stamps.first { path, stamp in
      stamp.count > 1 && stamp[1] == 0 && old[path] != stamp
    }
    if let emptied {
      return refuse("\(URL(filePath: emptied.key).lastPathComponent): is empty")
    }
    let reading = file.reading()
    let result: Result<[DeclaredCommand], CommandFileError>
    do throws(CommandFileError) {
      result = .success(try file.read(reading))
    } catch {
      result = .failure(error)
    }
    watch(reading.secretFiles)
    switch result {
    case .success(let commands):
      logger.notice("commands read again", metadata: ["count": "\(commands.count)"])
      await apply(commands)
    case .failure(let error):
      for problem in error.problems.prefix(20) { refuse(problem.description) }
    }
  }

  private func refuse(_ problem: String) {
    logger.error(
      "the changed commands are not used, the old ones stay", metadata: ["problem": "\(problem)"])
  }

  /// Also files of secrets that a broken change named: they may be what it lacks.
  private func watch(_ secretFiles: Set<String>) {
    state.withLock { state in
      let new = secretFiles.subtracting(state.secretFiles)
      let stamps = Self.stamps(new)
      state.secretFiles.formUnion(new)
      state.used.merge(stamps) { $1 }
      state.seen.merge(stamps) { $1 }
    }
  }

  private static func stamps(_ paths: some Sequence<String>) -> Stamps {
    var stamps: Stamps = [:]
    for path in paths {
      var status = stat()
      stamps[path] =
        stat(path, &status) == 0
        ? [
          Int(status.st_ino), Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
        ] : []
    }
    return stamps
  }
}
