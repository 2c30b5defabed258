// Answers at every speed and with every mishap, in real time. The same streams and many more run
// against the state machine on an injected clock; here the parts meet.

import Foundation
import HTTPTypes
import Testing
import WebexAPI

private let alice = "sim-alice-token"

struct ScriptedStream: CustomTestStringConvertible, Sendable {
  var name: String
  var text: String
  var script: [String: JSONValue]
  var faults: JSONValue?
  /// The final text; the script's unless told.
  var expected: String?
  /// A sentence that has to stand under the text, or in place of it.
  var note: String?
  /// Messages of the answer.
  var messages = 1...1
  /// Texts that a reader sees of the first message before the final one, notices too.
  var progress = 0...9
  /// Edits reach Webex more than once where their answers are lost.
  var isSteady = true
  /// Whether a notice comes before the first words.
  var hasNotice = false

  var testDescription: String { name }
}

@Suite("Answers in real time")
struct StreamTests {
  static let lateTokens: JSONValue = [
    "rest": [
      ["method": "PUT", "path": "/v1/messages/*", "status": 429, "retryAfter": 2, "times": 3]
    ]
  ]

  static let streams: [ScriptedStream] = [
    ScriptedStream(
      name: "fast: all there at once is one message without an edit", text: Texts.prose(900),
      script: ["speed": 0, "delay": 0], progress: 0...0),
    ScriptedStream(
      name: "fast after a second's thought", text: "Yes.", script: ["speed": 0, "delay": 1200],
      progress: 0...0),
    ScriptedStream(
      name: "the first token after 6 s: a notice becomes the answer", text: Texts.prose(1500),
      script: ["speed": 100, "delay": 6000], progress: 2...9, hasNotice: true),
    ScriptedStream(
      name: "a token a second for half a minute", text: Texts.words(30), script: ["speed": 1],
      progress: 3...9),
    ScriptedStream(
      name: "2,000 tokens a second", text: Texts.prose(20_000), script: ["speed": 2000],
      messages: 3...4),
    ScriptedStream(
      name: "a pause of 7 s in the middle, then a burst", text: Texts.prose(2_000),
      script: ["speed": 60, "stallAfter": 60, "stallMs": 7000], progress: 1...9),
    ScriptedStream(
      name: "an error after some text keeps the text", text: Texts.words(60),
      script: ["speed": 20, "errorFrameAfter": 40], expected: Texts.words(40),
      note: "is cut off here", progress: 1...9),
    ScriptedStream(
      name: "an error before any text is a sentence", text: "",
      script: ["error": "500", "delay": 3000], expected: "", note: "The model failed",
      hasNotice: true),
    ScriptedStream(
      name: "the connection breaks in the middle", text: Texts.words(60),
      script: ["speed": 20, "disconnectAfter": 40], expected: Texts.words(40),
      note: "The connection to the model broke", progress: 1...9),
    ScriptedStream(
      name: "429 on the first posts", text: Texts.words(40), script: ["speed": 20],
      faults: [
        "rest": [
          [
            "method": "POST", "path": "/v1/messages", "status": 429, "retryAfter": 2, "times": 2,
            "after": 1,
          ]
        ]
      ]),
    ScriptedStream(
      name: "429 on edits", text: Texts.words(80), script: ["speed": 20], faults: lateTokens),
    ScriptedStream(
      name: "the responses of eight edits are lost", text: Texts.words(160), script: ["speed": 20],
      faults: [
        "rest": [
          [
            "method": "PUT", "path": "/v1/messages/*", "apply": "afterCommit", "drop": true,
            "times": 8, "after": 1,
          ]
        ]
      ], messages: 1...2, progress: 0...10, isSteady: false),
    ScriptedStream(
      name: "the response of every edit is lost", text: Texts.words(160), script: ["speed": 20],
      faults: [
        "rest": [
          ["method": "PUT", "path": "/v1/messages/*", "apply": "afterCommit", "drop": true]
        ]
      ], progress: 0...10, isSteady: false),
    ScriptedStream(
      name: "code rolls over into the next message", text: Texts.code(16_000),
      script: ["speed": 300], messages: 3...4),
    ScriptedStream(
      name: "reasoning of 6 s in deltas of its own", text: Texts.prose(600),
      script: ["speed": 100, "reasoningMs": 6000], hasNotice: true),
    ScriptedStream(
      name: "reasoning of 6 s between tags", text: Texts.prose(600),
      script: ["speed": 100, "reasoningMs": 6000, "think": true], hasNotice: true),
  ]

