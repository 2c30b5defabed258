import Foundation
import HTTPTypes
import Testing
import WebexAPI

private let alice = "sim-alice-token"

@Suite("The connection, when Webex or the network does not hold it", .serialized)
struct ConnectionTests {
  private func revoke(_ webex: SimulatedWebex, _ isRevoked: Bool, _ token: String) async throws {
    _ = try await webex.call(
      .post, "/sim/tokens",
      body: ["token": .string(token), "revoked": .bool(isRevoked), "closeSockets": true])
  }

  @Test("a token that is revoked while running: no storm, not ready; once it works, all goes on")
  func revoked() async throws {
    let webex = try await SimulatedWebex.start()
    try await webex.script(["text": "Here again.", "speed": 0, "delay": 0])
    let room = try await webex.directRoom(of: "alice")
    let assistant = try await AssistantProcess.start(webex)
    try await revoke(webex, true, SimulatedWebex.botToken)
    try await eventually("the refusal to be noticed") {
      assistant.process.stderr.contains("Webex refuses the token (401)") ? () : nil
    }
    let question = try await webex.post("are you there?", in: room, as: alice)
    // Until the first probe at five seconds; a few requests were under way at the revocation.
    try await Task.sleep(for: .seconds(4))
    let refused = (try await webex.record()["rejected"]?.arrayValue ?? []).filter {
      $0["status"]?.integerValue == 401
    }
    #expect(refused.count <= 4, "\(refused.count) requests with a refused token")
    #expect(assistant.process.isRunning)
    try await revoke(webex, false, SimulatedWebex.botToken)
    #expect(try await webex.reply(to: question, in: room, as: alice) == "Here again.")
    #expect(assistant.process.stderr.contains("Webex takes the token again"))
    #expect(try await webex.standing(under: question, in: room).count == 1)
    #expect(await assistant.stop() == 0)
  }

  @Test("a token that is exchanged in its file is taken without a restart")
  func exchanged() async throws {
    let webex = try await SimulatedWebex.start()
    try await webex.script(["text": "With the new one.", "speed": 0, "delay": 0])
    let room = try await webex.directRoom(of: "alice")
    let folder = try AssistantProcess.newFolder()
    let file = folder.appending(path: "token")
    try Data("\(SimulatedWebex.botToken)\n".utf8).write(to: file)
    let assistant = try await AssistantProcess.start(
      webex, folder: folder, ["WEBEX_API_TOKEN": "", "WEBEX_API_TOKEN_FILE": file.path])
    _ = try await webex.call(
      .post, "/sim/tokens",
      body: ["token": "sim-bot-second", "email": .string(SimulatedWebex.botEmail)])
    try await revoke(webex, true, SimulatedWebex.botToken)
    try await eventually("the refusal to be noticed") {
      assistant.process.stderr.contains("Webex refuses the token (401)") ? () : nil
    }
    try Data("sim-bot-second\n".utf8).write(to: file)
    let question = try await webex.post("which token?", in: room, as: alice)
    #expect(try await webex.reply(to: question, in: room, as: alice) == "With the new one.")
    #expect(!assistant.process.stderr.contains("sim-bot-second"))
    #expect(await assistant.stop() == 0)
  }

  @Test("a device that is deleted on the server: a new one, and what was asked between is answered")
  func deviceDeleted() async throws {
    let webex = try await SimulatedWebex.start()
    try await webex.script(["text": "On another device.", "speed": 0, "delay": 0])
    let room = try await webex.directRoom(of: "alice")
    let assistant = try await AssistantProcess.start(webex)
    try await webex.faults(["mercury": ["handshake": ["status": 503, "times": 2]]])
    _ = try await webex.call(.delete, "/sim/devices", expecting: 204)
    let question = try await webex.post("between?", in: room, as: alice)
    #expect(try await webex.reply(to: question, in: room, as: alice) == "On another device.")
    try await assistant.untilReady(times: 2)
    #expect(try await webex.standing(under: question, in: room).count == 1)
    #expect(await assistant.stop() == 0)
  }

  @Test("shutdown of the socket under load: nothing is lost, nothing is answered twice")
  func shutdown() async throws {
    let webex = try await SimulatedWebex.start()
    try await webex.script(["text": "Yes.", "speed": 0, "delay": 0])
    let room = try await webex.directRoom(of: "alice")
    let assistant = try await AssistantProcess.start(webex)
    var questions: [String] = []
    for number in 1...12 {
      if number == 6 { try await webex.mercury(["action": "shutdown"]) }
      questions.append(try await webex.post("question \(number)", in: room, as: alice))
    }
    try await assistant.untilTurns(questions.count)
    for question in questions {
      #expect(try await webex.standing(under: question, in: room).map(\.text) == ["Yes."])
    }
    // Where the old socket is closed before the new one is ready, that is said once more.
    #expect(assistant.process.stderr.components(separatedBy: "ready for messages").count <= 3)
    #expect(await assistant.stop() == 0)
  }

  @Test("two processes with the same token and different databases: the older ends, and says why")
  func twoDatabases() async throws {
    let webex = try await SimulatedWebex.start()
    let older = try await AssistantProcess.start(webex, ["DEVICE_NAME": "the-same"])
    let newer = try await AssistantProcess.start(webex, ["DEVICE_NAME": "the-same"])
    #expect(await older.process.exit() != 0)
    #expect(older.process.stderr.contains("another process took over this bot's registration"))
    #expect(newer.process.isRunning)
    #expect(await newer.stop() == 0)
  }

  @Test("over the device cap only devices of the own name are removed")
  func deviceCap() async throws {
    let webex = try await SimulatedWebex.start()
    for name in ["somebody's", "mine", "mine"] {
      _ = try await webex.call(
        .post, "/wdm/api/v1/devices", token: SimulatedWebex.botToken,
        body: ["deviceType": "DESKTOP", "name": .string(name)])
    }
    try await webex.faults(["wdm": ["cap": 3, "put404Times": 1]])
    let assistant = try await AssistantProcess.start(webex, ["DEVICE_NAME": "mine"])
    let devices = try await webex.call(.get, "/sim/devices")["devices"]?.arrayValue ?? []
    let names = devices.compactMap { $0["name"]?.stringValue }
    #expect(names.contains("somebody's"))
    #expect(names.contains("mine"))
    #expect(await assistant.stop() == 0)
  }
}
