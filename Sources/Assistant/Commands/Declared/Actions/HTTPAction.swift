// The `http` action: one request, put together from templates, and its answer.

import CurlHTTP
import FoundationEssentials
import HTTPTypes
import Logging
import WebexAPI

/// A request that an operator declared.
struct HTTPAction: Sendable {
  enum Body: Sendable {
    case none
    case tree(TemplateTree)
    /// A JSON text; values are escaped for the inside of its strings.
    case json(TemplateText)
    case fields([(name: String, value: TemplateText)])
  }

  enum Answer: String, Sendable, CaseIterable {
    case json, text
    /// Nothing of it is read, such as of Jenkins' 201.
    case none
  }

  var method: HTTPRequest.Method
  /// Scheme and authority, without templates.
  var origin: String
  /// From the path on.
  var target: TemplateText
  var query: [(name: String, value: TemplateText)]
  var headers: [(name: HTTPField.Name, value: TemplateText)]
  /// Ready to be sent: `Basic …`.
  var authorization: String?
  var body: Body
  var timeout: Duration
  /// Of the answer, in bytes.
  var limit: Int
  /// Those that count as success.
  var statuses: Set<Int>
  var answer: Answer
  var reply: ReplyRendering
  /// Sentences for other statuses; 0 stands for all that are not listed.
  var failures: [Int: TemplateText]

  static let maximumRedirects = 5

  func run(_ command: DeclaredCommand, _ context: CommandContext) async throws -> CommandReply {
    let start = ContinuousClock.now
    let exchange = HTTPExchange(
      action: self, client: command.services.http, keyword: command.keyword,
      isRepeatable: command.isRepeatable)
    let plan = try plan(command.scope(context, isShown: false))
    let result: HTTPResult
    do {
      result = try await exchange.perform(plan)
    } catch let error as CommandError {
      context.logger.warning(
        "command's request failed",
        metadata: [
          "command": "\(command.keyword)", "reason": "\(command.mask.hiding(error.reason))",
          "reference": "\(context.reference)",
        ])
      throw error
    }
    context.logger.info(
      "command's request answered",
      metadata: [
        "command": "\(command.keyword)", "status": "\(result.status)",
        "bytes": "\(result.bytes.count)", "time": "\(ContinuousClock.now - start)",
      ])
    return try show(result, command, context)
  }

  private func show(
    _ result: HTTPResult, _ command: DeclaredCommand, _ context: CommandContext
  ) throws -> CommandReply {
    var scope = command.scope(context)
    scope["status"] = .integer(Int64(result.status))
    scope["location"] = result.location.map { .string($0) } ?? .null
    guard statuses.contains(result.status) else {
      throw failure(result, scope, command, context)
    }
    guard !result.isCut || answer != .json else {
      throw CommandError(
        Sentences.serviceTooLarge(command.keyword, limit: limit),
        reason: "more than \(limit) bytes")
    }
    var fallback: () -> String = { Sentences.done }
    switch answer {
    case .none:
      break
    case .text:
      let text = String(decoding: result.bytes, as: UTF8.self)
      scope["answer"] = .string(text)
      fallback = { AnswerBlock.markdown(text, command.mask) }
    case .json:
      // 204, or an empty 200 or 201.
      guard !result.bytes.isEmpty else { break }
      guard let value = result.json else {
        throw CommandError(
          Sentences.serviceUnreadable(
            command.keyword, isPage: result.isPage),
          reason: "not JSON: \(result.contentType ?? "no content type")")
      }
      scope["answer"] = value
      fallback = { AnswerBlock.markdown(value, command.mask) }
    }
    return try reply.render(
      scope, command, context,
      fallback: fallback(),
      note: result.isCut ? Sentences.cutAnswer(limit: limit) : nil)
  }

  /// The sentence for a status that is not allowed; the service's own words only where the operator
  /// asked for them.
  private func failure(
    _ result: HTTPResult, _ scope: TemplateScope, _ command: DeclaredCommand,
    _ context: CommandContext
  ) -> CommandError {
    let reason = "status \(result.status)"
    guard let template = failures[result.status] ?? failures[0] else {
      return CommandError(
        Sentences.serviceStatus(command.keyword, result.status),
        reason: reason)
    }
    var scope = scope
    scope["answer"] = result.json ?? .null
    let sentence = command.mask.hiding(template.render(scope))
    return CommandError(LongReply.cut(sentence, to: Self.longestFailure), reason: reason)
  }

  /// Of a failure's words, in bytes.
  private static let longestFailure = 4_000
}
