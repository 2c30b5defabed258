// `<think>…</think>` in front of an answer: tables, and every way to cut each text into deltas.

import CurlHTTP
import Testing

@testable import LLMClient

struct ThinkingCase: Sendable, CustomTestStringConvertible {
  var name: String
  var text: String
  var thinking: String
  var answer: String
  var testDescription: String { name }

  init(_ name: String, _ text: String, thinking: String = "", answer: String) {
    self.name = name
    self.text = text
    self.thinking = thinking
    self.answer = answer
  }

  static let all: [ThinkingCase] = [
    .init("no tag", "the answer", answer: "the answer"),
    .init("nothing", "", answer: ""),
    .init("a tag", "<think>hm</think>yes", thinking: "hm", answer: "yes"),
    .init(
      "blanks in front and behind are layout", " \n<think>\nhm\n</think>\n\n yes ",
      thinking: "\nhm\n", answer: "yes "),
    .init("empty thinking", "<think></think>\n\nyes", answer: "yes"),
    .init("never closed", "<think>hm, hm", thinking: "hm, hm", answer: ""),
    .init("cut inside the closing tag", "<think>hm</thin", thinking: "hm</thin", answer: ""),
    .init("cut inside the opening tag", " <thin", answer: " <thin"),
    .init("only blanks", " \n", answer: " \n"),
    .init("another word", "<thinker> is a tag", answer: "<thinker> is a tag"),
    .init("another tag", "<b>bold</b>", answer: "<b>bold</b>"),
    .init("a later tag is text", "Use <think>x</think>.", answer: "Use <think>x</think>."),
    .init(
      "a tag in a code block is text", "```\n<think>x</think>\n```",
      answer: "```\n<think>x</think>\n```"),
    .init(
      "a second tag is text", "<think>a</think>b <think>c</think>", thinking: "a",
      answer: "b <think>c</think>"),
    .init(
      "a second tag right behind the first is text", "<think>a</think>\n<think>c</think>",
      thinking: "a", answer: "<think>c</think>"),
    .init(
      "an opening tag within is thinking", "<think>a<think>b</think>c", thinking: "a<think>b",
      answer: "c"),
    .init(
      "what only looks like the closing tag", "<think>a</thi</think </think>b",
      thinking: "a</thi</think ", answer: "b"),
    .init(
      "its beginning twice", "<think>a<</</think>b", thinking: "a<</", answer: "b"),
    .init("a stray closing tag is text", "a</think>b", answer: "a</think>b"),
    .init("large letters are another tag", "<THINK>a</THINK>", answer: "<THINK>a</THINK>"),
    .init(
      "a combining mark behind the tags", "<think>\u{301}é</think>\u{301}ü👩‍👩‍👧",
      thinking: "\u{301}é", answer: "\u{301}ü👩‍👩‍👧"),
    .init(
      "pages of blanks", String(repeating: "\n", count: 300) + "<think>a</think>",
      answer: String(repeating: "\n", count: 300) + "<think>a</think>"),
  ]
}

@Suite("Thinking in front of an answer")
struct LeadingThinkingTests {
  private func split(_ pieces: [String]) -> (thinking: String, answer: String) {
    var machine = LeadingThinking()
    var thinking = ""
    var answer = ""
    for piece in pieces.flatMap({ machine.take($0) }) + machine.end() {
      switch piece {
      case .answer(let text):
        #expect(!text.isEmpty)
        answer += text
      case .thinking(let text):
        #expect(!text.isEmpty && answer.isEmpty)
        thinking += text
      }
    }
    return (thinking, answer)
  }

  @Test("told apart, however it is cut", arguments: ThinkingCase.all)
  func cuts(_ expected: ThinkingCase) {
    let scalars = Array(expected.text.unicodeScalars)
    func text(_ slice: ArraySlice<Unicode.Scalar>) -> String {
      String(String.UnicodeScalarView(slice))
    }
    func check(_ pieces: [String]) {
      let (thinking, answer) = split(pieces)
      #expect(thinking == expected.thinking && answer == expected.answer, "\(pieces)")
    }
    check([expected.text])
    check(scalars.map { String($0) })
    for cut in 0...min(scalars.count, 60) {
      check([text(scalars[..<cut]), "", text(scalars[cut...])])
    }
  }

  @Test("thinking comes out as it arrives, a possible tag held back")
  func incremental() {
    var machine = LeadingThinking()
    #expect(machine.take("\n<th") == [])
    #expect(machine.take("ink>so ") == [.thinking("so ")])
    #expect(machine.take("a < b <") == [.thinking("a < b ")])
    #expect(machine.take("/thinking>") == [.thinking("</thinking>")])
    #expect(machine.take("</think>\n") == [])
    #expect(machine.take("\n") == [])
    #expect(machine.take("yes") == [.answer("yes")])
    #expect(machine.take("<") == [.answer("<")])
    #expect(machine.end() == [])
  }

  @Test("in a stream: thinking is reasoning, and an answer of thinking alone is empty")
  func stream() {
    let stop = chunk("{}", finish: "stop") + done
    #expect(
      assemble(content("<thi") + content("nk>hm</think>") + content("\\n\\nyes") + stop).events
        .telling == [.reasoning("hm"), .content("yes"), finished(), outcome()])
    #expect(
      assemble(content("<think>hm") + chunk("{}", finish: "length") + done).events.telling
        == [.reasoning("hm"), finished(.length), outcome(.length, isEmpty: true)])
    #expect(
      assemble(content("<th") + stop).events.telling == [.content("<th"), finished(), outcome()])
    #expect(
      assemble(content("<th") + done).events.telling
        == [.content("<th"), outcome(nil, isComplete: false)])
    // Held back text still shows that somebody is at work.
    #expect(assemble(content("<th") + stop).events.first == .alive)
  }

  @Test("each completion of a stream has its own start")
  func secondCompletion() {
    let body =
      content("<think>a</think>b") + chunk("{}", finish: "tool_calls")
      + content("<think>c</think>d", id: "2") + chunk("{}", finish: "stop", id: "2") + done
    #expect(
      assemble(body).events.telling == [
        .reasoning("a"), .content("b"), finished(.toolCalls), .reasoning("c"), .content("d"),
        finished(id: "2"), outcome(),
      ])
  }

  @Test("in a whole completion too, and a refusal ends what is held back")
  func document() {
    let json = #"{"choices":[{"message":{"content":"<think>a</think>b"},"finish_reason":"stop"}]}"#
    #expect(assemble(json).events.prefix(2) == [.reasoning("a"), .content("b")])
    let refusal = content("<thi") + chunk(#"{"refusal":"no"}"#, finish: "stop") + done
    #expect(assemble(refusal).events.text == "<thino")
  }

  @Test("a break before anything was let out may be tried again")
  func brokenBefore() {
    let loss = ChatStreamAssembler.Input.lost(HTTPError(code: .connectionLost, message: "gone"))
    let failure = assemble([.bytes(Array(content(" <thi").utf8)), loss]).failure
    #expect(failure?.receivedContent == false)
    #expect(failure?.isWorthRetrying == true)
    #expect(assemble(content(" <thi")).failure?.isWorthRetrying == true)
  }
}
