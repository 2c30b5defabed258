// A libFuzzer harness for an answer on its way to Webex: however the model's bytes are cut, the text is
// the same; its pieces fit into messages and lose nothing. scripts/fuzz runs it.
//
// fuzz-module: Assistant
// fuzz-link: -lcurl -lsqlite3

@testable import Assistant

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let start, count > 1 else { return 0 }
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let size = Int(bytes[0] & 0x1F) + 1
  // With repair of fences a message has room for some text at least.
  let limit = 200 + Int(bytes[0] >> 5) * 40
  let source = String(decoding: bytes.dropFirst(), as: UTF8.self)

  var whole = AnswerText()
  whole.append(source)
  whole.finish()
  var cut = AnswerText()
  var rest = Substring(source)
  while !rest.isEmpty {
    cut.append(String(rest.prefix(size)))
    let shown = cut.preview(from: 0, fence: nil)
    precondition(shown.utf8.count < 8 * source.utf8.count + 4_096, "a preview grows without bound")
    rest = rest.dropFirst(size)
  }
  cut.finish()
  precondition(whole.text == cut.text, "cutting the stream changed the text")
  precondition(whole.attachments == cut.attachments, "cutting the stream changed the files")
  let words = whole.text.lowercased()
  for mention in ["<@all>", "<@here>", "<@personemail:", "<@personid:"] {
    precondition(!words.contains(mention), "a mention")
  }

  let splitter = MarkdownSplitter(limit: limit)
  var open = Substring(whole.text)
  var fence: CodeFence?
  while !open.isEmpty {
    let piece = splitter.next(open, fence: fence)
    precondition(piece.sourceBytes > 0, "a piece of nothing")
    precondition(piece.text.utf8.count <= limit, "a piece that does not fit")
    open = open[open.utf8.index(open.startIndex, offsetBy: piece.sourceBytes)...]
    fence = piece.fenceAfter
  }
  return 0
}
