// The templates of one declared command: `${NAME}` filled in, tags checked, secrets remembered.

import FoundationEssentials
import WebexAPI
import Yams

/// Used for one command, while it is read.
final class CommandTemplates {
  /// What becomes of a `${NAME}`.
  enum Use {
    /// Goes to the service or the program; never shown.
    case secret
    /// The front of a URL, or a user's name: not hidden, unless it is a secret elsewhere.
    case address
    /// Stands in a reply.
    case shown
  }

  let reading: CommandReading
  private let arguments: Set<String>
  private var secrets: [String: String] = [:]
  private var extraSecrets: [String] = []
  /// What stood for a `${NAME}` in an address.
  private(set) var addresses: [String] = []
  private var shownNames: [(name: String, node: Node)] = []

  static let requestRoots: Set<String> = [
    "arguments", "person", "space", "text", "date", "reference",
  ]

  init(reading: CommandReading, arguments: Set<String>) {
    self.reading = reading
    self.arguments = arguments
  }

  func rememberSecrets() { reading.remember(secrets: Array(secrets.values) + extraSecrets) }

  /// Also hides what was made of a secret.
  func hide(_ text: String) { extraSecrets.append(text) }

  func checkSecrets(_ command: Node) {
    for (name, node) in shownNames where secrets[name] != nil {
      reading.note("the secret ${\(name)} stands in a text that people read", at: node)
    }
  }

  // MARK: Texts

  /// A text that goes to a service or a program.
  func request(
    _ node: Node, _ what: String, for destination: TemplateDestination = .plain
  ) -> TemplateText? {
    guard let written = text(node, what) else { return nil }
    let source = substituted(written, node, .secret) { value in
      destination == .json ? TemplateDestination.jsonEscaped(value) : value
    }
    return template(source, node, what, for: destination, roots: Self.requestRoots)
  }

  /// A text that people or the model read.
  ///
  /// - Parameter roots: what it may mention beside what a request may.
  func shown(
    _ node: Node, _ what: String, for destination: TemplateDestination, roots: Set<String>
  ) -> TemplateText? {
    guard let written = text(node, what) else { return nil }
    return template(
      substituted(written, node, .shown), node, what, for: destination,
      roots: Self.requestRoots.union(roots))
  }

  func text(_ node: Node, _ what: String) -> String? {
    guard let text = node.scalar?.string else {
      reading.note("\"\(what)\" must be a text", at: node)
      return nil
    }
    return text
  }

  func template(
    _ source: String, _ node: Node, _ what: String, for destination: TemplateDestination,
    roots: Set<String>?
  ) -> TemplateText? {
    do {
      let template = try TemplateText(source, for: destination)
      if let roots { check(template, node, what, roots) }
      return template
    } catch {
      reading.note("\"\(what)\": \(error.reason)", at: node)
      return nil
    }
  }

  /// Misspelled names would render as nothing, which is worse than an error.
  private func check(
    _ template: TemplateText, _ node: Node, _ what: String, _ roots: Set<String>
  ) {
    var depth = 0
    for tag in template.tags {
      checkTransforms(tag, node, what)
      switch tag.kind {
      case .end: depth -= 1
      case .comment, .other: continue
      case .variable, .section, .inverted:
        let path = tag.name.split(separator: ".").map(String.init)
        if path.first == "arguments", path.count > 1, !arguments.contains(path[1]) {
          reading.note("\"\(what)\": there is no argument \"\(path[1])\"", at: node)
        } else if depth == 0, let first = path.first, !roots.contains(first) {
          reading.note(
            "\"\(what)\": {{\(tag.name)}} is not known here; there are "
              + roots.sorted().joined(separator: ", "), at: node)
        }
        if tag.kind != .variable { depth += 1 }
      }
    }
  }

  private func checkTransforms(_ tag: TemplateTag, _ node: Node, _ what: String) {
    for name in tag.transforms {
      if !TemplateLeaf.transforms.contains(name) {
        reading.note(
          "\"\(what)\": there is no \(name)(…); there are "
            + TemplateLeaf.transforms.sorted().joined(separator: ", "), at: node)
      } else if TemplateLeaf.rawTransforms.contains(name), tag.kind == .variable, !tag.isRaw {
        reading.note("\"\(what)\": \(name)(…) needs three braces, as {{{\(name)(x)}}}", at: node)
      }
    }
  }

  // MARK: Environment

  func substituted(
    _ text: String, _ node: Node, _ use: Use, _ escape: (String) -> String = { $0 }
  ) -> String {
    var out = ""
    var rest = text[...]
    while let open = rest.firstRange(of: "${") {
      // `$${NAME}` is `${NAME}`.
      if rest[..<open.lowerBound].last == "$" {
        out += rest[..<open.lowerBound].dropLast() + "${"
        rest = rest[open.upperBound...]
        continue
      }
      out += rest[..<open.lowerBound]
      guard let close = rest[open.upperBound...].firstIndex(of: "}") else {
        reading.note("a ${ is not closed", at: node)
        return out
      }
      out += escape(value(of: String(rest[open.upperBound..<close]), node, use) ?? "")
      rest = rest[rest.index(after: close)...]
    }
    return out + rest
  }

  func value(of name: String, _ node: Node, _ use: Use) -> String? {
    guard let first = name.first, first.isLetter || first == "_",
      name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
    else {
      reading.note("${\(name)} is not the name of an environment variable", at: node)
      return nil
    }
    let upper = name.uppercased()
    // The assistant's own credentials are never a command's.
    guard !upper.hasPrefix("WEBEX_"), !upper.hasPrefix("LITELLM_") else {
      reading.note("${\(name)} belongs to the assistant itself and cannot be used", at: node)
      return nil
    }
    guard let value = lookUp(name), !value.isEmpty else {
      reading.note("${\(name)} is not set", at: node)
      return nil
    }
    guard !value.contains("{{"), value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
      reading.note("the value of ${\(name)} has braces or control characters in it", at: node)
      return nil
    }
    switch use {
    case .secret: secrets[name] = value
    case .shown: shownNames.append((name, node))
    case .address: addresses.append(value)
    }
    return value
  }

  private func lookUp(_ name: String) -> String? {
    if let value = reading.environment[name] { return value }
    guard let path = reading.environment[name + "_FILE"] else { return nil }
    reading.remember(secretFile: path)
    guard let bytes = try? RegularFile.bytes(path) else { return nil }
    return String(validating: bytes, as: UTF8.self)?.trimmingWhitespace()
  }
}
