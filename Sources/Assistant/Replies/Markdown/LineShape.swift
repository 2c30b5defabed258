// What a line of Markdown begins with, outside of code. Only the first bytes decide, so that a long
// line need not be complete.

struct LineShape: Equatable {
  enum Kind: Equatable {
    case blank, text, heading, quote, bullet, indentedCode
    /// `3.` or `3)`.
    case ordered(number: Int, delimiter: UInt8)
  }

  var kind: Kind
  /// Blanks at the front, in bytes.
  var indent: Int
  /// Where the text begins, behind the marker and its blanks.
  var content: Int

  /// This many bytes, or the whole line, decide about its shape.
  static let decisive = 128

  /// - Parameter isInText: a list or a paragraph goes on, so that an indented line is no code.
  init(_ line: [UInt8], isInText: Bool) {
    indent = line.skippingBlanks(from: 0)
    content = indent
    guard indent < min(line.count, Self.decisive) else {
      kind = indent == line.count ? .blank : .text
      return
    }
    if !isInText, indent >= 4 || line[..<indent].contains(0x09) {
      kind = .indentedCode
      return
    }
    kind = .text
    switch line[indent] {
    case "#":
      let run = line.run(at: indent, bound: 7)
      let end = indent + run
      guard run <= 6, end == line.count || line[end].isBlank else { return }
      kind = .heading
      content = line.skippingBlanks(from: end)
    case ">":
      kind = .quote
      while content < min(line.count, Self.decisive), line[content] == ">" || line[content].isBlank
      {
        content += 1
      }
    case "-", "*", "+":
      guard indent + 1 == line.count || line[indent + 1].isBlank else { return }
      kind = .bullet
      content = Self.afterMarker(line, indent + 1)
    case let digit where digit.isDigit:
      let digits = line[indent...].prefix(10).prefix(while: \.isDigit)
      let end = digits.endIndex
      guard digits.count <= 9, end < line.count, line[end] == "." || line[end] == ")",
        end + 1 == line.count || line[end + 1].isBlank, let number = Int(digits.string)
      else { return }
      kind = .ordered(number: number, delimiter: line[end])
      content = Self.afterMarker(line, end + 1)
    default: break
    }
  }

  private static func afterMarker(_ line: [UInt8], _ end: Int) -> Int {
    min(line.skippingBlanks(from: end), decisive)
  }

  /// Whether nothing but the beginning of a line's marker stands there.
  static func isBareMarker(_ line: some Collection<UInt8>) -> Bool {
    let text = line.drop(while: \.isBlank)
    let marks = text.prefix { "-*+#>=_~`".utf8.contains($0) || $0.isBlank }
    if marks.count == text.count { return true }
    let digits = text.prefix(while: \.isDigit)
    guard !digits.isEmpty, digits.count <= 9 else { return false }
    let rest = text.dropFirst(digits.count)
    return rest.allSatisfy { $0 == "." || $0 == ")" || $0.isBlank } && rest.count <= 3
  }
}
