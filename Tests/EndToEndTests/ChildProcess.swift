// A program under test: started with exactly the given environment, its output in files, ended by
// its pid.

import Foundation
import Synchronization

/// A child process. `deinit` kills it, so that a failing test leaves nothing behind.
final class ChildProcess: Sendable {
  private struct State {
    var status: Int32?
    var waiters: [CheckedContinuation<Int32, Never>] = []
  }

  let pid: Int32
  private let folder: URL
  private let state = Mutex(State())

  /// - Parameters:
  ///   - environment: the whole environment; only PATH is added.
  ///   - directory: the working directory; a fresh one without an `.env` unless given.
  init(
    _ arguments: [String], environment: [String: String] = [:], directory: URL? = nil
  ) throws {
    folder = URL.temporaryDirectory.appending(path: "e2e-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let process = Process()
    process.executableURL = Self.binary
    process.arguments = arguments
    process.currentDirectoryURL = directory ?? folder
    process.environment = environment.merging(["PATH": "/usr/bin:/bin"]) { own, _ in own }
    for (name, keyPath) in [
      ("stdout", \Process.standardOutput), ("stderr", \Process.standardError),
    ] as [(String, ReferenceWritableKeyPath<Process, Any?>)] {
      let file = folder.appending(path: name)
      try Data().write(to: file)
      process[keyPath: keyPath] = try FileHandle(forWritingTo: file)
    }
    process.standardInput = FileHandle.nullDevice
    let relay = EndRelay()
    process.terminationHandler = { relay.end($0.terminationStatus) }
    try process.run()
    pid = process.processIdentifier
    relay.onEnd { [weak self] status in self?.end(status) }
  }

  deinit {
    if state.withLock({ $0.status == nil }) { kill(pid, SIGKILL) }
    try? FileManager.default.removeItem(at: folder)
  }

  /// The program that `swift build` made beside the tests.
  static var binary: URL {
    if let path = ProcessInfo.processInfo.environment["ASSISTANT_BINARY"] {
      return URL(filePath: path)
    }
    return packageRoot.appending(path: ".build/debug/webex-assistant")
  }

  static var packageRoot: URL {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
  }

  var isRunning: Bool { state.withLock { $0.status == nil } }
  var stdout: String { text("stdout") }
  var stderr: String { text("stderr") }

  private func text(_ name: String) -> String {
    (try? Data(contentsOf: folder.appending(path: name))).map {
      String(decoding: $0, as: UTF8.self)
    }
      ?? ""
  }

  func send(_ signal: Int32) {
    if isRunning { kill(pid, signal) }
  }

  /// Peak resident memory in bytes, from the kernel.
  var peakMemory: Int {
    let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
  }

  var openDescriptors: Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd"))?.count ?? 0
  }

  /// The exit status, once it has ended; killed by a signal it is the signal's number.
  func exit() async -> Int32 {
    await withCheckedContinuation { continuation in
      let status = state.withLock { state -> Int32? in
        if state.status == nil { state.waiters.append(continuation) }
        return state.status
      }
      if let status { continuation.resume(returning: status) }
    }
  }

  private func end(_ status: Int32) {
    let waiters = state.withLock { state in
      state.status = status
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume(returning: status) }
  }
}

/// Joins a termination that may come before anybody listens.
private final class EndRelay: Sendable {
  private struct State {
    var status: Int32?
    var listener: (@Sendable (Int32) -> Void)?
  }
  private let state = Mutex(State())

  func end(_ status: Int32) {
    let listener = state.withLock { state in
      state.status = status
      return state.listener
    }
    listener?(status)
  }

  func onEnd(_ listener: @escaping @Sendable (Int32) -> Void) {
    let status = state.withLock { state in
      state.listener = listener
      return state.status
    }
    if let status { listener(status) }
  }
}

struct TimedOut: Error, CustomStringConvertible {
  var description: String
}

/// Polls until there is a value. The limit is generous: it only ends a test that hangs.
func eventually<Value>(
  _ what: String, within limit: Duration = .seconds(90),
  _ look: () async throws -> Value?
) async throws -> Value {
  let clock = ContinuousClock()
  let end = clock.now + limit
  while clock.now < end {
    if let value = try await look() { return value }
    try await Task.sleep(for: .milliseconds(50))
  }
  throw TimedOut(description: "waited \(limit) for: \(what)")
}
