// A text of commands.yaml with Mustache tags in it.

import Mustache
import WebexAPI

/// Why a text cannot be a template.
struct TemplateProblem: Error, Equatable {
  var reason: String
}

/// A template bound to where its text goes. Rendered text is data: it is never parsed again.
struct TemplateText: Sendable {
  let source: String
  let destination: TemplateDestination
  private let template: MustacheTemplate
  /// If the whole text is one variable: its name, so that a number stays a number.
  private let soleVariable: String?

  /// More would take Mustache long, and deeper ones its stack.
  private static let maximumTags = 500
  private static let maximumDepth = 32

  init(_ source: String, for destination: TemplateDestination) throws(TemplateProblem) {
    try Self.check(TemplateTag.all(in: source))
    do {
      template = try MustacheTemplate(string: TemplateContentType.pragma(destination) + source)
    } catch {
      throw TemplateProblem(reason: Self.reason(error))
    }
    self.source = source
    self.destination = destination
    let tags = TemplateTag.all(in: source)
    let isWhole = tags.first.map { $0.range == source.startIndex..<source.endIndex } ?? false
    let isName = tags.first.map { $0.kind == .variable && !source.contains("(") } ?? false
    soleVariable = isWhole && isName ? tags.first?.name : nil
  }

  var isLiteral: Bool { TemplateTag.all(in: source).isEmpty }
  var tags: [TemplateTag] { TemplateTag.all(in: source) }

  private static func check(_ tags: [TemplateTag]) throws(TemplateProblem) {
    guard tags.count <= maximumTags else {
      throw TemplateProblem(reason: "a template has at most \(maximumTags) tags")
    }
    var depth = 0
    for tag in tags {
      switch tag.kind {
      case .other:
        throw TemplateProblem(
          reason: "the tag {{\(tag.name)}} is of a kind that is not supported here")
      case .section, .inverted: depth += 1
      case .end: depth -= 1
      case .variable, .comment: break
      }
      guard depth <= maximumDepth else {
        throw TemplateProblem(reason: "its sections are more than \(maximumDepth) deep")
      }
    }
  }

  func render(_ scope: TemplateScope) -> String {
    render(scope, TemplateStyle(destination: destination, mask: scope.mask))
  }

  private func render(_ scope: TemplateScope, _ style: TemplateStyle) -> String {
    template.render(TemplateObject(members: scope.values, style: style))
  }

  /// Whether the text, if it begins with a dash, has it from the file and not from a value.
  func isOwnFront(_ scope: TemplateScope) -> Bool {
    var style = TemplateStyle(destination: destination, mask: scope.mask)
    style.isMarked = true
    return render(scope, style).utf8.first == UInt8(ascii: "-")
  }

  /// The text as a leaf of a request's JSON: a lone `{{arguments.count}}` keeps its type.
  func value(_ scope: TemplateScope) -> JSONValue {
    if let soleVariable, let value = scope.value(at: soleVariable) {
      switch value {
      case .integer, .number, .bool, .array, .object, .null: return value
      case .string: break
      }
    }
    return .string(render(scope))
  }

  /// The text as a leaf of a card: numbers and booleans keep their type; all else is masked and
  /// escaped as in any text. Clients would make `{{DATE(…)}}` of a value into a date.
  func shown(_ scope: TemplateScope) -> JSONValue {
    if let soleVariable, let value = scope.value(at: soleVariable) {
      switch value {
      case .bool: return value
      case .integer, .number:
        let digits = TemplateStyle.json(value)
        if scope.mask.hiding(digits) == digits { return value }
      case .string, .array, .object, .null: break
      }
    }
    return .string(CardText.undated(scope.mask.hiding(render(scope))))
  }

  private static func reason(_ error: any Error) -> String {
    let text = "\((error as? MustacheTemplate.ParserError)?.error ?? error)"
    return "its template does not parse: \(text.prefix(120))"
  }
}
