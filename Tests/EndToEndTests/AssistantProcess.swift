// The built program against the simulator, configured by environment variables alone.

import Foundation
import Testing

struct AssistantProcess: Sendable {
  let process: ChildProcess
  let folder: URL

  /// Starts `webex-assistant run` and waits until it hears messages.
  static func start(
    _ webex: SimulatedWebex, folder: URL? = nil, _ extra: [String: String] = [:],
    waitUntilReady: Bool = true
  ) async throws -> AssistantProcess {
    let folder = try folder ?? newFolder()
    let process = try ChildProcess(
      ["run"], environment: environment(webex, folder: folder).merging(extra) { _, new in new })
    let assistant = AssistantProcess(process: process, folder: folder)
    if waitUntilReady { try await assistant.untilReady() }
    return assistant
  }

  static func newFolder() throws -> URL {
    let folder = URL.temporaryDirectory.appending(path: "e2e-data-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }

  static func environment(_ webex: SimulatedWebex, folder: URL) -> [String: String] {
    [
      "WEBEX_API_TOKEN": SimulatedWebex.botToken,
      "WEBEX_API_BASE_URL": webex.base + "/v1",
      "WEBEX_U2C_URL": webex.base + "/u2c/api/v1",
      "LITELLM_BASE_URL": webex.base + "/llm",
      "DATABASE_PATH": folder.appending(path: "assistant.sqlite").path,
      "PROMPTS_DIR": ChildProcess.packageRoot.appending(path: "prompts").path,
      "ADMIN_ADDRESS": "off",
      "GREETING": "false",
      "LOG_LEVEL": "debug",
    ]
  }

  func untilReady(times: Int = 1) async throws {
    try await eventually("the assistant to be ready") {
      guard process.isRunning else { throw TimedOut(description: process.stderr) }
      return process.stderr.components(separatedBy: "ready for messages").count > times ? () : nil
    }
  }

  /// SIGTERM, and the exit status.
  func stop() async -> Int32 {
    process.send(SIGTERM)
    return await process.exit()
  }

  func kill() async {
    process.send(SIGKILL)
    _ = await process.exit()
  }
}
