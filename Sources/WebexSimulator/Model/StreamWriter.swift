// How a scripted stream is put on the wire. Used by `ScriptedCompletion`.

/// Server-sent events with the script's line ends and cuts; fills pauses with comments.
struct StreamWriter {
  let writer: BodyWriter
  let script: ModelScript

  func data(_ json: JSON) async throws { try await line("data: \(json.serialized)") }

  func comment(_ text: String) async throws { try await line(": \(text)") }

  /// Lines of one event; ends it with an empty line.
  func line(_ text: String) async throws {
    let whole = text + "\n\n"
    try await raw(Array((script.isCRLF ? whole.replacing("\n", with: "\r\n") : whole).utf8))
  }

  func raw(_ bytes: [UInt8]) async throws {
    guard let size = script.chunkBytes, !bytes.isEmpty else { return try await writer.write(bytes) }
    for start in stride(from: 0, to: bytes.count, by: size) {
      try await writer.write(Array(bytes[start..<min(start + size, bytes.count)]))
    }
  }

  func pause(_ duration: Duration) async throws {
    guard duration > .zero else { return }
    guard let keepAlive = script.keepAlive else { return try await Task.sleep(for: duration) }
    let end = ContinuousClock.now + duration
    while true {
      let rest = end - .now
      guard rest > .zero else { return }
      try await Task.sleep(for: min(rest, keepAlive))
      if rest > keepAlive { try await comment("ping") }
    }
  }
}
