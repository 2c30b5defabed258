import Foundation
import HTTPTypes
import Testing
import WebexAPI

@Suite("Starting", .serialized)
struct StartTests {
  @Test("a wrong token is told in one line")
  func wrongToken() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(
      webex, ["WEBEX_API_TOKEN": "wrong-token-of-mine", "LOG_LEVEL": "critical"],
      waitUntilReady: false)
    #expect(await assistant.process.exit() != 0)
    let lines = assistant.process.stderr.split(separator: "\n")
    #expect(lines.count == 1, "\(lines)")
    #expect(assistant.process.stderr.contains("WEBEX_API_TOKEN"))
    #expect(!assistant.process.stderr.contains("wrong-token-of-mine"))
  }

  @Test("a malformed configuration names every key, its source and what is accepted")
  func malformed() async throws {
    let folder = try AssistantProcess.newFolder()
    try "WEBEX_API_TOKEN=x\nLOG_FORMAT=yaml\n".write(
      to: folder.appending(path: ".env"), atomically: true, encoding: .utf8)
    let process = try ChildProcess(
      ["run"], environment: ["LOG_LEVEL": "loud"], directory: folder)
    #expect(await process.exit() == 78)
    for part in ["LOG_LEVEL", "environment", "LOG_FORMAT", ".env", "json", "debug"] {
      #expect(process.stderr.contains(part), "\(part) in: \(process.stderr)")
    }
  }

  @Test("LiteLLM being down is a warning at start, and a sentence in the thread")
  func modelDown() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(
      webex, ["LITELLM_BASE_URL": "http://127.0.0.1:9"])
    let room = try await webex.directRoom(of: "alice")
    let question = try await webex.post("hello?", in: room, as: "sim-alice-token")
    let answer = try await webex.reply(to: question, in: room, as: "sim-alice-token")
    #expect(answer.contains("cannot be reached"))
    try await eventually("the warning") {
      assistant.process.stderr.contains("no model can be reached yet") ? () : nil
    }
    #expect(await assistant.stop() == 0)
  }

  @Test("someone who is not approved gets one polite sentence, and the model is not asked")
  func notApproved() async throws {
    let webex = try await SimulatedWebex.start()
    let assistant = try await AssistantProcess.start(
      webex, ["APPROVED_USERS": "bob@example.com"])
    let room = try await webex.directRoom(of: "alice")
    let question = try await webex.post("hello?", in: room, as: "sim-alice-token")
    let answer = try await webex.reply(to: question, in: room, as: "sim-alice-token")
    #expect(answer.contains("not allowed"))
    let second = try await webex.post("hello again?", in: room, as: "sim-alice-token")
    let bobs = try await webex.directRoom(of: "bob")
    let third = try await webex.post("hello?", in: bobs, as: "sim-bob-token")
    _ = try await webex.reply(to: third, in: bobs, as: "sim-bob-token")
    #expect(try await webex.replies(to: second, in: room, as: "sim-alice-token").isEmpty)
    #expect(try await webex.modelRequests().count == 1)
    #expect(await assistant.stop() == 0)
  }
}
