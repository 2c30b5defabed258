// What a template sees: JSON values, each prepared for the template's destination when it is
// looked up, so that no way through Mustache leads to a raw one.

import FoundationEssentials
import Mustache
import WebexAPI

/// What templates are rendered with.
struct TemplateScope: Sendable {
  var values: [String: JSONValue]
  var mask: SecretMask

  subscript(name: String) -> JSONValue? {
    get { values[name] }
    set { values[name] = newValue }
  }

  /// The value under a path such as `answer.items`.
  func value(at path: some StringProtocol) -> JSONValue? {
    var value: JSONValue = .object(values)
    for name in path.split(separator: ".") {
      guard let next = value[String(name)] else { return nil }
      value = next
    }
    return value
  }

  /// The scope inside an element of a list: the element's members come first.
  func inside(_ element: JSONValue) -> TemplateScope {
    var inner = self
    inner.values.merge(element.objectValue ?? [:]) { $1 }
    inner.values["item"] = element
    return inner
  }
}

/// How a value becomes text.
struct TemplateStyle: Sendable {
  var destination: TemplateDestination
  var mask: SecretMask

  func wrap(_ value: JSONValue) -> Any {
    switch value {
    case .object(let members): TemplateObject(members: members, style: self)
    case .array(let elements): TemplateList(elements: elements, style: self)
    default: TemplateLeaf(value: value, style: self)
    }
  }

  func text(_ value: JSONValue) -> String {
    let text =
      switch value {
      case .null: ""
      case .string(let text): text
      case .bool(let value): value ? "true" : "false"
      case .integer(let value): "\(value)"
      case .number(let value): "\(value)"
      case .array, .object: Self.json(value)
      }
    let masked = mask.hiding(text)
    // A structure in a JSON text stands for itself.
    if destination == .json, value.arrayValue != nil || value.objectValue != nil { return masked }
    return destination.prepared(masked)
  }

  static func json(_ value: JSONValue, pretty: Bool = false) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting =
      pretty
      ? [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
      : [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}

struct TemplateObject: MustacheParent, MustacheCustomRenderable {
  let members: [String: JSONValue]
  let style: TemplateStyle

  func child(named name: String) -> Any? { members[name].map(style.wrap) }
  var renderText: String { style.text(.object(members)) }
  var isNull: Bool { false }
}

struct TemplateList: MustacheSequence, MustacheParent, MustacheCustomRenderable,
  MustacheTransformable
{
  let elements: [JSONValue]
  let style: TemplateStyle

  func makeIterator() -> AnyIterator<Any> {
    var rest = elements.makeIterator()
    return AnyIterator { rest.next().map(style.wrap) }
  }

  func child(named name: String) -> Any? {
    Int(name).flatMap { elements.indices.contains($0) ? style.wrap(elements[$0]) : nil }
  }

  var renderText: String { style.text(.array(elements)) }
  var isNull: Bool { elements.isEmpty }

  /// `top` is the first ten.
  func transform(_ name: String) -> Any? {
    switch name {
    case "first": elements.first.map(style.wrap)
    case "last": elements.last.map(style.wrap)
    case "count": style.wrap(.integer(Int64(elements.count)))
    case "empty": elements.isEmpty
    case "reversed": TemplateList(elements: elements.reversed(), style: style)
    case "top": TemplateList(elements: Array(elements.prefix(10)), style: style)
    default: nil
    }
  }
}

/// A text, number, boolean or null. Empty ones count as false.
struct TemplateLeaf: MustacheParent, MustacheCustomRenderable, MustacheTransformable {
  let value: JSONValue
  let style: TemplateStyle

  // Else Mustache would look into this struct by reflection.
  func child(named name: String) -> Any? { nil }
  var renderText: String { style.text(value) }

  var isNull: Bool {
    switch value {
    case .null, .bool(false), .string(""), .integer(0): true
    default: false
    }
  }

  /// The names that a template may use on texts and lists; `docs/commands.md` explains them.
  static let transforms: Set<String> = [
    "code", "link", "short", "date", "duration", "quoted", "word", "lowercased", "uppercased",
    "empty", "first", "last", "count", "reversed", "top", "index", "even", "odd",
  ]
  /// These make text that is not to be escaped once more: they need `{{{ }}}`.
  static let rawTransforms: Set<String> = ["code", "link"]

  func transform(_ name: String) -> Any? {
    switch name {
    case "code":
      let text = style.mask.hiding(value.stringValue ?? "")
      return TemplateCode(
        renderText: style.destination == .markdown ? MarkdownEscaping.insideFence(text) : text)
    case "link":
      return TemplateCode(
        renderText: MarkdownEscaping.linkTarget(style.mask.hiding(value.stringValue ?? "")))
    // Inside the double quotes of a query language, such as JQL.
    case "quoted":
      let text = (value.stringValue ?? "").map { $0.isNewline ? " " : $0 }
      return style.wrap(
        .string(String(text).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")))
    case "word":
      let text = (value.stringValue ?? "").filter {
        $0.isLetter || $0.isNumber || "-_.@".contains($0)
      }
      return style.wrap(.string(text))
    case "short":
      guard let text = value.stringValue, text.count > 200 else { return self }
      return style.wrap(.string(text.prefix(200) + "…"))
    case "date":
      guard let milliseconds = value.integerValue else { return nil }
      let date = Date(timeIntervalSince1970: Double(milliseconds) / 1_000)
      let text = date.formatted(Date.ISO8601FormatStyle(timeZone: .gmt))
      return style.wrap(
        .string(text.replacing("T", with: " ").replacing("Z", with: " UTC")))
    case "duration":
      return value.integerValue.map {
        style.wrap(.string(Sentences.time(.milliseconds(max(0, $0)))))
      }
    case "empty":
      return isNull
    case "lowercased":
      return value.stringValue.map { style.wrap(.string($0.lowercased())) }
    case "uppercased":
      return value.stringValue.map { style.wrap(.string($0.uppercased())) }
    default:
      return nil
    }
  }
}

/// Text that stands in a code block.
struct TemplateCode: MustacheParent, MustacheCustomRenderable {
  let renderText: String

  func child(named name: String) -> Any? { nil }
  var isNull: Bool { renderText.isEmpty }
}
