import Foundation
import Synchronization
import Testing
import WebexAPI

@testable import Assistant

@Suite("Declared programs")
struct DeclaredRunTests {
  /// A command that runs a shell script; only tests need a shell.
  static func command(
    _ script: String, _ more: String = "", arguments: String = "", reply: String? = nil,
    environment: [String: String] = [:]
  ) throws -> DeclaredCommand {
    let folder = try TemporaryFolder()
    let path = try folder.write(script, to: "script.sh")
    return try Declared.only(
      """
      commands:
        - keyword: /job
          help: h
          arguments: [{name: first, required: false}, {name: rest, type: text, required: false}]
          \(reply.map { "reply: '\($0)'" } ?? "match: exact")
          run:
            program: /bin/sh
            arguments: [-c, '. \(path)', sh\(arguments)]
            directory: \(folder.path)
            \(more)
      """, environment
    ).keeping(folder, whileTestRuns: true)
  }

  private func markdown(_ command: DeclaredCommand, typed: String = "") async throws -> String {
    Self.timeless(try await command.run(typed: typed).markdown)
  }

  /// How long a program takes is the machine's affair.
  private static func timeless(_ text: String) -> String {
    text.replacing(/after \d+ s\b/, with: "after a while")
  }

  /// Collects a stream's pieces.
  private func streamed(_ command: DeclaredCommand, typed: String = "") async throws -> [String] {
    var pieces: [String] = []
    for part in try await command.run(typed: typed).parts {
      guard case .stream(let stream) = part else { continue }
      for try await piece in stream { pieces.append(Self.timeless(piece)) }
    }
    return pieces
  }

  @Test("output and exit code are shown")
  func output() async throws {
    let text = try await markdown(try Self.command("echo out; echo err >&2; exit 3"))
    #expect(text == "```\nout\nerr\n```\n\n_Ended with exit code 3 after a while._")
    #expect(try await markdown(try Self.command("true")).hasPrefix("_No output._"))
  }

  @Test("a reply of its own knows the output, the exit code and whether it succeeded")
  func reply() async throws {
    let reply =
      "{{exit_code}} {{#succeeded}}good{{/succeeded}}{{^succeeded}}bad{{/succeeded}} {{output}}"
    #expect(try await markdown(try Self.command("echo '*hi*'", reply: reply)) == "0 good \\*hi\\* ")
    #expect(try await markdown(try Self.command("exit 7", reply: reply)) == "7 bad ")
  }

