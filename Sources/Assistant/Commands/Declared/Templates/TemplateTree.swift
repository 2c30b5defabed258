// JSON with templates in its leaves: a request's body, or a card. Rendered leaf by leaf, so no
// value can change the shape around it.

import FoundationEssentials
import WebexAPI

/// A mapping of commands.yaml that becomes JSON.
indirect enum TemplateTree: Sendable {
  /// A number, boolean or null as it was written.
  case constant(JSONValue)
  /// Of a request's body.
  case value(TemplateText)
  /// Of a card.
  case shown(TemplateText)
  /// Left out unless it begins with http:// or https://.
  case link(TemplateText)
  case list([TemplateTree])
  case object([(key: String, value: TemplateTree)])
  /// `$each: path`: the object once for each element, at most `maximumRepeats`.
  case each(path: String, TemplateTree)
  /// `$when: path`: the object only if there is something.
  case when(path: String, TemplateTree)

  /// Cards of more than about 20 KB are refused by Webex.
  static let maximumRepeats = 20

  /// Nil: left out.
  func render(_ scope: TemplateScope) -> JSONValue? {
    switch self {
    case .constant(let value):
      return value
    case .value(let template):
      return template.value(scope)
    case .shown(let template):
      return template.shown(scope)
    case .link(let template):
      let address = scope.mask.hiding(template.render(scope))
      let isWeb = ["https://", "http://"].contains { address.lowercased().hasPrefix($0) }
      guard isWeb, address.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return nil }
      return .string(address)
    case .list(let items):
      return .array(items.flatMap { $0.elements(scope) })
    case .object(let members):
      var object: [String: JSONValue] = [:]
      for (key, value) in members { object[key] = value.render(scope) }
      return .object(object)
    case .each:
      return elements(scope).first
    case .when(let path, let tree):
      guard Self.isThere(scope.value(at: path)) else { return nil }
      return tree.render(scope)
    }
  }

  private func elements(_ scope: TemplateScope) -> [JSONValue] {
    guard case .each(let path, let tree) = self else { return render(scope).map { [$0] } ?? [] }
    return (scope.value(at: path)?.arrayValue ?? []).prefix(Self.maximumRepeats)
      .compactMap { tree.render(scope.inside($0)) }
  }

  private static func isThere(_ value: JSONValue?) -> Bool {
    switch value {
    case nil, .null, .bool(false), .string(""), .integer(0): false
    case .array(let elements): !elements.isEmpty
    default: true
    }
  }
}
