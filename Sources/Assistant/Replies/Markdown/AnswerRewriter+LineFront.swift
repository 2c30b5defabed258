// What a line begins with: list numbers, task boxes, definitions. Part of the answer's rewriter.

extension AnswerRewriter {
  /// Writes what a line begins with and returns where its text begins.
  mutating func prefix(
    of line: [UInt8], isWhole: Bool, into out: inout [UInt8]
  ) -> Int {
    inline.begin()
    let isInText = !isAfterBlank || lists.contentIndent != nil
    let shape = LineShape(line, isInText: isInText && !wroteCode)
    guard shape.kind != .blank else {
      needsBlank = false
      lists.blank()
      isAfterBlank = true
      return 0
    }
    separate(into: &out)
    isAfterBlank = false
    wroteCode = shape.kind == .indentedCode
    inline.continuation = 0
    switch shape.kind {
    case .indentedCode:
      lists.other(indent: shape.indent, interrupts: false)
      inline.isVerbatim = true
      return 0
    case .ordered(let written, let delimiter):
      let number = lists.number(written: written, delimiter: delimiter, indent: shape.indent)
      out += line[..<shape.indent]
      let digits = line[shape.indent...].prefix(while: \.isDigit)
      if number == written { out += digits } else { out.append("\(number)") }
      out += line[digits.endIndex..<shape.content]
      inline.continuation = shape.content
      return item(line, at: shape.content, into: &out)
    case .bullet:
      lists.bullet(indent: shape.indent)
      out += line[..<shape.content]
      inline.continuation = shape.content
      return item(line, at: shape.content, into: &out)
    default:
      lists.other(indent: shape.indent, interrupts: shape.kind == .heading)
      if shape.kind == .text, let end = definition(line, shape, isWhole: isWhole, into: &out) {
        return end
      }
      inline.continuation = shape.kind == .text ? shape.indent : 0
      out += line[..<shape.content]
      return escaped(line, at: shape.content, into: &out)
    }
  }

  /// A task's box, or text.
  private func item(_ line: [UInt8], at start: Int, into out: inout [UInt8]) -> Int {
    let text = task(line, at: start, into: &out)
    return text == start ? escaped(line, at: start, into: &out) : text
  }

  /// What a renderer would take for a link's definition, and not show, is text.
  private func escaped(_ line: [UInt8], at start: Int, into out: inout [UInt8]) -> Int {
    guard case .at = Self.definitionColon(line, at: start) else { return start }
    out.append("\\[")
    return start + 1
  }

  private func task(_ line: [UInt8], at start: Int, into out: inout [UInt8]) -> Int {
    guard start + 3 <= line.count, line[start] == "[", line[start + 2] == "]",
      start + 3 == line.count || line[start + 3].isBlank
    else { return start }
    switch line[start + 1] {
    case " ": out.append("☐")
    case "x", "X": out.append("☑")
    default: return start
    }
    return start + 3
  }

  /// `[1]: https://…` and `[^1]: text`, which Webex does not know.
  private mutating func definition(
    _ line: [UInt8], _ shape: LineShape, isWhole: Bool, into out: inout [UInt8]
  ) -> Int? {
    guard shape.indent <= 3, case .at(let colon) = Self.definitionColon(line, at: shape.indent)
    else { return nil }
    let label = line[(shape.indent + 1)..<(colon - 1)]
    if label.first.map({ $0 == "^" }) == true {
      if inline.references.count < Self.mostReferences { inline.references[label.string] = "" }
      out.append("[\(label.dropFirst().string)]")
      return colon + 1
    }
    guard isWhole, line.count < 2_048 else { return nil }
    let start = line.skippingBlanks(from: colon + 1)
    let target = line[start...].prefix { !$0.isBlank }
    let title = line[target.endIndex...].drop(while: \.isBlank)
    let isTitle = title.first.map { "\"'(".utf8.contains($0) } ?? true
    guard !target.isEmpty, isTitle else { return nil }
    let address = Brackets.address(in: Array(target))
    let isSafe = LinkTarget.isSafe(address)
    // `[Alice]: Hello` is no definition.
    let isAddress =
      target.first == 0x3C || address.first.map { "/#.".contains($0) } == true
      || address.prefix { !"/?#".contains($0) }.contains(":")
    guard isAddress || !isSafe else { return nil }
    if inline.references.count < Self.mostReferences {
      inline.references[label.string.lowercased()] = address
    }
    out += label
    if isSafe {
      out.append(": <\(address.filter { !"<>".contains($0) })>  ")
    } else {
      out.append(": `\(address.prefix(100).filter { $0 != "`" })`  ")
    }
    return line.count
  }

  /// The `:` behind `[label]` at `start`.
  static func definitionColon(_ line: [UInt8], at start: Int) -> Brackets.Position {
    guard start < line.count, line[start] == "[" else { return .none }
    let limit = start + longestLabel
    var index = start + 1
    while index < line.count, index < limit, line[index] != "]" {
      if line[index] == "[" { return .none }
      index += line[index] == "\\" ? 2 : 1
    }
    if index >= limit || index == start + 1 && index < line.count { return .none }
    guard index + 1 < line.count else { return .needsMore }
    return line[index + 1] == ":" ? .at(index + 1) : .none
  }
}