  @Test("arguments are whole words without a shell, and no options")
  func arguments() async throws {
    let command = try Self.command(
      "for one in \"$@\"; do echo \"[$one]\"; done",
      arguments: ", \"{{arguments.first}}\", \"x {{arguments.rest}}\"")
    #expect(
      try await markdown(command, typed: "'$(id); *' `id` && rm -rf \"/\"")
        .hasPrefix("```\n[$(id); *]\n[x `id` && rm -rf \"/\"]\n```"))
    #expect(try await command.failure(typed: "-rf /") == Sentences.unusableAsOption)
    let ended = try Self.command(
      "echo \"$#\"", arguments: ", \"--\", \"{{arguments.first}}\"")
    #expect(try await markdown(ended, typed: "-rf").hasPrefix("```\n2\n"))
  }

  @Test("an argument that is a section can be left out; an empty value stays an argument")
  func sections() async throws {
    let command = try Self.command(
      "echo \"$#\"",
      arguments: ", \"{{#arguments.first}}--force{{/arguments.first}}\", \"{{arguments.rest}}\"")
    #expect(try await markdown(command).hasPrefix("```\n1\n"))
    #expect(try await markdown(command, typed: "a b").hasPrefix("```\n2\n"))
  }

  @Test("a dash at the front is the file's or none, whatever the item begins with")
  func dashes() async throws {
    let item = "{{#arguments.first}}{{arguments.first}}{{/arguments.first}}"
    let command = try Self.command("echo \"$1\"", arguments: ", \"\(item)\"")
    #expect(try await markdown(command, typed: "x").hasPrefix("```\nx\n"))
    #expect(try await command.failure(typed: "-rf") == Sentences.unusableAsOption)
    #expect(try await command.failure(typed: "-\u{301}rf") == Sentences.unusableAsOption)
    let empty = try Self.command(
      "echo \"$1\"",
      arguments: ", \"{{arguments.none}}{{text}}\"".replacing(
        "{{arguments.none}}", with: "{{#arguments.rest}}{{/arguments.rest}}"))
    #expect(try await empty.failure(typed: "-rf") == Sentences.unusableAsOption)
    let own = try Self.command("echo \"$1\"", arguments: ", \"-n{{arguments.first}}\"")
    #expect(try await markdown(own, typed: "x").hasPrefix("```\n-nx\n"))
  }

  @Test("what a program leaves behind ends with it")
  func leftovers() async throws {
    let folder = try TemporaryFolder()
    let child = folder.path + "/child"
    let command = try Self.command(
      """
      /bin/sh -c 'trap "" TERM HUP; echo $$ > \(child); exec /bin/sleep 600' >/dev/null 2>&1 &
      while [ ! -s \(child) ]; do /bin/sleep 0.01; done
      """)
    #expect(try await markdown(command).contains("exit code 0"))
    try await expectGone(child)
  }

  @Test("the assistant's end ends its programs, and starts no others")
  func ending() async throws {
    let folder = try TemporaryFolder()
    let child = folder.path + "/child"
    let path = try folder.write(
      "trap '' TERM; echo $$ > \(child); while :; do /bin/sleep 1; done", to: "script.sh")
    let services = DeclaredServices(http: Declared.services.http)
    var file = Declared.file(
      try folder.write(
        "commands: [{keyword: /x, help: h, run: {program: /bin/sh, arguments: [\(path)], stream: true}}]"
      ))
    file.services = services
    let command = try #require(try file.read().first)
    let task = Task {
      for part in try await command.run(typed: "").parts {
        guard case .stream(let stream) = part else { continue }
        for try await _ in stream {}
      }
    }
    while ((try? String(contentsOfFile: child, encoding: .utf8)) ?? "").isEmpty {
      try await Task.sleep(for: .milliseconds(10))
    }
    await services.programs.endAll(patience: .milliseconds(100))
    try await expectGone(child)
    _ = await task.result
    #expect(services.programs.count == 0)
    let late = Task {
      for part in try await command.run(typed: "").parts {
        guard case .stream(let stream) = part else { continue }
        for try await _ in stream {}
      }
    }
    _ = await late.result
    #expect(services.programs.count == 0)
  }

  @Test("a stream that would be too many messages is cut, and that is told")
  func longStream() async throws {
    let command = try Self.command(
      "i=0; while [ $i -lt 4000 ]; do echo 0123456789; i=$((i+1)); done", "stream: true")
    let text = try await streamed(command).joined()
    #expect(text.utf8.count < 30_300 && text.contains(Sentences.restNotShown))
    #expect(text.hasSuffix("exit code 0 after a while._"))
    let whole = try Self.command(
      "i=0; while [ $i -lt 4000 ]; do echo 0123456789; i=$((i+1)); done", "stream: false")
    let reply = try await whole.run(typed: "")
    #expect(reply.markdown.contains(Sentences.restInFile) && reply.parts.count == 2)
    #expect(reply.markdown.contains("_Ended with exit code 0 after"))
    guard case .file(let file) = reply.parts.last, case .bytes(let bytes) = file.content else {
      Issue.record("no file")
      return
    }
    #expect(bytes.count > 44_000)
  }

  @Test("the environment is what was declared, and secrets in the output are hidden")
  func environment() async throws {
    let command = try Self.command(
      "/usr/bin/env | /usr/bin/sort; pwd",
      "environment: {A: \"x {{person.name}}\", KEY: \"${SECRET}\"}",
      environment: ["SECRET": "hunter2-long", "OTHER": "no"])
    let text = try await markdown(command)
    #expect(text.contains("A=x Ada *L*\nKEY=•••\n"))
    #expect(!text.contains("hunter2") && !text.contains("OTHER") && !text.contains("HOME="))
    #expect(text.contains("/commands-"))
  }

  @Test("a streamed program grows as it writes, and ends with how it ended")
  func stream() async throws {
    let folder = try TemporaryFolder()
    let gate = folder.path + "/gate"
    let command = try Self.command(
      "echo one; while [ ! -e \(gate) ]; do /bin/sleep 0.02; done; echo two; exit 1", "stream: true"
    )
    var text = ""
    for part in try await command.run(typed: "").parts {
      guard case .stream(let stream) = part else { continue }
      for try await piece in stream {
        text += piece
        // The first line is here while the program still waits.
        if text == "```\none\n" { try Data().write(to: URL(filePath: gate)) }
      }
    }
    #expect(Self.timeless(text) == "```\none\ntwo\n```\n\n_Ended with exit code 1 after a while._")
  }

  @Test("a stream without output, and one with a reply of its own")
  func shortStreams() async throws {
    #expect(
      try await streamed(try Self.command("true", "stream: true")).joined()
        == "_No output._\n\n_Ended with exit code 0 after a while._")
    #expect(
      try await streamed(
        try Self.command("printf done", "stream: true", reply: "Code {{exit_code}}")
      ).joined() == "```\ndone\n```\n\nCode 0")
  }

  @Test("a program that takes too long is ended with all that it started, whatever it ignores")
  func timeout() async throws {
    for (more, isStreamed) in [("", false), ("stream: true", true)] {
      let folder = try TemporaryFolder()
      let command = try Self.command(
        """
        trap '' TERM
        /bin/sh -c 'trap "" TERM; echo $$ > \(folder.path)/child; while :; do /bin/sleep 1; done' &
        while [ ! -s \(folder.path)/child ]; do /bin/sleep 0.01; done
        echo begun
        while :; do /bin/sleep 1; done
        """, "timeout: 3s\n      \(more)")
      let text =
        isStreamed
        ? try await streamed(command).joined() : try await markdown(command)
      #expect(text.hasPrefix("```\nbegun\n```\n\n_Took longer than its time limit of 3 s, so"))
      try await expectGone(folder.path + "/child")
    }
  }

  @Test("one that leaves its process group and keeps the output open holds nobody up")
  func escaped() async throws {
    let folder = try TemporaryFolder()
    let child = folder.path + "/child"
    let command = try Self.command(
      "echo begun; exec /usr/bin/setsid /bin/sh -c 'echo $$ > \(child); exec /bin/sleep 60' &\n"
        + "while [ ! -s \(child) ]; do /bin/sleep 0.01; done", "timeout: 3s")
    let began = ContinuousClock.now
    let text = try await markdown(command)
    #expect(text.hasPrefix("```\nbegun\n```"))
    #expect(ContinuousClock.now - began < .seconds(30))
    let pid = try String(contentsOfFile: child, encoding: .utf8)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    if let pid = Int32(pid) { kill(pid, SIGKILL) }
  }

  @Test("a program that cannot be started is told in a sentence")
  func notStarted() async throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("not a program", to: "broken")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    let command = try Declared.only(
      "commands: [{keyword: /x, help: h, run: {program: \(path), directory: /}}]")
    #expect(
      try await command.failure(typed: "") == Sentences.notStarted("/x"))
  }

  @Test("a program that writes too much is ended, and its output is cut")
  func limit() async throws {
    let command = try Self.command("while :; do echo 0123456789; done", "limit: 1KB")
    let text = try await markdown(command)
    #expect(text.hasSuffix("\n```\n\n_Wrote more than 1 KB, so I ended it after a while._"))
    #expect(text.utf8.count < 1_100)
  }

  @Test("cancelling ends the program and what it started")
  func cancellation() async throws {
    let folder = try TemporaryFolder()
    let command = try Self.command(
      """
      /bin/sh -c 'trap "" TERM; echo $$ > \(folder.path)/child; while :; do /bin/sleep 1; done' &
      while [ ! -s \(folder.path)/child ]; do /bin/sleep 0.01; done
      echo begun
      while :; do /bin/sleep 1; done
      """, "stream: true")
    let (begun, signal) = AsyncStream.makeStream(of: Void.self)
    let task = Task {
      for part in try await command.run(typed: "").parts {
        guard case .stream(let stream) = part else { continue }
        for try await _ in stream { signal.yield() }
      }
    }
    for await _ in begun { break }
    task.cancel()
    _ = await task.result
    try await expectGone(folder.path + "/child")
  }

  /// Waits for the process whose pid is in a file to be gone.
  private func expectGone(_ file: String) async throws {
    let text = try String(contentsOfFile: file, encoding: .utf8)
    let pid = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    let end = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < end {
      // One that nobody has waited for yet is a zombie, and as good as gone.
      let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
      if status.isEmpty || status.contains("State:\tZ") { return }
      try await Task.sleep(for: .milliseconds(20))
    }
    Issue.record("process \(pid) is still there")
    kill(pid, SIGKILL)
  }

  @Test("output is made presentable, in whatever pieces it comes")
  func presentable() {
    let raw =
      "a\u{1B}[31mred\u{1B}[0m\u{1B}]0;title\u{7} 10%\r20%\r\nü€😀 s3cret-token ```x <@all> \u{0}end s3cret"
    let shown =
      "ared 10%\n20%\nü€😀 ••• ``\u{2060}`x <\u{2060}@all> end s3cret"
    for size in [1, 2, 3, 5, 1_000] {
      var text = OutputText(mask: SecretMask(["s3cret-token"]))
      var out = ""
      var bytes = Array(raw.utf8)[...]
      while !bytes.isEmpty {
        out += text.push(bytes.prefix(size))
        bytes = bytes.dropFirst(size)
      }
      out += text.finish()
      #expect(out == shown, "in pieces of \(size)")
    }
  }
}

extension DeclaredCommand {
  /// The folder of the script stays as long as the tests do.
  func keeping(_ folder: TemporaryFolder, whileTestRuns: Bool) -> DeclaredCommand {
    kept.withLock { $0.append(folder) }
    return self
  }
}

private let kept = Mutex<[TemporaryFolder]>([])
