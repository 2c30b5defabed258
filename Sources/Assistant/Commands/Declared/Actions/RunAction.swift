// The `run` action: a program with an argument vector, without a shell.

import FoundationEssentials
import Logging
import WebexAPI

/// How a program came to its end.
enum ProgramEnd: Sendable, Equatable {
  case exited(Int)
  case killed(Int)
  /// Ended by the time limit.
  case timedOut
  /// Ended by the limit of its output.
  case cut
}

/// A program that an operator declared.
struct RunAction: Sendable {
  /// Absolute.
  var program: String
  var arguments: [TemplateText]
  /// All that the program gets; nothing is inherited.
  var environment: [(name: String, value: TemplateText)]
  var directory: String
  var timeout: Duration
  /// Of standard output and error together, in bytes.
  var limit: Int
  var isStreamed: Bool
  var reply: ReplyRendering

  func run(_ command: DeclaredCommand, _ context: CommandContext) async throws -> CommandReply {
    let start = try plan(command.scope(context, isShown: false))
    guard isStreamed else {
      let (output, end, time) = try await collect(start, command, context)
      return try show(output, end, time, command, context)
    }
    return CommandReply([.stream(stream(start, command, context))])
  }

  // MARK: Templates

  /// - Throws: ``CommandError`` for a value that would not be what it is declared to be.
  func plan(_ scope: TemplateScope) throws -> ProgramStart {
    var values: [String] = []
    var hasEndedOptions = false
    for template in arguments {
      let value = template.render(scope)
      guard !value.utf8.contains(0) else {
        throw CommandError(Sentences.unusableInProgram, reason: "a zero byte in an argument")
      }
      // `{{#arguments.force}}--force{{/arguments.force}}`: nothing is not an empty argument.
      let first = template.tags.first
      let beginsWithTag = first.map { $0.range.lowerBound == template.source.startIndex } ?? false
      if beginsWithTag, first?.kind == .section || first?.kind == .inverted {
        if value.isEmpty { continue }
      }
      if !hasEndedOptions, value.utf8.first == UInt8(ascii: "-"), !template.isOwnFront(scope) {
        throw CommandError(Sentences.unusableAsOption, reason: "an argument begins with a dash")
      }
      if template.source == "--" { hasEndedOptions = true }
      values.append(value)
    }
    var given: [String: String] = [:]
    for (name, template) in environment {
      let value = template.render(scope)
      guard !value.utf8.contains(0) else {
        throw CommandError(Sentences.unusableInProgram, reason: "a zero byte in \(name)")
      }
      given[name] = value
    }
    return ProgramStart(
      program: program, arguments: values, environment: given, directory: directory)
  }

  // MARK: Output

  private func collect(
    _ start: ProgramStart, _ command: DeclaredCommand, _ context: CommandContext
  ) async throws -> (String, ProgramEnd, Duration) {
    let began = ContinuousClock.now
    let collected = Collected(mask: command.mask)
    let end = try await execute(start, command, context) { _ = collected.push($0) }
    return (collected.finish(), end, ContinuousClock.now - began)
  }

  private func show(
    _ output: String, _ end: ProgramEnd, _ time: Duration, _ command: DeclaredCommand,
    _ context: CommandContext
  ) throws -> CommandReply {
    let scope = ended(command.scope(context), output, end, time)
    let shown = output.trimmingWhitespace()
    return try reply.render(
      scope, command, context,
      fallback: shown.isEmpty ? Sentences.noOutput : "```\n\(shown)\n```",
      note: reply.text == nil
        ? Sentences.ended(end, after: time, limit: limit, timeout: timeout) : nil)
  }

  private func ended(
    _ scope: TemplateScope, _ output: String, _ end: ProgramEnd, _ time: Duration
  ) -> TemplateScope {
    var scope = scope
    scope["output"] = .string(output)
    // Ending it took its time too, but that was not the program's.
    let spent = end == .timedOut ? timeout : time
    scope["seconds"] = .integer(spent.components.seconds)
    scope["timed_out"] = .bool(end == .timedOut)
    scope["cut"] = .bool(end == .cut)
    scope["succeeded"] = .bool(end == .exited(0))
    if case .exited(let code) = end { scope["exit_code"] = .string("\(code)") }
    return scope
  }

  /// A code block that grows, and under it how the program ended.
  private func stream(
    _ start: ProgramStart, _ command: DeclaredCommand, _ context: CommandContext
  ) -> AsyncThrowingStream<String, any Error> {
    AsyncThrowingStream { continuation in
      let task = Task {
        let began = ContinuousClock.now
        let collected = Collected(mask: command.mask)
        do {
          let end = try await execute(start, command, context) { bytes in
            let text = collected.push(bytes)
            if !text.isEmpty { continuation.yield(text) }
          }
          let time = ContinuousClock.now - began
          let tail = collected.finishStream()
          if !tail.isEmpty { continuation.yield(tail) }
          let scope = ended(command.scope(context), "", end, time)
          continuation.yield(
            reply.text.map { command.mask.hiding($0.render(scope)) }
              ?? Sentences.ended(end, after: time, limit: limit, timeout: timeout))
          continuation.finish()
        } catch {
          continuation.finish(throwing: error)
        }
      }
      continuation.onTermination = { _ in task.cancel() }
    }
  }

  private func execute(
    _ start: ProgramStart, _ command: DeclaredCommand, _ context: CommandContext,
    _ output: @escaping @Sendable ([UInt8]) -> Void
  ) async throws -> ProgramEnd {
    do {
      let end = try await RunningProgram(
        start: start, timeout: timeout, limit: limit, patience: command.services.patience,
        programs: command.services.programs, output: output
      ).run()
      context.logger.info(
        "command's program ended",
        metadata: ["command": "\(command.keyword)", "end": "\(end)"])
      return end
    } catch let error as ProgramNotStarted {
      context.logger.warning(
        "command's program did not start",
        metadata: [
          "command": "\(command.keyword)", "program": "\(program)", "reason": "\(error.reason)",
          "reference": "\(context.reference)",
        ])
      throw CommandError(
        Sentences.notStarted(command.keyword),
        reason: error.reason)
    }
  }
}
