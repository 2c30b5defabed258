// A code block that is too long for a message, as a file. Made by the answer's text, sent by the
// reply stream.

/// The whole content of a block of which the answer shows an excerpt.
struct CodeAttachment: Equatable, Sendable {
  /// A safe file name, numbered within the answer: "code-1.swift".
  var name: String
  /// The block's lines without its fences, as the model wrote them.
  var content: String
  var fence: CodeFence
}
