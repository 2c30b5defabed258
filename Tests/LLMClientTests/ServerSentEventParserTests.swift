// The event-stream grammar: tables, and every way to cut each input into chunks.

import Testing

@testable import LLMClient

typealias SSEOutput = ServerSentEventParser.Output

private func parse(_ chunks: [[UInt8]], limit: Int = 16 << 20) throws -> [SSEOutput] {
  var parser = ServerSentEventParser(maximumEventBytes: limit)
  var outputs: [SSEOutput] = []
  for chunk in chunks { try parser.parse(chunk) { outputs.append($0) } }
  return outputs
}

private func event(_ data: String, type: String = "message", id: String = "") -> SSEOutput {
  .event(ServerSentEvent(type: type, data: Array(data.utf8), lastEventID: id))
}

struct Grammar: Sendable, CustomTestStringConvertible {
  var name: String
  var input: String
  var expected: [SSEOutput]
  var testDescription: String { name }

  static let cases: [Grammar] = [
    .init(name: "LF", input: "data: a\n\ndata: b\n\n", expected: [event("a"), event("b")]),
    .init(
      name: "CRLF", input: "data: a\r\n\r\ndata: b\r\n\r\n", expected: [event("a"), event("b")]),
    .init(name: "CR", input: "data: a\r\rdata: b\r\r", expected: [event("a"), event("b")]),
    .init(
      name: "mixed line ends", input: "data: a\r\n\ndata: b\r\rdata: c\n\r\n",
      expected: [event("a"), event("b"), event("c")]),
    .init(name: "no space after the colon", input: "data:a\n\n", expected: [event("a")]),
    .init(name: "only one space is dropped", input: "data:  a\n\n", expected: [event(" a")]),
    .init(name: "a tab is not a space", input: "data:\ta\n\n", expected: [event("\ta")]),
    .init(
      name: "several data lines", input: "data: a\ndata\ndata: b\n\n", expected: [event("a\n\nb")]),
    .init(name: "empty data", input: "data\n\ndata:\n\ndata: \n\n", expected: []),
    .init(
      name: "two empty data lines are one line feed", input: "data\ndata\n\n",
      expected: [event("\n")]),
    .init(
      name: "comments", input: ": ping\n\n:\n:x\ndata: a\n: in between\ndata: b\n\n",
      expected: [.comment, .comment, .comment, .comment, event("a\nb")]),
    .init(name: "byte order mark", input: "\u{FEFF}data: a\n\n", expected: [event("a")]),
    .init(
      name: "only the first mark is dropped", input: "\u{FEFF}\u{FEFF}data: a\n\ndata: b\n\n",
      expected: [event("b")]),
    .init(
      name: "event and id", input: "event: add\nid: 7\ndata: a\n\ndata: b\n\nid\ndata: c\n\n",
      expected: [event("a", type: "add", id: "7"), event("b", id: "7"), event("c")]),
    .init(
      name: "an id with a NUL is ignored", input: "id: 1\nid: a\u{0}b\ndata: a\n\n",
      expected: [event("a", id: "1")]),
    .init(
      name: "retry", input: "retry: 1500\nretry: 1x\nretry:\nretry: -1\n\n",
      expected: [.retry(1500)]),
    .init(name: "unknown fields", input: "dat: a\nDATA: b\ndata : c\nfoo\n\n", expected: []),
    .init(name: "event without data", input: "event: x\n\ndata: a\n\n", expected: [event("a")]),
    .init(name: "no blank line at the end", input: "data: a\n\ndata: b\n", expected: [event("a")]),
    .init(name: "nothing", input: "", expected: []),
    .init(name: "only line ends", input: "\n\r\n\r\r\n", expected: []),
    .init(name: "a colon in the value", input: "data: a: b\n\n", expected: [event("a: b")]),
    .init(name: "UTF-8", input: "data: Grüße 世界 👩‍👩‍👧\n\n", expected: [event("Grüße 世界 👩‍👩‍👧")]),
    .init(
      name: "other separators are no line ends", input: "data: a\u{2028}\u{85}\u{0B}b\n\n",
      expected: [event("a\u{2028}\u{85}\u{0B}b")]),
  ]
}

@Suite("Server-sent events")
struct ServerSentEventParserTests {
  @Test("the grammar of the WHATWG standard", arguments: Grammar.cases)
  func grammar(_ grammar: Grammar) throws {
    #expect(try parse([Array(grammar.input.utf8)]) == grammar.expected)
  }

  @Test("one cut at any position changes nothing", arguments: Grammar.cases)
  func everyCut(_ grammar: Grammar) throws {
    let bytes = Array(grammar.input.utf8)
    for cut in 0...bytes.count {
      #expect(try parse([Array(bytes[..<cut]), Array(bytes[cut...])]) == grammar.expected)
    }
    #expect(try parse(bytes.map { [$0] }) == grammar.expected)
    #expect(try parse(bytes.flatMap { [[], [$0], []] }) == grammar.expected)
  }