  @Test("exact, once, within Webex's limits, and nothing left over", arguments: streams)
  func stream(_ stream: ScriptedStream) async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    var script = stream.script
    script["text"] = .string(stream.text)
    try await webex.script(.object(script))
    if let faults = stream.faults { try await webex.faults(faults) }
    let room = try await webex.directRoom(of: "alice")
    let question = try await webex.post("Go on", in: room, as: alice)
    try await assistant.untilTurns(1)

    let checks = ReplyChecks(webex: webex, room: room, question: question)
    let standing = try await webex.standing(under: question, in: room)
    let expected = stream.expected ?? stream.text
    if let note = stream.note {
      try await checks.expectLimits()
      let shown = standing.map(\.text).joined()
      #expect(shown.hasPrefix(expected))
      let rest = shown.dropFirst(expected.count)
      #expect(rest.contains(note) && rest.contains("(reference "), "\(rest)")
    } else {
      try await checks.expect(expected, isSteady: stream.isSteady)
    }
    #expect(stream.messages.contains(standing.count), "\(standing.count) messages")
    let first = try #require(standing.first)
    #expect(
      stream.progress.contains(first.versions.count - 1), "\(first.versions.count - 1) edits")
    #expect(first.versions[0].text.isNotice == stream.hasNotice, "\(first.versions[0].text)")
    #expect(await assistant.stop() == 0)
  }

  @Test("rate limited, it waits as long as it is told, says so, and then answers")
  func busyModel() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    try await webex.script([
      "text": "At last.", "speed": 0, "delay": 0, "error": "429", "errorTimes": 2, "retryAfter": 4,
    ])
    let room = try await webex.directRoom(of: "alice")
    let question = try await webex.post("Anybody?", in: room, as: alice)
    try await assistant.untilTurns(1)
    try await ReplyChecks(webex: webex, room: room, question: question).expect("At last.")
    let calls = try await webex.completions()
    #expect(calls.count == 3)
    for (earlier, later) in zip(calls, calls.dropFirst()) {
      #expect(later.time.timeIntervalSince(earlier.time) >= 4)
    }
    let message = try #require(try await webex.standing(under: question, in: room).first)
    #expect(message.versions.contains { $0.text.hasPrefix("_The model is busy. I try again in") })
    #expect(await assistant.stop() == 0)
  }

  @Test("history that the model finds too long is trimmed, once, and nobody has to ask again")
  func trimmed() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(webex)
    try await webex.script(["text": .string(Texts.prose(6_000)), "speed": 0, "delay": 0])
    let room = try await webex.directRoom(of: "alice")
    for number in 1...3 {
      _ = try await webex.post("Question \(number)", in: room, as: alice)
      try await assistant.untilTurns(number)
    }
    try await webex.script([
      "text": "Short.", "speed": 0, "delay": 0, "error": "context", "errorTimes": 1,
    ])
    let question = try await webex.post("And now?", in: room, as: alice)
    try await assistant.untilTurns(4)
    try await ReplyChecks(webex: webex, room: room, question: question).expect("Short.")
    let last = try await webex.completions().suffix(2).map(\.messages.count)
    #expect(last[1] < last[0], "\(last)")
    #expect(await assistant.stop() == 0)
  }
}
