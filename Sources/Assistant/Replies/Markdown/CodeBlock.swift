// A fenced block of an answer while it streams: short ones pass, of a long one the answer shows the
// beginning, and the whole becomes a file.

struct CodeBlock: Sendable {
  /// In UTF-8 bytes. One that is longer would fill a message of 7,439 bytes alone, and nobody copies
  /// code that is cut in two.
  static let longest = 6_000
  private static let excerptBytes = 1_500
  private static let excerptLines = 30

  let fence: CodeFence
  private var excerpt: [UInt8] = []
  private var excerptLines = 0
  private var isExcerptOpen = true
  /// Its closing fence is settled.
  private var isExcerptEnded = false
  /// Lines beyond the excerpt.
  private var held: [UInt8] = []
  private var heldLines = 0
  /// The part of the first line that is shown where that alone is too long for an excerpt.
  private var cut = 0

  var isLong: Bool { excerpt.count + held.count > Self.longest }

  init(fence: CodeFence) { self.fence = fence }

  mutating func add(_ line: [UInt8], hasNewline: Bool, into out: inout [UInt8]) {
    let size = line.count + (hasNewline ? 1 : 0)
    let fits =
      isExcerptOpen && excerptLines < Self.excerptLines && excerpt.count + size <= Self.excerptBytes
    if fits {
      excerpt += line
      out += line
      excerptLines += 1
      if hasNewline {
        excerpt.append(0x0A)
        out.append(0x0A)
      }
      return
    }
    isExcerptOpen = false
    held += line
    heldLines += 1
    if hasNewline { held.append(0x0A) }
    guard isLong, !isExcerptEnded else { return }
    if excerpt.isEmpty, cut == 0 { cutFirstLine(into: &out) }
    // At once: a message can end here while the rest of the block takes minutes.
    out.append(fence.marker + "\n")
    isExcerptEnded = true
  }

  private mutating func cutFirstLine(into out: inout [UInt8]) {
    cut = held.scalarBorder(at: min(Self.excerptBytes, held.firstIndex(of: 0x0A) ?? held.count))
    out += held[..<cut]
    out.append(0x0A)
  }

  /// What ends the block in the answer: what was held, or a note about the file.
  ///
  /// - Parameter closing: the line that closes the block, nil if it stays open.
  func end(closing: [UInt8]?, name: String, into out: inout [UInt8]) {
    guard isLong else {
      out += held
      out += closing ?? []
      return
    }
    out.append(note(lines: heldLines, name: name))
  }

  func note(lines: Int, name: String) -> String {
    if excerpt.isEmpty { return "_… all of it in_ `\(name)`" }
    return "_… \(lines) more \(lines == 1 ? "line" : "lines") in_ `\(name)`"
  }

  func attachment(name: String) -> CodeAttachment {
    CodeAttachment(name: name, content: (excerpt + held).string, fence: fence)
  }

  /// The file's name. Safe: the extension is from a table.
  func fileName(number: Int) -> String {
    let info = fence.opening.dropFirst(fence.marker.count).drop(while: \.isWhitespace)
    return "code-\(number).\(CodeLanguages.fileExtension(for: String(info)))"
  }

  /// What follows the settled excerpt for a reader now; `partial` is the line that is coming.
  func preview(partial: [UInt8], name: String, into out: inout [UInt8]) {
    guard excerpt.count + held.count + partial.count > Self.longest else {
      out += held
      // Perhaps the closing fence.
      let text = partial.drop(while: \.isBlank)
      let isFence = text.allSatisfy { $0 == fence.marker.utf8.first || $0.isBlank }
      if !isFence { out += partial }
      return
    }
    var copy = self
    if !partial.isEmpty { copy.add(partial, hasNewline: false, into: &out) }
    out.append(copy.note(lines: copy.heldLines, name: name))
  }
}
