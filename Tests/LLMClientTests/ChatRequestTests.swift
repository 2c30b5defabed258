// What a request looks like on the wire.

import FoundationEssentials
import Testing

@testable import LLMClient

@Suite("Chat request")
struct ChatRequestTests {
  private func json(_ request: ChatRequest) throws -> JSONValue {
    try JSONDecoder().decode(JSONValue.self, from: Data(request.encodedBody()))
  }

  @Test("only what is set is sent")
  func minimal() throws {
    #expect(
      try json(ChatRequest(model: "m", messages: [.user("Hi")])) == [
        "model": "m", "stream": true, "stream_options": ["include_usage": true],
        "messages": [["role": "user", "content": "Hi"]],
      ])
  }

  @Test("everything that can be set is sent")
  func maximal() throws {
    let request = ChatRequest(
      model: "m",
      messages: [
        ChatMessage(
          role: .user,
          content: .parts([
            .text("Look"), .image(url: "https://x/y.png", detail: .low),
            .image(url: "https://x/z.png", detail: nil),
            .file(filename: "a.pdf", data: "data:application/pdf;base64,AA=="),
            .audio(data: "AA==", format: "wav"),
          ])),
        ChatMessage(
          role: .assistant, content: "",
          toolCalls: [
            ToolCall(id: "a", name: "f", arguments: #"{"x":1}"#),
            ToolCall(id: "b", name: "g", arguments: "{broken"),
          ], thinkingBlocks: [["type": "thinking", "signature": "s"]]),
        .tool("5", callID: "a"),
      ],
      temperature: 0.25, maxTokens: 100,
      tools: [ToolDefinition(name: "f", description: "adds", parameters: ["type": "object"])],
      toolChoice: .function("f"), reasoningEffort: "low",
      responseFormat: ["type": "json_object"], stop: ["END"], metadata: ["tags": ["webex"]],
      extraFields: ["seed": 7])
    #expect(
      try json(request) == [
        "model": "m", "stream": true, "stream_options": ["include_usage": true],
        "temperature": 0.25, "max_tokens": 100, "drop_params": true, "reasoning_effort": "low",
        "response_format": ["type": "json_object"], "stop": ["END"], "seed": 7,
        "metadata": ["tags": ["webex"]],
        "tools": [
          [
            "type": "function",
            "function": [
              "name": "f", "description": "adds", "parameters": ["type": "object"],
            ],
          ]
        ],
        "tool_choice": ["type": "function", "function": ["name": "f"]],
        "messages": [
          [
            "role": "user",
            "content": [
              ["type": "text", "text": "Look"],
              ["type": "image_url", "image_url": ["url": "https://x/y.png", "detail": "low"]],
              ["type": "image_url", "image_url": ["url": "https://x/z.png"]],
              [
                "type": "file",
                "file": ["filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="],
              ],
              ["type": "input_audio", "input_audio": ["data": "AA==", "format": "wav"]],
            ],
          ],
          [
            "role": "assistant", "content": nil,
            "thinking_blocks": [["type": "thinking", "signature": "s"]],
            "tool_calls": [
              [
                "id": "a", "type": "function",
                "function": ["name": "f", "arguments": #"{"x":1}"#],
              ],
              ["id": "b", "type": "function", "function": ["name": "g", "arguments": "{}"]],
            ],
          ],
          ["role": "tool", "content": "5", "tool_call_id": "a"],
        ],
      ])
  }

  @Test(
    "tool choices",
    arguments: [
      (ToolChoice.auto, JSONValue.string("auto")), (.none, "none"), (.required, "required"),
    ])
  func toolChoice(_ choice: ToolChoice, expected: JSONValue) throws {
    var request = ChatRequest(model: "m", messages: [])
    request.toolChoice = choice
    #expect(try json(request)["tool_choice"] == expected)
  }

  @Test("ids become header values of visible ASCII")
  func headerValues() {
    #expect(LLMClient.headerValue("a b\r\nc: dü") == "abc:d")
    #expect(LLMClient.headerValue("ü \n") == nil)
    #expect(LLMClient.headerValue(String(repeating: "x", count: 999))?.count == 256)
  }

  @Test(
    "addresses",
    arguments: [
      "http://h:4000", "http://h:4000/", "http://h:4000/v1", " http://h:4000/v1// ",
      "http://h:4000//v1/",
    ])
  func endpoints(_ base: String) {
    let endpoints = LLMEndpoints(baseURL: base)
    #expect(endpoints.chatCompletions == "http://h:4000/v1/chat/completions")
    #expect(endpoints.models == "http://h:4000/v1/models")
    #expect(endpoints.modelGroupInfo == "http://h:4000/model_group/info")
  }

  @Test("a path in front of /v1 stays")
  func endpointBelowAPath() {
    #expect(
      LLMEndpoints(baseURL: "https://h/llm/v1").modelGroupInfo == "https://h/llm/model_group/info")
  }

  @Test("a number that JSON does not have is a bad request")
  func notANumber() {
    #expect(throws: (any Error).self) {
      try ChatRequest(model: "m", messages: [], temperature: .nan).encodedBody()
    }
  }
}
