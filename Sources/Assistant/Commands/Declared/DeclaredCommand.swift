// A command of commands.yaml. Made by `CommandFile`, run like any other by a turn.

import FoundationEssentials
import WebexAPI

/// A command that an operator declared.
public struct DeclaredCommand: Command {
  /// The part of the command that does something.
  enum Action: Sendable {
    case http(HTTPAction)
    case run(RunAction)
    case ask(AskAction)
  }

  enum Confirmation: Sendable {
    case none
    /// A list of the arguments.
    case standard
    case text(TemplateText)
  }

  public let keyword: String
  public let match: CommandMatch
  public let help: String
  public let arguments: [CommandArgument]
  public let access: CommandAccess
  public let asksForArguments: Bool
  public let isRepeatable: Bool
  let confirms: Confirmation
  var action: Action
  /// Of its declaration: changes when that does.
  public let fingerprint: String
  /// Where a prompt of the library is named, such as `commands.yaml:12`.
  let promptPlace: String
  /// Hides the secrets of all declarations, and the assistant's own.
  var mask = SecretMask()
  let services: DeclaredServices

  /// The prompts of the library that it names, to be looked for at start.
  public var prompts: [String] {
    switch action {
    case .http(let action): [action.reply.summary?.prompt].compactMap(\.self)
    case .run(let action): [action.reply.summary?.prompt].compactMap(\.self)
    case .ask(let action): [action.prompt].compactMap(\.self)
    }
  }

  public func confirmation(_ context: CommandContext) -> String? {
    switch confirms {
    case .none: return nil
    case .text(let template): return mask.hiding(template.render(scope(context)))
    case .standard:
      let list = arguments.compactMap { argument in
        context.arguments[argument.name].map { value in
          let style = TemplateStyle(destination: .markdown, mask: mask)
          return (
            name: argument.name,
            value: TemplateDestination.markdown.escaped(style.text(value))
          )
        }
      }
      return Sentences.confirmation(of: keyword, list)
    }
  }

  public func run(_ context: CommandContext) async throws -> CommandReply {
    switch action {
    case .http(let action): try await action.run(self, context)
    case .run(let action): try await action.run(self, context)
    case .ask(let action): action.run(self, context)
    }
  }

  /// What every template sees.
  ///
  /// - Parameter isShown: whether the text is for people or the model. A request is not masked.
  func scope(_ context: CommandContext, isShown: Bool = true) -> TemplateScope {
    let person: JSONValue = [
      "name": .string(context.person.name), "id": .string(context.person.id),
      "email": context.person.email.map { .string($0) } ?? .null,
    ]
    let space: JSONValue = [
      "title": .string(context.space.title), "id": .string(context.space.roomID),
      "direct": .bool(context.space.isDirect),
    ]
    let date = context.now.formatted(.iso8601.year().month().day())
    return TemplateScope(
      values: [
        "arguments": .object(context.arguments), "person": person, "space": space,
        "text": .string(context.text), "date": .string(date),
        "reference": .string(context.reference),
      ],
      mask: isShown ? mask : SecretMask())
  }
}

/// A canned question to the model.
struct AskAction: Sendable {
  var prompt: String?
  var model: String?
  var text: TemplateText

  func run(_ command: DeclaredCommand, _ context: CommandContext) -> CommandReply {
    .question(
      CommandQuestion(
        command.mask.hiding(text.render(command.scope(context))), prompt: prompt, model: model))
  }
}

/// How a result is shown.
struct ReplyRendering: Sendable {
  /// The prompt and model of `summarize`.
  struct Summary: Sendable {
    var prompt: String?
    var model: String?
  }

  /// Nil: a reply of the framework's own.
  var text: TemplateText?
  var card: TemplateTree?
  var summary: Summary?

  /// Of a summary's text, in characters: more is cut off.
  static let longestQuestion = 60_000
  /// Of a card's JSON, in bytes.
  static let largestCard = 20_000

  /// - Parameters:
  ///   - fallback: the reply where none is declared.
  ///   - note: below the reply, such as that something was cut off.
  func render(
    _ scope: TemplateScope, _ command: DeclaredCommand, _ context: CommandContext,
    fallback: @autoclosure () -> String, note: String? = nil
  ) throws -> CommandReply {
    let whole = text.map { scope.mask.hiding($0.render(scope)) } ?? fallback()
    let end = note.map { "\n\n" + $0 } ?? ""
    if let summary {
      return .question(
        CommandQuestion(
          String((whole + end).prefix(Self.longestQuestion)), prompt: summary.prompt,
          model: summary.model))
    }
    let isLong = whole.utf8.count > LongReply.limit
    let markdown = (isLong ? LongReply.cut(whole) + "\n\n" + Sentences.restInFile : whole) + end
    let shown = CommandReply([.text(markdown)] + (isLong ? [.file(LongReply.file(whole))] : []))
    guard let card else { return shown }
    guard let json = card.render(scope), let drawn = try? json.decoded(as: AdaptiveCard.self)
    else {
      throw CommandError(
        Sentences.unusableTemplate(command.keyword),
        reason: "the card template gave no card")
    }
    // A card that Webex would refuse is its text.
    guard TemplateStyle.json(json).utf8.count <= Self.largestCard else { return shown }
    let fallback = isLong ? LongReply.cut(whole) + "\n\n" + Sentences.restNotShown : whole
    return .card(CommandCard(drawn, fallback: fallback + end, lifetime: nil))
  }
}
