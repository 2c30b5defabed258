// The recorded shapes beside this file.

import Foundation

enum Fixture {
  static var envelopeNames: [String] {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: directory.path)
        .filter { $0.hasPrefix("envelope-") }.sorted()
    }
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: directory.appendingPathComponent(name)))
  }

  static func text(_ name: String) throws -> String {
    String(decoding: try bytes(name), as: UTF8.self)
  }

  /// Of this test target, for helper programs.
  static var supportDirectory: URL { root.appendingPathComponent("Support") }

  private static var directory: URL { root.appendingPathComponent("Fixtures") }
  private static var root: URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  }
}
