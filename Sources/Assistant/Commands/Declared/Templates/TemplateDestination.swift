// Where a rendered value goes, and how it is escaped for there. Every template of commands.yaml is
// bound to one of these when the file is read.

import FoundationEssentials
import Mustache

/// The place for which a template's values are escaped.
enum TemplateDestination: Sendable, Equatable {
  /// A message or a card's text: nothing in a value may format, link or mention.
  case markdown
  /// A URL's path or query.
  case url
  /// Between the quotes of a JSON text.
  case json
  /// A header, a program's argument, a question to the model, a leaf of a JSON body: as it is.
  case plain

  /// What `{{{x}}}` gives. `{{x}}` gives `escaped` of it.
  func prepared(_ text: String) -> String {
    switch self {
    case .markdown: MarkdownEscaping.withoutMentions(text)
    case .url: Self.percentEncoded(text)
    case .json: Self.jsonEscaped(text)
    case .plain: text
    }
  }

  /// - Parameter prepared: what `prepared` gave.
  func escaped(_ prepared: String) -> String {
    switch self {
    case .markdown: MarkdownEscaping.escaped(prepared)
    // `{{{x}}}` keeps the slashes of a path; `..` is refused where the URL is put together.
    case .url: prepared.replacing("/", with: "%2F")
    case .json, .plain: prepared
    }
  }

  /// All but RFC 3986's unreserved characters and `/`.
  static func percentEncoded(_ text: String) -> String {
    var encoded: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "/"):
        encoded.append(byte)
      default:
        let digits = Array("0123456789ABCDEF".utf8)
        encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }

  static func jsonEscaped(_ text: String) -> String {
    guard let data = try? JSONEncoder().encode(text) else { return "" }
    return String(decoding: data.dropFirst().dropLast(), as: UTF8.self)
  }
}

/// How swift-mustache is told to escape: a template begins with the name of its content type.
struct TemplateContentType: MustacheContentType {
  let destination: TemplateDestination

  func escapeText(_ text: String) -> String { destination.escaped(text) }

  static func pragma(_ destination: TemplateDestination) -> String {
    _ = registered
    // On a line of its own, which Mustache takes out: the template's first tag may stand alone too.
    return "{{% CONTENT_TYPE:\(name(destination))}}\n"
  }

  private static func name(_ destination: TemplateDestination) -> String {
    switch destination {
    case .markdown: "COMMAND_MARKDOWN"
    case .url: "COMMAND_URL"
    case .json, .plain: "TEXT"
    }
  }

  private static let registered: Void = {
    for destination in [TemplateDestination.markdown, .url] {
      MustacheContentTypes.register(
        TemplateContentType(destination: destination), named: name(destination))
    }
  }()
}
