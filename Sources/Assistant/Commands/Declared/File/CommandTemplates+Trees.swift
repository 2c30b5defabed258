// Mappings that become JSON: a request's body, and a card.

import WebexAPI
import Yams

extension CommandTemplates {
  struct TreeRole {
    var what: String
    var isCard: Bool
    var roots: Set<String>
    /// Of the mapping entry in which a text stands.
    var key = ""
    var isInFacts = false
    /// Inside `$each` the element's members can be named too.
    var isInEach = false
  }

  private static let maximumDepth = 30

  func readCard(_ node: Node, roots: Set<String>) -> TemplateTree? {
    guard case .mapping(let mapping) = node, let body = mapping["body"],
      case .sequence = body
    else {
      reading.note("a \"card\" is a mapping with a list \"body\"", at: node)
      return nil
    }
    return tree(
      node, TreeRole(what: "card", isCard: true, roots: Self.requestRoots.union(roots)))
  }

  func tree(_ node: Node, _ role: TreeRole, depth: Int = 0) -> TemplateTree? {
    guard depth < Self.maximumDepth else {
      reading.note("\"\(role.what)\" is nested too deeply", at: node)
      return nil
    }
    switch node {
    case .scalar(let scalar):
      return leaf(scalar, node, role)
    case .sequence(let items):
      return .list(items.compactMap { tree($0, role, depth: depth + 1) })
    case .mapping(let mapping):
      return object(mapping, node, role, depth: depth)
    case .alias:
      reading.note("an alias cannot be used here", at: node)
      return nil
    }
  }

  private func object(
    _ mapping: Node.Mapping, _ node: Node, _ role: TreeRole, depth: Int
  ) -> TemplateTree? {
    var members: [(key: String, value: TemplateTree)] = []
    var role = role
    let each = mapping["$each"].flatMap { path($0, role) }
    if each != nil { role.isInEach = true }
    let when = mapping["$when"].flatMap { path($0, role) }
    for (key, value) in mapping {
      guard let name = key.scalar?.string, !name.contains("{{") else {
        reading.note("a key of \"\(role.what)\" must be a plain name", at: key)
        continue
      }
      if name == "$each" || name == "$when" { continue }
      if role.isCard, name == "type", let type = value.scalar?.string {
        if type == "Action.Submit" {
          reading.note("nothing answers an Action.Submit of a declared card", at: value)
        }
        // Else a service could make it a button.
        if type.contains("{{") { reading.note("a \"type\" cannot come from {{…}}", at: value) }
      }
      var inner = role
      inner.key = name
      inner.isInFacts = name == "facts" || role.isInFacts
      if let value = tree(value, inner, depth: depth + 1) { members.append((name, value)) }
    }
    var tree = TemplateTree.object(members)
    if let when { tree = .when(path: when, tree) }
    if let each { tree = .each(path: each, tree) }
    return tree
  }

  private func path(_ node: Node, _ role: TreeRole) -> String? {
    guard let path = node.scalar?.string, let first = path.split(separator: ".").first else {
      reading.note("this must be a name such as answer.items", at: node)
      return nil
    }
    if !role.isInEach, !role.roots.contains(String(first)) {
      reading.note(
        "\(path) is not known here; there are \(role.roots.sorted().joined(separator: ", "))",
        at: node)
    }
    return path
  }

  private func leaf(_ scalar: Node.Scalar, _ node: Node, _ role: TreeRole) -> TemplateTree? {
    if scalar.style == .plain || scalar.style == .any, let value = Self.constant(scalar.string) {
      return .constant(value)
    }
    let isLink = role.isCard && ["url", "iconUrl", "backgroundImage"].contains(role.key)
    let isProse =
      role.isCard
      && (role.key == "text" || role.isInFacts && ["title", "value"].contains(role.key))
    var destination = isProse ? TemplateDestination.markdown : .plain
    if isLink, !scalar.string.hasPrefix("{{") { destination = .url }
    let text = substituted(scalar.string, node, role.isCard ? .shown : .secret)
    let roots = role.isInEach ? nil : role.roots
    return template(text, node, role.what, for: destination, roots: roots)
      .map { isLink ? .link($0) : role.isCard ? .shown($0) : .value($0) }
  }

  /// What JSON has beside texts. `yes`, `0123` and `1.0.2` are texts, as they were written.
  static func constant(_ text: String) -> JSONValue? {
    switch text {
    case "true": return .bool(true)
    case "false": return .bool(false)
    case "null", "~", "": return .null
    default: break
    }
    let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
    guard let first = digits.first, first.isASCII, first.isNumber,
      digits.allSatisfy({ $0.isASCII && ($0.isNumber || ".eE+-".contains($0)) }),
      digits.count == 1 || !digits.hasPrefix("0") || digits.hasPrefix("0.")
    else { return nil }
    if let whole = Int64(text) { return .integer(whole) }
    guard let number = Double(text), number.isFinite else { return nil }
    return .number(number)
  }
}
