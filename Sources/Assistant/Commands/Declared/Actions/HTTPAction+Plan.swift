// From templates to a request: the only place where values meet an address.

import FoundationEssentials
import HTTPTypes
import WebexAPI

/// A request ready to be sent.
struct HTTPPlan: Sendable {
  var method: HTTPRequest.Method
  var url: String
  var headers: HTTPFields
  var body: [UInt8]?
}

extension HTTPAction {
  /// - Throws: ``CommandError`` for a value that cannot stand where it is put.
  func plan(_ scope: TemplateScope) throws -> HTTPPlan {
    var fields = HTTPFields()
    for (name, template) in headers {
      let value = template.render(scope)
      // HTTPTypes would make blanks of them; a value that tries is refused instead.
      guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
        throw CommandError(Sentences.unusableInHeader, reason: "a control character in \(name)")
      }
      fields[name] = value
    }
    if let authorization { fields[.authorization] = authorization }
    if fields[.accept] == nil {
      fields[.accept] = answer == .json ? "application/json" : "*/*"
    }
    let (bytes, type) = try bodyBytes(scope)
    if let type, fields[.contentType] == nil { fields[.contentType] = type }
    return HTTPPlan(
      method: method, url: origin + (try address(scope)), headers: fields, body: bytes)
  }

  private func address(_ scope: TemplateScope) throws -> String {
    var text = target.render(scope)
    if let hash = text.firstIndex(of: "#") { text = String(text[..<hash]) }
    let mark = text.firstIndex(of: "?")
    try Self.check(path: String(text[..<(mark ?? text.endIndex)]), template: target)
    let pairs = query.compactMap { name, template -> String? in
      let value = template.render(scope)
      // An optional argument that was not given leaves its parameter out.
      if value.isEmpty, !template.isLiteral { return nil }
      return "\(Self.component(name))=\(Self.component(value))"
    }
    guard !pairs.isEmpty else { return text }
    return text + (mark == nil ? "?" : "&") + pairs.joined(separator: "&")
  }

  /// A value must not lead out of the place that was declared for it.
  private static func check(path: String, template: TemplateText) throws {
    guard !template.isLiteral else { return }
    // As a server may read it that decodes before it splits; parameters are no part of a name.
    let plain = path.lowercased().replacing("%2e", with: ".").replacing("%2f", with: "/")
      .replacing("%5c", with: "/").replacing("%3b", with: ";").replacing("\\", with: "/")
    let isSteep = plain.split(separator: "/").contains { segment in
      let name = segment.prefix { $0 != ";" }
      return name == "." || name == ".."
    }
    // An empty value would address the whole collection.
    let declared = template.source.prefix { $0 != "?" }
    let isHollow =
      path.contains("//") && !declared.contains("//")
      || path.hasSuffix("/") && !declared.hasSuffix("/")
    if isSteep || isHollow || !path.hasPrefix("/") {
      throw CommandError(Sentences.unusableInAddress, reason: "a value changes the path")
    }
  }

  private func bodyBytes(_ scope: TemplateScope) throws -> ([UInt8]?, String?) {
    switch body {
    case .none:
      return (nil, nil)
    case .tree(let tree):
      return (Array(TemplateStyle.json(tree.render(scope) ?? .null).utf8), "application/json")
    case .json(let template):
      let text = template.render(scope)
      guard JSONReader.read(Array(text.utf8)) != nil else {
        throw CommandError(Sentences.unusableBody, reason: "the rendered body is not JSON")
      }
      return (Array(text.utf8), "application/json")
    case .fields(let fields):
      let text = fields.map { name, template in
        "\(Self.component(name))=\(Self.component(template.render(scope)))"
      }
      return (
        Array(text.joined(separator: "&").utf8), "application/x-www-form-urlencoded"
      )
    }
  }

  private static func component(_ text: String) -> String {
    TemplateDestination.url.escaped(TemplateDestination.percentEncoded(text))
  }
}
