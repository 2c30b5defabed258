// The tags of a template, looked at before it is used: which names it needs, and what it must not do.

/// One `{{…}}`.
struct TemplateTag: Equatable {
  enum Kind { case variable, section, inverted, end, comment, other }

  var kind: Kind
  /// Without marks and blanks, such as `arguments.summary`; of `first(answer.items)` what is in the
  /// brackets.
  var name: String
  /// The transforms around the name, the outermost first.
  var transforms: [String]
  /// `{{{…}}}` or `{{&…}}`.
  var isRaw: Bool
  var range: Range<String.Index>

  static func all(in source: String) -> [TemplateTag] {
    var tags: [TemplateTag] = []
    var rest = source[...]
    while let open = rest.firstRange(of: "{{") {
      let isTriple = rest[open.upperBound...].hasPrefix("{")
      let closing = isTriple ? "}}}" : "}}"
      let start = isTriple ? source.index(after: open.upperBound) : open.upperBound
      guard let close = source[start...].firstRange(of: closing) else { break }
      tags.append(
        TemplateTag(
          String(source[start..<close.lowerBound]), isTriple: isTriple,
          range: open.lowerBound..<close.upperBound))
      rest = source[close.upperBound...]
    }
    return tags
  }

  private init(_ inside: String, isTriple: Bool, range: Range<String.Index>) {
    let trimmed = inside.trimmingWhitespace()
    let marks: [Character: Kind] = [
      "#": .section, "^": .inverted, "/": .end, "!": .comment, "&": .variable, ">": .other,
      "<": .other, "$": .other, "=": .other, "%": .other,
    ]
    let mark = trimmed.first.flatMap { marks[$0] }
    kind = mark ?? .variable
    var name = (mark == nil ? trimmed : String(trimmed.dropFirst())).trimmingWhitespace()
    transforms = []
    while let open = name.firstIndex(of: "("), name.hasSuffix(")") {
      transforms.append(String(name[..<open]))
      name = String(name[name.index(after: open)...].dropLast())
    }
    self.name = name
    self.range = range
    isRaw = isTriple || trimmed.hasPrefix("&")
  }
}
