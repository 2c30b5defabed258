import Foundation
import Testing

private let alice = "sim-alice-token"

@Suite("Declared commands over the assistant's life", .serialized)
struct DeclaredLifeTests {
  private static func start(_ yaml: String) async throws -> (SimulatedWebex, AssistantProcess, URL)
  {
    let webex = try await SimulatedWebex.start()
    let file = try AssistantProcess.newFolder().appending(path: "commands.yaml")
    try yaml.write(to: file, atomically: true, encoding: .utf8)
    let assistant = try await AssistantProcess.start(webex, ["COMMANDS_FILE": file.path])
    return (webex, assistant, file)
  }

  @Test("a program that ignores SIGTERM does not outlive the assistant", arguments: [1, 2])
  func stubborn(signals: Int) async throws {
    let folder = try AssistantProcess.newFolder()
    let (script, pidFile) = (folder.appending(path: "s.sh"), folder.appending(path: "pid"))
    try "trap '' TERM INT HUP\necho $$ >\(pidFile.path)\necho begun\nwhile :; do sleep 1; done\n"
      .write(to: script, atomically: true, encoding: .utf8)
    let (webex, assistant, _) = try await Self.start(
      """
      commands:
        - keyword: /job
          help: Never ends
          run:
            program: /bin/sh
            arguments: [\(script.path)]
            environment: {PATH: /usr/bin:/bin}
            timeout: 60m
            stream: true
      """)
    let room = try await webex.directRoom(of: "alice")
    let root = try await webex.post("/job", in: room, as: alice)
    try await webex.says("begun", under: root, in: room, as: alice)
    let pid = try #require(
      Int32(
        try String(contentsOf: pidFile, encoding: .utf8)
          .trimmingCharacters(in: .whitespacesAndNewlines)))
    for signal in 0..<signals {
      assistant.process.send(SIGTERM)
      if signal + 1 < signals {
        try await eventually("the first signal to be heard") {
          assistant.process.stderr.contains("stopping:") ? () : nil
        }
      }
    }
    _ = await assistant.process.exit()
    // A zombie that nobody has waited for is as good as gone.
    let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
    let isGone = status.isEmpty || status.contains("State:\tZ")
    #expect(isGone)
    if !isGone { kill(-pid, SIGKILL) }
  }

  @Test("a title among the rooms of a changed file keeps the old; a prompt that is missing is told")
  func reload() async throws {
    func yaml(_ keyword: String, _ more: String = "") -> String {
      "commands:\n  - keyword: \(keyword)\n    help: h\n\(more)    ask: {prompt: nowhere}\n"
    }
    let (webex, assistant, file) = try await Self.start(yaml("/one"))
    #expect(assistant.process.stderr.contains("commands.yaml:4"))
    #expect(assistant.process.stderr.contains("names a prompt that is not there"))
    try yaml("/two", "    approved_rooms: [Deploy desk]\n").write(
      to: file, atomically: true, encoding: .utf8)
    try await eventually("the title to be refused") {
      assistant.process.stderr.contains("approved_rooms of /two takes ids") ? () : nil
    }
    let room = try await webex.directRoom(of: "alice")
    let root = try await webex.post("/two", in: room, as: alice)
    try await webex.says("do not know", under: root, in: room, as: alice)
    #expect(await assistant.stop() == 0)
  }
}
