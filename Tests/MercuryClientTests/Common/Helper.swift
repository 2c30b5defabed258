// Programs that tests talk to: started, asked for their port, and ended by closing their input.

import Foundation
import Synchronization

/// A running helper program. Ends with this object.
final class HelperProgram: Sendable {
  let port: Int
  private let process: Mutex<(process: Process, input: Pipe)>

  struct Failed: Error, CustomStringConvertible {
    let description: String
  }

  /// Waits until the program printed its port.
  init(_ arguments: [String], environment: [String: String] = [:]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    var line: [UInt8] = []
    while line.last != 10 {
      guard let byte = try output.fileHandleForReading.read(upToCount: 1)?.first else { break }
      line.append(byte)
    }
    guard let port = Int(String(decoding: line.dropLast(), as: UTF8.self)) else {
      kill(process.processIdentifier, SIGKILL)
      throw Failed(description: "\(arguments.first ?? "") printed no port")
    }
    self.port = port
    self.process = Mutex((process, input))
  }

  /// All helpers end at the end of their input. SIGTERM would not do: children of a Swift thread
  /// inherit its signal mask, which may block it.
  func stop() {
    process.withLock {
      try? $0.input.fileHandleForWriting.close()
      $0.process.waitUntilExit()
    }
  }

  deinit { stop() }
}

/// What the strangers need from the machine. A missing part skips with a line, and fails where CI=true.
enum Tools {
  static let python = ProcessInfo.processInfo.environment["ASSISTANT_TEST_PYTHON"] ?? "python3"

  static let hasWebsockets = runs([python, "-c", "import websockets.asyncio.server"])
  static let hasNode = runs(["node", "--version"])
  static let hasOpenSSL = runs(["openssl", "version"])
  static let hasProxy = runs(["tinyproxy", "-v"])

  private static var isCI: Bool { ProcessInfo.processInfo.environment["CI"] == "true" }

  /// True when the tests may run, and in CI always: there they fail instead.
  static func require(_ isThere: Bool, _ what: String) -> Bool {
    if !isThere, !isCI { print("SKIPPED: \(what) is not installed") }
    return isThere || isCI
  }

  @discardableResult
  static func runs(_ arguments: [String]) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }

  /// A private authority and a certificate of its for 127.0.0.1, in a new directory.
  static func makeCertificates() throws -> (authority: String, certificate: String, key: String) {
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("mercury-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    func path(_ name: String) -> String { directory.appendingPathComponent(name).path }
    try Data("subjectAltName=IP:127.0.0.1\n".utf8).write(to: URL(fileURLWithPath: path("san")))
    let steps: [[String]] = [
      [
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Test CA",
        "-keyout", path("ca.key"), "-out", path("ca.pem"),
      ],
      [
        "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-keyout", path("key"),
        "-out", path("csr"),
      ],
      [
        "x509", "-req", "-days", "2", "-in", path("csr"), "-CA", path("ca.pem"), "-CAkey",
        path("ca.key"), "-CAcreateserial", "-extfile", path("san"), "-out", path("pem"),
      ],
    ]
    for step in steps where !runs(["openssl"] + step) {
      throw HelperProgram.Failed(description: "openssl \(step[0]) failed")
    }
    return (path("ca.pem"), path("pem"), path("key"))
  }
}
