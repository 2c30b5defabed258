// A child process with limits. Whatever ends the waiting for it, ends its process group too.

import FoundationEssentials
import Glibc
import Subprocess
import Synchronization
import SystemPackage

/// What is started, and with what.
struct ProgramStart: Sendable, Equatable {
  var program: String
  var arguments: [String]
  var environment: [String: String]
  var directory: String
}

struct ProgramNotStarted: Error {
  var reason: String
}

struct RunningProgram: Sendable {
  let start: ProgramStart
  let timeout: Duration
  let limit: Int
  /// Between SIGTERM and SIGKILL.
  let patience: Duration
  let programs: RunningPrograms
  /// Gets standard output and error in the order in which they were written.
  let output: @Sendable ([UInt8]) -> Void

  private enum Race: Sendable {
    case ended(ProgramEnd)
    case timeout
  }

  /// - Throws: ``ProgramNotStarted``, or `CancellationError`; the child is gone by then.
  func run() async throws -> ProgramEnd {
    try await withThrowingTaskGroup(of: Race.self) { group in
      group.addTask { .ended(try await self.child()) }
      group.addTask {
        try await Task.sleep(for: self.timeout)
        return .timeout
      }
      defer { group.cancelAll() }
      switch try await group.next() {
      case .ended(let end)?: return end
      case .timeout?, nil:
        // The child's end is waited for: cancelling it takes the signals their time.
        group.cancelAll()
        while (try? await group.next()) != nil {}
        try Task.checkCancellation()
        return .timedOut
      }
    }
  }

  private func child() async throws -> ProgramEnd {
    var options = PlatformOptions()
    // A group of its own, so that what the program started ends with it.
    options.processGroupID = 0
    let steps: [TeardownStep] = [
      .send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: patience)
    ]
    options.teardownSequence = steps
    var variables: [Environment.Key: String] = [:]
    for (name, value) in start.environment {
      if let key = Environment.Key(rawValue: name) { variables[key] = value }
    }
    let group = Mutex<pid_t>(0)
    defer { if case let pid = group.withLock({ $0 }), pid > 0 { programs.end(pid) } }
    do {
      let result = try await Subprocess.run(
        .path(FilePath(start.program)), arguments: Arguments(start.arguments),
        environment: .custom(variables), workingDirectory: FilePath(start.directory),
        platformOptions: options, input: .none, output: .sequence, error: .combinedWithOutput
      ) { execution in
        group.withLock { $0 = execution.processIdentifier.value }
        guard programs.begin(execution.processIdentifier.value) else { throw CancellationError() }
        return try await read(
          execution.standardOutput, of: execution.processIdentifier.value
        ) {
          await execution.teardown(using: steps)
        }
      }
      try Task.checkCancellation()
      if result.closureResult { return .cut }
      return switch result.terminationStatus {
      case .exited(let code): .exited(Int(code))
      case .signaled(let signal): .killed(Int(signal))
      }
    } catch let error as SubprocessError {
      try Task.checkCancellation()
      throw ProgramNotStarted(reason: "\(error)")
    }
  }

  /// Whether the output was cut at its limit.
  private func read(
    _ chunks: SubprocessOutputSequence, of pid: pid_t, teardown: () async -> Void
  ) async throws -> Bool {
    var count = 0
    do {
      for try await chunk in chunks {
        let bytes = chunk.bytes.withUnsafeBytes { Array($0) }
        output(Array(bytes.prefix(limit - count)))
        count += bytes.count
        if count > limit {
          await teardown()
          kill(-pid, SIGKILL)
          return true
        }
      }
      try Task.checkCancellation()
      return false
    } catch {
      await teardown()
      // Those that ignored SIGTERM while their leader heeded it.
      kill(-pid, SIGKILL)
      throw error
    }
  }
}

/// What a program wrote, made presentable.
final class Collected: Sendable {
  private struct State {
    var text: OutputText
    var all = ""
    var hasBegun = false
    /// Of a stream: what was given out, in bytes.
    var given = 0
    var isFull = false
    var endsLine = false
  }

  private let state: Mutex<State>

  init(mask: SecretMask) { state = Mutex(State(text: OutputText(mask: mask))) }

  /// The piece to show, with the fence before the first one.
  func push(_ bytes: [UInt8]) -> String {
    state.withLock { state in
      let piece = state.text.push(bytes)
      state.all += piece
      return Self.bounded(Self.fenced(piece, &state), &state)
    }
  }

  func finish() -> String {
    state.withLock { state in
      state.all += state.text.finish()
      return state.all
    }
  }

  /// The end of a code block that grew.
  func finishStream() -> String {
    state.withLock { state in
      let piece = Self.bounded(Self.fenced(state.text.finish(), &state), &state)
      guard state.hasBegun else { return Sentences.noOutput + "\n\n" }
      let end = piece + (state.endsLine ? "```\n\n" : "\n```\n\n")
      return state.isFull ? end + Sentences.restNotShown + "\n\n" : end
    }
  }

  /// A stream fills so many messages and no more; the program goes on.
  private static func bounded(_ piece: String, _ state: inout State) -> String {
    guard !state.isFull, !piece.isEmpty else { return "" }
    let room = LongReply.limit - state.given
    state.isFull = piece.utf8.count > room
    let shown =
      state.isFull ? String(decoding: LongReply.front(of: piece, room), as: UTF8.self) : piece
    state.given += shown.utf8.count
    if let last = shown.utf8.last { state.endsLine = last == UInt8(ascii: "\n") }
    return shown
  }

  private static func fenced(_ piece: String, _ state: inout State) -> String {
    guard !state.hasBegun, !piece.isEmpty else { return piece }
    state.hasBegun = true
    return "```\n" + piece
  }
}