  @Test("two cuts at any two positions change nothing")
  func everyTwoCuts() throws {
    let text = "\u{FEFF}: p\r\ndata: é\r\ndata:b\r\n\r\nid: 1\rdata: c\r\r"
    let bytes = Array(text.utf8)
    let whole = try parse([bytes])
    #expect(whole == [.comment, event("é\nb"), event("c", id: "1")])
    for first in 0...bytes.count {
      for second in first...bytes.count {
        let chunks = [bytes[..<first], bytes[first..<second], bytes[second...]].map(Array.init)
        #expect(try parse(chunks) == whole)
      }
    }
  }

  @Test(
    "what began like a byte order mark belongs to the line", arguments: [[0xEF], [0xEF, 0xBB]])
  func brokenMark(_ mark: [UInt8]) throws {
    let bytes = mark + Array("x\ndata: a\n\n".utf8)
    for cut in 0...bytes.count {
      #expect(try parse([Array(bytes[..<cut]), Array(bytes[cut...])]) == [event("a")])
    }
  }

  @Test("a line above the limit is an error, however it arrives", arguments: [1, 7, 1000])
  func longLine(_ chunk: Int) throws {
    let line = Array(("data: " + String(repeating: "x", count: 300) + "\n\n").utf8)
    let chunks = stride(from: 0, to: line.count, by: chunk).map {
      Array(line[$0..<min($0 + chunk, line.count)])
    }
    #expect(throws: ServerSentEventParser.TooLarge(limit: 200)) {
      try parse(chunks, limit: 200)
    }
    #expect(try parse(chunks, limit: 400).count == 1)
  }

  @Test("many data lines together above the limit are an error")
  func longEvent() throws {
    let lines = Array(String(repeating: "data: 0123456789\n", count: 50).utf8)
    #expect(throws: ServerSentEventParser.TooLarge(limit: 200)) { try parse([lines], limit: 200) }
  }

  @Test("an endless line without a line end is an error")
  func endlessLine() throws {
    #expect(throws: ServerSentEventParser.TooLarge(limit: 1 << 20)) {
      try parse(
        Array(repeating: Array(repeating: UInt8(ascii: "x"), count: 4096), count: 300),
        limit: 1 << 20)
    }
  }

  @Test("the event that the end cut can be asked for")
  func unfinished() throws {
    for tail in ["data: [DONE]", "data: [DONE]\n", "data: [DONE]\r", "data: [DONE]\r\n"] {
      var parser = ServerSentEventParser()
      try parser.parse(Array(tail.utf8)) { _ in }
      #expect(parser.unfinishedEvent()?.data == Array("[DONE]".utf8))
    }
    var parser = ServerSentEventParser()
    try parser.parse(Array("data: a\n\n".utf8)) { _ in }
    #expect(parser.unfinishedEvent() == nil)
  }

  @Test("a comment above the limit is an error, in one piece as well", arguments: [1, 300])
  func longComment(_ size: Int) {
    let line = Array((":" + String(repeating: "x", count: 200) + "\n").utf8)
    let chunks = stride(from: 0, to: line.count, by: size).map {
      Array(line[$0..<min($0 + size, line.count)])
    }
    #expect(throws: ServerSentEventParser.TooLarge(limit: 200)) { try parse(chunks, limit: 200) }
    #expect(throws: Never.self) { try parse(chunks, limit: 201) }
  }

  @Test("an 8 MB line in 1 KB chunks is searched twice and moved seldom")
  func longLineIsLinear() throws {
    let chunk = [UInt8](repeating: UInt8(ascii: "x"), count: 1024)
    var parser = ServerSentEventParser()
    var outputs: [SSEOutput] = []
    var addresses: [Int] = []
    try parser.parse(Array("data: ".utf8)) { outputs.append($0) }
    for _ in 0..<8192 {
      try parser.parse(chunk) { outputs.append($0) }
      let address = parser.lineAddress
      if address != addresses.last { addresses.append(address) }
    }
    try parser.parse(Array("\n\n".utf8)) { outputs.append($0) }
    #expect(outputs == [event(String(repeating: "x", count: 8 << 20))])
    #expect(parser.examinedBytes <= 2 * ((8 << 20) + 8))
    // A buffer that doubles; a copy for each chunk would be thousands.
    #expect(addresses.count <= 32)
  }

  @Test(
    "many lines in one chunk are searched at most twice, whatever ends them",
    arguments: ["\n", "\r", "\r\n"])
  func shortLinesAreLinear(_ lineEnd: String) throws {
    let bytes = Array(String(repeating: "data: a" + lineEnd + lineEnd, count: 10_000).utf8)
    var parser = ServerSentEventParser()
    var count = 0
    try parser.parse(bytes) { _ in count += 1 }
    #expect(count == 10_000)
    #expect(parser.examinedBytes <= 2 * bytes.count)
  }
}
