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
  /// For one question only: does a text begin with a value? Then each begins with a zero byte.
  var isMarked = false

  func wrap(_ value: JSONValue) -> Any {
    switch value {
    case .object(let members): TemplateObject(members: members, style: self)
    case .array(let elements): TemplateList(elements: elements, style: self)
    default: TemplateLeaf(value: value, style: self)
    }
  }

  func text(_ value: JSONValue) -> String {
    let masked = mask.hiding(plain(value))
    // A structure in a JSON text stands for itself.
    if destination == .json, value.arrayValue != nil || value.objectValue != nil { return masked }
    return marked(destination.prepared(masked))
  }

  fileprivate func plain(_ value: JSONValue) -> String {
    switch value {
    case .null: ""
    case .string(let text): text
    case .bool(let value): value ? "true" : "false"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .array, .object: Self.json(value)
    }
  }

  fileprivate func marked(_ text: String) -> String {
    isMarked && !text.isEmpty ? "\0" + text : text
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
    "empty", "first", "last", "count", "reversed", "top", "index", "even", "odd", "encoded",
  ]
  /// These make text that is not to be escaped once more: they need `{{{ }}}`.
  static let rawTransforms: Set<String> = ["code", "link", "encoded"]

  /// Masked before it is changed: half a secret would not be found any more.
  private var masked: String? { value.stringValue.map(style.mask.hiding) }

  func transform(_ name: String) -> Any? {
    switch name {
    case "code":
      return code(masked ?? "") {
        style.destination == .markdown ? MarkdownEscaping.insideFence($0) : $0
      }
    case "link":
      return code(masked ?? "", MarkdownEscaping.linkTarget)
    // One segment or value of an address that the file begins.
    case "encoded":
      return code(style.mask.hiding(style.plain(value))) {
        TemplateDestination.url.escaped(TemplateDestination.percentEncoded($0))
      }
    // Inside the double quotes of a query language, such as JQL.
    case "quoted":
      var text = String.UnicodeScalarView()
      for scalar in (masked ?? "").unicodeScalars {
        if scalar == "\\" || scalar == "\"" { text.append("\\") }
        text.append(Character(scalar).isNewline ? " " : scalar)
      }
      return style.wrap(.string(String(text)))
    case "word":
      let text = (masked ?? "").unicodeScalars.filter(Self.isInWord)
      return style.wrap(.string(String(String.UnicodeScalarView(text))))
    case "short":
      guard let text = masked, text.count > 200 else { return self }
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
      return masked.map { style.wrap(.string($0.lowercased())) }
    case "uppercased":
      return masked.map { style.wrap(.string($0.uppercased())) }
    default:
      return nil
    }
  }

  /// Scalar by scalar: a Character that begins with a letter can end with a quotation mark.
  private static func isInWord(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
      .nonspacingMark, .spacingMark, .decimalNumber, .letterNumber, .otherNumber:
      true
    default: "-_.@".unicodeScalars.contains(scalar)
    }
  }

  /// - Parameter make: how it stands in Markdown, and in texts that go nowhere else. In a URL or a
  ///   JSON text it is escaped for there.
  private func code(_ text: String, _ make: (String) -> String) -> TemplateCode {
    let rendered =
      switch style.destination {
      case .markdown: make(text)
      case .plain: make(text)
      case .url, .json: style.destination.escaped(style.destination.prepared(make(text)))
      }
    return TemplateCode(renderText: style.marked(rendered))
  }
}

/// Text that stands in a code block.
struct TemplateCode: MustacheParent, MustacheCustomRenderable {
  let renderText: String

  func child(named name: String) -> Any? { nil }
  var isNull: Bool { renderText.isEmpty }
}
