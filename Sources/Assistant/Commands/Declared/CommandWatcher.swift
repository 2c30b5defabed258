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
  private let seen: Mutex<Stamps>

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
    seen = Mutex(Self.stamps(file))
    first = try file.read()
  }

  /// Runs until it is cancelled.
  public func run(_ apply: @Sendable ([DeclaredCommand]) async -> Void) async {
    while (try? await clock.sleep(for: .seconds(2))) != nil { await look(apply) }
  }

  /// One look. A broken change is told once, and the commands stay as they are.
  func look(_ apply: @Sendable ([DeclaredCommand]) async -> Void) async {
    let stamps = Self.stamps(file)
    let isChanged = seen.withLock { seen in
      defer { seen = stamps }
      return seen != stamps
    }
    guard isChanged else { return }
    do {
      let commands = try file.read()
      logger.notice("commands read again", metadata: ["count": "\(commands.count)"])
      await apply(commands)
    } catch {
      for problem in error.problems.prefix(20) {
        logger.error(
          "the changed commands are not used, the old ones stay",
          metadata: ["problem": "\(problem)"])
      }
    }
  }

  private static func stamps(_ file: CommandFile) -> Stamps {
    var stamps: Stamps = [:]
    for path in file.files() {
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
