// `.env.example` is the operator's reference: it must tell what the program does.
import Assistant
import FoundationEssentials
import Logging
import Testing

@testable import WebexAssistant

/// The settings that the file shows, those behind a comment sign too.
private func exampleFile() throws -> DotEnvFile {
  let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: ".env.example")
  let text = String(decoding: try Data(contentsOf: path), as: UTF8.self)
  let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
    line.hasPrefix("#") && !line.hasPrefix("# ") ? line.dropFirst() : line
  }
  return DotEnvFile(lines.joined(separator: "\n"))
}

@Suite struct ExampleFileTests {
  @Test("every line of .env.example is a setting, with a value that would be accepted")
  func acceptable() throws {
    let file = try exampleFile()
    #expect(file.problems.isEmpty)
    #expect(file.entries.count > 15)
    for entry in file.entries {
      #expect(SettingKey(rawValue: entry.key) != nil, "\(entry.key) is not a setting")
    }
    // Files and folders that are only examples are said to be there.
    let taken = try Settings.load(
      ConfigurationSources(
        environment: ["WEBEX_API_TOKEN": "t"],
        dotEnv: DotEnvFile(
          file.entries.filter { !$0.key.hasSuffix("_FILE") }
            .map { "\($0.key)=\($0.value)" }.joined(separator: "\n")),
        isDirectory: { $0 == "prompts" })
    ).get().origins
    #expect(taken.count > 10)
  }

  @Test("every setting is in .env.example", arguments: SettingKey.allCases)
  func complete(key: SettingKey) throws {
    #expect(try exampleFile().entries.contains { $0.key == key.rawValue })
  }

  @Test("the values that .env.example shows as defaults are the defaults")
  func defaults() throws {
    let shown = Dictionary(
      uniqueKeysWithValues: try exampleFile().entries.map { ($0.key, $0.value) })
    let settings = Settings()
    #expect(shown["WEBEX_API_BASE_URL"] == settings.webexAPIBaseURL)
    #expect(shown["WEBEX_U2C_URL"] == settings.webexU2CURL)
    #expect(shown["LITELLM_BASE_URL"] == settings.liteLLMBaseURL)
    #expect(shown["PROMPTS_DIR"] == settings.promptsDirectory)
    #expect(shown["DATABASE_PATH"] == settings.databasePath)
    #expect(shown["ADMIN_ADDRESS"] == "\(settings.adminAddress)")
    #expect(shown["LOG_LEVEL"] == settings.logLevel.rawValue)
    #expect(shown["LOG_FORMAT"] == settings.logFormat.rawValue)
    #expect(shown["REQUIRE_APPROVAL"] == "\(settings.requireApproval)")
    #expect(shown["SETTINGS_POLICY"] == settings.settingsPolicy.rawValue)
    #expect(shown["LEAVE_UNAPPROVED_SPACES"] == "\(settings.leaveUnapprovedSpaces)")
    #expect(shown["COMMANDS_FILE"] == Settings.usualCommandsFile)
  }
}
