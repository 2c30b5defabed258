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

  init(_ source: String, for destination: TemplateDestination) throws(TemplateProblem) {
    for tag in TemplateTag.all(in: source) where tag.kind == .other {
      throw TemplateProblem(
        reason: "the tag {{\(tag.name)}} is of a kind that is not supported here")
    }
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

  func render(_ scope: TemplateScope) -> String {
    let style = TemplateStyle(destination: destination, mask: scope.mask)
    return template.render(TemplateObject(members: scope.values, style: style))
  }

  /// The text as a leaf of JSON: a lone `{{arguments.count}}` keeps its type.
  func value(_ scope: TemplateScope) -> JSONValue {
    if let soleVariable, let value = scope.value(at: soleVariable) {
      switch value {
      case .integer, .number, .bool, .array, .object, .null: return value
      case .string: break
      }
    }
    return .string(render(scope))
  }

  private static func reason(_ error: any Error) -> String {
    let text = "\((error as? MustacheTemplate.ParserError)?.error ?? error)"
    return "its template does not parse: \(text.prefix(120))"
  }
}
