// How the fragments of tool calls become calls.

import Testing

@testable import LLMClient

struct ToolCase: Sendable, CustomTestStringConvertible {
  var name: String
  var deltas: [String]
  var calls: [ToolCall]
  var testDescription: String { name }

  init(_ name: String, _ deltas: [String], _ calls: [ToolCall]) {
    self.name = name
    self.deltas = deltas
    self.calls = calls
  }

  static let all: [ToolCase] = [
    .init(
      "LiteLLM: the type on every fragment, id and name on the first",
      [
        #"[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}]"#,
        #"[{"index":0,"type":"function","function":{"arguments":"{\"ci"}}]"#,
        #"[{"index":0,"type":"function","function":{"arguments":"ty\":1}"}}]"#,
      ], [.init(id: "a", name: "f", arguments: #"{"city":1}"#)]),
    .init(
      "two calls interleaved by index",
      [
        #"[{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}]"#,
        #"[{"index":1,"id":"b","function":{"name":"g","arguments":"{"}}]"#,
        #"[{"index":0,"function":{"arguments":"}"}},{"index":1,"function":{"arguments":"}"}}]"#,
      ], [.init(id: "a", name: "f", arguments: "{}"), .init(id: "b", name: "g", arguments: "{}")]),
    .init(
      "Ollama: every call as index 0, told apart by id",
      [
        #"[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}}]"#,
        #"[{"index":0,"id":"b","function":{"name":"f","arguments":"{\"x\":"}}]"#,
        #"[{"index":0,"function":{"arguments":"2}"}}]"#,
      ],
      [
        .init(id: "a", name: "f", arguments: #"{"x":1}"#),
        .init(id: "b", name: "f", arguments: #"{"x":2}"#),
      ]),
    .init(
      "the id repeated on every fragment",
      [
        #"[{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}]"#,
        #"[{"index":0,"id":"a","function":{"name":"f","arguments":"}"}}]"#,
      ], [.init(id: "a", name: "f", arguments: "{}")]),
    .init(
      "an empty id on later fragments",
      [
        #"[{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}]"#,
        #"[{"index":0,"id":"","function":{"name":"","arguments":"}"}}]"#,
      ], [.init(id: "a", name: "f", arguments: "{}")]),
    .init(
      "no index: the place in the delta",
      [
        #"[{"id":"a","function":{"name":"f","arguments":"{}"}},"#
          + #"{"id":"b","function":{"name":"g","arguments":"{}"}}]"#
      ], [.init(id: "a", name: "f", arguments: "{}"), .init(id: "b", name: "g", arguments: "{}")]),
    .init(
      "no index, one call a delta",
      [
        #"[{"id":"a","function":{"name":"f","arguments":"{}"}}]"#,
        #"[{"id":"b","function":{"name":"g","arguments":"{}"}}]"#,
      ], [.init(id: "a", name: "f", arguments: "{}"), .init(id: "b", name: "g", arguments: "{}")]),
    .init(
      "no ids: told apart by name, ids made up",
      [
        #"[{"index":0,"function":{"name":"f","arguments":"{}"}}]"#,
        #"[{"index":0,"function":{"name":"g","arguments":"{}"}}]"#,
      ],
      [
        .init(id: "call_0", name: "f", arguments: "{}"),
        .init(id: "call_1", name: "g", arguments: "{}"),
      ]),
    .init(
      "no arguments are an empty object",
      [
        #"[{"index":0,"id":"a","function":{"name":"f"}}]"#,
        #"[{"index":1,"id":"b","function":{"name":"f","arguments":" \n"}}]"#,
        #"[{"index":2,"id":"c","function":{"name":"f","arguments":null}}]"#,
      ],
      [
        .init(id: "a", name: "f", arguments: "{}"), .init(id: "b", name: "f", arguments: "{}"),
        .init(id: "c", name: "f", arguments: "{}"),
      ]),
    .init(
      "arguments as an object",
      [#"[{"index":0,"id":"a","function":{"name":"f","arguments":{"b":[1],"a":"x"}}}]"#],
      [.init(id: "a", name: "f", arguments: #"{"a":"x","b":[1]}"#)]),
    .init(
      "a large index", [#"[{"index":7,"id":"a","function":{"name":"f","arguments":"{}"}}]"#],
      [.init(id: "a", name: "f", arguments: "{}")]),
  ]
}

@Suite("Tool calls")
struct ToolCallTests {
  @Test("fragments become calls", arguments: ToolCase.all, ["tool_calls", "stop"])
  func assembly(_ tool: ToolCase, reason: String) {
    let body = tool.deltas.map { chunk(#"{"tool_calls":\#($0)}"#) }.joined()
    let (events, failure) = assemble(body + chunk("{}", finish: reason) + done)
    #expect(failure == nil)
    #expect(events.contains(.toolCalls(tool.calls)))
    // The fragments alone tell the same story.
    var joined: [Int: String] = [:]
    for case .toolCallFragment(let fragment) in events {
      joined[fragment.position, default: ""] += fragment.arguments
    }
    #expect(joined.keys.sorted() == Array(tool.calls.indices))
    guard case .ended(let outcome)? = events.last else {
      Issue.record("the stream did not end")
      return
    }
    #expect(!outcome.isEmpty)
  }

  @Test("the function_call of old servers is a call too")
  func legacy() {
    let body =
      chunk(#"{"function_call":{"name":"f","arguments":"{\"a\""}}"#)
      + chunk(#"{"function_call":{"arguments":":1}"}}"#)
      + chunk("{}", finish: "function_call") + done
    let (events, _) = assemble(body)
    #expect(
      events.contains(.toolCalls([ToolCall(id: "call_0", name: "f", arguments: #"{"a":1}"#)])))
    #expect(events.contains(finished(.toolCalls)))
  }

  @Test("broken arguments are noticed", arguments: ["{\"a\":", "[1]", "no", "{}}"])
  func broken(_ arguments: String) {
    #expect(!ToolCall(id: "a", name: "f", arguments: arguments).hasValidArguments)
  }

  @Test("calls of a stream that broke off are not handed out")
  func cut() {
    let (events, failure) = assemble(
      chunk(#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}]}"#))
    #expect(failure?.code == .cutOff)
    #expect(!events.contains { if case .toolCalls = $0 { true } else { false } })
  }
}
